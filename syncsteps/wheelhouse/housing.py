"""Installing out of a wheelhouse: what is to be found there, and how an installer is told."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from typing import TYPE_CHECKING

from packaging.version import Version

from syncsteps.errors import StagingError
from syncsteps.locks.model import Hash, Wheel
from syncsteps.selection.building import why_built
from syncsteps.selection.model import Pinned
from syncsteps.staging.sources import WHEELHOUSE_MANIFEST
from syncsteps.wheelhouse.manifest import read_manifest
from syncsteps.wheelhouse.matching import mismatch

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from syncsteps.interpreter.model import Interpreter
    from syncsteps.selection.model import Selected
    from syncsteps.wheelhouse.model import HousedWheel, Manifest

__all__ = [
    "damage",
    "file_digest",
    "has_hash_of",
    "housed",
    "offline",
    "require_manifest",
    "require_wheels",
    "unbuilding",
]

_CHUNK = 1 << 20
_STRONG = frozenset({"sha256", "sha384", "sha512"})
# What would have an installer refuse a wheel, or bring in an index.
_LEFT_OUT = frozenset(
    {
        "PIP_NO_BINARY",
        "PIP_ONLY_BINARY",
        "UV_CONFIG_FILE",
        "UV_NO_BINARY",
        "UV_NO_BINARY_PACKAGE",
    }
)


def require_manifest(directory: Path) -> Manifest:
    """Return the manifest of the wheelhouse ``directory``.

    Raises:
        StagingError: there is none, or it cannot be used.
    """
    manifest = read_manifest(directory)
    if manifest is None:
        raise StagingError(
            f"{directory} is no wheelhouse: it has no {WHEELHOUSE_MANIFEST}",
            hint=f"fill it with `syncsteps fetch --wheelhouse {directory}`, where there is a"
            " network, or name another directory",
        )
    return manifest


def require_wheels(
    wanted: Iterable[Selected],
    manifest: Manifest,
    directory: Path,
    *,
    interpreter: Interpreter,
    digests: Mapping[str, str],
) -> None:
    """Make sure that the wheelhouse ``directory`` has all that is ``wanted``, and whole.

    ``digests`` are the source digests of directories, by package.

    Raises:
        StagingError: it does not; its details name each package and say why.
    """
    wanted = tuple(wanted)
    found = {wheel.name: wheel for wheel in manifest.wheels}
    problems = []
    for item in wanted:
        wheel = found.get(item.name)
        digest = digests.get(item.name, "")
        why = mismatch(item, wheel, manifest.target, interpreter, digest=digest)
        if wheel is not None and not why:
            why = damage(wheel, directory, item)
        if why:
            version = item.package.version or ""
            problems.append(f"{item.name} {version}".rstrip() + f": {why}")
    if problems:
        raise StagingError(
            f"the wheelhouse {directory} cannot give {len(problems)} of {len(wanted)}"
            " distributions as the lock says: nothing has been changed",
            details=problems,
            hint=f"run `syncsteps fetch --wheelhouse {directory}` with the same options again, for"
            " this interpreter, where there is a network; what is right there is kept",
        )


def damage(wheel: HousedWheel, directory: Path, selected: Selected) -> str:
    """Return what is wrong with the file of ``wheel`` in ``directory``, empty if it is whole.

    Whatever the manifest says, a wheel that the lock names has to have the lock's hash.
    """
    path = directory / wheel.filename
    try:
        found = file_digest(path)
    except FileNotFoundError:
        return f"{wheel.filename} is not there any more"
    except OSError as error:
        return f"{wheel.filename} cannot be read: {error.strerror}"
    if found != wheel.sha256:
        return f"{wheel.filename} is damaged, or was replaced: it has another SHA-256"
    may_be_built = wheel.built and isinstance(selected.chosen, Pinned)
    if may_be_built or why_built(selected, ()) or has_hash_of(path, selected.hashes):
        return ""
    return f"{wheel.filename} does not have the lock's hash, whatever the manifest says"


def has_hash_of(path: Path, hashes: Sequence[Hash]) -> bool:
    """Return whether a file has one of ``hashes``; weak ones do not count, and none is enough.

    Raises:
        OSError: it cannot be read.
    """
    counting = [value for value in hashes if value.algorithm in _STRONG]
    algorithms = {value.algorithm for value in counting}
    found = {algorithm: file_digest(path, algorithm) for algorithm in algorithms}
    return not counting or any(found[value.algorithm] == value.digest for value in counting)


def file_digest(path: Path, algorithm: str = "sha256") -> str:
    """Return the digest of a file's content, in hex.

    Raises:
        OSError: it cannot be read.
    """
    digest = hashlib.new(algorithm)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def housed(wanted: Sequence[Selected], manifest: Manifest, directory: Path) -> tuple[Selected, ...]:
    """Return ``wanted`` with the wheels of the wheelhouse as what was chosen, all of them there.

    What the lock says of a package besides stays, and with it what will be noted of its origin.
    """
    found = {wheel.name: wheel for wheel in manifest.wheels}
    return tuple(_housed(item, found[item.name], directory) for item in wanted)


def _housed(item: Selected, wheel: HousedWheel, directory: Path) -> Selected:
    own = Hash(algorithm="sha256", digest=wheel.sha256)
    chosen = Wheel(
        filename=wheel.filename,
        path=os.path.abspath(directory / wheel.filename),  # noqa: PTH100 - links stay
        hashes=(own,),
        size=wheel.size,
    )
    package = replace(item.package, version=Version(wheel.version), only=None, config_settings=())
    return replace(item, package=package, chosen=chosen)


def unbuilding(environment: Mapping[str, str]) -> dict[str, str]:
    """Return ``environment`` with what keeps pip from building; uv has no variable for that."""
    return {**environment, "PIP_ONLY_BINARY": ":all:"}


def offline(environment: Mapping[str, str]) -> dict[str, str]:
    """Return ``environment`` with what keeps installers from any index.

    Of what uv and pip are configured for, nothing counts: all of it is about where files are to be
    fetched and how they are built.
    """
    kept = {name: value for name, value in environment.items() if name.upper() not in _LEFT_OUT}
    return {
        **kept,
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_ONLY_BINARY": ":all:",
        "UV_NO_CONFIG": "1",
        "UV_OFFLINE": "1",
    }

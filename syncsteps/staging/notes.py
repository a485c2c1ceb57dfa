"""What an installer notes about a distribution that it has installed, in one form for them all."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from syncsteps.errors import StagingError
from syncsteps.locks.model import Archive, Directory, Vcs
from syncsteps.staging.finish import write_anew

if TYPE_CHECKING:
    from collections.abc import Mapping

    from packaging.direct_url import DirectUrl

    from syncsteps.locks.model import Hash, Lock
    from syncsteps.selection.model import Selected
    from syncsteps.staging.unpacked import Unpacked

__all__ = ["direct_url", "notes_of", "requested", "write_notes"]

_INSTALLER = b"syncsteps\n"
_DIRECT_URL = "direct_url.json"
# Besides the standards' own, what uv writes: how it built what it caches, with time stamps.
NOTES = frozenset({"INSTALLER", "REQUESTED", _DIRECT_URL, "uv_build.json", "uv_cache.json"})


def write_notes(
    directory: Path, one: Unpacked, selected: Selected, *, lock: Lock
) -> tuple[str, ...]:
    """Put `notes_of` in the place of what the installer noted of ``one``; return its files then.

    Raises:
        StagingError: as `notes_of`.
        OSError: they cannot be written.
    """
    info = directory / one.info
    staged = info / _DIRECT_URL
    notes = notes_of(selected, lock, staged=staged.read_bytes() if staged.is_file() else b"")
    kept = []
    inside = f"{one.info}/"
    for path, _ in one.files:
        name = path[len(inside) :] if path.startswith(inside) else ""
        if name not in NOTES:
            kept.append(path)
        elif name not in notes:
            (directory / path).unlink()
    for name, content in notes.items():
        file = info / name
        if not file.is_file() or file.read_bytes() != content:
            write_anew(file, content, mode=0o644)
        kept.append(f"{one.info}/{name}")
    return tuple(kept)


def notes_of(selected: Selected, lock: Lock, *, staged: bytes = b"") -> Mapping[str, bytes]:
    """Return the files that ``.dist-info`` is to have besides those of the wheel, by name.

    They are ``INSTALLER``, and where they apply ``REQUESTED`` (the standard on recording installed
    projects) and ``direct_url.json`` (PEP 610). Nothing in them depends on which installer did the
    work. ``staged`` is the ``direct_url.json`` of that installer, empty where it wrote none: it is
    asked for the commit of a repository for which the lock has none.

    Raises:
        StagingError: it had to be asked, and is no such file.
    """
    notes = {"INSTALLER": _INSTALLER}
    if requested(selected, lock):
        notes["REQUESTED"] = b""
    origin = direct_url(selected, lock, staged=staged)
    if origin is not None:
        document = origin.to_dict(generate_legacy_hash=True)
        notes[_DIRECT_URL] = json.dumps(document, sort_keys=True).encode("ascii")
    return notes


def requested(selected: Selected, lock: Lock) -> bool:
    """Return whether a package is there by request, and not only as a dependency of others.

    Requested are the projects that the lock is about, and what these require themselves, their
    extras and groups included. A flat lock is a list: whoever wants it wants each of its entries.
    """
    roots = {lock.project, *lock.members}
    return (
        not selected.required_by
        or any(name in roots or ":" in name for name in selected.required_by)
        or any(selected.name == requirement.name for requirement in lock.requirements)
    )


def direct_url(selected: Selected, lock: Lock, *, staged: bytes = b"") -> DirectUrl | None:
    """Return where a package comes from as the lock says, None if that is an index (PEP 610).

    Raises:
        StagingError: only ``staged`` knows the commit, and it is malformed.
    """
    source = selected.package.source
    if source is None:
        return None
    from packaging.direct_url import (  # noqa: PLC0415 - few locks need it
        ArchiveInfo,
        DirectUrl,
        DirInfo,
        VcsInfo,
    )

    subdirectory = source.subdirectory or None
    if isinstance(source, Directory):
        url = _uri(lock, source.path)
        return DirectUrl(url=url, dir_info=DirInfo(), subdirectory=subdirectory)
    if isinstance(source, Vcs):
        info = VcsInfo(
            vcs=source.type,
            commit_id=source.commit_id or _commit(selected.name, staged),
            requested_revision=source.requested_revision,
        )
        return DirectUrl(url=source.url, vcs_info=info, subdirectory=subdirectory)
    return DirectUrl(
        url=_url(source, lock),
        archive_info=ArchiveInfo(hashes=_hashes(source.hashes) or None),
        subdirectory=subdirectory,
    )


def _url(archive: Archive, lock: Lock) -> str:
    if archive.url is None:
        return _uri(lock, archive.path or "")
    return archive.url.partition("#")[0]


def _uri(lock: Lock, path: str) -> str:
    return Path(os.path.abspath(lock.root / path)).as_uri()  # noqa: PTH100 - links stay


def _hashes(hashes: tuple[Hash, ...]) -> dict[str, str]:
    """Return digests by algorithm, SHA-256 first; none where several files could be meant."""
    times = Counter(value.algorithm for value in hashes)
    ordered = sorted(hashes, key=lambda value: (value.algorithm != "sha256", value.algorithm))
    return {value.algorithm: value.digest for value in ordered if times[value.algorithm] == 1}


def _commit(name: str, staged: bytes) -> str:
    try:
        commit = json.loads(staged)["vcs_info"]["commit_id"]
        if not isinstance(commit, str):
            raise TypeError(f"commit_id is {commit!r}")  # noqa: TRY301 - as what json would raise
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise StagingError(
            f"which commit of {name} was staged cannot be told: its {_DIRECT_URL} is not what"
            f" PEP 610 says: {error!r}",
            hint="Lock it with its commit, or use the other installer.",
        ) from error
    return commit

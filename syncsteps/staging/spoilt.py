"""Files that are not what their wheel brought: somebody has written into the installer's cache.

Installers check a file's hash when they fetch it, and never again what they have unpacked. uv gives
out its cache as hard links, so that whoever edits an installed file has edited it for every
installation to come.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from syncsteps.staging.finish import write_anew
from syncsteps.staging.notes import NOTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from syncsteps.staging.finish import Digest
    from syncsteps.staging.unpacked import Unpacked

__all__ = ["find_spoilt", "take_anew"]


def find_spoilt(
    found: Iterable[Unpacked], digests: Mapping[str, Digest]
) -> dict[str, tuple[str, ...]]:
    """Return the files that are not what RECORD says, by the distribution that they are of.

    Looked at are those in site directories that nobody changes on the way there, and that no other
    distribution brings. Of some wheels it is RECORD that is wrong.
    """
    differing: defaultdict[str, list[str]] = defaultdict(list)
    for one in found:
        inside = f"{one.site.path}/"
        for path, recorded in one.files:
            digest = digests.get(path)
            if (
                digest is not None
                and digest.recorded != recorded
                and recorded.startswith("sha256=")
                and digest.recorded != recorded.rstrip("=")
                and path.startswith(inside)
                and not _is_note(path, one)
            ):
                differing[one.name].append(path)
    if not differing:
        return {}
    claims = Counter(path for one in found for path, _ in one.files)
    return {
        name: alone
        for name, paths in differing.items()
        if (alone := tuple(path for path in paths if claims[path] == 1))
    }


def take_anew(
    directory: Path,
    one: Unpacked,
    spoilt: Sequence[str],
    *,
    anew: Callable[[str], AbstractContextManager[Path]],
) -> bool:
    """Give files of ``directory`` the content that they have when they are fetched again.

    ``anew`` stages a distribution without the installer's cache and gives the prefix that it is in.
    Returns whether any was another. None is touched where the rest of the distribution is another
    too: then what is fetched again is another build.

    Raises:
        StagingError: it cannot be fetched again.
        OSError: a file cannot be read or written.
    """
    with anew(one.name) as prefix:
        others = (path for path, _ in one.files if path not in spoilt and not _is_note(path, one))
        if not all(_digest(prefix / path) == _digest(directory / path) for path in others):
            return False
        changed = [
            path
            for path in spoilt
            if (fresh := _digest(prefix / path)) and fresh != _digest(directory / path)
        ]
        for path in changed:
            mode = (directory / path).stat().st_mode & 0o777
            write_anew(directory / path, (prefix / path).read_bytes(), mode=mode)
    return bool(changed)


def _is_note(path: str, one: Unpacked) -> bool:
    """Whether the file is one that is written at installation."""
    parent, _, name = path.rpartition("/")
    return parent == one.info and (name in NOTES or name == "RECORD")


def _digest(file: Path) -> bytes:
    """Return a digest of the content, empty where there is no file."""
    return hashlib.sha256(file.read_bytes()).digest() if file.is_file() else b""

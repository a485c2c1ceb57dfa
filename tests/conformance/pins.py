"""What is compared: one package as a selection has it, whoever made that selection."""

from __future__ import annotations

import hashlib
import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING

from syncsteps.locks.model import Archive, Directory, Sdist, Vcs, Wheel

if TYPE_CHECKING:
    from collections.abc import Iterable

    from syncsteps.locks.model import Package
    from syncsteps.selection import Chosen, Selection

__all__ = ["Pin", "file_kind", "pins_of", "plain_path"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A package by name, and exactly what is to be had of it.

    ``version`` is empty where ``place`` is what counts: a URL, a repository with its commit, or a
    path relative to the lock. ``hashes`` are written ``algorithm:digest``: those of every file that
    may be taken, or of the one file that ``file`` tells (see `file_kind`).
    """

    name: str
    version: str = ""
    place: str = ""
    file: str = ""
    hashes: frozenset[str] = frozenset()

    def __str__(self) -> str:
        what = f"=={self.version}" if self.version else f" @ {self.place}"
        file = f" ({self.file})" if self.file else ""
        if not self.hashes:
            return f"{self.name}{what}{file}"
        digest = hashlib.sha256(" ".join(sorted(self.hashes)).encode()).hexdigest()
        return f"{self.name}{what}{file} [{len(self.hashes)} hashes, {digest[:8]}]"


def file_kind(filename: str) -> str:
    """Return the tags of a wheel's file name with its build number, or ``sdist``.

    The rest of a name is written in more than one way, even for the same file.
    """
    if not filename.endswith(".whl"):
        return "sdist"
    return "-".join(filename.removesuffix(".whl").split("-")[2:]).lower()


def plain_path(path: str) -> str:
    """Return a path that is relative to the lock, the same for all ways to write it."""
    return posixpath.normpath(path.replace("\\", "/"))


def pins_of(selection: Selection, *, chosen: bool) -> frozenset[Pin]:
    """Return what syncsteps selected, with the file that it chose or with every file's hashes.

    A package without a usable file is wanted all the same: the lock's own tool lists it too. Where
    a file is to be chosen it has none here, unless the lock leaves no choice.
    """
    found = [
        _pin(item.package, item.chosen, hashes=item.hashes if chosen else None, chosen=chosen)
        for item in selection.packages
    ]
    found += [
        _pin(item.package, item.package.source, hashes=None, chosen=False)
        if not chosen or item.package.source is not None
        else Pin(name=item.package.name, version=_text(item.package.version))
        for item in selection.unavailable
    ]
    return frozenset(found)


def _pin(
    package: Package, taken: Chosen | None, *, hashes: Iterable[object] | None, chosen: bool
) -> Pin:
    if hashes is None:
        hashes = _every_hash(package)
    place = _place(taken)
    return Pin(
        name=package.name,
        version="" if place else _text(package.version),
        place=place,
        file=file_kind(taken.filename) if chosen and isinstance(taken, Wheel | Sdist) else "",
        hashes=frozenset(str(value) for value in hashes),
    )


def _every_hash(package: Package) -> list[object]:
    if isinstance(package.source, Archive):
        return [*package.source.hashes]
    if package.source is not None:
        return []
    files: list[Wheel | Sdist] = [*package.wheels]
    files += [package.sdist] if package.sdist is not None else []
    return [*package.hashes, *(value for file in files for value in file.hashes)]


def _place(taken: Chosen | None) -> str:
    if isinstance(taken, Vcs):
        return f"{taken.type}+{taken.url}@{taken.commit_id}{_subdirectory(taken.subdirectory)}"
    if isinstance(taken, Directory):
        return f"{plain_path(taken.path)}{_subdirectory(taken.subdirectory)}"
    if isinstance(taken, Archive):
        where = taken.url if taken.url is not None else plain_path(taken.path or "")
        return f"{where.partition('#')[0]}{_subdirectory(taken.subdirectory)}"
    return ""


def _subdirectory(subdirectory: str | None) -> str:
    return f"#subdirectory={subdirectory}" if subdirectory else ""


def _text(version: object) -> str:
    return "" if version is None else str(version)

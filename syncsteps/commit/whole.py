"""Directories that a commit can rename as a whole, in place of each of their files."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from syncsteps.commit.filesystem import FileSystem, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["whole_directories"]


def whole_directories(
    directories: Iterable[Path], place: Sequence[tuple[str, str]], files: FileSystem
) -> dict[str, str]:
    """Return which of the new ``directories`` may be renamed from where they were staged.

    Keys are targets, values sources; no target lies in another. Such a source holds exactly the
    files that ``place`` (pairs of source and target) has for the target, under their names, all the
    way down, and its directories have the mode that those of a commit have.

    Raises:
        OSError: a staged directory cannot be looked into.
    """
    new = {os.fspath(path) for path in directories}
    wanted = _contents(new, place)
    sources: dict[str, str] = {}
    for target in sorted(new, key=len, reverse=True):
        source = _source_of(wanted[target], sources, target)
        if source is not None and _is_exactly(source, wanted[target], files):
            sources[target] = source
    return {t: s for t, s in sources.items() if t.rpartition(os.sep)[0] not in sources}


def _contents(
    new: set[str], place: Iterable[tuple[str, str]]
) -> Mapping[str, dict[str, str | None]]:
    """For each new directory, its names: a file's source, or None for a directory."""
    contents: defaultdict[str, dict[str, str | None]] = defaultdict(dict)
    for source, target in place:
        parent, _, name = target.rpartition(os.sep)
        if parent in new:
            contents[parent][name] = source
    for directory in new:
        parent, _, name = directory.rpartition(os.sep)
        if parent in new:
            contents[parent][name] = None
    return contents


def _source_of(
    contents: Mapping[str, str | None], sources: Mapping[str, str], target: str
) -> str | None:
    """Return the one directory that all of ``contents`` come from under their names, or None."""
    found: set[str | None] = set()
    for name, source in contents.items():
        origin = sources.get(f"{target}{os.sep}{name}") if source is None else source
        parent, _, own = (origin or "").rpartition(os.sep)
        found.add(parent if own == name else None)
        if len(found) > 1:
            return None
    return found.pop() if found else None


def _is_exactly(source: str, contents: Mapping[str, str | None], files: FileSystem) -> bool:
    there = files.kinds(Path(source))
    return (
        there.keys() == contents.keys()
        and all((there[n] is Kind.DIRECTORY) == (s is None) for n, s in contents.items())
        and files.is_as_made(Path(source))
    )

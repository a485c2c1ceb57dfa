"""Files that lie among a distribution's own, and that no distribution lists."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from syncsteps.commit.record import record_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from syncsteps.interpreter.model import InstalledDistribution

__all__ = ["Claims", "foreign_files"]


class Claims:
    """Every path that an interpreter's distributions list, and the directories on the way there.

    RECORDs are read when the first question is asked: mostly there is none.
    """

    def __init__(self, distributions: Iterable[InstalledDistribution]) -> None:
        self._distributions = tuple(distributions)
        self._paths: frozenset[str] | None = None

    def __contains__(self, path: str) -> bool:
        if self._paths is None:
            self._paths = frozenset(self._read())
        return path in self._paths

    def _read(self) -> Iterator[str]:
        directories: set[str] = set()
        for distribution in self._distributions:
            for path in _listed(distribution):
                yield path
                _add_parents(path, directories)
        yield from directories


def foreign_files(files: frozenset[str], *, site: Path, claims: Claims) -> tuple[Path, ...]:
    """Return what nobody lists in the directories of one distribution, sorted.

    A directory of which that is true as a whole is named in place of what is in it. Byte code is
    left out, for the interpreter makes it, and so is ``site`` itself, which everybody fills.

    Args:
        files: The absolute paths that the distribution's RECORD lists.
        site: The directory that holds its ``.dist-info``.
        claims: What the distributions of the interpreter list.

    Raises:
        OSError: a directory cannot be looked into.
    """
    top = os.fspath(site)
    directories: set[str] = set()
    for path in files:
        if path.startswith(f"{top}{os.sep}"):
            _add_parents(path, directories, above=top)
    return tuple(
        Path(path)
        for directory in sorted(directories)
        for path in sorted(_strangers(directory, known=lambda p: p in files or p in directories))
        if path not in claims
    )


def _strangers(directory: str, *, known: Callable[[str], bool]) -> Iterator[str]:
    try:
        entries = os.scandir(directory)
    except (FileNotFoundError, NotADirectoryError):  # what is missing is told otherwise
        return
    with entries:
        for entry in entries:
            if known(entry.path) or entry.name == "__pycache__":
                continue
            if not entry.is_dir(follow_symlinks=False) or _holds_files(entry.path):
                yield entry.path


def _holds_files(directory: str) -> bool:
    return any(
        names for parent, _, names in os.walk(directory) if not parent.endswith("__pycache__")
    )


def _add_parents(path: str, directories: set[str], *, above: str = "") -> None:
    """Add the directories of ``path`` up to ``above``, which is not one of them."""
    parent = os.path.dirname(path)  # noqa: PTH120 - `Path` for each of many thousand is slow
    while parent not in directories and parent != above and len(parent) > 1:
        directories.add(parent)
        parent = os.path.dirname(parent)  # noqa: PTH120 - as above


def _listed(distribution: InstalledDistribution) -> Iterator[str]:
    """Yield what a distribution lists; nothing where it has no list that can be read."""
    try:
        if not distribution.legacy:
            yield from (line.path for line in record_lines(distribution.metadata))
            return
        text = (distribution.metadata / "installed-files.txt").read_text(encoding="utf-8")
    except (OSError, ValueError):
        return
    for line in text.splitlines():
        yield os.path.normpath(distribution.metadata / line)

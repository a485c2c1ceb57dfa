"""What there is in directories, from one look at each of them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from syncsteps.commit.filesystem import REAL, FileSystem, Kind, fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Listing"]


class Listing:
    """What paths are, as long as nothing changes: there can be tens of thousands of files.

    Every method may raise OSError.
    """

    def __init__(self, files: FileSystem = REAL) -> None:
        self._files = files
        self._directories: dict[str, dict[str, Kind]] = {}
        self._folded: dict[str, dict[str, str]] = {}

    def kind(self, path: str) -> Kind | None:
        """Return what there is under exactly this name."""
        parent, _, name = path.rpartition(os.sep)
        return self.names(parent or os.sep).get(name)

    def names(self, directory: str) -> dict[str, Kind]:
        """Return what each name in a directory is; nothing where there is none."""
        found = self._directories.get(directory)
        if found is None:
            found = self._directories[directory] = self._look(directory)
        return found

    def take(self, directory: str, names: Iterable[str], *, below: Sequence[str]) -> bool:
        """Take it as known that ``directory`` holds files of these names; return whether it is.

        It is where it lies in one of the directories ``below``, of whose insides all is known. More
        can be told of the same directory.
        """
        top = next(
            (top for top in below if f"{directory}{os.sep}".startswith(f"{top}{os.sep}")), ""
        )
        if not top:
            return False
        self._directories.setdefault(directory, {}).update(dict.fromkeys(names, Kind.FILE))
        while directory != top:
            parent, _, name = directory.rpartition(os.sep)
            inside = self._directories.setdefault(parent, {})
            if name in inside:
                break
            inside[name] = Kind.DIRECTORY
            directory = parent
        return True

    def those_there(self, paths: Iterable[str]) -> list[str]:
        """Return those of ``paths`` under whose exact name there is something."""
        found = []
        for path in paths:
            parent, _, name = path.rpartition(os.sep)
            names = self._directories.get(parent)
            if name in (names if names is not None else self.names(parent or os.sep)):
                found.append(path)
        return found

    def alike(self, directory: str, name: str) -> str:
        """Return a name in ``directory`` that some file systems take for ``name``, or nothing."""
        found = self._folded.get(directory)
        if found is None:
            found = {fold(each): each for each in self.names(directory)}
            self._folded[directory] = found
        return found.get(fold(name), "")

    def _look(self, directory: str) -> dict[str, Kind]:
        above, _, own = directory.rpartition(os.sep)
        if above in self._directories and not self.alike(above, own):
            return {}  # no need to look into what is not there
        return self._files.kinds(directory)

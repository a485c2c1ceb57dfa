"""What there is in directories, from one look at each of them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from syncsteps.commit.filesystem import REAL, FileSystem

if TYPE_CHECKING:
    from syncsteps.commit.filesystem import Kind

__all__ = ["Listing"]


class Listing:
    """What paths are, as long as nothing changes: there can be tens of thousands of files.

    Every method may raise OSError.
    """

    def __init__(self, files: FileSystem = REAL) -> None:
        self._files = files
        self._directories: dict[str, dict[str, Kind]] = {}

    def kind(self, path: str) -> Kind | None:
        """Return what there is under exactly this name."""
        parent, _, name = path.rpartition(os.sep)
        return self.names(parent or os.sep).get(name)

    def names(self, directory: str) -> dict[str, Kind]:
        """Return what each name in a directory is."""
        found = self._directories.get(directory)
        if found is None:
            found = self._directories[directory] = self._files.kinds(Path(directory))
        return found

"""Files below a root directory, by the paths that they have for what runs in it."""

from __future__ import annotations

import fnmatch
import os
import posixpath
from typing import TYPE_CHECKING

from syncsteps.smoke.libraries.elf import Elf, ElfError, exports, read_elf

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Tree"]

_LARGEST = 64 << 20
_MOST_LINKS = 40


class Tree:
    """Reads files of a system in a directory; what was read once is not read again.

    Paths are absolute within ``root``, which symbolic links do not lead out of.
    """

    def __init__(self, root: Path) -> None:
        self._root = os.path.realpath(root)
        self._whole = self._root == "/"
        self._elves: dict[str, Elf | None] = {}

    def inside(self, path: Path) -> str:
        """Return the path within the root of a file that this machine knows as ``path``."""
        absolute = os.path.abspath(path)  # noqa: PTH100 - without following links
        if self._whole:
            return absolute
        followed = posixpath.join(os.path.realpath(os.path.dirname(absolute)), path.name)  # noqa: PTH120
        for whole in (absolute, followed):
            if whole.startswith(self._root + "/"):
                return whole[len(self._root) :]
        return absolute

    def outside(self, path: str) -> str:
        """Return what this machine knows the file by, every link on the way followed."""
        return path if self._whole else self._root + self.real(path)

    def real(self, path: str) -> str:
        """Return the path within the root without symbolic links in it."""
        if self._whole:
            return os.path.realpath(path)
        done, left, links = "", posixpath.normpath(path).strip("/").split("/"), 0
        while left:
            name = left.pop(0)
            if name in {"", "."}:
                continue
            if name == "..":
                done = posixpath.dirname(done).rstrip("/")
                continue
            target = self._link(f"{self._root}{done}/{name}")
            if target is None or links >= _MOST_LINKS:
                done = f"{done}/{name}"
                continue
            links += 1
            done = "" if target.startswith("/") else done
            left = [*target.strip("/").split("/"), *left]
        return done or "/"

    @staticmethod
    def _link(path: str) -> str | None:
        try:
            return os.readlink(path)  # noqa: PTH115 - text, as what surrounds it
        except OSError:
            return None

    def elf(self, path: str) -> Elf | None:
        """Return what this file tells a loader, or None where a loader could make nothing of it."""
        try:
            return self._elves[path]
        except KeyError:
            self._elves[path] = found = self._read(path)
            return found

    def _read(self, path: str) -> Elf | None:
        outside = self.outside(path)
        try:
            return read_elf(outside) if os.path.isfile(outside) else None  # noqa: PTH113
        except (OSError, ElfError):
            return None

    def exports(self, path: str, symbol: str) -> bool:
        """Whether the file has this symbol among its dynamic strings."""
        try:
            return exports(self.outside(path), symbol)
        except (OSError, ElfError):
            return False

    def content(self, path: str) -> bytes:
        """Return the bytes of a file of configuration.

        Raises:
            OSError: it is not there, or it is too large to be one.
        """
        with open(self.outside(path), "rb") as stream:  # noqa: PTH123 - by name, as above
            data = stream.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            raise OSError(f"{path} is too large")
        return data

    def matching(self, pattern: str) -> list[str]:
        """Return the files that fit a pattern whose wildcards are in its last part, sorted."""
        directory, _, name = pattern.rpartition("/")
        try:
            names = os.listdir(self.outside(directory or "/"))  # noqa: PTH208 - names are wanted
        except OSError:
            return []
        return [f"{directory}/{each}" for each in sorted(fnmatch.filter(names, name))]

    def libraries(self, directory: str) -> Iterator[str]:
        """Yield every shared object below a directory, by its name."""
        top = self.outside(directory)
        for parent, directories, names in os.walk(top):
            directories.sort()
            for name in sorted(names):
                if name.endswith(".so") or ".so." in name:
                    yield directory + f"{parent}/{name}"[len(top) :]

"""Where a path really lies, and whether a commit may change anything there."""
# ruff: noqa: PTH117, PTH118, PTH206 - `Path` takes too long for so many

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

__all__ = ["Territory"]


_NO_NAMES = frozenset({"", ".", ".."})


class Territory:
    """The directories that may be changed. Paths are text: there can be tens of thousands.

    ``gone`` are locations that will not be what they are now: a link among them is not followed,
    because by the time something is put below it, a directory will stand there.
    """

    def __init__(
        self, roots: Iterable[str | os.PathLike[str]], *, gone: Collection[str] = ()
    ) -> None:
        self._roots = tuple(dict.fromkeys(os.path.realpath(root) for root in roots))
        self._prefixes = tuple(os.path.join(root, "") for root in self._roots)
        self._gone = gone
        self._directories: dict[str, str] = {}
        self._missing: set[str] = set()
        self._held: dict[str, bool] = {}

    @property
    def roots(self) -> tuple[str, ...]:
        """The roots, links resolved."""
        return self._roots

    def locate(self, path: str) -> str:
        """Return ``path`` with the links of its parent resolved, but not the last name itself.

        Raises:
            ValueError: the path is relative, or has ``..`` in it.
        """
        parent, found, name = path.rpartition(os.sep)
        if not found:
            raise ValueError(f"{path} is not an absolute path")
        if name in _NO_NAMES:
            raise ValueError(f"{path} has {name or os.sep!r} at its end")
        directory = self.directory(parent or os.sep)
        return path if directory == parent else os.path.join(directory, name)

    def directory(self, path: str) -> str:
        """Return the directory ``path`` with all links resolved.

        Raises:
            ValueError: as for `locate`.
        """
        found = self._directories.get(path)
        if found is None:
            parent, _, name = path.rpartition(os.sep)
            if parent in self._missing and name not in _NO_NAMES:
                # As it is in a directory that is not there, it is what it says, and not there.
                self._directories[path] = path
                self._missing.add(path)
                return path
            if not os.path.isabs(path):
                raise ValueError(f"{path} is not an absolute path")
            if os.pardir in path.split(os.sep):
                raise ValueError(f"{path} has '..' in it")
            found = self._directories[path] = self._resolved(os.path.normpath(path))
        return found

    def holds(self, location: str) -> bool:
        """Whether ``location`` (as `locate` returned it) is strictly below one of the roots."""
        directory = location.rpartition(os.sep)[0] or os.sep
        held = self._held.get(directory)
        if held is None:
            held = os.path.join(directory, "").startswith(self._prefixes)
            self._held[directory] = held
        return held

    def _resolved(self, path: str) -> str:
        known = self._directories.get(path)
        if known is not None:
            return known
        parent, name = os.path.split(path)
        if parent == path:
            spot = path
        else:
            above = self._resolved(parent)
            spot = os.path.join(above, name)
            if above in self._missing or spot in self._gone:
                self._missing.add(spot)
            else:
                spot = self._followed(spot)
        self._directories[path] = spot
        return spot

    def _followed(self, spot: str) -> str:
        try:
            if stat.S_ISLNK(os.lstat(spot).st_mode):
                return os.path.realpath(spot)
        except OSError:
            self._missing.add(spot)
        return spot

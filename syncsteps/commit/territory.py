"""Where a path really lies, and whether a commit may change anything there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

__all__ = ["Territory"]


class Territory:
    """The directories that may be changed.

    ``gone`` are locations that will not be what they are now: a link among them is not followed,
    because by the time something is put below it, a directory will stand there.
    """

    def __init__(self, roots: Iterable[Path], *, gone: Collection[Path] = ()) -> None:
        self._roots = tuple(dict.fromkeys(Path(os.path.realpath(root)) for root in roots))
        self._gone = gone
        self._directories: dict[Path, Path] = {}
        self._parents: dict[str, Path | None] = {}
        self._held: dict[str, bool] = {}

    @property
    def roots(self) -> tuple[Path, ...]:
        """The roots, links resolved."""
        return self._roots

    def locate(self, path: Path) -> Path:
        """Return ``path`` with the links of its parent resolved, but not the last name itself.

        Raises:
            ValueError: the path is relative, or has ``..`` in it.
        """
        parent, name = os.path.split(path)
        if parent not in self._parents:
            self._parents[parent] = self._resolved(path)
        if name == "..":
            raise ValueError(f"{path} has '..' in it")
        resolved = self._parents[parent]
        return path if resolved is None else resolved / name

    def holds(self, location: Path) -> bool:
        """Whether ``location`` (as `locate` returned it) is strictly below one of the roots."""
        parent, name = os.path.split(location)
        held = self._held.get(parent)
        if held is None:
            place = Path(parent)
            held = any(place == root or root in place.parents for root in self._roots)
            self._held[parent] = held
        return held and name != ""

    def _resolved(self, path: Path) -> Path | None:
        """Return the directory of ``path``, links resolved; None where it is what it says."""
        if not path.is_absolute():
            raise ValueError(f"{path} is not an absolute path")
        if ".." in path.parts:
            raise ValueError(f"{path} has '..' in it")
        resolved = self._directory(path.parent)
        return None if resolved == path.parent else resolved

    def _directory(self, path: Path) -> Path:
        known = self._directories.get(path)
        if known is not None:
            return known
        if path.parent == path:
            spot = path
        else:
            spot = self._directory(path.parent) / path.name
            if spot not in self._gone and spot.is_symlink():
                spot = Path(os.path.realpath(spot))
        self._directories[path] = spot
        return spot

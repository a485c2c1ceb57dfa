"""The time stamps of the directories that a commit fills or empties."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

__all__ = ["DirectoryTimes"]


class DirectoryTimes:
    """What the mtimes of directories were, and which of them are to be set after the change.

    A directory's mtime is that of the last name that came or went, so it is set last, after the
    commit: whatever happens then, the files are those of the new state, and only times are not yet
    as they shall be. Without an ``epoch`` (in seconds since 1970) nothing is looked at or set, and
    on Windows neither: its directories have no other stamp by which a sync could tell that another
    has been there.
    """

    def __init__(self, epoch: int | None) -> None:
        self.epoch = epoch
        self._before: dict[Path, int | None] = {}

    @property
    def _wanted(self) -> bool:
        return self.epoch is not None and sys.platform != "win32"

    def watch(self, paths: Iterable[Path], *, below: Collection[Path]) -> None:
        """Remember the directories above ``paths``, up to the first that exists in ``below``.

        To be called before any of these paths comes or goes.
        """
        if not self._wanted:
            return
        for path in paths:
            for directory in path.parents:
                if directory in self._before:
                    break
                self._before[directory] = _mtime(directory)
                if directory in below and self._before[directory] is not None:
                    break

    @contextlib.contextmanager
    def settled(self) -> Iterator[None]:
        """After the block, set each remembered directory that was made or changed in it.

        Nothing is set where the block raises: then the change did not take place.
        """
        yield
        if not self._wanted or self.epoch is None:
            return
        for directory, before in self._before.items():
            if _mtime(directory) not in (None, before):
                # Whoever may write into a directory need not be its owner, who alone can set it.
                with contextlib.suppress(OSError):
                    os.utime(directory, (self.epoch, self.epoch))


def _mtime(directory: Path) -> int | None:
    try:
        return directory.stat().st_mtime_ns
    except OSError:
        return None

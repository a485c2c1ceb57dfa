"""What a commit is asked to do, and what a recovery did."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import os
    from pathlib import Path

__all__ = ["Change", "Coming", "Outcome", "Placement", "Recovery"]


class Coming(Protocol):
    """A file or symbolic link that comes: it is moved from ``source`` to ``target``."""

    @property
    def source(self) -> str | os.PathLike[str]:
        """Where it was staged."""

    @property
    def target(self) -> str | os.PathLike[str]:
        """Where it belongs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """One that comes; a staged file is another."""

    source: Path
    target: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Everything that one commit does.

    ``retire`` are the files and symbolic links that go; those that are not there are ignored.
    ``place`` are those that come; a target may be there only if it is also retired. Directories
    strictly below one of ``remove_empty`` that retiring leaves empty are removed at the end, and so
    are those of ``made``, which may be anywhere. ``full`` are directories of which whoever filled
    them knows that all below is files of ``place``, each directory holding some: they are not
    looked into again.
    """

    retire: tuple[Path, ...] = ()
    place: tuple[Coming, ...] = ()
    remove_empty: tuple[Path, ...] = ()
    made: tuple[Path, ...] = ()
    full: tuple[Path, ...] = ()


class Outcome(Enum):
    """What became of a commit that was cut off."""

    UNDONE = "undone"
    FINISHED = "finished"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """What a recovery did.

    ``UNDONE``: the old state is back; ``files`` counts the files that were restored. ``FINISHED``:
    the new state is whole; ``files`` counts what it placed. ``CLEARED``: no file of the
    interpreter had been changed, only leftovers went. ``stages`` are the abandoned staging
    directories that were removed.
    """

    outcome: Outcome
    files: int = 0
    stages: tuple[Path, ...] = ()

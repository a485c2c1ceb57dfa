"""Whether staged files still are what was unpacked, after code from among them has run."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncsteps.staging.model import Stage

__all__ = ["Witness", "changed_since", "witness"]

Witness = dict[str, tuple[int, int, int]]


def witness(stage: Stage) -> Witness:
    """Return what a change to any staged file would change: its inode, size and mtime."""
    return {
        file.source: _marks(file.source)
        for distribution in stage.distributions
        for file in distribution.files
    }


def changed_since(stage: Stage, before: Mapping[str, tuple[int, int, int]]) -> tuple[str, ...]:
    """Return the names of the staged distributions of which a file is not as it was, or gone."""
    return tuple(
        distribution.name
        for distribution in stage.distributions
        if any(_marks(file.source) != before[file.source] for file in distribution.files)
    )


def _marks(path: str) -> tuple[int, int, int]:
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return (0, 0, 0)
    return (found.st_ino, found.st_size, found.st_mtime_ns)

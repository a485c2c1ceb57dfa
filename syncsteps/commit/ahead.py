"""Bringing staged files to the disk while they are still being looked at.

A commit waits until everything is on the disk. What has been written long before it need not be
written while it waits.
"""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

from syncsteps.commit.filesystem import REAL, FileSystem

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["flush_ahead"]


def flush_ahead(directory: Path, *, files: FileSystem = REAL) -> threading.Thread:
    """Begin to write what lies on the file system of ``directory`` to the disk; do not wait for it.

    It changes nothing, and nothing depends on it: what it cannot write, the commit cannot either,
    and that is where it is told.
    """
    thread = threading.Thread(target=_flush, args=(directory, files), daemon=True)
    thread.start()
    return thread


def _flush(directory: Path, files: FileSystem) -> None:
    with contextlib.suppress(OSError):
        files.flush(directory)

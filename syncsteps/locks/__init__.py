"""Lock files of every format, read into one type."""

from __future__ import annotations

from syncsteps.locks.reader import find_lock, read_lock

__all__ = ["find_lock", "read_lock"]

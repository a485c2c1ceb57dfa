"""What the real system has, before and after: that it is untouched is shown, not promised."""

from __future__ import annotations

import contextlib
import hashlib
import os
from typing import TYPE_CHECKING

from syncsteps.errors import CheckError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    Traces = Mapping[str, tuple[int, ...]]

__all__ = ["digest", "require_same", "traces"]

_MOST_SHOWN = 10


def traces(directories: Iterable[Path]) -> Traces:
    """Return what is known of everything in ``directories`` without reading it, by path.

    It is the inode with its mode, owner, group, size and both times, of modification and of change.
    The last (ctime) is set by the kernel whenever content or metadata change, and nobody can set it
    back: who reads all content would not see more.
    """
    found: dict[str, tuple[int, ...]] = {}
    waiting = [os.fspath(directory) for directory in directories]
    for directory in waiting:
        _note(directory, found)
    while waiting:
        # Who may not look there may not write there either; or it has just gone.
        with contextlib.suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                _note(entry.path, found)
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
    return found


def _note(path: str, found: dict[str, tuple[int, ...]]) -> None:
    try:
        status = os.lstat(path)
    except OSError:
        return
    found[path] = (
        status.st_ino,
        status.st_mode,
        status.st_uid,
        status.st_gid,
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
    )


def digest(found: Traces) -> str:
    """Return the SHA-256, in hex, over `traces`."""
    lines = sorted(f"{path}\0{values}\0" for path, values in found.items())
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def require_same(before: Traces, after: Traces) -> str:
    """Return the digest of both.

    Raises:
        CheckError: they are not the same; it names what has changed.
    """
    one, other = digest(before), digest(after)
    if one != other:
        changed = sorted(
            path for path in before.keys() | after.keys() if before.get(path) != after.get(path)
        )
        raise CheckError(
            f"the system itself has changed meanwhile, at {len(changed)} of its paths",
            hint="something else writes there, another sync for example: let it end, and repeat",
            details=changed[:_MOST_SHOWN],
        )
    return one

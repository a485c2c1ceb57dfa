"""Locks that were read before: a lock of the same bytes is not parsed again.

To read a lock takes ten times as long as to select from it, so it is the lock that is kept,
whatever is then asked of it, and for whichever target. What a requirements.txt and a Pipfile.lock
say depends on files that they name; they are read anew each time.
"""

from __future__ import annotations

import pickle
import sys
from typing import TYPE_CHECKING

from packaging import __version__ as packaging_version

from syncsteps.caching.keeping import LOCKS, code_marks, keeping_directory, looking_directory
from syncsteps.caching.marks import mark, unsettled
from syncsteps.caching.store import digest, read, write
from syncsteps.locks.limits import LARGEST_FILE
from syncsteps.locks.model import Lock
from syncsteps.version import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from syncsteps.settings import Settings

__all__ = ["keep_lock", "recall_lock"]

# What they say is in their own bytes, and in those of the pyproject.toml beside them.
_ALONE = frozenset({"pdm.lock", "poetry.lock", "pylock.toml", "uv.lock"})
_VARIABLE = b"${"


def recall_lock(path: Path, *, settings: Settings, environment: Mapping[str, str]) -> Lock | None:
    """Return the lock that `keep_lock` has kept of a file with these bytes at ``path``, or None.

    ``environment`` says where the cache is.
    """
    directory = looking_directory(settings, environment, LOCKS)
    name = _name(path) if directory else ""
    payload = read(directory, name) if name else None
    if payload is None:
        return None
    try:
        # Nobody else can have written it, and its digest is right.
        lock = pickle.loads(payload)  # noqa: S301
    except Exception:  # noqa: BLE001 - of another version of this program, which can be any
        return None
    return lock if isinstance(lock, Lock) else None


def keep_lock(
    lock: Lock, *, settings: Settings, environment: Mapping[str, str], moment: int
) -> str:
    """Keep ``lock``, as `read_lock` returned it, and return why not.

    That is empty where it has been kept, or was before. ``moment`` is when the run began, in ns
    since the epoch.
    """
    directory = keeping_directory(settings, environment, LOCKS)
    if not directory:
        return "there is no directory for it"
    if lock.format not in _ALONE:
        return f"what a {lock.format} says is not in it alone"
    files = [(str(path), mark(str(path))) for path in (lock.path, _declaring(lock.path))]
    recent = unsettled(tuple(files), before=moment)
    if recent:
        return f"{recent[0]} has only just been changed"
    name = _name(lock.path)
    if not name:
        return f"{lock.path.name} cannot be read, or leaves something to variables"
    if read(directory, name) is not None:
        return ""
    return write(directory, name, pickle.dumps(lock, pickle.HIGHEST_PROTOCOL), now=moment / 1e9)


def _name(path: Path) -> str:
    """Return the name of what the lock at ``path`` says, empty if that is not in files alone."""
    whole = path.absolute()
    contents = [_content(whole), _content(_declaring(whole))]
    if contents[0] is None or any(_VARIABLE in content for content in contents if content):
        return ""
    told = (
        __version__,
        sys.version,
        packaging_version,
        code_marks("locks"),
        str(whole),
        [None if content is None else digest(content) for content in contents],
    )
    return digest(ascii(told).encode("ascii")).hex()


def _declaring(lock: Path) -> Path:
    return lock.with_name("pyproject.toml")


def _content(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_FILE + 1)
    except (OSError, ValueError):
        return None

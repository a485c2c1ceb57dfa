"""One writer at a time: the lock on a wheelhouse, and the directory of its holder."""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from syncsteps.errors import StagingError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ASIDE", "LOCK", "opened"]

ASIDE = ".fetching-"
"""What the names of directories for work in a wheelhouse begin with."""

LOCK = ".lock"
"""The name of the lock's file in a wheelhouse, as long as it is held."""


@contextlib.contextmanager
def opened(directory: Path, *, timeout: float) -> Iterator[Path]:
    """Hold the wheelhouse ``directory``, made if it is missing; give an empty one in it for work.

    What another that was killed has left in it goes. ``timeout`` is in seconds.

    Raises:
        StagingError: another one fills it for longer than that, or it cannot be written to.
    """
    lock = FileLock(directory / LOCK)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=timeout)
    except Timeout as error:
        raise StagingError(
            f"another fetch has been filling {directory} for {timeout:g} seconds",
            hint="wait until it has ended, or name another directory",
        ) from error
    except OSError as error:
        raise _unwritable(directory, error) from error
    try:
        for left in directory.glob(f"{ASIDE}*"):
            shutil.rmtree(left, ignore_errors=True)
        aside = Path(tempfile.mkdtemp(prefix=ASIDE, dir=directory))
        try:
            yield aside
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    except OSError as error:
        raise _unwritable(directory, error) from error
    finally:
        # As long as the lock is held: whoever has opened it meanwhile then starts again.
        if sys.platform != "win32":
            with contextlib.suppress(OSError):
                lock_file = directory / LOCK
                lock_file.unlink()
        lock.release()


def _unwritable(directory: Path, error: OSError) -> StagingError:
    return StagingError(
        f"the wheelhouse {directory} cannot be filled: {error.strerror or error}",
        details=[f"file: {error.filename}"] if error.filename else (),
        hint="free space there, look at its permissions, or name another directory",
    )

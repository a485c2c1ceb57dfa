"""One writer at a time: the lock on an interpreter, and the staging directories of its holder."""

from __future__ import annotations

import contextlib
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from syncsteps.commit.recovery import STAGE_PREFIX
from syncsteps.errors import InterpreterError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["interpreter_lock", "new_stage"]

_POLL_SECONDS = 0.05
_DIRECTORY_MODE = 0o755


@contextlib.contextmanager
def interpreter_lock(state: Path, *, timeout: float, on_wait: Callable[[], None]) -> Iterator[None]:
    """Hold the lock ``state/lock``, which keeps every other sync out of the interpreter.

    ``state`` and its parents are made with mode 0755 where they are missing. At the end the lock's
    file goes, and so do those of the directories that were made here and are empty. ``on_wait`` is
    called once if another process holds the lock; ``timeout`` is in seconds.

    Raises:
        InterpreterError: another sync holds it for longer than ``timeout``, or ``state`` cannot be
            written to.
    """
    path = state / "lock"
    lock = FileLock(path)
    made: list[Path] = []
    try:
        _acquire(lock, state, made, timeout=timeout, on_wait=on_wait)
    except OSError as error:
        _remove_empty(made)
        raise InterpreterError(
            f"the interpreter cannot be locked: {error}",
            hint="run as a user who may write there",
        ) from error
    except BaseException:
        _remove_empty(made)
        raise
    try:
        yield
    finally:
        # The file goes while the lock is held: a process that has opened it and gets its lock
        # afterwards sees that it has no name any more, and starts again. Windows has no such
        # moment, there filelock removes the file itself, after the release.
        if sys.platform != "win32":
            # A file that cannot go does no harm, and what was done under the lock stays done.
            with contextlib.suppress(OSError):
                path.unlink()
            _remove_empty([*made, state])
        lock.release()
        if sys.platform == "win32":
            _remove_empty([*made, state])


def new_stage(state: Path) -> Path:
    """Make an empty staging directory in ``state`` and return it; the caller holds the lock.

    It is on the file system of the interpreter's library, so that a rename moves files from one to
    the other. `recover` removes those that are left behind.
    """
    stage = Path(tempfile.mkdtemp(prefix=STAGE_PREFIX, dir=state))
    stage.chmod(_DIRECTORY_MODE)
    return stage


def _acquire(
    lock: FileLock,
    state: Path,
    made: list[Path],
    *,
    timeout: float,
    on_wait: Callable[[], None],
) -> None:
    deadline = time.monotonic() + timeout
    told = False
    while True:
        cause: OSError | None = None
        try:
            _make_directories(state, made)
            lock.acquire(blocking=False)
        except (FileNotFoundError, FileExistsError) as error:
            # The holder before us is removing the empty directories, or another waits as we do and
            # has made them in this moment. If they cannot be made at all, the error tells why.
            cause = error
        except Timeout:
            pass
        else:
            return
        if time.monotonic() >= deadline:
            if cause is not None:
                raise cause
            raise InterpreterError(
                f"another sync has held {lock.lock_file} for {timeout:g} seconds",
                hint="wait until it has ended; a lock that nobody holds does no harm",
            )
        if not told:
            told = True
            on_wait()
        time.sleep(_POLL_SECONDS)


def _make_directories(path: Path, made: list[Path]) -> None:
    missing = []
    while not path.is_dir():
        missing.append(path)
        path = path.parent
    for directory in reversed(missing):
        # Another process may be making the same ones.
        with contextlib.suppress(FileExistsError):
            directory.mkdir()
            directory.chmod(_DIRECTORY_MODE)
            made.append(directory)


def _remove_empty(directories: list[Path]) -> None:
    for directory in sorted(set(directories), key=lambda path: -len(path.parts)):
        # Not empty any more, or gone: either way it is not ours to remove.
        with contextlib.suppress(OSError):
            directory.rmdir()

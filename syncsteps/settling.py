"""The interpreter's state: whole for those who look, one change at a time for those who write."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from syncsteps import commit
from syncsteps.errors import InterpreterError
from syncsteps.events import Recovered, Waiting
from syncsteps.receipts import state_directory

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from syncsteps.events import Watcher
    from syncsteps.interpreter.model import Interpreter
    from syncsteps.settings import Settings

__all__ = ["locked", "recover_first", "settled", "touched_since"]

_SECOND = 1_000_000_000
_COARSEST = 2 * _SECOND
_TICK = _SECOND // 10  # more than any kernel's: Linux ticks at least a hundred times a second
_RECOVERED = {
    commit.Outcome.UNDONE: "a sync was cut off; its changes have been undone",
    commit.Outcome.FINISHED: "a sync was cut off; its changes have been completed",
    commit.Outcome.CLEARED: "a sync was cut off; it had changed nothing, or everything, and its"
    " leftovers have been removed",
}


def recover_first(settings: Settings, interpreter: Interpreter, on_event: Watcher) -> str:
    """Settle a swap that was cut off, if there is one, and return what was done about it.

    Raises:
        InterpreterError: another sync holds the lock for too long, or nobody may look.
        RecoveryError: the swap can be neither finished nor undone.
    """
    state = state_directory(interpreter)
    try:
        if not commit.unsettled(state):
            return ""
    except OSError as error:
        raise _unreadable(state, error) from error
    with locked(settings, state, on_event):
        recovery = commit.recover(state, roots=commit.commit_roots(interpreter))
    if recovery is None:
        return ""
    message = _RECOVERED[recovery.outcome]
    on_event(Recovered(message=message))
    return message


@contextlib.contextmanager
def settled(settings: Settings, interpreter: Interpreter) -> Iterator[None]:
    """Make sure that the interpreter is not between two states, before and after it is looked at.

    This takes no lock. Of a recorded interpreter nothing is asked: its state is not here.

    Raises:
        InterpreterError: a sync is under way, or was cut off, or nobody may look.
    """
    state = state_directory(interpreter)
    if settings.interpreter:
        yield
        return
    _refuse_unsettled(state)
    yield
    _refuse_unsettled(state)


def _refuse_unsettled(state: Path) -> None:
    try:
        if not commit.pending(state):
            return
    except OSError as error:
        raise _unreadable(state, error) from error
    raise InterpreterError(
        f"a sync is changing this interpreter, or was cut off while it did; its journal is"
        f" in {state}",
        hint="wait until it has ended; if none is running, `syncsteps recover` undoes or completes"
        " what was cut off",
    )


def _unreadable(state: Path, error: OSError) -> InterpreterError:
    return InterpreterError(
        f"whether an earlier sync was cut off cannot be told: {state}: {error.strerror}",
        hint="run as a user who may read that directory",
    )


@contextlib.contextmanager
def locked(settings: Settings, state: Path, on_event: Watcher) -> Iterator[None]:
    """Hold the lock on the interpreter whose state directory is ``state``; tell of waiting for it.

    Raises:
        InterpreterError: another sync holds it for longer than the settings wait.
    """

    def waiting() -> None:
        on_event(Waiting(state=state))

    with commit.interpreter_lock(state, timeout=settings.lock_timeout, on_wait=waiting):
        yield


def touched_since(moment: int, interpreter: Interpreter) -> bool:
    """Whether a sync may have changed the interpreter since ``moment``, in ns since the epoch.

    Whatever comes or goes changes the time stamp of one of these directories. An mtime can be set
    (SOURCE_DATE_EPOCH), and setting it is what changes the ctime.
    """
    scheme, state = interpreter.scheme, state_directory(interpreter)
    directories = (scheme.purelib, scheme.platlib, state / "receipts")
    found = [path.stat() for path in directories if path.is_dir()]
    return any(_is_recent(max(each.st_mtime_ns, each.st_ctime_ns), moment) for each in found)


def _is_recent(stamp: int, moment: int) -> bool:
    """Whether a change with this time stamp can have come after ``moment``, both in ns.

    A stamp is behind the change by up to one tick of the clock that it was read from: of the
    kernel's, or of a file system that counts seconds, two at a time.
    """
    tick = _TICK if stamp % _SECOND else _COARSEST
    return stamp > moment - tick

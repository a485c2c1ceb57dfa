"""What every run starts from: the target, and what the project's lock has for it."""

from __future__ import annotations

import contextlib
import functools
import time
from pathlib import Path
from typing import TYPE_CHECKING

from syncsteps.caching.probes import recall_probe
from syncsteps.errors import InterpreterError, SettingsError, SyncstepsError
from syncsteps.events import TargetFound
from syncsteps.interpreter import resolving
from syncsteps.settings import is_file_name, read_pyproject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from syncsteps.events import Watcher
    from syncsteps.interpreter.model import Interpreter
    from syncsteps.locks.model import Lock
    from syncsteps.selection.model import Selection
    from syncsteps.settings import Settings

__all__ = [
    "Look",
    "find_interpreter",
    "looking",
    "read_project_lock",
    "read_recorded",
    "read_selection",
    "read_selection_only",
]


def find_interpreter(settings: Settings, *, environment: Mapping[str, str]) -> Interpreter:
    """Return the snapshot of the target that ``settings`` name: probed, or recorded.

    Raises:
        InterpreterError: there is no such target, or it cannot be used.
        SettingsError: they name several.
    """
    with _finding(settings, environment, with_distributions=True) as found:
        return found()


class Look:
    """A look at the target that has begun: calling it waits for what it shows.

    ``moment`` is when it began, in ns since the epoch.
    """

    def __init__(self, found: Callable[[], Interpreter], *, moment: int) -> None:
        self._found = found
        self.moment = moment

    def __call__(self) -> Interpreter:
        """Return the snapshot of the target.

        Raises:
            InterpreterError: there is no such target, or it cannot be used.
        """
        return self._found()


@contextlib.contextmanager
def looking(settings: Settings, *, environment: Mapping[str, str]) -> Iterator[Look]:
    """Begin to look at the target that ``settings`` name, and let the caller do more meanwhile.

    Raises:
        InterpreterError: the target cannot be started.
        SettingsError: they name several.
    """
    moment = time.time_ns()
    with _finding(settings, environment, with_distributions=True) as found:
        yield Look(found, moment=moment)


@contextlib.contextmanager
def _finding(
    settings: Settings, environment: Mapping[str, str], *, with_distributions: bool
) -> Iterator[Callable[[], Interpreter]]:
    """Start to look for the target; what this gives waits for it."""
    if len(settings.interpreter) > 1:
        raise SettingsError(
            f"{len(settings.interpreter)} snapshots are named, and this takes one",
            hint="name one with --interpreter; the command `verify` takes several",
        )
    if settings.interpreter:
        yield lambda: read_recorded(settings.interpreter[0])
        return
    with resolving(
        settings.python or None,
        environment=environment,
        allow_virtualenv=settings.allow_virtualenv,
        with_distributions=with_distributions,
        recall=functools.partial(
            recall_probe,
            settings=settings,
            environment=environment,
            with_distributions=with_distributions,
        ),
    ) as found:
        yield found


def read_recorded(file: str, *, machine: str | None = None) -> Interpreter:
    """Return the interpreter whose snapshot is in ``file``, or whose profile has that name.

    ``machine`` is the processor for which a profile counts that does not name one, by default this
    machine's.

    Raises:
        InterpreterError: it cannot be read, is no snapshot, or there is no such profile.
    """
    if not is_file_name(file, Path()):
        import platform  # noqa: PLC0415 - as below

        from syncsteps.interpreter.profiles import (  # noqa: PLC0415 - few runs ask for one
            find_profile,
            to_interpreter,
        )

        return to_interpreter(*find_profile(file, machine=machine or platform.machine()))

    from syncsteps.interpreter import from_json  # noqa: PLC0415 - whoever probes needs it later

    try:
        text = Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InterpreterError(
            f"cannot read the snapshot {file}: {error}",
            hint=f"write one with `syncsteps inspect -o FILE`, or name {_known_image(file)}",
        ) from error
    return from_json(text, file=file)


def _known_image(file: str) -> str:
    """Return which image ``file`` may have been meant to be, as it is to be named."""
    from syncsteps.interpreter.profiles import profile_names  # noqa: PLC0415 - as above

    name = Path(file).name
    if name.partition("@")[0] in profile_names():
        return f"the image {name}, without what is before it"
    return "a known image such as debian:12"


def read_project_lock(settings: Settings, *, environment: Mapping[str, str]) -> Lock:
    """Return the project's lock: the one that ``settings`` name, or the only one there is.

    With the setting ``default_groups``, its default groups are those of the tool that wrote it.

    Raises:
        LockError: there is no lock, or it cannot be read.
        SelectionError: the tool's default groups cannot be told, or the lock lacks one.
        SettingsError: pyproject.toml cannot be read.
    """
    # An interpreter that has been started uses the time that these take.
    from syncsteps.caching.parsed import recall_lock  # noqa: PLC0415

    path = Path(settings.lock) if settings.lock else None
    if path is None:
        from syncsteps.locks import find_lock  # noqa: PLC0415 - as above

        pyproject = read_pyproject(settings.directory)
        path = find_lock(settings.directory, pyproject=pyproject)
    lock = recall_lock(path, settings=settings, environment=environment)
    if lock is None:
        from syncsteps.locks import read_lock  # noqa: PLC0415 - as above

        lock = read_lock(
            path,
            name=settings.lock or path.name,
            environment=environment,
            allow_outside=settings.may_leave,
        )
    return _with_default_groups(lock, settings) if settings.default_groups else lock


def _with_default_groups(lock: Lock, settings: Settings) -> Lock:
    from syncsteps.selection.default_groups import (  # noqa: PLC0415 - few ask for it
        deciding_directory,
        with_default_groups,
    )

    directory = lock.root / deciding_directory(lock, settings.request)
    return with_default_groups(lock, read_pyproject(directory), directory=directory)


def read_selection(
    settings: Settings, interpreter: Interpreter, *, environment: Mapping[str, str]
) -> tuple[Lock, Selection]:
    """Read the project's lock and choose from it what is asked for.

    Raises:
        LockError: there is no lock, or it cannot be read.
        SelectionError: it does not have what is asked for.
    """
    from syncsteps.selection import select  # noqa: PLC0415 - as above

    lock = read_project_lock(settings, environment=environment)
    return lock, select(lock, settings.request, interpreter)


def read_selection_only(
    settings: Settings, *, environment: Mapping[str, str], on_event: Watcher
) -> tuple[Interpreter, Lock, Selection]:
    """Do the same and find the target, for who need not know what is installed in it.

    The lock is read while the target is asked; ``on_event`` is told when that is found.

    Raises:
        InterpreterError, LockError, SelectionError: in this order, as one after the other.
    """
    with _finding(settings, environment, with_distributions=False) as found:
        try:
            lock = read_project_lock(settings, environment=environment)
        except SyncstepsError:
            on_event(TargetFound(interpreter=found()))
            raise
        from syncsteps.selection import select  # noqa: PLC0415 - as above

        interpreter = found()
    on_event(TargetFound(interpreter=interpreter))
    return interpreter, lock, select(lock, settings.request, interpreter)

"""The verbs that only tell: a target as a snapshot, a lock's part for a target as text."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from syncsteps.errors import SelectionError
from syncsteps.events import LockSelected, silent
from syncsteps.reading import find_interpreter, read_project_lock, read_selection_only

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from syncsteps.events import Watcher
    from syncsteps.export import Requirements
    from syncsteps.interpreter.model import Interpreter
    from syncsteps.locks.model import Lock
    from syncsteps.settings import Settings

__all__ = ["EXPORT_FORMATS", "export", "inspect"]

EXPORT_FORMATS = ("requirements.txt", "pylock.toml")


def inspect(settings: Settings, *, environment: Mapping[str, str] = os.environ) -> Interpreter:
    """Return the snapshot of the target that ``settings`` name: probed, or read from its file.

    Raises:
        InterpreterError: there is no such target, or it cannot be used.
    """
    return find_interpreter(settings, environment=environment)


def export(
    settings: Settings,
    *,
    file_format: str = EXPORT_FORMATS[0],
    universal: bool = False,
    annotate: bool = False,
    base: Path | None = None,
    environment: Mapping[str, str] = os.environ,
    on_event: Watcher = silent,
) -> Requirements:
    """Return the lock's part for the target as text, in one of `EXPORT_FORMATS`.

    The text is ``hashed``. In a requirements.txt, what cannot carry a hash (repositories,
    directories) is in ``unhashed``, which has to be installed separately; a pylock.toml has all.

    ``universal`` asks for every platform instead, with markers: no target is looked for. A
    pylock.toml then leaves extras and dependency groups to be chosen when it is installed, unless
    the settings say something about them; its paths are relative to ``base``, the directory that
    it is for. ``annotate`` adds to a requirements.txt, as comments, what requires each package.

    Raises:
        LockError, SelectionError, InterpreterError, SettingsError: as for `sync`.
    """
    if universal:
        lock = read_project_lock(settings, environment=environment)
        return _universal(lock, settings, file_format=file_format, annotate=annotate, base=base)
    lock, selection = read_selection_only(settings, environment=environment, on_event=on_event)
    on_event(LockSelected(lock=lock, selection=selection))
    if selection.unavailable:
        raise SelectionError(
            f"the lock has no file that this target can use of {len(selection.unavailable)}"
            f" of {len(selection.unavailable) + len(selection.packages)} packages",
            details=[item.reason for item in selection.unavailable],
            hint="lock for this platform as well, or name another target with --python",
        )
    # An interpreter that has been started uses the time that these take.
    from syncsteps.export import Requirements, to_requirements  # noqa: PLC0415

    if file_format == "pylock.toml":
        from syncsteps.export import to_pylock  # noqa: PLC0415 - seldom asked for

        text = to_pylock(selection, lock=lock, root=lock.root, allow_outside=settings.may_leave)
        return Requirements(hashed=text, unhashed="")
    return to_requirements(
        selection,
        lock=lock,
        root=lock.root,
        annotate=annotate,
        allow_outside=settings.may_leave,
    )


def _universal(
    lock: Lock, settings: Settings, *, file_format: str, annotate: bool, base: Path | None
) -> Requirements:
    # An export for a target waits for none of these.
    from syncsteps.export import (  # noqa: PLC0415
        Requirements,
        to_universal_pylock,
        to_universal_requirements,
    )
    from syncsteps.selection.universal import (  # noqa: PLC0415
        select_everywhere,
        settles_choices,
    )

    request = settings.request
    pylock = file_format == "pylock.toml"
    selected = select_everywhere(
        lock,
        request,
        keep_choices=pylock and not settles_choices(request),
        for_pylock=pylock,
    )
    if pylock:
        text = to_universal_pylock(
            selected,
            lock=lock,
            root=lock.root,
            base=base,
            allow_outside=settings.may_leave,
        )
        return Requirements(hashed=text, unhashed="")
    return to_universal_requirements(
        selected,
        lock=lock,
        root=lock.root,
        annotate=annotate,
        allow_outside=settings.may_leave,
    )

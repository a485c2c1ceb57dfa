"""The verbs that only tell: a target as a snapshot, a lock's part for a target as text."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from syncsteps.errors import SelectionError, StagingError
from syncsteps.events import (
    AddressesMissing,
    AskingIndex,
    LockRead,
    LockSelected,
    StagingLine,
    silent,
)
from syncsteps.reading import find_interpreter, read_project_lock, read_selection_only

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from syncsteps.events import Watcher
    from syncsteps.export import Requirements
    from syncsteps.interpreter.model import Interpreter
    from syncsteps.locks.model import Lock, Package
    from syncsteps.selection.model import Selection
    from syncsteps.settings import Settings

__all__ = ["EXPORT_FORMATS", "export", "inspect"]

EXPORT_FORMATS = ("requirements.txt", "pylock.toml")


def inspect(settings: Settings, *, environment: Mapping[str, str] = os.environ) -> Interpreter:
    """Return the snapshot of the target that ``settings`` name: probed, or read from its file.

    Raises:
        InterpreterError: there is no such target, or it cannot be used.

    Example:
        >>> interpreter = inspect(Settings(directory=Path("service")))
        >>> interpreter.implementation, interpreter.find("alpha")
        ('cpython', None)
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
    r"""Return the lock's part for the target as text, in one of `EXPORT_FORMATS`.

    The text is ``hashed``. In a requirements.txt, what cannot carry a hash (repositories,
    directories) is in ``unhashed``, which has to be installed separately; a pylock.toml has all.

    ``universal`` asks for every platform instead, with markers: no target is looked for. A
    pylock.toml then leaves extras and dependency groups to be chosen when it is installed, unless
    the settings say something about them. Paths in a pylock.toml are relative to ``base``, the
    directory that it is for. ``annotate`` adds to a requirements.txt, as comments, what requires
    each package.

    A pylock.toml has to say where every file is. Where the lock does not, uv asks the index that
    the lock names, or else the one that uv is configured for (with the setting ``source`` of
    ``index`` always that one); only files that have the lock's hashes are taken.

    Raises:
        LockError, SelectionError, InterpreterError, SettingsError: as for `sync`.
        StagingError: an index had to be asked, and there is no uv or no answer.

    Example:
        >>> print(export(Settings(directory=Path("service"))).hashed)
        alpha==1.0 \
            --hash=sha256:...
        beta==2.0 \
            --hash=sha256:...
    """
    pylock = file_format == "pylock.toml"
    asking = _Asking(settings=settings, environment=environment, on_event=on_event)
    if universal:
        lock = read_project_lock(settings, environment=environment)
        on_event(LockRead(lock=lock))
        if pylock:
            return _universal_pylock(lock, asking=asking, base=base)
        return _universal(lock, settings, annotate=annotate)
    interpreter, lock, selection = read_selection_only(
        settings, environment=environment, on_event=on_event
    )
    on_event(LockSelected(lock=lock, selection=selection))
    _require_files(selection)
    if pylock:
        return _pylock(lock, selection, interpreter, asking=asking, base=base)
    # An interpreter that has been started uses the time that this takes.
    from syncsteps.export import to_requirements  # noqa: PLC0415

    return to_requirements(
        selection,
        lock=lock,
        root=lock.root,
        annotate=annotate,
        allow_outside=settings.may_leave,
    )


def _require_files(selection: Selection) -> None:
    if selection.unavailable:
        raise SelectionError(
            f"the lock has no file that this target can use of {len(selection.unavailable)}"
            f" of {len(selection.unavailable) + len(selection.packages)} packages",
            details=[item.reason for item in selection.unavailable],
            hint="lock for this platform as well, or name another target with --python",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asking:
    """Whom to ask what the lock does not say, and whom to tell."""

    settings: Settings
    environment: Mapping[str, str]
    on_event: Watcher

    def located(self, lock: Lock, packages: Sequence[Package]) -> Lock:
        """Return ``lock`` with the addresses of all files of ``packages``, which are its own.

        Nothing is asked where it has them.

        Raises:
            SelectionError: an index has none of what the lock has, or something else instead; or
                the lock has something outside of its root.
            StagingError: there is no uv, or it gets no answer.
        """
        # Hardly any other export needs these.
        from syncsteps.addresses import questions_of  # noqa: PLC0415

        follow = self.settings.source == "lock"
        questions = questions_of(packages, follow_indexes=follow)
        if not questions:
            return lock
        self._refuse_outside(lock, packages)
        from syncsteps.addresses import UvAsker, locate  # noqa: PLC0415
        from syncsteps.staging.uv import find_uv  # noqa: PLC0415

        uv = find_uv(self.environment)
        if uv is None:
            raise StagingError(
                f"{lock.path.name} does not say where its files are, which a pylock.toml has to,"
                " and there is no uv to ask an index for it",
                hint="install uv (it comes with `syncsteps[uv]`), or export it as requirements.txt",
            )
        self.on_event(AskingIndex(total=len(questions)))
        asker = UvAsker(uv=uv, environment=self.environment, source=self.settings.source)
        found = asker.ask(
            questions,
            root=lock.root,
            on_line=lambda line: self.on_event(StagingLine(text=line)),
        )
        located = locate(lock, found, of=packages)
        if located.left_out:
            self.on_event(AddressesMissing(left_out=located.left_out))
        return located.lock

    def _refuse_outside(self, lock: Lock, packages: Sequence[Package]) -> None:
        """Raise SelectionError for what the lock has outside of its root, unless it may."""
        from syncsteps.export.values import every_file  # noqa: PLC0415
        from syncsteps.locks.boundaries import refuse_outside  # noqa: PLC0415

        for package in () if self.settings.may_leave else packages:
            parts = (package.source, *every_file(package))
            refuse_outside(package.name, parts, lock=lock, root=lock.root)


def _pylock(
    lock: Lock,
    selection: Selection,
    interpreter: Interpreter,
    *,
    asking: _Asking,
    base: Path | None,
) -> Requirements:
    from syncsteps.export import Requirements, to_pylock  # noqa: PLC0415 - seldom asked for

    settings = asking.settings
    located = asking.located(lock, [item.package for item in selection.packages])
    if located is not lock:
        from syncsteps.selection import select  # noqa: PLC0415 - there already

        # Of what the lock knows by its hashes only, a file can be chosen now.
        selection = select(located, settings.request, interpreter)
        _require_files(selection)
    text = to_pylock(
        selection,
        lock=located,
        root=lock.root,
        base=base,
        # What has been added may lie in a folder that uv is configured for.
        allow_outside=settings.may_leave or located is not lock,
    )
    return Requirements(hashed=text, unhashed="")


def _universal(lock: Lock, settings: Settings, *, annotate: bool) -> Requirements:
    # An export for a target waits for none of these.
    from syncsteps.export import to_universal_requirements  # noqa: PLC0415
    from syncsteps.selection.universal import select_everywhere  # noqa: PLC0415

    return to_universal_requirements(
        select_everywhere(lock, settings.request),
        lock=lock,
        root=lock.root,
        annotate=annotate,
        allow_outside=settings.may_leave,
    )


def _universal_pylock(lock: Lock, *, asking: _Asking, base: Path | None) -> Requirements:
    # As above.
    from syncsteps.export import Requirements, to_universal_pylock  # noqa: PLC0415
    from syncsteps.selection.universal import (  # noqa: PLC0415
        select_everywhere,
        settles_choices,
    )

    settings = asking.settings
    request = settings.request
    keep = not settles_choices(request)
    selected = select_everywhere(lock, request, keep_choices=keep, for_pylock=True)
    located = asking.located(lock, [item.package for item in selected.packages])
    if located is not lock:
        selected = select_everywhere(located, request, keep_choices=keep, for_pylock=True)
    text = to_universal_pylock(
        selected,
        lock=located,
        root=lock.root,
        base=base,
        # As for one target.
        allow_outside=settings.may_leave or located is not lock,
    )
    return Requirements(hashed=text, unhashed="")

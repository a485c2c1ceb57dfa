"""The only wiring: values from one step to the next, and the order in which things happen."""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from syncsteps.commit import DirectoryTimes
from syncsteps.epoch import source_date_epoch
from syncsteps.errors import SettingsError, SmokeError
from syncsteps.events import (
    LockSelected,
    Outcome,
    Planned,
    TargetFound,
    Verified,
    silent,
)
from syncsteps.exporting import EXPORT_FORMATS, export, inspect
from syncsteps.listing import with_files
from syncsteps.locks.boundaries import refuse_outside
from syncsteps.reading import read_selection
from syncsteps.receipts import load_receipts, receipt_path
from syncsteps.settling import locked, recover_first, settled, touched_since
from syncsteps.smoke import SmokeTarget
from syncsteps.survey import Survey, take_survey
from syncsteps.verify import refuse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncsteps.events import Watcher
    from syncsteps.interpreter.model import Interpreter
    from syncsteps.reading import Look
    from syncsteps.settings import Settings

__all__ = [
    "EXPORT_FORMATS",
    "check",
    "export",
    "inspect",
    "install",
    "recover",
    "smoke",
    "sync",
    "verify",
]


def verify(
    settings: Settings,
    *,
    environment: Mapping[str, str] = os.environ,
    on_event: Watcher = silent,
    look: Look | None = None,
) -> Outcome:
    """Apply every rule and return what they found; nothing is written.

    The target is one interpreter; for several recorded ones there is `verify_targets`. No lock is
    taken: a sync that is under way at the same time is an error, not half of what it does. ``look``
    is as in `sync`.

    Raises:
        LockError, SelectionError, InterpreterError, SettingsError: there is nothing to apply them
            to.

    Example:
        >>> outcome = verify(Settings(directory=Path("service")))
        >>> [(finding.code, finding.severity.value) for finding in outcome.findings]
        [('LCK002', 'note')]
    """
    started = time.perf_counter()
    interpreter = _target_at_rest(settings, environment, on_event, real=False, look=look)
    with settled(settings, interpreter):
        survey = _survey(settings, interpreter, environment, on_event)
    _require_wheels(survey, settings)
    return _outcome("verify", survey, started)


def sync(
    settings: Settings,
    *,
    environment: Mapping[str, str] = os.environ,
    on_event: Watcher = silent,
    dry_run: bool = False,
    look: Look | None = None,
) -> Outcome:
    """Make the interpreter hold what the lock says: verify, stage, import, then swap.

    Until everything lies unpacked and imported aside, nothing of the interpreter changes; then all
    of it does, or nothing. ``dry_run`` stops after the plan. ``look`` is a look at the target that
    has begun already, for the same settings.

    Raises:
        LockError, SelectionError: the lock cannot be read, or selected from, or does not fit.
        InterpreterError: there is no usable target, or it refuses to be changed.
        SettingsError: SOURCE_DATE_EPOCH is set to what is no time.
        StagingError, SmokeError: something cannot be fetched, built or imported.
        CommitError: the swap failed, and was rolled back.
        RecoveryError: an earlier interrupted swap can be neither finished nor undone.

    Example:
        >>> settings = Settings(directory=Path("service"))
        >>> events = []
        >>> outcome = sync(settings, on_event=events.append)
        >>> outcome.changed, [result.verdict.value for result in outcome.imports]
        (True, ['ok', 'ok'])
        >>> from syncsteps.events import Swapping
        >>> [event.retired for event in events if isinstance(event, Swapping)]
        [0]
        >>> sync(settings).changed  # as it is there already
        False
    """
    return _sync("sync", settings, environment, on_event, dry_run=dry_run, look=look)


def install(
    settings: Settings,
    *,
    environment: Mapping[str, str] = os.environ,
    on_event: Watcher = silent,
    dry_run: bool = False,
    look: Look | None = None,
) -> Outcome:
    """Do what `sync` does, without importing anything. Raises the same, but for SmokeError.

    Example:
        >>> outcome = install(Settings(directory=Path("service")))
        >>> [entry.name for entry in outcome.receipt.entries], outcome.imports
        (['alpha', 'beta'], ())
    """
    return _sync("install", settings, environment, on_event, dry_run=dry_run, look=look)


def smoke(
    settings: Settings,
    *,
    environment: Mapping[str, str] = os.environ,
    on_event: Watcher = silent,
    look: Look | None = None,
) -> Outcome:
    """Import what is installed of the lock and return each verdict; nothing is written.

    ``look`` is as in `sync`.

    Raises:
        LockError, SelectionError, InterpreterError, SettingsError: as for `sync`.
        SmokeError: something that the lock names is not installed.

    Example:
        >>> settings = Settings(directory=Path("service"))
        >>> install(settings).changed
        True
        >>> [(result.distribution, result.verdict.value) for result in smoke(settings).imports]
        [('alpha', 'ok'), ('beta', 'ok')]
    """
    started = time.perf_counter()
    interpreter = _target(settings, environment, on_event, look=look)
    lock, selection = read_selection(settings, interpreter, environment=environment)
    on_event(LockSelected(lock=lock, selection=selection))
    named = {package.name for package in lock.packages}
    settings.smoke_policy.require_packages(named | {d.name for d in interpreter.distributions})
    there = interpreter.by_name()
    found = [(item.name, next(iter(there.get(item.name, ())), None)) for item in selection.packages]
    missing = [name for name, installed in found if installed is None]
    if missing:
        raise SmokeError(
            f"not installed, so not to be imported: {', '.join(missing)}",
            hint="run `syncsteps sync` first",
        )
    from syncsteps.execution import import_all  # noqa: PLC0415 - most runs find nothing to do

    own = selection.own
    targets = [
        SmokeTarget(name=n, metadata=d.metadata, own=n in own) for n, d in found if d is not None
    ]
    imports = import_all(targets, settings, environment, interpreter, (), on_event)
    return Outcome(
        verb="smoke",
        interpreter=interpreter,
        lock=lock,
        selection=selection,
        imports=imports,
        seconds=time.perf_counter() - started,
    )


def check(
    settings: Settings,
    *,
    environment: Mapping[str, str] = os.environ,
    on_event: Watcher = silent,
    look: Look | None = None,
) -> Outcome:
    """Compare the interpreter with the lock and with the receipt; nothing is written.

    Files are read where their size or their time of modification says that they may have changed,
    and with ``settings.hashes`` all of them. As in `verify`, no lock is taken; ``look`` is as in
    `sync`.

    Raises:
        LockError, SelectionError, InterpreterError, SettingsError: as for `sync`.
        CheckError: the receipt cannot be read.

    Example:
        >>> outcome = check(Settings(directory=Path("service")))
        >>> [(drift.distribution, drift.kind.value) for drift in outcome.drifts]
        [('alpha', 'missing'), ('beta', 'missing')]
    """
    started = time.perf_counter()
    if settings.wheelhouse and not Path(settings.wheelhouse).is_dir():
        settings = replace(settings, wheelhouse="")  # A wheelhouse need not stay where it served.
    interpreter = _target_at_rest(settings, environment, on_event, look=look)
    with settled(settings, interpreter):
        survey = _survey(settings, interpreter, environment, silent)
        on_event(LockSelected(lock=survey.lock, selection=survey.selection))
        if not settings.may_leave:
            for item in survey.selection.packages:
                refuse_outside(item.name, (item.chosen,), lock=survey.lock, root=survey.lock.root)
        from syncsteps.check import every_drift  # noqa: PLC0415 - no other verb needs it

        drifts = every_drift(survey.receipt, interpreter, plan=survey.plan, hashes=settings.hashes)
    return replace(_outcome("check", survey, started), drifts=drifts, findings=())


def recover(
    settings: Settings,
    *,
    environment: Mapping[str, str] = os.environ,
    on_event: Watcher = silent,
) -> Outcome:
    """Finish or undo a swap that was cut off. Every verb that writes does this first by itself.

    Raises:
        InterpreterError: there is no usable target.
        RecoveryError: the swap can be neither finished nor undone.

    Example:
        >>> recover(Settings(directory=Path("service"))).recovered  # what was done; here, nothing
        ''
    """
    started = time.perf_counter()
    interpreter = _target(settings, environment, on_event)
    message = recover_first(settings, interpreter, on_event)
    return Outcome(
        verb="recover",
        interpreter=interpreter,
        recovered=message,
        changed=bool(message),
        seconds=time.perf_counter() - started,
    )


def _sync(
    verb: str,
    settings: Settings,
    environment: Mapping[str, str],
    on_event: Watcher,
    *,
    dry_run: bool,
    look: Look | None,
) -> Outcome:
    started = time.perf_counter()
    moment = time.time_ns() if look is None else look.moment
    epoch = source_date_epoch(environment)
    interpreter = _target(settings, environment, on_event, real=not dry_run, look=look)
    if not dry_run:
        recover_first(settings, interpreter, on_event)
    if _may_be_stale(settings, interpreter, moment):
        moment = time.time_ns()
        interpreter = inspect(settings, environment=environment)
    with settled(settings, interpreter) if dry_run else contextlib.nullcontext():
        survey = _survey(settings, interpreter, environment, on_event)
    refuse(survey.findings)
    on_event(Planned(plan=survey.plan, dry_run=dry_run))
    _require_wheels(survey, settings)
    if dry_run or survey.current:
        return with_files(replace(_outcome(verb, survey, started), dry_run=dry_run), settings)
    times = DirectoryTimes(epoch)
    times.watch([receipt_path(survey.state, survey.project)], below=(survey.state.parent,))
    with times.settled(), locked(settings, survey.state, on_event):
        if touched_since(moment, interpreter):  # another sync may have come first
            survey = _again(survey, settings, environment, on_event)
        if survey.current:
            return with_files(_outcome(verb, survey, started), settings)
        _require_wheels(survey, settings)
        from syncsteps.execution import carry_out  # noqa: PLC0415 - as above

        done = carry_out(survey, settings, environment, on_event, smoke=verb == "sync", times=times)
    outcome = replace(
        _outcome(verb, survey, started),
        findings=(*survey.findings, *done.findings),
        imports=done.imports,
        receipt=done.receipt,
        changed=True,
    )
    return with_files(outcome, settings, done)


def _again(
    before: Survey, settings: Settings, environment: Mapping[str, str], on_event: Watcher
) -> Survey:
    """Survey once more if anything has changed, and tell of it only if the plan is another now."""
    interpreter = inspect(settings, environment=environment)
    # Free space is another from one moment to the next.
    seen = replace(interpreter, free_space=before.interpreter.free_space)
    if seen == before.interpreter and load_receipts(before.state) == before.ledger:
        return before
    survey = take_survey(settings, interpreter, environment=environment)
    if survey.plan != before.plan or survey.findings != before.findings:
        on_event(Verified(findings=survey.findings))
        refuse(survey.findings)
        on_event(Planned(plan=survey.plan, dry_run=False))
    return survey


def _target(
    settings: Settings,
    environment: Mapping[str, str],
    on_event: Watcher,
    *,
    real: bool = True,
    look: Look | None = None,
) -> Interpreter:
    """Find the target and tell of it; ``real`` says that a snapshot of one will not do."""
    if real and settings.interpreter:
        raise SettingsError(
            f"{', '.join(settings.interpreter)}: recorded, and this needs the interpreter itself",
            hint="name it with --python; `verify`, `export` and `sync --dry-run` take a snapshot or"
            " an image's name",
        )
    interpreter = inspect(settings, environment=environment) if look is None else look()
    on_event(TargetFound(interpreter=interpreter))
    return interpreter


def _target_at_rest(
    settings: Settings,
    environment: Mapping[str, str],
    on_event: Watcher,
    *,
    real: bool = True,
    look: Look | None,
) -> Interpreter:
    """Do what `_target` does, and look twice at one that a sync may just have changed."""
    moment = time.time_ns() if look is None else look.moment
    interpreter = _target(settings, environment, on_event, real=real, look=look)
    if _may_be_stale(settings, interpreter, moment):
        return inspect(settings, environment=environment)
    return interpreter


def _may_be_stale(settings: Settings, interpreter: Interpreter, moment: int) -> bool:
    """Whether a sync may have been under way while the target was looked at, from ``moment`` on."""
    return not settings.interpreter and touched_since(moment, interpreter)


def _survey(
    settings: Settings,
    interpreter: Interpreter,
    environment: Mapping[str, str],
    on_event: Watcher,
) -> Survey:
    survey = take_survey(settings, interpreter, environment=environment)
    on_event(LockSelected(lock=survey.lock, selection=survey.selection))
    on_event(Verified(findings=survey.findings))
    return survey


def _require_wheels(survey: Survey, settings: Settings) -> None:
    """Raise StagingError for what a wheelhouse does not have of what is to come."""
    if survey.wheelhouse is None or not survey.plan.staged:
        return
    from syncsteps.wheelhouse.housing import require_wheels  # noqa: PLC0415 - there already

    require_wheels(
        survey.plan.staged,
        survey.wheelhouse,
        Path(settings.wheelhouse),
        interpreter=survey.interpreter,
        digests=survey.source_digests,
    )


def _outcome(verb: str, survey: Survey, started: float) -> Outcome:
    """Return what every verb on a survey has in common."""
    return Outcome(
        verb=verb,
        interpreter=survey.interpreter,
        lock=survey.lock,
        selection=survey.selection,
        findings=survey.findings,
        plan=survey.plan,
        receipt=survey.receipt,
        seconds=time.perf_counter() - started,
    )

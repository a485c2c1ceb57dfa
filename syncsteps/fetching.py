"""The verb that fills a wheelhouse, for a Python of this machine or for a recorded one."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from syncsteps.errors import SettingsError
from syncsteps.events import (
    Fetched,
    Fetching,
    LockSelected,
    Outcome,
    StagingLine,
    StagingProgress,
    TargetFound,
    Verified,
    silent,
)
from syncsteps.locks.model import Directory
from syncsteps.plan import Install, Plan
from syncsteps.reading import find_interpreter
from syncsteps.survey import Surveyor
from syncsteps.verify import RULES, Facts, refuse, verify
from syncsteps.version import __version__
from syncsteps.wheelhouse.filling import Order, fill
from syncsteps.wheelhouse.matching import target_of
from syncsteps.wheelhouse.model import Manifest
from syncsteps.wheelhouse.opening import opened

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncsteps.events import Watcher
    from syncsteps.interpreter.model import Interpreter
    from syncsteps.locks.model import Lock
    from syncsteps.selection import Selection
    from syncsteps.settings import Settings
    from syncsteps.verify import Finding

__all__ = ["fetch"]

# What is wrong with the lock, or between it and the target, is wrong with a wheelhouse too. That
# the target may not be changed is not: fetching does not change it.
_ASKED = ("FIL", "INT001", "INT006", "LCK")
_UNASKED = tuple(rule.code for rule in RULES if not rule.code.startswith(_ASKED))


def fetch(
    settings: Settings,
    *,
    environment: Mapping[str, str] = os.environ,
    on_event: Watcher = silent,
) -> Outcome:
    """Bring every file of the selection into the wheelhouse, as wheels, and write its manifest.

    What has no wheel for the target is built with the target's Python. For a recorded interpreter,
    or with the setting ``build`` of ``never``, nothing is built, and what would have to be is
    refused before anything is fetched. `sync` with the same ``wheelhouse`` then needs neither a
    network nor a compiler. What is there already is kept; the interpreter is not changed.

    Raises:
        LockError, SelectionError: the lock cannot be read, or selected from, or does not fit, or
            something of it would have to be built.
        InterpreterError: there is no usable target, or the lock is not for it.
        SettingsError: no wheelhouse is named, or it is where the sources are.
        StagingError: something cannot be fetched or built, or the wheelhouse cannot be written to.

    Example:
        >>> settings = Settings(directory=Path("service"), wheelhouse="wheelhouse")
        >>> [wheel.filename for wheel in fetch(settings).wheelhouse.wheels]
        ['alpha-1.0-py3-none-any.whl', 'beta-2.0-py3-none-any.whl']
        >>> from syncsteps import sync
        >>> sync(settings).changed  # from the directory wheelhouse, with no network
        True
    """
    started = time.perf_counter()
    directory = _wheelhouse(settings)
    interpreter = find_interpreter(settings, environment=environment)
    on_event(TargetFound(interpreter=interpreter))
    surveyor = Surveyor(settings, environment=environment, housed=False)
    lock, selection = surveyor.lock, surveyor.select(interpreter)
    on_event(LockSelected(lock=lock, selection=selection))
    findings = _findings(surveyor, selection, interpreter, settings)
    on_event(Verified(findings=findings, unasked=_UNASKED))
    refuse(findings)
    files = surveyor.source_files(selection)
    _refuse_sources(directory, lock, selection)
    order = Order(
        wanted=selection.packages,
        lock=lock,
        interpreter=interpreter,
        empty=Manifest(
            tool=__version__,
            lock=lock.path.name,
            lock_digest=lock.digest,
            target=target_of(interpreter),
        ),
        digests=surveyor.source_digests(selection),
        files=files,
        recorded=bool(settings.interpreter),
        source=settings.source,
        build=settings.build,
        jobs=max(1, int(settings.jobs)),
    )
    filling = time.perf_counter()
    with opened(directory, timeout=settings.lock_timeout) as aside:
        filled = fill(
            order,
            directory,
            aside=aside,
            environment=environment,
            on_need=lambda total, kept: on_event(Fetching(total=total, kept=kept)),
            on_line=lambda text: on_event(StagingLine(text=text)),
            on_progress=lambda progress: on_event(StagingProgress(progress=progress)),
        )
    on_event(
        Fetched(
            total=filled.fetched,
            built=filled.built,
            size=sum(wheel.size for wheel in filled.manifest.wheels),
            strangers=filled.strangers,
            seconds=time.perf_counter() - filling,
        )
    )
    return Outcome(
        verb="fetch",
        interpreter=interpreter,
        lock=lock,
        selection=selection,
        findings=findings,
        unasked=_UNASKED,
        wheelhouse=filled.manifest,
        seconds=time.perf_counter() - started,
    )


def _wheelhouse(settings: Settings) -> Path:
    if not settings.wheelhouse:
        raise SettingsError(
            "fetch needs a directory to fetch into", hint="name it with --wheelhouse DIR"
        )
    directory = Path(settings.wheelhouse).absolute()
    if directory.exists() and not directory.is_dir():
        raise SettingsError(f"{directory} is no directory", hint="name one with --wheelhouse DIR")
    return directory


def _refuse_sources(directory: Path, lock: Lock, selection: Selection) -> None:
    """Raise SettingsError if wheels would come to lie directly among what is to be built."""
    for item in selection.packages:
        chosen = item.chosen
        if isinstance(chosen, Directory) and (lock.root / chosen.path).resolve() == (
            directory.resolve()
        ):
            raise SettingsError(
                f"{directory} is the directory that {item.name} is built from",
                hint="name another one for the wheels; it may lie in that directory",
            )


def _findings(
    surveyor: Surveyor, selection: Selection, interpreter: Interpreter, settings: Settings
) -> tuple[Finding, ...]:
    """Return what the rules on the lock and its files find, as if nothing were installed."""
    actions = tuple(Install(selected=item, reason="it is fetched") for item in selection.packages)
    # For a Python that is not here nothing can be built either.
    build = "never" if settings.interpreter else settings.build
    facts = Facts(
        lock=surveyor.lock,
        selection=selection,
        interpreter=interpreter,
        plan=Plan(actions=actions),
        staleness=surveyor.staleness,
        settings=replace(settings, build=build, wheelhouse=""),
    )
    return verify(facts, ignore={*settings.ignore, *_UNASKED}, policy=settings.policy)

"""What each step of a run takes, in this process: from the events, and by calling it."""

from __future__ import annotations

import contextlib
import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from unittest import mock

import syncsteps
from syncsteps import survey
from syncsteps.events import (
    Importing,
    LockSelected,
    Planned,
    Proven,
    Staged,
    Staging,
    Swapping,
    TargetFound,
    Verified,
    silent,
)
from syncsteps.export import to_requirements
from syncsteps.interpreter import probe
from syncsteps.locks import read_lock
from syncsteps.selection import Request, select
from syncsteps.start import keep_garbage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from syncsteps.events import Event
    from syncsteps.settings import Settings

__all__ = ["COMMIT", "Steps", "steps_of_export", "steps_of_sync"]

COMMIT = "commit, or nothing"

_SURVEY = "receipts, digests, and what else the survey does"
# What the survey calls, in this order.
_PARTS: Mapping[str, str] = {
    "read_project_lock": "read",
    "select": "select",
    "make_plan": "plan",
    "verify": "verify",
}

# An event ends the step that is named here.
_ENDS: Mapping[type[object], str] = {
    TargetFound: "probe",
    LockSelected: _SURVEY,
    Verified: "tell of it",
    Planned: "tell of the plan",
    Staging: "wait for the lock of the interpreter",
    Staged: "stage",
    Proven: "prove",
    Importing: "make ready to import",
    Swapping: "smoke",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """Seconds by step of one kind of run."""

    name: str
    seconds: Mapping[str, float]


def steps_of_export(lock: Path, python: Path, *, rounds: int) -> dict[str, float]:
    """Return the median seconds of each step of an export, everything imported already."""
    interpreter = probe(python)
    read = read_lock(lock)
    selection = select(read, Request(), interpreter)
    steps: dict[str, Callable[[], object]] = {
        "probe": lambda: probe(python),
        "probe without distributions": lambda: probe(python, with_distributions=False),
        "read": lambda: read_lock(lock),
        "select": lambda: select(read, Request(), interpreter),
        "write": lambda: to_requirements(selection, lock=read, root=read.root),
    }
    return {
        name: statistics.median(_seconds(step) for _ in range(rounds))
        for name, step in steps.items()
    }


def steps_of_sync(
    settings: Settings,
    environment: Mapping[str, str],
    *,
    smoke: bool = True,
    on_event: Callable[[Event], None] = silent,
) -> dict[str, float]:
    """Run a sync and return the seconds of each of its steps, by the events that end them.

    Without ``smoke`` it is an install, and what is to be imported is not. Every event is handed on.
    """
    steps: dict[str, float] = {}
    last = time.perf_counter()

    def watch(event: Event) -> None:
        nonlocal last
        now = time.perf_counter()
        name = _ENDS.get(type(event))
        if name is not None:
            steps[name] = steps.get(name, 0.0) + now - last
            last = now
        on_event(event)

    keep_garbage()  # as the command line does
    run = syncsteps.sync if smoke else syncsteps.install
    with _timed_parts() as parts:
        run(settings, environment=environment, on_event=watch)
    steps[COMMIT] = time.perf_counter() - last
    # The lock may have been read while the target was still answering.
    steps[_SURVEY] = max(0.0, steps[_SURVEY] - sum(parts.values()))
    probe_first = {name: steps.pop(name) for name in ("probe",)}
    return {**probe_first, **parts, **steps}


@contextlib.contextmanager
def _timed_parts() -> Iterator[dict[str, float]]:
    """Note the seconds of each part of the survey, in the order in which they run."""
    seconds: dict[str, float] = {}

    def timed(name: str, function: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object, **options: object) -> object:
            started = time.perf_counter()
            try:
                return function(*arguments, **options)
            finally:
                seconds[name] = seconds.get(name, 0.0) + time.perf_counter() - started

        return call

    with contextlib.ExitStack() as patches:
        for function, name in _PARTS.items():
            replaced = timed(name, getattr(survey, function))
            patches.enter_context(mock.patch.object(survey, function, replaced))
        yield seconds


def _seconds(step: Callable[[], object]) -> float:
    started = time.perf_counter()
    step()
    return time.perf_counter() - started

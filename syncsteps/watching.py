"""What a run has come to so far: for the reports if it fails, for the cache if it ends well."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from syncsteps.events import (
    Imported,
    LockRead,
    LockSelected,
    Outcome,
    Planned,
    Proven,
    Swapping,
    TargetFound,
    Verified,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from syncsteps.caching.recording import Recording
    from syncsteps.events import Event
    from syncsteps.locks.model import Lock
    from syncsteps.report import Console
    from syncsteps.settings import Settings

__all__ = ["RunWatcher"]


class RunWatcher:
    """Passes events on to a console, and keeps what a run has come to if it does not end well.

    ``directory`` is where the run was started; ``recording`` may make it an answer. ``lock`` is the
    one that was read, if one was.
    """

    def __init__(
        self, verb: str, console: Console, directory: Path, recording: Recording | None
    ) -> None:
        self.verb = verb
        self.console = console
        self.directory = directory
        self.recording = recording
        self.outcome: Outcome | None = None
        self.swapping = False
        self.lock: Lock | None = None
        self._started = time.perf_counter()

    @property
    def so_far(self) -> tuple[Outcome, ...]:
        """What is known of the target, if one has been found."""
        return () if self.outcome is None else (self.outcome,)

    def __call__(self, event: Event) -> None:
        """Note what ``event`` says, and tell it to the console."""
        if isinstance(event, TargetFound):
            self.outcome = Outcome(verb=self.verb, interpreter=event.interpreter, seconds=0)
        elif self.outcome is not None:
            seconds = time.perf_counter() - self._started
            self.outcome = replace(self.outcome, seconds=seconds, **self._told_by(event))
        if isinstance(event, LockRead | LockSelected):
            self.lock = event.lock
        if isinstance(event, Planned) and event.plan.changes and self.recording is not None:
            self.recording.give_up()
        self.swapping = self.swapping or isinstance(event, Swapping)
        self.console(event)

    def _told_by(self, event: Event) -> dict[str, Any]:
        match event:
            case LockSelected():
                return {"lock": event.lock, "selection": event.selection}
            case Verified():
                return {"findings": event.findings, "unasked": event.unasked}
            case Proven() if self.outcome is not None:
                return {"findings": (*self.outcome.findings, *event.findings)}
            case Planned():
                return {"plan": event.plan, "dry_run": event.dry_run}
            case Imported() if self.outcome is not None:
                return {"imports": (*self.outcome.imports, event.result)}
            case _:
                return {}

    def exported(self, settings: Settings, outputs: Sequence[tuple[str, str | None]]) -> None:
        """Note where the text of an export went; None: there was nothing to write, and no file."""
        if self.recording is None:
            return
        for target, text in outputs:
            self.recording.output(target, text)
        self._may_be_kept(settings, self.outcome, with_distributions=False)

    def ended(self, settings: Settings, outcome: Outcome) -> None:
        """Note what the run came to: that there was nothing to do can be said again."""
        if outcome.plan is not None and not outcome.plan.changes and not outcome.changed:
            self._may_be_kept(settings, outcome, with_distributions=True)

    def _may_be_kept(
        self, settings: Settings, outcome: Outcome | None, *, with_distributions: bool
    ) -> None:
        # What is also told elsewhere is told by the long way.
        if self.recording is None or self.lock is None or settings.reports:
            return
        from syncsteps.caching.recording import Run  # noqa: PLC0415 - there already

        self.recording.may_keep(
            Run(
                settings,
                lock=self.lock,
                interpreter=None if outcome is None else outcome.interpreter,
                with_distributions=with_distributions,
                took=f"in {outcome.seconds:.1f} s" if outcome and with_distributions else "",
            )
        )

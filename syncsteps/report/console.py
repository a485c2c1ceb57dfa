"""The run as a person sees it: plain lines, as a log and a pipe have them."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any, TextIO

from syncsteps import report
from syncsteps.events import (
    AddressesMissing,
    AskingIndex,
    Compiled,
    Fetched,
    Fetching,
    Imported,
    Importing,
    InnerLine,
    LockRead,
    LockSelected,
    Planned,
    Proven,
    Recovered,
    Reproducing,
    Restaging,
    Staged,
    Staging,
    StagingLine,
    StagingProgress,
    Swapping,
    TargetFound,
    Verified,
    Waiting,
)
from syncsteps.report.plain import QUOTE, counted, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from syncsteps.errors import SyncstepsError
    from syncsteps.events import Event, Outcome
    from syncsteps.interpreter.model import Interpreter
    from syncsteps.plan import Action
    from syncsteps.reproduce.model import Reproduction
    from syncsteps.staging.model import Progress
    from syncsteps.verify.model import Finding

__all__ = ["Console", "progress_text", "target_line"]

_MEGABYTE = 1_000_000
# A log shall tell that a long run goes on, and of a short one nothing. In seconds.
_PAUSE = 10.0


class Console:
    """Writes plain lines to ``stream``: fit for a log, a pipe and nox's own output.

    ``quiet`` leaves only problems; ``verbose`` adds the installer's lines and what is kept;
    ``progress`` tells now and then how far a long run is, by ``clock``, in seconds.
    """

    def __init__(
        self,
        stream: TextIO,
        *,
        quiet: bool = False,
        verbose: bool = False,
        progress: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.stream = stream
        self.quiet = quiet
        self.verbose = verbose
        self.progress = progress
        self.clock = clock
        self._told = 0.0
        self._doing = "staging"
        self._methods: dict[type[Any], Callable[[Any], None]] = {
            TargetFound: self.target_found,
            Recovered: self.recovered,
            Waiting: self.waiting,
            LockRead: self.lock_read,
            LockSelected: self.lock_selected,
            AskingIndex: self.asking_index,
            AddressesMissing: self.addresses_missing,
            Verified: self.verified,
            Proven: self.verified,
            Planned: self.planned,
            Staging: self.staging,
            StagingLine: self.staging_line,
            StagingProgress: self.staging_progress,
            Staged: self.staged,
            Fetching: self.fetching,
            Fetched: self.fetched,
            Importing: self.importing,
            Imported: self.imported,
            Restaging: self.restaging,
            Compiled: self.compiled,
            Swapping: self.swapping,
            Reproducing: self.reproducing,
            InnerLine: self.inner_line,
        }

    def line(self, text: str = "") -> None:
        """Write one line, whatever is in ``text``; that it cannot be written stops no run."""
        with contextlib.suppress(OSError):
            print(plain(text), file=self.stream, flush=True)

    def say(self, text: str) -> None:
        """Write one line, unless only problems are wanted."""
        if not self.quiet:
            self.line(text)

    def close(self) -> None:
        """Stop whatever is live on the screen."""

    def __call__(self, event: Event) -> None:
        """Write what is to be said of ``event``."""
        self._methods[type(event)](event)

    def target_found(self, event: TargetFound) -> None:
        """Write the first line."""
        self.say(target_line(event.interpreter))

    def lock_read(self, _event: LockRead) -> None:
        """Say nothing: how much of the lock an export is of depends on who installs it."""

    def lock_selected(self, event: LockSelected) -> None:
        """Say how much of the lock is for this target."""
        chosen, total = len(event.selection.packages), len(event.lock.packages)
        self.say(f"{event.lock.path.name}: {chosen} of {total} packages are for this target")

    def asking_index(self, event: AskingIndex) -> None:
        """Say why there is traffic: the lock alone was not enough."""
        what = counted(range(event.total), "package")
        self.say(f"asking the index for the addresses of {what}, which the lock does not have")

    def addresses_missing(self, event: AddressesMissing) -> None:
        """Write which files of the lock the result goes without; that is never left unsaid."""
        for sentence in event.left_out:
            self.line(f"warning: left out: {sentence}")

    def verified(self, event: Verified | Proven) -> None:
        """Write the findings."""
        for finding in event.findings:
            self.finding(finding)

    def finding(self, finding: Finding) -> None:
        """Write what a rule found; notes only when there is an ear for them."""
        if report.finding_shown(finding, quiet=self.quiet, verbose=self.verbose):
            self.line(f"{finding.severity.value} {finding.code}: {finding.message}")
            if finding.hint:
                self.line(f"  what to do: {finding.hint}")

    def planned(self, event: Planned) -> None:
        """Write one line for each action."""
        if not event.plan.changes:
            kept = counted(event.plan.kept, "distribution")
            self.say(f"nothing to do: {kept} as the lock says")
        self.actions(report.actions_shown(event.plan, verbose=self.verbose))
        if event.dry_run and event.plan.changes:
            self.say("dry run: nothing has been done")

    def actions(self, actions: Sequence[Action]) -> None:
        """Write the plan."""
        for action in actions:
            self.say("  ".join(cell for cell in report.action_cells(action) if cell))

    def staging(self, event: Staging) -> None:
        """Say that fetching has begun."""
        self._told = self.clock()
        self.say(f"staging {counted(range(event.total), 'distribution')}")

    def staging_line(self, event: StagingLine) -> None:
        """Pass on a line of the installer's."""
        if self.verbose:
            self.say(f"{QUOTE}{event.text}")

    def staging_progress(self, event: StagingProgress) -> None:
        """Say how far the installer is, if that was not said just before."""
        now = self.clock()
        if self.progress and now - self._told >= _PAUSE:
            self._told = now
            self.say(f"{self._doing}: {progress_text(event.progress)}")

    def staged(self, event: Staged) -> None:
        """Say what lies aside."""
        size = f"{event.size / _MEGABYTE:.1f} MB"
        self.say(f"staged {event.total} ({event.files} files, {size}) in {event.seconds:.1f} s")

    def fetching(self, event: Fetching) -> None:
        """Say how much of the wheelhouse is missing."""
        self._told = self.clock()
        self._doing = "fetching"
        kept = f", {event.kept} {'is' if event.kept == 1 else 'are'} there" if event.kept else ""
        self.say(f"fetching {counted(range(event.total), 'distribution')}{kept}")

    def fetched(self, event: Fetched) -> None:
        """Say what the wheelhouse has now, and what is none of its own."""
        size = f"{event.size / _MEGABYTE:.1f} MB"
        self.say(
            f"fetched {event.total}, built {event.built} of them, in {event.seconds:.1f} s;"
            f" the wheelhouse has {size}"
        )
        if event.strangers:
            self.say(
                "left as they are, though the manifest does not name them:"
                f" {', '.join(event.strangers)}"
            )

    def importing(self, event: Importing) -> None:
        """Say that the smoke step has begun."""
        self.say(f"importing {counted(range(event.total), 'distribution')}")

    def imported(self, event: Imported) -> None:
        """Write what does not import; and everything, when that is wanted."""
        result = event.result
        if result.verdict.remarkable:
            write = self.line if result.stops else self.say
            for line in report.import_lines(result):
                write(line)
        elif self.verbose:
            excused = f"; excused: {result.exception}" if result.exception else ""
            took = f"{result.seconds:.2f} s"
            self.say(f"  {result.distribution}: {result.verdict.value} ({took}){excused}")
        if self.verbose:
            for line in report.effect_lines(result):
                self.say(f"    {line}")

    def restaging(self, event: Restaging) -> None:
        """Say whose imports wrote into staged files."""
        self.say(f"importing changed files of {', '.join(event.names)}: staging them once more")

    def compiled(self, event: Compiled) -> None:
        """Say what was compiled."""
        self.say(f"compiled {counted(range(event.total), 'module')} in {event.seconds:.1f} s")

    def swapping(self, event: Swapping) -> None:
        """Say that the interpreter changes now."""
        self.say(f"swapping {event.placed} files in, {event.retired} out")

    def reproducing(self, event: Reproducing) -> None:
        """Say where the sync is done."""
        from syncsteps.report.reproduction import reproducing_line  # noqa: PLC0415 - rare

        self.say(reproducing_line(event))

    def inner_line(self, event: InnerLine) -> None:
        """Pass on a line of the run in the view, which was told how much to say."""
        self.line(event.text)

    def waiting(self, _event: Waiting) -> None:
        """Say why nothing happens."""
        self.say("waiting for another sync of this interpreter to end")

    def recovered(self, event: Recovered) -> None:
        """Say what became of an earlier commit; that is never left unsaid."""
        self.line(f"recovered: {event.message}")

    def error(self, error: SyncstepsError) -> None:
        """Write why the run ended, and what to do."""
        self.line(f"error {error.code}: {error}")
        for detail in error.details:
            self.line(f"{QUOTE}{detail}")
        if error.hint:
            self.line(f"  what to do: {error.hint}")

    def matrix(self, outcomes: Sequence[Outcome]) -> None:
        """Write how each of many targets stands, and the last line."""
        from syncsteps.report.matrix import matrix_lines, matrix_summary  # noqa: PLC0415 - rare

        for line in matrix_lines(outcomes, quiet=self.quiet, verbose=self.verbose):
            self.line(line)
        self.say(matrix_summary(outcomes))

    def outcome(self, outcome: Outcome) -> None:
        """Write the last line: what was done, in what time, and the digest."""
        for drift in outcome.drifts:
            self.line(report.drift_line(drift))
        if outcome.reproduction is not None:
            self.reproduced(outcome, outcome.reproduction)
            return
        if self.verbose and outcome.imports:
            self.say("the slowest to import:")
            for line in report.slowest_lines(outcome.imports):
                self.say(f"  {line}")
        self.say(report.summary_line(outcome))

    def reproduced(self, outcome: Outcome, found: Reproduction) -> None:
        """Write in what a reproduction differs, and the last line."""
        from syncsteps.report.reproduction import (  # noqa: PLC0415 - rare
            found_lines,
            reproduced_line,
        )

        for line in found_lines(found, verbose=self.verbose):
            self.line(line)
        self.say(reproduced_line(outcome, found))


def progress_text(progress: Progress) -> str:
    """Return how much of how much is fetched, and then how much of it is unpacked."""
    if progress.unpacked:
        return f"unpacked {progress.unpacked} of {progress.total}"
    least = "at least " if progress.partly else ""
    text = f"fetched {least}{progress.fetched} of {progress.total}"
    if progress.of is None:
        return text
    size, of = progress.size / _MEGABYTE, progress.of / _MEGABYTE
    return f"{text} ({size:.1f} of {of:.1f} MB)"


def target_line(interpreter: Interpreter) -> str:
    """Return the first line: the interpreter and the directory that will change."""
    implementation = {"cpython": "CPython", "pypy": "PyPy"}.get(
        interpreter.implementation, interpreter.implementation
    )
    name = f"{implementation} {interpreter.version}"
    return f"target: {name} at {interpreter.executable}, installs into {interpreter.scheme.purelib}"

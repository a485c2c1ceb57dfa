"""The run as a person sees it: plain lines in a log, a table and a live line in a terminal."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, TextIO

from syncsteps import report
from syncsteps.events import (
    AddressesMissing,
    AskingIndex,
    Compiled,
    Imported,
    Importing,
    LockRead,
    LockSelected,
    Planned,
    Proven,
    Recovered,
    Restaging,
    Staged,
    Staging,
    StagingLine,
    Swapping,
    TargetFound,
    Verified,
    Waiting,
)
from syncsteps.report.plain import QUOTE, counted, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.console import Console as RichConsole
    from rich.progress import Progress, TaskID

    from syncsteps.errors import SyncstepsError
    from syncsteps.events import Event, Outcome
    from syncsteps.interpreter.model import Interpreter
    from syncsteps.plan import Action
    from syncsteps.verify.model import Finding

__all__ = ["Console", "TerminalConsole"]

_MEGABYTE = 1_000_000
# By the first word of a line.
_STYLES = {
    "error": "bold red",
    "warning": "yellow",
    "warning:": "yellow",
    "drift:": "red",
    "done:": "green",
}


class Console:
    """Writes plain lines to ``stream``: fit for a log, a pipe and nox's own output.

    ``quiet`` leaves only problems; ``verbose`` adds the installer's lines and what is kept.
    """

    def __init__(self, stream: TextIO, *, quiet: bool = False, verbose: bool = False) -> None:
        self.stream = stream
        self.quiet = quiet
        self.verbose = verbose
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
            Staged: self.staged,
            Importing: self.importing,
            Imported: self.imported,
            Restaging: self.restaging,
            Compiled: self.compiled,
            Swapping: self.swapping,
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
        self.say(f"staging {counted(range(event.total), 'distribution')}")

    def staging_line(self, event: StagingLine) -> None:
        """Pass on a line of the installer's."""
        if self.verbose:
            self.say(f"{QUOTE}{event.text}")

    def staged(self, event: Staged) -> None:
        """Say what lies aside."""
        size = f"{event.size / _MEGABYTE:.1f} MB"
        self.say(f"staged {event.total} ({event.files} files, {size}) in {event.seconds:.1f} s")

    def importing(self, event: Importing) -> None:
        """Say that the smoke step has begun."""
        self.say(f"importing {counted(range(event.total), 'distribution')}")

    def imported(self, event: Imported) -> None:
        """Write what does not import; and everything, when that is wanted."""
        result = event.result
        if not result.verdict.good:
            for line in report.import_lines(result):
                self.line(line)
        elif self.verbose:
            excused = f"; excused: {result.exception}" if result.exception else ""
            took = f"{result.seconds:.2f} s"
            self.say(f"  {result.distribution}: {result.verdict.value} ({took}){excused}")

    def restaging(self, event: Restaging) -> None:
        """Say whose imports wrote into staged files."""
        self.say(f"importing changed files of {', '.join(event.names)}: staging them once more")

    def compiled(self, event: Compiled) -> None:
        """Say what was compiled."""
        self.say(f"compiled {counted(range(event.total), 'module')} in {event.seconds:.1f} s")

    def swapping(self, event: Swapping) -> None:
        """Say that the interpreter changes now."""
        self.say(f"swapping {event.placed} files in, {event.retired} out")

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
        self.say(report.summary_line(outcome))


class TerminalConsole(Console):
    """The same with rich: the plan as a table, staging and importing as one live line."""

    def __init__(self, stream: TextIO, *, quiet: bool = False, verbose: bool = False) -> None:
        super().__init__(stream, quiet=quiet, verbose=verbose)
        self._rich_console: RichConsole | None = None
        self._progress: Progress | None = None
        self._task: TaskID | None = None

    @property
    def _rich(self) -> RichConsole:
        if self._rich_console is None:
            from rich.console import Console as RichConsole  # noqa: PLC0415 - only when it is shown

            self._rich_console = RichConsole(
                file=self.stream, highlight=False, emoji=False, soft_wrap=True
            )
        return self._rich_console

    def line(self, text: str = "") -> None:
        """Write one line above whatever is live."""
        style = _STYLES.get(text.split(" ", 1)[0].removesuffix(":"))
        if style is None and self._progress is None:
            super().line(text)
        else:
            self._rich.print(plain(text), style=style, markup=False)

    def close(self) -> None:
        """Stop the live line."""
        if self._progress is not None:
            with contextlib.suppress(BrokenPipeError):
                self._progress.stop()
            self._progress = None
            self._task = None

    def actions(self, actions: Sequence[Action]) -> None:
        """Draw the plan as a table."""
        if self.quiet or not actions:
            return
        from rich.table import Table  # noqa: PLC0415 - only when it is shown
        from rich.text import Text  # noqa: PLC0415 - only when it is shown

        table = Table(box=None, pad_edge=False, header_style="dim")
        for title in ("", "distribution", "version", "why"):
            table.add_column(title)
        colours = {"+": "green", "~": "yellow", "-": "red", "=": "dim"}
        for action in actions:
            cells = report.action_cells(action)
            table.add_row(*(Text(plain(cell)) for cell in cells), style=colours[cells[0]])
        self._rich.print(table)

    def staging(self, event: Staging) -> None:
        """Begin a live line that shows what the installer does."""
        self._live(f"staging {counted(range(event.total), 'distribution')}", total=None)

    def staging_line(self, event: StagingLine) -> None:
        """Show the installer's line live, or for good when that is wanted."""
        if self.verbose:
            super().staging_line(event)
        elif self._progress is not None and self._task is not None:
            width = max(20, self._rich.width - 30)
            self._progress.update(self._task, description=plain(event.text).strip()[:width])

    def staged(self, event: Staged) -> None:
        """End the live line with a lasting one."""
        self.close()
        super().staged(event)

    def importing(self, event: Importing) -> None:
        """Begin a bar over the distributions."""
        self._live("importing", total=event.total)

    def imported(self, event: Imported) -> None:
        """Move the bar."""
        super().imported(event)
        if self._progress is not None and self._task is not None:
            text = plain(f"imported {event.result.distribution}")
            self._progress.update(self._task, advance=1, description=text)

    def swapping(self, event: Swapping) -> None:
        """End the bar: everything is imported."""
        self.close()
        super().swapping(event)

    def _live(self, text: str, *, total: int | None) -> None:
        from rich import progress  # noqa: PLC0415 - only when it is shown

        self.close()
        if self.quiet:
            return
        self._progress = progress.Progress(
            progress.SpinnerColumn(),
            progress.BarColumn(bar_width=20),
            progress.MofNCompleteColumn() if total else progress.TextColumn(""),
            progress.TextColumn("{task.description}", markup=False),
            console=self._rich,
            transient=True,
        )
        self._task = self._progress.add_task(text, total=total)
        self._progress.start()


def target_line(interpreter: Interpreter) -> str:
    """Return the first line: the interpreter and the directory that will change."""
    implementation = {"cpython": "CPython", "pypy": "PyPy"}.get(
        interpreter.implementation, interpreter.implementation
    )
    name = f"{implementation} {interpreter.version}"
    return f"target: {name} at {interpreter.executable}, installs into {interpreter.scheme.purelib}"

"""The run as a person sees it in colours, and in a terminal: with a table and a live line."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from syncsteps import report
from syncsteps.report.console import Console, progress_text
from syncsteps.report.plain import counted, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console as RichConsole
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

    from syncsteps.events import (
        Fetched,
        Fetching,
        Imported,
        Importing,
        Staged,
        Staging,
        StagingLine,
        StagingProgress,
        Swapping,
    )
    from syncsteps.plan import Action

__all__ = ["ColourConsole", "TerminalConsole"]

# By the first word of a line.
_STYLES = {
    "error": "bold red",
    "warning": "yellow",
    "drift": "red",
    "done": "green",
}


class ColourConsole(Console):
    """The same lines with rich's colours, whatever ``stream`` is: for a log that shows them."""

    _forced: bool | None = True
    _rich_console: RichConsole | None = None

    @property
    def _rich(self) -> RichConsole:
        if self._rich_console is None:
            from rich.console import Console as RichConsole  # noqa: PLC0415 - only when it is shown

            self._rich_console = RichConsole(
                file=self.stream,
                force_terminal=self._forced,
                highlight=False,
                emoji=False,
                soft_wrap=True,
            )
        return self._rich_console

    def line(self, text: str = "") -> None:
        """Write one line in the colour of what it begins with."""
        style = _style(text)
        if style is None:
            super().line(text)
        else:
            self._rich.print(plain(text), style=style, markup=False)


class TerminalConsole(ColourConsole):
    """The same in a terminal: the plan as a table, staging and importing as one live line."""

    _forced = None
    _progress: RichProgress | None = None
    _task: TaskID | None = None
    _far = ""

    def line(self, text: str = "") -> None:
        """Write one line above whatever is live."""
        if self._progress is None:
            super().line(text)
        else:
            self._rich.print(plain(text), style=_style(text), markup=False)

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
        """Begin a bar, and a live line that shows what the installer does."""
        self._far = ""
        self._live(f"staging {counted(range(event.total), 'distribution')}", total=event.total)

    def staging_line(self, event: StagingLine) -> None:
        """Show the installer's line live, or for good when that is wanted."""
        if self.verbose:
            super().staging_line(event)
        elif self._progress is not None and self._task is not None:
            self._describe(plain(event.text).strip())

    def staging_progress(self, event: StagingProgress) -> None:
        """Move the bar: once over what is fetched, and then over what is unpacked."""
        if self._progress is not None and self._task is not None:
            far = event.progress
            self._far = progress_text(far)
            self._progress.update(self._task, completed=far.unpacked or far.fetched)
            self._describe("")

    def _describe(self, text: str) -> None:
        if self._progress is not None and self._task is not None:
            width = max(20, self._rich.width - 40)
            shown = "; ".join(part for part in (self._far, text) if part)
            self._progress.update(self._task, description=shown[:width])

    def staged(self, event: Staged) -> None:
        """End the live line with a lasting one."""
        self.close()
        super().staged(event)

    def fetching(self, event: Fetching) -> None:
        """Begin a bar, and a live line that shows what the installer does."""
        self._far = ""
        self._live(f"fetching {counted(range(event.total), 'distribution')}", total=event.total)

    def fetched(self, event: Fetched) -> None:
        """End the live line with a lasting one."""
        self.close()
        super().fetched(event)

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


def _style(text: str) -> str | None:
    return _STYLES.get(text.split(" ", 1)[0].removesuffix(":"))

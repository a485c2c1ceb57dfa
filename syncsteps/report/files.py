"""Every document that a run is to be written to, each in its own format, and what CI is told."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from syncsteps.output import write
from syncsteps.report.places import Places

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from syncsteps.errors import SyncstepsError
    from syncsteps.events import Outcome
    from syncsteps.report.console import Console
    from syncsteps.settings import Settings

__all__ = ["tell_github", "write_reports"]


def write_reports(
    verb: str,
    settings: Settings,
    *,
    outcomes: Sequence[Outcome],
    error: SyncstepsError | None = None,
    base: Path,
) -> None:
    """Write what a run came to, one outcome for each target, wherever ``settings`` want it.

    Paths are relative to ``base``.

    Raises:
        SettingsError: it cannot be written there.
    """
    places = Places(base)
    if settings.json:
        from syncsteps.report.document import render_json  # noqa: PLC0415 - few runs need all

        write(settings.json, render_json(verb, outcomes=outcomes, error=error, places=places))
    if settings.junit:
        from syncsteps.report.junit import render_junit  # noqa: PLC0415 - as above

        ignored = {*settings.ignore}
        if settings.policy is not None:
            ignored.update(settings.policy.everywhere.ignore)
        text = render_junit(verb, outcomes=outcomes, error=error, ignored=ignored)
        write(settings.junit, text)
    if settings.sarif:
        from syncsteps.report.sarif import render_sarif  # noqa: PLC0415 - as above

        write(settings.sarif, render_sarif(outcomes, error=error, places=places))


def tell_github(
    verb: str,
    console: Console,
    *,
    outcomes: Sequence[Outcome],
    error: SyncstepsError | None = None,
    environment: Mapping[str, str],
    base: Path,
) -> None:
    """Write annotations to the log of a step of GitHub Actions, and append to the job's summary.

    Paths are relative to ``base``. ``environment`` says where the summary is; one that cannot be
    written ends no run.
    """
    from syncsteps.report.github import summary, workflow_commands  # noqa: PLC0415 - only there

    places = Places(base)
    for command in workflow_commands(
        outcomes, error=error, places=places, quiet=console.quiet, verbose=console.verbose
    ):
        console.line(command)
    target = environment.get("GITHUB_STEP_SUMMARY")
    if target:
        try:
            with Path(target).open("a", encoding="utf-8") as file:
                file.write(summary(verb, outcomes, error=error))
        except OSError as failure:
            console.line(f"warning: no summary in {target}: {failure.strerror}")

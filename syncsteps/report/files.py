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

__all__ = ["tell"]


def tell(
    verb: str,
    settings: Settings,
    console: Console,
    *,
    outcomes: Sequence[Outcome],
    error: SyncstepsError | None = None,
    environment: Mapping[str, str],
    directory: Path,
) -> None:
    """Write what a run came to, one outcome for each target, wherever ``settings`` want it.

    In a step of GitHub Actions (``GITHUB_ACTIONS`` is ``true``), write annotations to its log as
    well, and append to the job's summary; one that cannot be written ends no run. Paths in all of
    them are relative to the workspace there, and to ``directory`` elsewhere.

    Raises:
        SettingsError: a report cannot be written where it is wanted.
    """
    if environment.get("GITHUB_ACTIONS") == "true":
        places = Places(Path(environment.get("GITHUB_WORKSPACE") or directory))
        summary = environment.get("GITHUB_STEP_SUMMARY", "")
        _tell_github(verb, console, outcomes, error, places, summary)
    else:
        places = Places(directory)
    _write_reports(verb, settings, outcomes, error, places)


def _write_reports(
    verb: str,
    settings: Settings,
    outcomes: Sequence[Outcome],
    error: SyncstepsError | None,
    places: Places,
) -> None:
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


def _tell_github(
    verb: str,
    console: Console,
    outcomes: Sequence[Outcome],
    error: SyncstepsError | None,
    places: Places,
    target: str,
) -> None:
    from syncsteps.report.github import summary, workflow_commands  # noqa: PLC0415 - only there

    for command in workflow_commands(
        outcomes, error=error, places=places, quiet=console.quiet, verbose=console.verbose
    ):
        console.line(command)
    if target:
        try:
            with Path(target).open("a", encoding="utf-8") as file:
                file.write(summary(verb, outcomes, error=error))
        except OSError as failure:
            console.line(f"warning: no summary in {target}: {failure.strerror}")

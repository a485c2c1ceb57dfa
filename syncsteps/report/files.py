"""Every document that a run is to be written to, each in its own format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncsteps.output import write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from syncsteps.errors import SyncstepsError
    from syncsteps.events import Outcome
    from syncsteps.settings import Settings

__all__ = ["write_reports"]


def write_reports(
    verb: str,
    settings: Settings,
    *,
    outcomes: Sequence[Outcome],
    error: SyncstepsError | None = None,
) -> None:
    """Write what a run came to, one outcome for each target, wherever ``settings`` want it.

    Raises:
        SettingsError: it cannot be written there.
    """
    if settings.json:
        from syncsteps.report.document import render_json  # noqa: PLC0415 - few runs need all

        write(settings.json, render_json(verb, outcomes=outcomes, error=error))
    if settings.junit:
        from syncsteps.report.junit import render_junit  # noqa: PLC0415 - as above

        ignored = {*settings.ignore}
        if settings.policy is not None:
            ignored.update(settings.policy.everywhere.ignore)
        text = render_junit(verb, outcomes=outcomes, error=error, ignored=ignored)
        write(settings.junit, text)

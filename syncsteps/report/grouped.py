"""Findings of several targets, each told once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncsteps.report.lines import finding_shown
from syncsteps.verify.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from syncsteps.events import Outcome
    from syncsteps.verify.model import Finding

__all__ = ["by_weight", "codes_of", "grouped_findings", "targets_named"]

_SHOWN = 3
_ORDER = tuple(Severity)


def grouped_findings(
    outcomes: Sequence[Outcome],
) -> Sequence[tuple[Finding, Sequence[Outcome]]]:
    """Return each different finding with the outcomes that have it, the worst first."""
    found: dict[Finding, list[Outcome]] = {}
    for outcome in outcomes:
        for finding in dict.fromkeys(outcome.findings):
            found.setdefault(finding, []).append(outcome)
    return [(finding, found[finding]) for finding in by_weight(found)]


def by_weight(findings: Iterable[Finding]) -> Sequence[Finding]:
    """Return findings with the worst first, and otherwise in their order."""
    return sorted(findings, key=lambda finding: _ORDER.index(finding.severity))


def codes_of(outcome: Outcome, *, quiet: bool = False, verbose: bool = True) -> Sequence[str]:
    """Return the codes of what was found and is shown, the worst first, with how often: ``(2)``.

    What kept a target from being looked at is one of them.
    """
    found: dict[str, int] = {}
    for finding in by_weight(outcome.findings):
        if finding_shown(finding, quiet=quiet, verbose=verbose):
            found[finding.code] = found.get(finding.code, 0) + 1
    codes = [code if number == 1 else f"{code} ({number})" for code, number in found.items()]
    return codes if outcome.refused is None else [outcome.refused.code, *codes]


def targets_named(outcomes: Sequence[Outcome]) -> str:
    """Return the names of the outcomes' targets, the first few of many; empty if they have none."""
    names = [outcome.target for outcome in outcomes if outcome.target]
    if len(names) > _SHOWN + 1:
        names = [*names[:_SHOWN], f"{len(names) - _SHOWN} more"]
    return ", ".join(names)

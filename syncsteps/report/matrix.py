"""What `verify` found on many targets: a line for each of them, and each finding once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncsteps.report.grouped import codes_of, grouped_findings, targets_named
from syncsteps.report.lines import finding_shown
from syncsteps.report.plain import counted, plain
from syncsteps.verify.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from syncsteps.events import Outcome

__all__ = ["matrix_lines", "matrix_summary"]


def matrix_lines(outcomes: Sequence[Outcome], *, quiet: bool, verbose: bool) -> Iterator[str]:
    """Yield a line for each target: how it stands, its name, how many findings, which codes.

    Then, if ``verbose``, every different finding with the targets that it is about. ``quiet``
    leaves only the targets on which something is wrong.
    """
    names = [plain(outcome.target) for outcome in outcomes]
    width = max(map(len, names), default=0)
    for name, outcome in zip(names, outcomes, strict=True):
        word = _standing(outcome)
        if word == Severity.ERROR.value or not quiet:
            counts = _counts(outcome)
            codes = " ".join(codes_of(outcome, quiet=quiet, verbose=verbose))
            yield f"{word:<7}  {name:<{width}}  {counts:<28}  {codes}".rstrip()
    if verbose:
        for finding, where in grouped_findings(outcomes):
            yield f"{finding.severity.value} {finding.code}: {finding.message}"
            yield f"  on: {targets_named(where)}"
            yield f"  what to do: {finding.hint}"
    for outcome in outcomes:
        if outcome.refused is not None:
            yield f"error {outcome.refused.code}: {outcome.target}: {outcome.refused}"
    if not verbose and any(_any_shown(outcome, quiet=quiet) for outcome in outcomes):
        yield "--verbose says what was found, and on which targets; `syncsteps explain CODE` why"


def matrix_summary(outcomes: Sequence[Outcome]) -> str:
    """Return the last line: on how many targets something is wrong, and in what time."""
    wrong = sum(_standing(outcome) == Severity.ERROR.value for outcome in outcomes)
    seconds = sum(outcome.seconds for outcome in outcomes)
    targets = counted(outcomes, "target")
    return f"done: the lock fits {len(outcomes) - wrong} of {targets} in {seconds:.1f} s"


def _standing(outcome: Outcome) -> str:
    found = {finding.severity for finding in outcome.findings}
    if Severity.ERROR in found or outcome.refused is not None:
        return Severity.ERROR.value
    return Severity.WARNING.value if Severity.WARNING in found else "fits"


def _counts(outcome: Outcome) -> str:
    if outcome.refused is not None:
        return "nothing can be selected"
    found = [finding.severity for finding in outcome.findings]
    counts = [(severity.value, found.count(severity)) for severity in Severity]
    return ", ".join(counted(range(number), word) for word, number in counts if number)


def _any_shown(outcome: Outcome, *, quiet: bool) -> bool:
    return any(finding_shown(each, quiet=quiet, verbose=False) for each in outcome.findings)

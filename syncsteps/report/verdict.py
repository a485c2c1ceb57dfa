"""What a run that went to its end comes to: an error, or none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncsteps.errors import CheckError, SmokeError
from syncsteps.report.plain import counted
from syncsteps.verify.model import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from syncsteps.errors import SyncstepsError
    from syncsteps.events import Outcome

__all__ = ["error_of", "error_of_targets"]

_EXPLAIN = "`syncsteps explain CODE` says more about a code"


def error_of_targets(outcomes: Sequence[Outcome]) -> SyncstepsError | None:
    """Return the error that `verify` on several targets comes to; None if the lock fits all."""
    codes: set[str] = set()
    wrong = 0
    for outcome in outcomes:
        found = {each.code for each in outcome.findings if each.severity is Severity.ERROR}
        if outcome.refused is not None:
            found.add(outcome.refused.code)
        codes |= found
        wrong += bool(found)
    if not wrong:
        return None
    return CheckError(
        f"the lock does not fit {wrong} of {len(outcomes)} targets ({', '.join(sorted(codes))})",
        hint=_EXPLAIN,
    )


def error_of(outcome: Outcome) -> SyncstepsError | None:
    """Return the error that a check which ran to its end comes to; None if all is well."""
    errors_found = [f for f in outcome.findings if f.severity is Severity.ERROR]
    if outcome.verb == "verify" and errors_found:
        codes = ", ".join(sorted({finding.code for finding in errors_found}))
        return CheckError(
            f"the lock does not fit this interpreter ({codes})",
            hint=_EXPLAIN,
        )
    if outcome.drifts:
        return CheckError(
            "the interpreter is not what the lock and the receipt say",
            hint="run `syncsteps sync`, with --reinstall-package NAME for files that were changed",
        )
    found = outcome.reproduction
    if found is not None and found.differences:
        return CheckError(
            f"not reproduced: {counted(found.differences, 'distribution')} not as"
            f" {found.against} says",
            hint="the same takes the same lock and options, a base with the same Python and"
            " packages, and builds that come out the same; --shell shows what is in the view",
        )
    failed = [result.distribution for result in outcome.imports if result.stops]
    if failed:
        return SmokeError(f"does not import: {', '.join(failed)}")
    return None

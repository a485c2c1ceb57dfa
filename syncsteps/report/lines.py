"""What is said of a plan, a finding, an import, a difference, and of a whole run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncsteps.plan import Install, Keep, Remove, Replace
from syncsteps.report.plain import QUOTE, counted
from syncsteps.smoke.model import Verdict
from syncsteps.verify.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from syncsteps.check import Drift
    from syncsteps.events import Outcome
    from syncsteps.plan import Action, Plan
    from syncsteps.smoke.model import ImportResult, SideEffects
    from syncsteps.verify.model import Finding

__all__ = [
    "action_cells",
    "actions_shown",
    "drift_line",
    "effect_lines",
    "finding_shown",
    "import_lines",
    "slowest_lines",
    "summary_line",
]


_WHAT = {
    Verdict.FAILED: "does not import",
    Verdict.MISSING_LIBRARY: "misses a system library",
    Verdict.MISSING_MODULE: "misses a Python module",
    Verdict.NEEDS_DISPLAY: "needs a display or a GPU",
    Verdict.FLAKY: "does not always import",
    Verdict.CRASHED: "crashes the interpreter",
    Verdict.TIMED_OUT: "does not end importing",
    Verdict.EXITED: "ends the process",
}
_PLURALS = {"thread": "threads", "process": "processes"}
_SLOWEST = 10


def finding_shown(finding: Finding, *, quiet: bool, verbose: bool) -> bool:
    """Return whether a finding is shown: an error always is, a note when there is an ear for it."""
    if finding.severity is Severity.ERROR:
        return True
    return not quiet and (verbose or finding.severity is not Severity.NOTE)


def actions_shown(plan: Plan, *, verbose: bool) -> Sequence[Action]:
    """Return the actions of a plan that are shown: what stays only when that is wanted."""
    return [action for action in plan.actions if verbose or not isinstance(action, Keep)]


def action_cells(action: Action) -> tuple[str, str, str, str]:
    """Return an action as sign, name, version and reason."""
    match action:
        case Install():
            return ("+", action.name, str(action.selected.package.version or ""), action.reason)
        case Replace():
            new = action.selected.package.version or "(from its source)"
            return ("~", action.name, f"{action.installed.version} -> {new}", action.reason)
        case Remove():
            return ("-", action.name, action.installed.version, action.reason)
        case Keep():
            return ("=", action.name, action.installed.version, action.reason)


def import_lines(result: ImportResult) -> tuple[str, ...]:
    """Return what is to be said of an import: module, exception, last frames, and what to do."""
    what = _WHAT.get(result.verdict, result.verdict.value)
    kind = "failed" if result.stops else "warning"
    first = f"{kind}: {result.distribution}: {result.module or 'it'} {what}: {result.exception}"
    advice = (f"  what to do: {result.advice}",) if result.advice else ()
    return (first.rstrip(": "), *(f"{QUOTE}{frame}" for frame in result.frames), *advice)


def effect_lines(result: ImportResult) -> tuple[str, ...]:
    """Return what importing a distribution did besides, and what may be missing: for who asks."""
    effects = result.effects
    said = (
        ("writes", effects.written),
        ("changes variables", effects.environment),
        ("changes builtins", effects.builtins),
        ("adds to sys.path", effects.path),
        ("at each start of Python,", effects.startup),
        ("may fail:", result.doubts),
        ("leaves", _left(effects)),
        ("changes", ("the working directory",) if effects.moved else ()),
    )
    return tuple(f"{what} {', '.join(each)}" for what, each in said if each)


def _left(effects: SideEffects) -> tuple[str, ...]:
    counts = ((effects.threads, "thread"), (effects.processes, "process"))
    named = [(number, name if number == 1 else _PLURALS[name]) for number, name in counts]
    return tuple(f"{number} {name}" for number, name in named if number)


def slowest_lines(imports: Iterable[ImportResult]) -> tuple[str, ...]:
    """Return the ten distributions that took longest, with their time and memory."""
    slowest = sorted(imports, key=lambda result: -_took(result))[:_SLOWEST]
    return tuple(
        f"{result.distribution}: {_took(result):.2f} s, {result.memory / 1e6:.0f} MB"
        for result in slowest
        if result.timings
    )


def _took(result: ImportResult) -> float:
    return sum(timing.seconds for timing in result.timings)


def drift_line(drift: Drift) -> str:
    """Return what is to be said of a difference: of what, which, where."""
    parts = ("drift", drift.distribution, drift.kind.value, str(drift.path or ""), drift.detail)
    return ": ".join(part for part in parts if part)


def summary_line(outcome: Outcome) -> str:
    """Return the last line: what was done, in what time, and the digest."""
    took = f"in {outcome.seconds:.1f} s"
    if outcome.verb == "verify":
        return f"done: {_severities(outcome)} {took}"
    if outcome.verb == "recover":
        return f"done: {outcome.recovered or 'there was nothing to recover'}"
    if outcome.verb == "check":
        return f"done: {counted(outcome.drifts, 'difference')} {took}{_digest(outcome)}"
    if outcome.verb == "smoke":
        return f"done: {_verdicts(outcome.imports)} {took}"
    if outcome.verb == "fetch":
        wheels = outcome.wheelhouse.wheels if outcome.wheelhouse is not None else ()
        return f"done: {counted(wheels, 'wheel')} in the wheelhouse {took}"
    return f"done: {_changes(outcome)}{_verdicts(outcome.imports, ', ')} {took}{_digest(outcome)}"


def _severities(outcome: Outcome) -> str:
    found = [finding.severity for finding in outcome.findings]
    return ", ".join(counted(range(found.count(kind)), kind.value) for kind in Severity)


def _changes(outcome: Outcome) -> str:
    actions = outcome.plan.actions if outcome.plan is not None else ()
    verbs = (("installed", Install), ("replaced", Replace), ("removed", Remove), ("kept", Keep))
    counts = [(word, sum(isinstance(a, kind) for a in actions)) for word, kind in verbs]
    will = "to be " if outcome.dry_run else ""
    said = [
        f"{number} {word if word == 'kept' else will + word}" for word, number in counts if number
    ]
    return ", ".join(said) or "nothing to do"


def _verdicts(imports: Iterable[ImportResult], before: str = "") -> str:
    results = tuple(imports)
    if not results:
        return "" if before else "nothing to import"
    good = sum(result.verdict.good for result in results)
    return f"{before}{good} of {len(results)} import"


def _digest(outcome: Outcome) -> str:
    return f"; tree sha256:{outcome.receipt.digest}" if outcome.receipt is not None else ""

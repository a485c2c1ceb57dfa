"""A small run, as the report sees it: one of each action, and what it came to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from syncsteps.check import Drift, DriftKind
from syncsteps.events import Outcome
from syncsteps.plan import Install, Keep, Remove, Replace
from syncsteps.smoke.model import ImportResult, SideEffects, Timing, Verdict
from syncsteps.verify import Finding, Severity
from tests.support.values import (
    make_installed,
    make_lock,
    make_plan_of,
    make_receipt,
    make_selected,
    make_selection,
    make_system,
)

__all__ = ["BAD", "DRIFTS", "GOOD", "PLAN", "full_outcome", "make_finding", "make_outcome"]

PLAN = make_plan_of(
    Install(selected=make_selected("attrs", "25.1"), reason="not installed"),
    Replace(
        selected=make_selected("idna", "3.10"),
        installed=make_installed("idna", "3.9"),
        reason="3.9 is installed",
    ),
    Keep(
        selected=make_selected("six", "1.17"),
        installed=make_installed("six", "1.17"),
        reason="already there",
    ),
    Remove(installed=make_installed("toml", "0.10"), reason="the lock does not name it"),
)
GOOD = ImportResult(distribution="attrs", verdict=Verdict.OK, modules=("attr",), seconds=0.25)
BAD = ImportResult(
    distribution="idna",
    verdict=Verdict.FAILED,
    modules=("idna",),
    module="idna.core",
    exception="ModuleNotFoundError: No module named 'unicodedata2'",
    frames=("idna/__init__.py:1 in <module>", "idna/core.py:3 in <module>"),
    seconds=0.5,
    advice="look elsewhere",
    timings=(Timing(step="idna", seconds=0.4),),
    memory=12_000_000,
    effects=SideEffects(written=("~/.idna",), environment=("IDNA",), threads=1, processes=2),
)
DRIFTS = (
    Drift(distribution="attrs", kind=DriftKind.FILE_MODIFIED, path=Path("/site/attr.py")),
    Drift(distribution="idna", kind=DriftKind.MISSING, detail="not installed"),
)


def make_finding(
    severity: Severity = Severity.ERROR, code: str = "INT003", **fields: object
) -> Finding:
    """Return a finding about a directory."""
    values: dict[str, Any] = {
        "code": code,
        "severity": severity,
        "message": "/usr cannot be written to",
        "hint": "run as root",
        "subject": "/usr",
    }
    return Finding(**(values | fields))


def make_outcome(verb: str = "sync", **fields: object) -> Outcome:
    """Return the outcome of a verb on an empty system, in 1.25 s."""
    values: dict[str, Any] = {"verb": verb, "interpreter": make_system(), "seconds": 1.25}
    return Outcome(**(values | fields))


def full_outcome() -> Outcome:
    """Return the outcome of a sync with everything in it."""
    return make_outcome(
        lock=make_lock(),
        selection=make_selection(),
        findings=(make_finding(Severity.WARNING),),
        plan=PLAN,
        imports=(GOOD,),
        receipt=make_receipt(),
        changed=True,
    )

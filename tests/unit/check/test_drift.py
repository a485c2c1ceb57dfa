from __future__ import annotations

from syncsteps.check import plan_drift
from syncsteps.plan import Install, Keep, Remove, Replace
from tests.support.values import make_installed, make_plan_of, make_selected


def test_what_a_sync_would_do_is_told_as_what_it_is() -> None:
    alpha = make_installed("alpha", "1.0")
    plan = make_plan_of(
        Install(selected=make_selected("alpha", "2.0"), reason="stands before", shadows=alpha),
        Install(selected=make_selected("beta", "1.0"), reason="not installed"),
        Keep(selected=make_selected("gamma"), installed=make_installed("gamma"), reason="there"),
        Remove(installed=make_installed("delta", "1.0"), reason="nothing needs it"),
        Replace(
            selected=make_selected("eta", "1.0"),
            installed=make_installed("eta", "1.0"),
            reason="its source has changed",
        ),
    )
    assert [str(drift) for drift in plan_drift(plan)] == [
        "alpha: other version: stands before",
        "beta: missing: not installed",
        "delta: not in the lock: nothing needs it",
        "eta: not what is locked: its source has changed",
    ]

"""Rules that say, before anything is touched, whether a selection fits a system."""
# ruff: noqa: TC004 - the names of __all__ are there, only later

from __future__ import annotations

from typing import TYPE_CHECKING

from syncsteps.late import import_late

if TYPE_CHECKING:
    from syncsteps.verify.apply import RULES, refuse, verify, verify_staged
    from syncsteps.verify.model import (
        Facts,
        Finding,
        Obstacle,
        Rule,
        Severity,
        StagedFacts,
        StartupCode,
    )
    from syncsteps.verify.policy import Judgement, Policy, read_policy

__all__ = [
    "RULES",
    "Facts",
    "Finding",
    "Judgement",
    "Obstacle",
    "Policy",
    "Rule",
    "Severity",
    "StagedFacts",
    "StartupCode",
    "read_policy",
    "refuse",
    "verify",
    "verify_staged",
]

import_late(
    __name__,
    {
        "syncsteps.verify.apply": ("RULES", "refuse", "verify", "verify_staged"),
        "syncsteps.verify.model": (
            "Facts",
            "Finding",
            "Obstacle",
            "Rule",
            "Severity",
            "StagedFacts",
            "StartupCode",
        ),
        "syncsteps.verify.policy": ("Judgement", "Policy", "read_policy"),
    },
)

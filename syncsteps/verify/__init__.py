"""Rules that say, before anything is touched, whether a selection fits a system."""
# ruff: noqa: TC004 - the names of __all__ are there, only later

from __future__ import annotations

from typing import TYPE_CHECKING

from syncsteps.late import import_late

if TYPE_CHECKING:
    from syncsteps.verify.apply import RULES, verify
    from syncsteps.verify.model import Facts, Finding, Rule, Severity
    from syncsteps.verify.policy import Judgement, Policy, read_policy

__all__ = [
    "RULES",
    "Facts",
    "Finding",
    "Judgement",
    "Policy",
    "Rule",
    "Severity",
    "read_policy",
    "verify",
]

import_late(
    __name__,
    {
        "syncsteps.verify.apply": ("RULES", "verify"),
        "syncsteps.verify.model": ("Facts", "Finding", "Rule", "Severity"),
        "syncsteps.verify.policy": ("Judgement", "Policy", "read_policy"),
    },
)

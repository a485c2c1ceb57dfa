"""Rules that say, before anything is touched, whether a selection fits a system."""
# ruff: noqa: TC004 - the names of __all__ are there, only later

from __future__ import annotations

from typing import TYPE_CHECKING

from syncsteps.late import import_late

if TYPE_CHECKING:
    from syncsteps.verify.apply import RULES, verify
    from syncsteps.verify.model import Facts, Finding, Rule, Severity

__all__ = ["RULES", "Facts", "Finding", "Rule", "Severity", "verify"]

import_late(
    __name__,
    {
        "syncsteps.verify.apply": ("RULES", "verify"),
        "syncsteps.verify.model": ("Facts", "Finding", "Rule", "Severity"),
    },
)

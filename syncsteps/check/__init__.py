"""Whether an interpreter still is what a receipt says: versions, files, hashes. Writes nothing."""
# ruff: noqa: TC004 - the names of __all__ are there, only later

from __future__ import annotations

from typing import TYPE_CHECKING

from syncsteps.late import import_late

if TYPE_CHECKING:
    from syncsteps.check.comparing import check, every_drift
    from syncsteps.check.drift import Drift, DriftKind, plan_drift
    from syncsteps.check.tree import installed_digest

__all__ = ["Drift", "DriftKind", "check", "every_drift", "installed_digest", "plan_drift"]

import_late(
    __name__,
    {
        "syncsteps.check.comparing": ("check", "every_drift"),
        "syncsteps.check.drift": ("Drift", "DriftKind", "plan_drift"),
        "syncsteps.check.tree": ("installed_digest",),
    },
)

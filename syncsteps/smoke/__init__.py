"""Importing what was staged, before it is let in."""
# ruff: noqa: TC004 - the names of __all__ are there, only later

from __future__ import annotations

from typing import TYPE_CHECKING

from syncsteps.late import import_late

if TYPE_CHECKING:
    from syncsteps.smoke.model import ImportResult, SmokeTarget, Verdict
    from syncsteps.smoke.names import import_names
    from syncsteps.smoke.runner import smoke_imports

__all__ = ["ImportResult", "SmokeTarget", "Verdict", "import_names", "smoke_imports"]

import_late(
    __name__,
    {
        "syncsteps.smoke.model": ("ImportResult", "SmokeTarget", "Verdict"),
        "syncsteps.smoke.names": ("import_names",),
        "syncsteps.smoke.runner": ("smoke_imports",),
    },
)

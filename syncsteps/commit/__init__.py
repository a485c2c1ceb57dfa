"""The swap: journaled, recoverable, all or nothing."""
# ruff: noqa: TC004 - the names of __all__ are there, only later

from __future__ import annotations

from typing import TYPE_CHECKING

from syncsteps.late import import_late

if TYPE_CHECKING:
    from syncsteps.commit.ahead import flush_ahead
    from syncsteps.commit.assemble import (
        assemble,
        new_directories,
        obstacles,
        retired_files,
    )
    from syncsteps.commit.guard import interpreter_lock, new_stage
    from syncsteps.commit.model import Change, Outcome, Placement, Recovery
    from syncsteps.commit.receipt import stage_receipt
    from syncsteps.commit.recovery import pending, recover, unsettled
    from syncsteps.commit.retire import commit_roots, installed_files, prunable
    from syncsteps.commit.swap import commit
    from syncsteps.commit.times import DirectoryTimes

__all__ = [
    "Change",
    "DirectoryTimes",
    "Outcome",
    "Placement",
    "Recovery",
    "assemble",
    "commit",
    "commit_roots",
    "flush_ahead",
    "installed_files",
    "interpreter_lock",
    "new_directories",
    "new_stage",
    "obstacles",
    "pending",
    "prunable",
    "recover",
    "retired_files",
    "stage_receipt",
    "unsettled",
]

import_late(
    __name__,
    {
        "syncsteps.commit.ahead": ("flush_ahead",),
        "syncsteps.commit.assemble": (
            "assemble",
            "new_directories",
            "obstacles",
            "retired_files",
        ),
        "syncsteps.commit.guard": ("interpreter_lock", "new_stage"),
        "syncsteps.commit.model": ("Change", "Outcome", "Placement", "Recovery"),
        "syncsteps.commit.receipt": ("stage_receipt",),
        "syncsteps.commit.recovery": ("pending", "recover", "unsettled"),
        "syncsteps.commit.retire": ("commit_roots", "installed_files", "prunable"),
        "syncsteps.commit.swap": ("commit",),
        "syncsteps.commit.times": ("DirectoryTimes",),
    },
)

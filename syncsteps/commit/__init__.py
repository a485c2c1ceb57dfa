"""The swap: journaled, recoverable, all or nothing."""

from syncsteps.commit.assemble import assemble
from syncsteps.commit.guard import interpreter_lock, new_stage
from syncsteps.commit.model import Change, Outcome, Placement, Recovery
from syncsteps.commit.receipt import stage_receipt
from syncsteps.commit.recovery import recover, unsettled
from syncsteps.commit.retire import commit_roots, installed_files, prunable
from syncsteps.commit.swap import commit

__all__ = [
    "Change",
    "Outcome",
    "Placement",
    "Recovery",
    "assemble",
    "commit",
    "commit_roots",
    "installed_files",
    "interpreter_lock",
    "new_stage",
    "prunable",
    "recover",
    "stage_receipt",
    "unsettled",
]

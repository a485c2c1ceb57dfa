"""Fetching, building and unpacking aside, by uv or by pip."""
# ruff: noqa: TC004 - the names of __all__ are there, only later

from __future__ import annotations

from typing import TYPE_CHECKING

from syncsteps.late import import_late

if TYPE_CHECKING:
    from syncsteps.staging.model import (
        Clash,
        Progress,
        Stage,
        StagedDistribution,
        StagedFile,
        StageOptions,
        Stager,
    )
    from syncsteps.staging.pip import PipStager
    from syncsteps.staging.run import choose_stager, stage
    from syncsteps.staging.secrets import redact
    from syncsteps.staging.sources import source_digest, source_files
    from syncsteps.staging.times import stamp
    from syncsteps.staging.tree import read_stage
    from syncsteps.staging.uv import UvStager
    from syncsteps.staging.witness import changed_since, witness

__all__ = [
    "Clash",
    "PipStager",
    "Progress",
    "Stage",
    "StageOptions",
    "StagedDistribution",
    "StagedFile",
    "Stager",
    "UvStager",
    "changed_since",
    "choose_stager",
    "read_stage",
    "redact",
    "source_digest",
    "source_files",
    "stage",
    "stamp",
    "witness",
]

import_late(
    __name__,
    {
        "syncsteps.staging.model": (
            "Clash",
            "Progress",
            "Stage",
            "StageOptions",
            "StagedDistribution",
            "StagedFile",
            "Stager",
        ),
        "syncsteps.staging.pip": ("PipStager",),
        "syncsteps.staging.run": ("choose_stager", "stage"),
        "syncsteps.staging.secrets": ("redact",),
        "syncsteps.staging.sources": ("source_digest", "source_files"),
        "syncsteps.staging.times": ("stamp",),
        "syncsteps.staging.tree": ("read_stage",),
        "syncsteps.staging.uv": ("UvStager",),
        "syncsteps.staging.witness": ("changed_since", "witness"),
    },
)

"""The reader of each format, imported when a lock of that format is read."""
# ruff: noqa: TC004 - the names of __all__ are there, only later

from __future__ import annotations

from typing import TYPE_CHECKING

from syncsteps.late import import_late

if TYPE_CHECKING:
    from syncsteps.locks.pdm import read_pdm
    from syncsteps.locks.pipfile import read_pipfile
    from syncsteps.locks.poetry import read_poetry
    from syncsteps.locks.pylock import read_pylock
    from syncsteps.locks.requirements import read_requirements
    from syncsteps.locks.uv import read_uv

__all__ = [
    "read_pdm",
    "read_pipfile",
    "read_poetry",
    "read_pylock",
    "read_requirements",
    "read_uv",
]

import_late(
    __name__,
    {
        "syncsteps.locks.pdm": ("read_pdm",),
        "syncsteps.locks.pipfile": ("read_pipfile",),
        "syncsteps.locks.poetry": ("read_poetry",),
        "syncsteps.locks.pylock": ("read_pylock",),
        "syncsteps.locks.requirements": ("read_requirements",),
        "syncsteps.locks.uv": ("read_uv",),
    },
)

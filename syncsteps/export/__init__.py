"""Selections and locks as text that installers and other tools read."""
# ruff: noqa: TC004 - the names of __all__ are there, only later

from __future__ import annotations

from typing import TYPE_CHECKING

from syncsteps.late import import_late

if TYPE_CHECKING:
    from syncsteps.export.pylock import to_pylock
    from syncsteps.export.requirements import Requirements, to_requirements
    from syncsteps.export.universal import to_universal_pylock, to_universal_requirements

__all__ = [
    "Requirements",
    "to_pylock",
    "to_requirements",
    "to_universal_pylock",
    "to_universal_requirements",
]

import_late(
    __name__,
    {
        "syncsteps.export.pylock": ("to_pylock",),
        "syncsteps.export.requirements": ("Requirements", "to_requirements"),
        "syncsteps.export.universal": ("to_universal_pylock", "to_universal_requirements"),
    },
)

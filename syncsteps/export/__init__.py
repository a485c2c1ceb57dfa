"""Selections and locks as text that installers and other tools read."""

from __future__ import annotations

from syncsteps.export.pylock import to_pylock
from syncsteps.export.requirements import Requirements, to_requirements

__all__ = ["Requirements", "to_pylock", "to_requirements"]

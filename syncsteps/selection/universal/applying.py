"""An entry of a lock and the condition under which it applies, before it becomes a marker."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Applying"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Applying:
    """An entry by its position in the lock, where it applies, and what led to it (sorted)."""

    position: int
    condition: int
    required_by: tuple[str, ...] = ()

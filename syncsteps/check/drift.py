"""In which ways an interpreter can differ from what was installed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from syncsteps.plan import Install, Keep, Remove

if TYPE_CHECKING:
    from pathlib import Path

    from syncsteps.plan import Plan, Replace

__all__ = ["Drift", "DriftKind", "plan_drift"]


class DriftKind(Enum):
    """In which way a distribution is not what was installed."""

    MISSING = "missing"
    VERSION = "other version"
    CONTENT = "not what is locked"
    SURPLUS = "not in the lock"
    FILE_MISSING = "file missing"
    FILE_MODIFIED = "file modified"
    FILE_FOREIGN = "file of nobody"
    TREE = "tree changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One difference; ``path`` is the file, or None where it concerns the whole distribution."""

    distribution: str
    kind: DriftKind
    path: Path | None = None
    detail: str = ""

    def __str__(self) -> str:
        where = f" {self.path}" if self.path is not None else ""
        return f"{self.distribution}: {self.kind.value}{where}: {self.detail}"


def plan_drift(plan: Plan) -> tuple[Drift, ...]:
    """Return what a sync would do as differences from the lock, in the order of the plan."""
    return tuple(
        Drift(distribution=action.name, kind=_kind(action), detail=action.reason)
        for action in plan.actions
        if not isinstance(action, Keep)
    )


def _kind(action: Install | Replace | Remove) -> DriftKind:
    if isinstance(action, Remove):
        return DriftKind.SURPLUS
    installed = action.shadows if isinstance(action, Install) else action.installed
    if installed is None:
        return DriftKind.MISSING
    same = installed.version == str(action.selected.package.version)
    return DriftKind.CONTENT if same else DriftKind.VERSION

"""Whether a lock still is what the project asks for: its own record against the project's files."""

from __future__ import annotations

from syncsteps.locks.staleness.compare import Staleness, staleness
from syncsteps.locks.staleness.workspace import Workspace, read_workspace

__all__ = ["Staleness", "Workspace", "read_workspace", "staleness"]

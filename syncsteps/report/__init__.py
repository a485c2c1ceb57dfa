"""What the user sees: a console, a log, a file."""

from __future__ import annotations

from syncsteps.report.console import Console, TerminalConsole
from syncsteps.report.document import render_json

__all__ = ["Console", "TerminalConsole", "render_json"]

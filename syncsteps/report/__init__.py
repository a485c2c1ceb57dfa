"""What the user sees: a console, a log, a file."""
# ruff: noqa: TC004 - the names of __all__ are there, only later

from __future__ import annotations

from typing import TYPE_CHECKING

from syncsteps.late import import_late

if TYPE_CHECKING:
    from syncsteps.report.console import Console
    from syncsteps.report.document import render_json
    from syncsteps.report.files import tell
    from syncsteps.report.junit import render_junit
    from syncsteps.report.lines import (
        action_cells,
        actions_shown,
        drift_line,
        effect_lines,
        finding_shown,
        import_lines,
        slowest_lines,
        summary_line,
    )
    from syncsteps.report.sarif import render_sarif
    from syncsteps.report.terminal import ColourConsole, TerminalConsole
    from syncsteps.report.verdict import error_of, error_of_targets

__all__ = [
    "ColourConsole",
    "Console",
    "TerminalConsole",
    "action_cells",
    "actions_shown",
    "drift_line",
    "effect_lines",
    "error_of",
    "error_of_targets",
    "finding_shown",
    "import_lines",
    "render_json",
    "render_junit",
    "render_sarif",
    "slowest_lines",
    "summary_line",
    "tell",
]

import_late(
    __name__,
    {
        "syncsteps.report.console": ("Console",),
        "syncsteps.report.terminal": ("ColourConsole", "TerminalConsole"),
        "syncsteps.report.document": ("render_json",),
        "syncsteps.report.files": ("tell",),
        "syncsteps.report.junit": ("render_junit",),
        "syncsteps.report.lines": (
            "action_cells",
            "actions_shown",
            "drift_line",
            "finding_shown",
            "effect_lines",
            "import_lines",
            "slowest_lines",
            "summary_line",
        ),
        "syncsteps.report.sarif": ("render_sarif",),
        "syncsteps.report.verdict": ("error_of", "error_of_targets"),
    },
)

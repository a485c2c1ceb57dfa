"""The picture in the README: a real sync in a terminal, as SVG. Run as a module it draws it anew.

It makes a Python in /opt/python, as a container would have one, syncs the lock of this checkout
into it, and takes it away again; so it is for root, and for a machine that has nothing there.
"""

from __future__ import annotations

import os
import pty
import re
import shutil
import subprocess
import sys
import tempfile
from io import StringIO
from pathlib import Path

from tests.support.interpreters import throwaway_interpreter

__all__ = ["PICTURE", "screen", "svg"]

CHECKOUT = Path(__file__).resolve().parents[2]
PICTURE = CHECKOUT / ".github" / "sync.svg"
_PREFIX = Path("/opt/python")
_COMMANDS = (
    ["syncsteps", "sync"],
    ["syncsteps", "sync"],
    ["syncsteps", "check"],
)
_WIDTH = 120
# A CSI sequence of the kinds that rich writes, a carriage return, or an end of a line.
_CONTROL = re.compile(r"(\x1b\[[0-9;?]*[A-Za-z]|\r|\n)")
# As rich has it, but for fonts from elsewhere.
_FORMAT = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{
font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
font-size: {char_height}px; line-height: {line_height}px;
}}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def screen(written: str) -> list[str]:
    """Return the lines that a terminal shows in the end, which colours are left in.

    ``written`` is what was written to it, by rich: lines, and among them one that is drawn again
    and again (erased, from its beginning), and then erased for good.
    """
    lines, row = [""], 0
    for part in _CONTROL.split(written):
        if part == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif part.endswith("A") and part.startswith("\x1b"):
            row = max(0, row - int(part[2:-1] or 1))
        elif part in {"\x1b[2K", "\x1b[K"}:
            lines[row] = ""
        elif part.endswith("m") or not part.startswith(("\x1b", "\r")):
            lines[row] += part
    return lines


def svg(commands: list[tuple[str, list[str]]]) -> str:
    """Return the picture of a terminal with these commands and the lines that each left there."""
    from rich.console import Console  # noqa: PLC0415 - only the picture needs it
    from rich.text import Text  # noqa: PLC0415 - as above

    console = Console(
        record=True, width=_WIDTH, file=StringIO(), force_terminal=True, color_system="truecolor"
    )
    for command, lines in commands:
        console.print(Text.assemble(("$ ", "bold green"), (command, "bold")))
        for line in lines:
            console.print(Text.from_ansi(line), soft_wrap=False)
        console.print()
    picture = console.export_svg(title="syncsteps", code_format=_FORMAT, unique_id="syncsteps")
    return "\n".join(line.strip() for line in picture.splitlines() if line.strip()) + "\n"


def _run(command: list[str], directory: Path, environment: dict[str, str]) -> list[str]:
    """Run a command in a terminal of its own, and return what that shows in the end."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        command, cwd=directory, env=environment, stdin=theirs, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        written = b""
        while chunk := _read(ours):
            written += chunk
    os.close(ours)
    text = written.decode()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}:\n{text}")
    return screen(text.rstrip())


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # on Linux, what a terminal says once nobody has its other end
        return b""


def _draw() -> str:
    with tempfile.TemporaryDirectory() as place:
        project = Path(place, "project")
        project.mkdir()
        for name in ("requirements.txt", "pyproject.toml"):
            shutil.copy(CHECKOUT / name, project)
        environment = {
            **{name: value for name, value in os.environ.items() if "COLOR" not in name},
            "PATH": os.pathsep.join([str(_PREFIX / "bin"), os.environ["PATH"]]),
            "PYTHONPATH": str(CHECKOUT),
            "TERM": "xterm-256color",
            "COLUMNS": str(_WIDTH),
            "SYNCSTEPS_CACHE_DIR": str(Path(place, "cache")),
        }
        shown = []
        for command in _COMMANDS:
            program = [sys.executable, "-m", *command]
            shown.append((" ".join(command), _run(program, project, environment)))
    return svg(shown)


def main() -> None:
    """Draw the picture anew."""
    if _PREFIX.exists() or not os.access(_PREFIX.parent, os.W_OK):
        raise SystemExit(f"{_PREFIX} exists, or cannot be made: this is for root of a container")
    try:
        throwaway_interpreter(_PREFIX)
        PICTURE.write_text(_draw(), encoding="utf-8")
    finally:
        shutil.rmtree(_PREFIX, ignore_errors=True)


if __name__ == "__main__":
    main()

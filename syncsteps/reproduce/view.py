"""What each way to have a throwaway view gives to the run in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    Command = Sequence[str | Path]

__all__ = ["BOOT", "View"]

# Runs in the view, by Python with -I: what it imports comes from where the orders say. These go at
# once, since there may be passwords in the variables.
BOOT = """\
import json, os, sys
with open(sys.argv[1], encoding="utf-8") as file:
    orders = json.load(file)
os.remove(sys.argv[1])
sys.path[:0] = orders["path"]
os.environ.update(orders["variables"])
if orders["uv"]:
    import contextlib, subprocess
    # Behind what is there, and only if it runs there: that may be another C library, or processor.
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        subprocess.run([orders["uv"], "--version"], check=True, stdout=subprocess.DEVNULL)
        os.environ["PATH"] += os.pathsep + os.path.dirname(orders["uv"])
if orders["copy"]:
    import shutil
    source, target = orders["copy"]
    unwanted = shutil.ignore_patterns("__pycache__", ".venv", ".nox", ".tox", "node_modules")
    shutil.copytree(source, target, symlinks=True, ignore=unwanted, dirs_exist_ok=True)
if orders["directory"]:
    os.chdir(orders["directory"])
from syncsteps.cli import main
status = main(["sync", *orders["options"]])
if status == 0:
    from syncsteps.reproduce.collecting import collect, open_shell
    scripts = collect(orders["report"], orders["evidence"], environment=os.environ)
    if orders["shell"]:
        open_shell(scripts, environment=os.environ)
sys.exit(status)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A throwaway view of a system, and how something is run in it.

    ``command`` makes the command line that runs a Python program in it, on a terminal or not, from
    the program's own arguments for Python. ``work`` is the work directory as the view has it,
    ``options`` are those of the sync that depend on the view. ``refused`` returns why a run could
    not even begin, or None. ``variables`` are those of the command; in the view, ``passed`` come
    beside what is there. ``path`` is where the view has this tool, ``copy`` what is to be copied in
    it first, and to where, ``uv`` the program that it may use, or empty. ``hint`` is what to do
    where no sync comes of it.
    """

    isolation: str
    command: Callable[[Sequence[str], bool], Command]
    work: str
    path: Sequence[str]
    directory: str
    options: Sequence[str] = ()
    refused: Callable[[], Exception | None] = lambda: None
    variables: Mapping[str, str]
    passed: Mapping[str, str] = field(default_factory=dict)
    copy: tuple[str, str] | None = None
    uv: str = ""
    hint: str = ""

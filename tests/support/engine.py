"""A program that takes docker's place: it runs what it is told to on this machine.

``docker run`` with volumes becomes the program itself, in whose orders the paths of the container
are replaced by those that the volumes are of. What a real engine keeps apart is not.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["add_engine", "main"]

_LAUNCHER = """\
#!/bin/sh
PYTHONPATH={checkout} exec {python} -m tests.support.engine {directory} {target} "$@"
"""


def add_engine(directory: Path, name: str, target: Path) -> None:
    """Put the program ``name`` into ``directory``: ``target`` is the Python of all its images."""
    checkout = Path(__file__).resolve().parents[2]
    text = _LAUNCHER.format(
        checkout=checkout, python=sys.executable, directory=directory, target=target
    )
    program = directory / name
    program.write_text(text, encoding="utf-8")
    program.chmod(0o755)


def main(directory: Path, target: str, arguments: Sequence[str]) -> int:
    """Do what an engine does with ``arguments``; note them in ``directory``."""
    with (directory / "calls").open("a", encoding="utf-8") as file:
        file.write(f"{arguments[0]}\n")
    if arguments[0] != "run":
        return 0
    volumes = [part.partition("=")[2] for part in arguments if part.startswith("--volume=")]
    places = {volume.split(":")[1]: volume.split(":")[0] for volume in volumes}
    places.setdefault("/syncsteps/project", str(directory / "project"))
    program = next(p.partition("=")[2] for p in arguments if p.startswith("--entrypoint="))
    inside = arguments[next(n for n, p in enumerate(arguments) if p == "-I") :]
    orders = Path(_here(inside[-1], places))
    orders.write_text(_here(orders.read_text(encoding="utf-8"), places), encoding="utf-8")
    command = [target if program == "python3" else program, *inside[:-1], str(orders)]
    environment = {**os.environ, "PATH": f"{Path(target).parent}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(command, env=environment, check=False).returncode


def _here(text: str, places: dict[str, str]) -> str:
    for there, here in places.items():
        text = text.replace(there, here)
    return text


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:]))

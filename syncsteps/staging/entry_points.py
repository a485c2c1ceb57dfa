"""The scripts of entry points, in one form for every installer."""

from __future__ import annotations

import keyword
import os
import re
import sys
from typing import TYPE_CHECKING

from syncsteps.staging.finish import write_anew
from syncsteps.staging.scripts import first_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from syncsteps.interpreter.model import Interpreter
    from syncsteps.staging.unpacked import Unpacked

__all__ = ["script_bodies", "write_scripts"]

_GROUPS = ("console_scripts", "gui_scripts")
_REFERENCE = re.compile(r"(?P<module>[\w.]+)\s*:\s*(?P<attribute>[\w.]+)\s*(?:\[.*\]\s*)?")
_BODY = """\
import sys

from {module} import {name}

if __name__ == "__main__":
    sys.exit({attribute}())
"""
# Wheels of these name the Python that they were built with, installers the one that they are for.
_NAMED_AFTER_PYTHON = {
    "pip": (re.compile(r"pip\d+(\.\d+)?"), ("pip{major}", "pip{major}.{minor}")),
    "easy_install": (re.compile(r"easy_install-\d+\.\d+"), ("easy_install-{major}.{minor}",)),
}


def write_scripts(
    directory: Path, one: Unpacked, files: Iterable[str], *, interpreter: Interpreter
) -> tuple[str, ...]:
    """Write the scripts of the entry points of ``one``; return its ``files`` with them.

    On Windows an installer's programs stay as they are.

    Raises:
        OSError: they cannot be written.
    """
    own = dict.fromkeys(files)
    if sys.platform == "win32" or f"{one.info}/entry_points.txt" not in own:
        return tuple(own)
    text = (directory / one.info / "entry_points.txt").read_text(encoding="utf-8", errors="replace")
    folder = f"{one.site.base}bin"
    bodies = script_bodies(text, version=interpreter.version)
    for name in _superseded(text, bodies):
        if own.pop(f"{folder}/{name}", "") is None:
            (directory / folder / name).unlink()
    shebang = first_lines(os.fspath(interpreter.executable), b"", sys.platform)
    for name, body in bodies.items():
        path = f"{folder}/{name}"
        if path not in own and (directory / path).exists():
            continue  # another distribution's
        (directory / folder).mkdir(parents=True, exist_ok=True)
        write_anew(directory / path, shebang + body.encode(), mode=0o755)
        own[path] = None
    return tuple(own)


def script_bodies(text: str, *, version: str) -> Mapping[str, str]:
    """Return the scripts that an ``entry_points.txt`` asks for, each without its first line.

    They follow the standard on entry points: the groups ``console_scripts`` and ``gui_scripts``,
    where ``name = module:object.attribute``; extras mean nothing. A line that says anything else,
    or that is no name of a file, is left to the installer, which has refused or taken it. As all
    installers do, the scripts ``pip`` and ``easy_install`` have others beside them that are named
    after the Python ``version``, in place of those that the wheel names.
    """
    found = dict(_references(text))
    major, minor = version.split(".")[:2]
    for name, (numbered, others) in _NAMED_AFTER_PYTHON.items():
        if name in found:
            found = {key: body for key, body in found.items() if not numbered.fullmatch(key)}
            for other in others:
                found[other.format(major=major, minor=minor)] = found[name]
    return found


def _superseded(text: str, bodies: Mapping[str, str]) -> list[str]:
    return [name for name, _ in _references(text) if name not in bodies]


def _references(text: str) -> Iterator[tuple[str, str]]:
    lines: dict[str, list[str]] = {group: [] for group in _GROUPS}
    current: list[str] = []
    for line in map(str.strip, text.splitlines()):
        if line.startswith("[") and line.endswith("]"):
            current = lines.get(line[1:-1].strip(), [])
        elif line and not line.startswith(("#", ";")):
            current.append(line)
    for group in _GROUPS:
        for line in lines[group]:
            name, _, reference = (part.strip() for part in line.partition("="))
            match = _REFERENCE.fullmatch(reference)
            if match is not None and _is_file_name(name) and _are_names(match):
                attribute = match["attribute"]
                yield (
                    name,
                    _BODY.format(
                        module=match["module"],
                        name=attribute.partition(".")[0],
                        attribute=attribute,
                    ),
                )


def _is_file_name(name: str) -> bool:
    return name not in {"", ".", ".."} and not set(name) & {"/", "\\", "\0"}


def _are_names(match: re.Match[str]) -> bool:
    parts = [*match["module"].split("."), *match["attribute"].split(".")]
    return all(part.isidentifier() and not keyword.iskeyword(part) for part in parts)

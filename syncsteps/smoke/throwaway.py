"""The directories that one import test may write to, what it gets, and what it left there."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from syncsteps.smoke.model import Candidate

__all__ = ["ChildSettings", "Throwaway", "child_environment"]

_KEPT = frozenset(
    {
        "COMSPEC",
        "DYLD_LIBRARY_PATH",
        "LANG",
        "LANGUAGE",
        "LD_LIBRARY_PATH",
        "NUMBER_OF_PROCESSORS",
        "PATH",
        "PATHEXT",
        "PROCESSOR_ARCHITECTURE",
        "SYSTEMDRIVE",
        "SYSTEMROOT",
        "TZ",
        "WINDIR",
    }
)
_PLACES = {"home": "~", "tmp": "$TMPDIR", "work": "."}
_MOST_FRAMES = 5
_MOST_FILES = 100
_TRACE_LINE = re.compile(r'^  File "(?P<file>.+)", line (?P<line>\d+) in (?P<name>.+)$')


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildSettings:
    """What every child of one run has in common; ``timeout`` is in seconds.

    ``site`` are staged directories, ``stand_ins`` directories that take the place of installed
    ones; ``linked`` is whether modules of the standard library may be loaded ahead that bring
    shared libraries of the system with them; ``bytecode`` is a directory to keep byte code in.
    """

    executable: Path
    site: tuple[Path, ...]
    timeout: float
    environment: Mapping[str, str]
    stand_ins: tuple[tuple[Path, Path], ...] = ()
    network: bool = False
    linked: bool = True
    bytecode: Path | None = None

    @property
    def setup(self) -> dict[str, Any]:
        """What every child is told."""
        return {
            "site": [str(path) for path in self.site],
            "stand_ins": {str(path): str(other) for path, other in self.stand_ins},
            "bytecode": "" if self.bytecode is None else str(self.bytecode),
            "linked": self.linked,
        }

    def timeout_of(self, candidate: Candidate) -> float:
        """Return how many seconds a candidate has."""
        return self.timeout if candidate.timeout is None else candidate.timeout


def child_environment(environment: Mapping[str, str], directory: Path) -> dict[str, str]:
    """Return the variables a child gets: what programs need to run, and throwaway directories.

    Nothing that configures Python, a display or a tool is passed on. ``directory`` holds ``home``
    and ``tmp``.
    """
    kept = {
        name: value
        for name, value in environment.items()
        if name.upper() in _KEPT or name.startswith("LC_")
    }
    home, temporary = str(directory / "home"), str(directory / "tmp")
    kept |= dict.fromkeys(("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"), home)
    kept |= dict.fromkeys(("TMPDIR", "TEMP", "TMP"), temporary)
    # For the Pythons that a module starts; the child itself has -B.
    kept["PYTHONDONTWRITEBYTECODE"] = "1"
    return kept


class Throwaway:
    """The files of one test, in a new directory that is there and empty."""

    def __init__(self, directory: Path, candidate: Candidate, settings: ChildSettings) -> None:
        self.home, self.work = directory / "home", directory / "work"
        self.request = directory / "request.json"
        self.environment = child_environment(settings.environment, directory)
        self.environment |= dict(candidate.environment)
        self._directory = directory
        self._nonce = secrets.token_hex(16)
        for part in _PLACES:
            (directory / part).mkdir()
        self.request.write_text(json.dumps(self._order(candidate, settings)) + "\n")

    def _order(self, candidate: Candidate, settings: ChildSettings) -> dict[str, Any]:
        return {
            **settings.setup,
            "modules": candidate.modules,
            "deeper": candidate.deeper,
            "objects": candidate.objects,
            "statements": candidate.statements,
            "optional": candidate.optional,
            "report": str(self._directory / "report"),
            "trace": str(self._directory / "trace"),
            "nonce": self._nonce,
        }

    def entries(self) -> list[dict[str, Any]]:
        """Return the lines of the child's report that are complete and bear its nonce."""
        report = self._directory / "report"
        try:
            lines = report.read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return []
        entries = []
        for line in lines:
            mark, _, text = line.partition(" ")
            if mark == self._nonce:
                with contextlib.suppress(ValueError):
                    entries.append(json.loads(text))
        return entries

    def frames(self) -> tuple[str, ...]:
        """Return the innermost frames that faulthandler wrote before the child died.

        The innermost is the last.
        """
        try:
            text = (self._directory / "trace").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ()
        matches = (_TRACE_LINE.match(line) for line in text.splitlines())
        frames = [
            f"{match['file']}:{match['line']} in {match['name']}"
            for match in matches
            if match and not _is_machinery(match["file"])
        ]
        return tuple(reversed(frames[:_MOST_FRAMES]))

    def written(self) -> tuple[str, ...]:
        """Return the first hundred files that the child left, sorted, by the place they are in."""
        found = (
            f"{sign}/{path.relative_to(self._directory / place).as_posix()}"
            for place, sign in _PLACES.items()
            for path in _files(self._directory / place)
        )
        return tuple(sorted(found)[:_MOST_FILES])


def _files(directory: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(directory):
        for name in names:
            yield Path(parent, name)


def _is_machinery(file: str) -> bool:
    """Whether a frame's file is the import system's or the child program's own."""
    return (
        file in {"<string>", "<syncsteps>"}
        or file.startswith("<frozen importlib")
        or Path(file).parts[-2:] == ("importlib", "__init__.py")
    )

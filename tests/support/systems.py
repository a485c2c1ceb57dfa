"""A throwaway system interpreter, a project beside it, an index, and the command line on them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import syncsteps
from syncsteps.cli import main
from tests.support.projects import snapshot, write_pylock

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.support.index import Index

__all__ = ["System"]

_LIST = (
    "import importlib.metadata as m, json;"
    "print(json.dumps({d.metadata['Name']: d.version for d in m.distributions()}))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """``target`` is the interpreter; installers keep what they fetch in ``caches``."""

    target: Path
    project: Path
    index: Index
    caches: Path

    @property
    def prefix(self) -> Path:
        """The directory that the interpreter lies in with all that is its own."""
        return self.target.parent.parent

    def run(self, verb: str, *arguments: str, **variables: str) -> int:
        """Run the command line in the project, on the target; return the exit code."""
        return main(
            [verb, "--python", str(self.target), *arguments],
            environment={**self.environment, **variables},
            directory=self.project,
        )

    def start(
        self, verb: str, *arguments: str, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run it as a process of its own; return how that ended."""
        checkout = str(Path(syncsteps.__file__).parent.parent)
        return subprocess.run(
            [sys.executable, "-m", "syncsteps", verb, "--python", self.target, *arguments],
            cwd=self.project,
            env={**self.environment, "PYTHONPATH": checkout, **variables},
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def environment(self) -> dict[str, str]:
        """The variables of this process, with the index and caches of this system's own."""
        environment = {
            **os.environ,
            "PIP_INDEX_URL": self.index.url,
            "UV_INDEX_URL": self.index.url,
            "UV_CACHE_DIR": str(self.caches / "uv"),
            "PIP_CACHE_DIR": str(self.caches / "pip"),
            "SYNCSTEPS_CACHE_DIR": str(self.caches / "syncsteps"),
            "PIP_CONFIG_FILE": os.devnull,
            "UV_NO_CONFIG": "1",
            "PIP_RETRIES": "0",
        }
        environment.pop("PIP_FIND_LINKS", None)
        return environment

    def lock(self, wheels: Iterable[Path], **hashes: str) -> None:
        """Write the project's pylock.toml."""
        write_pylock(self.project, self.index, wheels, **hashes)

    def name_project(self, name: str) -> None:
        """Write a pyproject.toml that gives the project another name."""
        text = f'[project]\nname = "{name}"\nversion = "1"\n'
        (self.project / "pyproject.toml").write_text(text, encoding="utf-8")

    def installed(self) -> dict[str, str]:
        """Return what the target itself says is installed: version by name."""
        done = subprocess.run(
            [self.target, "-I", "-c", _LIST], check=True, capture_output=True, text=True
        )
        found: dict[str, str] = json.loads(done.stdout)
        return found

    def snapshot(self) -> dict[str, tuple[int, str]]:
        """Return every file of the interpreter's prefix, with its mode and its content's hash."""
        return snapshot(self.prefix)

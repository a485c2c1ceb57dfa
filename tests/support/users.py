"""Somebody who uses syncsteps: its programs in one environment, a folder, a system interpreter."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.support.index import Index

__all__ = ["User", "asking"]

_PROGRAMS = "Scripts" if os.name == "nt" else "bin"
_FOREIGN = ("PYTHON", "TOX", "NOX", "SYNCSTEPS_")


def asking(index: Index, caches: Path) -> dict[str, str]:
    """Return the variables with which installers ask ``index``, and keep things in ``caches``."""
    return {
        "PIP_INDEX_URL": index.url,
        "UV_DEFAULT_INDEX": index.url,
        "UV_CACHE_DIR": str(caches / "uv"),
        "PIP_CACHE_DIR": str(caches / "pip"),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody with syncsteps, nox and tox in ``tools``, who works in ``project`` on ``target``.

    ``variables`` are set for them, beside those of this process that are of none of these tools.
    """

    tools: Path
    project: Path
    target: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of the programs in the project, and return how it ended."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(_FOREIGN)}
        cache = str(self.project / ".cache")
        variables = {"NO_COLOR": "1", "SYNCSTEPS_CACHE_DIR": cache, **self.variables}
        return subprocess.run(
            [self.tools / _PROGRAMS / program, *arguments],
            cwd=self.project,
            env={**kept, **variables},
            capture_output=True,
            text=True,
            check=False,
        )

    def check(self, program: str, *arguments: str) -> str:
        """Run one of the programs and return all that it printed; it is to succeed."""
        done = self.run(program, *arguments)
        assert done.returncode == 0, f"{program} {arguments}: {done.stdout}{done.stderr}"
        return f"{done.stdout}{done.stderr}"

    def python(self, code: str) -> str:
        """Return what ``code`` prints in the system interpreter, in the root directory."""
        done = subprocess.run(
            [self.target, "-I", "-c", code], cwd="/", capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

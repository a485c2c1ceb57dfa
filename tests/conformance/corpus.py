"""The locks that are compared: a folder of real ones, unpacked where tools may write."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from syncsteps.processes import run

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Project", "corpus_folder", "projects_in", "unpack"]

CHECKOUT = Path(__file__).resolve().parents[2]

# The requirements files of the corpus have no common name.
_LOCKS = {
    "uv": ("uv.lock",),
    "poetry": ("poetry.lock",),
    "pdm": ("pdm.lock",),
    "pipfile": ("Pipfile.lock",),
    "pylock": ("pylock.toml", "pylock.*.toml"),
    "requirements": ("*.txt",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A lock in its folder; ``name`` is ``FORMAT/OWNER__REPOSITORY``."""

    name: str
    format: str
    lock: Path

    @property
    def directory(self) -> Path:
        """The lock's folder, in which its own tool is run."""
        return self.lock.parent


def corpus_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return where real locks would be: SYNCSTEPS_CORPUS, else beside the checkout."""
    return Path(environment.get("SYNCSTEPS_CORPUS") or CHECKOUT.parent / "shared" / "corpus")


def unpack(folder: Path, into: Path) -> None:
    """Copy the corpus, with the public index's addresses put back where it holds stand-ins.

    Raises:
        RuntimeError: its own program for that failed.
    """
    program = folder / "unpack.py"
    if not program.is_file():
        shutil.copytree(folder, into)
    else:
        done = run([sys.executable, program, into])
        if done.status:
            raise RuntimeError(f"{program} failed: {done.stderr}")
    for path in (into, *into.rglob("*")):
        path.chmod(path.stat().st_mode | 0o200)


def projects_in(folder: Path) -> list[Project]:
    """Return every lock below ``folder``, which has a folder for each format.

    Raises:
        FileNotFoundError: one of the projects has no lock.
    """
    found = []
    for kind, patterns in _LOCKS.items():
        for home in sorted(path for path in (folder / kind).iterdir() if path.is_dir()):
            locks = sorted({path for pattern in patterns for path in home.rglob(pattern)})
            if len(locks) != 1:
                raise FileNotFoundError(
                    f"expected one of {' or '.join(patterns)} in {home}, found {len(locks)}"
                )
            found.append(Project(name=f"{kind}/{home.name}", format=kind, lock=locks[0]))
    return found

"""The tools that install a lock into an interpreter without an environment: how each is called."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from syncsteps.processes import run
from tests.conformance.tools import PINNED, install, install_command

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["INSTALLERS", "Installer", "Place"]

Steps = tuple[tuple[str | Path, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An interpreter to install into, and where the tools are that can do it from outside."""

    python: Path
    tools: Path

    @property
    def prefix(self) -> Path:
        """The interpreter's own directory."""
        return self.python.parent.parent

    def tool(self, name: str) -> Path:
        """Return the program ``name``, which is installed if need be."""
        return install(name, self.tools).program(name)

    def add(self, *requirements: str) -> None:
        """Install what a tool needs inside of the interpreter.

        Raises:
            RuntimeError: it cannot be installed.
        """
        command = install_command(self.python, *requirements)
        done = run([sys.executable, "-m", *command, "--break-system-packages"])
        if done.status:
            raise RuntimeError(f"{requirements[0]} cannot be installed: {done.stderr.strip()}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Installer:
    """A way to install the project that a directory holds.

    ``beside`` is what must be installed in the interpreter for it. ``own`` are the options of
    syncsteps that it is compared with. ``variables`` come to those that every program gets.
    """

    name: str
    steps: Callable[[Place], Steps]
    own: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    variables: Callable[[Place], Mapping[str, str]] = lambda _: {}


_PIP = ("--installer", "pip")
_HASHED = ("--require-hashes", "-r", "requirements.txt")
_QUIET = ("--quiet", "--disable-pip-version-check", "--root-user-action=ignore")


def _uv(place: Place, *options: str | Path) -> tuple[str | Path, ...]:
    common = ("--quiet", "--python", place.python, "--break-system-packages")
    return (place.tool("uv"), "pip", "install", *common, *options)


def _export(place: Place) -> Steps:
    export = (place.tool("uv"), "export", "--frozen", "--quiet", "--python", place.python)
    return (export, _uv(place, "--no-deps", "-r", "-"))


def _compile(place: Place) -> Steps:
    python = ("--python", place.python)
    compiled = (place.tool("uv"), "pip", "compile", "--quiet", *python, "pyproject.toml")
    return (compiled, _uv(place, "-r", "-"))


def _inexact(place: Place) -> Steps:
    options = ("--frozen", "--inexact", "--quiet", "--python", place.python)
    return ((place.tool("uv"), "sync", *options),)


def _pip(place: Place, *options: str) -> Steps:
    pip = (place.tool("pip").parent / "python", "-I", "-m", "pip", "--python", place.python)
    return ((*pip, "install", *_QUIET, *options),)


def _poetry(place: Place) -> Steps:
    program = place.python.parent / "poetry"
    return ((program, "install", "--no-root", "--quiet", "--no-interaction"),)


def _pdm(place: Place) -> Steps:
    pdm = place.tool("pdm")
    use = (pdm, "use", "--global", "--project", ".", "--quiet", "-f", place.python)
    return (use, (pdm, "sync", "--global", "--project", ".", "--no-self", "--quiet"))


def _pipenv(place: Place) -> Steps:
    return ((place.python.parent / "pipenv", "sync", "--system", "--quiet"),)


def _micropipenv(place: Place) -> Steps:
    return ((place.python.parent / "micropipenv", "install", "--method", "pipenv"),)


INSTALLERS = (
    Installer(name="uv export | uv pip install", steps=_export),
    Installer(name="uv pip compile | uv pip install", steps=_compile),
    Installer(
        name="uv sync --inexact",
        steps=_inexact,
        variables=lambda place: {"UV_PROJECT_ENVIRONMENT": str(place.prefix)},
    ),
    Installer(
        name="pip install -r",
        steps=lambda place: _pip(place, *_HASHED),
        own=_PIP,
    ),
    Installer(
        name="pip install -r, --no-compile",
        steps=lambda place: _pip(
            place, "--require-hashes", "--no-compile", "-r", "requirements.txt"
        ),
        own=_PIP,
    ),
    Installer(
        name="pip install -r pylock.toml",
        steps=lambda place: _pip(place, "-r", "pylock.toml"),
        own=_PIP,
    ),
    Installer(
        name="micropipenv",
        steps=_micropipenv,
        beside=("micropipenv[toml]==1.10.0", "pip==26.3"),
        # Else it is whatever pip comes first on PATH, which installs into a Python of its own.
        variables=lambda place: {"MICROPIPENV_PIP_BIN": str(place.python.parent / "pip")},
    ),
    Installer(
        name="pipenv sync --system",
        steps=_pipenv,
        beside=PINNED["pipenv"],
        variables=lambda place: {
            # It takes the `python` that comes first for the system's.
            "PATH": os.pathsep.join([str(place.python.parent), os.environ.get("PATH", os.defpath)]),
            "PIPENV_IGNORE_VIRTUALENVS": "1",
        },
    ),
    Installer(
        name="poetry install",
        steps=_poetry,
        beside=PINNED["poetry"],
        variables=lambda _: {"POETRY_VIRTUALENVS_CREATE": "false"},
    ),
    Installer(
        name="pdm sync",
        steps=_pdm,
        variables=lambda _: {
            "PDM_CHECK_UPDATE": "0",
            "PDM_IGNORE_ACTIVE_VENV": "1",
            "PDM_USE_VENV": "0",  # else it makes an environment in the project
        },
    ),
)

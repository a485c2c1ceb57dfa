"""The tools that export locks of their own: what each is called with."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from syncsteps.processes import run
from tests.bench.timing import Command
from tests.conformance.tools import clean_environment, install, install_command

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["RIVALS", "Rival", "add_beside", "install_own", "uv_pair"]

_MICROPIPENV = "micropipenv[toml]==1.10.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """A tool: the format (of `universe.WRITERS`) that it exports, and its arguments for that."""

    name: str
    format: str
    arguments: tuple[str, ...]

    def command(self, directory: Path, tools: Path) -> Command:
        """Return its export of the lock in ``directory``; it is installed if need be.

        Raises:
            RuntimeError: it cannot be installed.
        """
        return Command(
            label=self.name,
            steps=((self._program(tools), *self.arguments),),
            directory=directory,
            environment={**clean_environment(tools / "home"), **_QUIET},
        )

    def _program(self, tools: Path) -> Path:
        if self.name == "micropipenv":
            return _micropipenv(tools)
        return install(self.name, tools).program(self.name)


# No tool is to ask anyone for a newer version of itself, or to make an environment.
_QUIET = {"PDM_CHECK_UPDATE": "0", "PDM_IGNORE_ACTIVE_VENV": "1", "PIPENV_IGNORE_VIRTUALENVS": "1"}


def _micropipenv(tools: Path) -> Path:
    place = tools / _MICROPIPENV.replace("[toml]==", "-")
    program = _programs(place) / "micropipenv"
    if not program.exists():
        # It works by the pip that is installed beside it.
        _install(_MICROPIPENV, place, "--seed")
    return program


def install_own(checkout: Path, place: Path) -> Path:
    """Install syncsteps from ``checkout`` in ``place``, as users have it, and return its program.

    Raises:
        RuntimeError: it cannot be installed.
    """
    _install(checkout, place)
    return _programs(place) / "syncsteps"


def add_beside(program: Path, *requirements: str) -> None:
    """Install ``requirements`` where ``program`` is installed.

    Raises:
        RuntimeError: they cannot be installed.
    """
    done = run([sys.executable, "-m", *install_command(program.parent / "python", *requirements)])
    if done.status:
        raise RuntimeError(f"{requirements[0]} cannot be installed: {done.stderr.strip()}")


def _programs(place: Path) -> Path:
    return place / ("Scripts" if sys.platform == "win32" else "bin")


def _install(requirement: str | Path, place: Path, *options: str) -> None:
    commands: tuple[list[str | Path], ...] = (
        ["uv", "venv", "--quiet", *options, "--python", sys.executable, place],
        install_command(_programs(place) / "python", requirement),
    )
    for command in commands:
        done = run([sys.executable, "-m", *command])
        if done.status:
            raise RuntimeError(f"{requirement} cannot be installed: {done.stderr.strip()}")


def uv_pair(uv: Path, system: Path, project: Path, environment: Mapping[str, str]) -> Command:
    """Return uv's export of a project, and its installation of that into ``system``."""
    target = ("--python", system)
    options = ("--no-deps", "--break-system-packages", "--quiet", "-r", "-")
    return Command(
        label="uv export | uv pip install",
        steps=(
            (uv, "export", "--frozen", "--quiet", *target),
            (uv, "pip", "install", *options, *target),
        ),
        directory=project,
        environment=environment,
    )


RIVALS = (
    Rival(name="uv", format="uv", arguments=("export", "--frozen", "--offline", "--quiet")),
    Rival(
        name="poetry", format="poetry", arguments=("export", "--format=requirements.txt", "--quiet")
    ),
    Rival(name="pdm", format="pdm", arguments=("export", "--format=requirements")),
    Rival(name="pipenv", format="pipenv", arguments=("requirements", "--hash")),
    Rival(name="micropipenv", format="pipenv", arguments=("requirements", "--method=pipenv")),
)

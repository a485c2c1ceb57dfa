"""The oracles' programs: pinned, each in an environment of its own, installed where missing."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from syncsteps.processes import run
from tests.support.interpreters import installed_prefixes

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PINNED", "Tool", "clean_environment", "install", "install_command"]

# Where one tool is there twice, the older one writes its answers in another way, or is of the time
# of older locks. uv before 0.12.1 refuses a member's request for a group that only the workspace's
# root has, and 0.12.1 adds the root's group to a member's own one of the same name; from 0.12.2 on
# the member's own one counts, and the root's where it has none.
PINNED: Mapping[str, tuple[str, ...]] = {
    "uv": ("uv==0.13.9",),
    "uv-old": ("uv==0.12.24",),
    "pip": ("pip==26.3",),
    "pip-old": ("pip==25.3",),
    "poetry": ("poetry==2.5.1", "poetry-plugin-export==1.10.1"),
    "poetry-old": ("poetry==1.8.5", "poetry-plugin-export==1.8.0"),
    "poetry-first": ("poetry==1.1.15",),
    "pdm": ("pdm[locked]==2.29.3",),  # with the dependencies that it was released with
    "pipenv": ("pipenv==2026.10.3",),
}

# The newest Python on which a tool of the past still runs.
_PYTHONS: Mapping[str, str] = {"poetry-first": "3.8"}

# What would change the tools' answers, or let them look at this machine's own settings: of Python's
# also that no byte code is to be kept, without which every one of them takes seconds to start.
_FOREIGN = ("PIP_", "PDM_", "PIPENV_", "POETRY_", "UV_", "VIRTUAL_ENV", "PYTHON")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """An installed tool: its version, and the folder with its program and its Python."""

    version: str
    scripts: Path

    def program(self, name: str) -> Path:
        """Return the path of one of its programs, such as ``python``."""
        found = shutil.which(name, path=str(self.scripts))
        if found is None:
            raise FileNotFoundError(f"no {name} in {self.scripts}")
        return self.scripts / Path(found).name


def clean_environment(home: Path) -> dict[str, str]:
    """Return variables for the tools: this process's, with nothing of its settings or caches."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(_FOREIGN)}
    return {
        **kept,
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / "cache"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_DATA_HOME": str(home / "data"),
        "NO_COLOR": "1",
    }


def install_command(python: Path, *requirements: str | Path) -> list[str | Path]:
    """Return the arguments of ``python -m`` by which uv installs these, compiled, as pip does."""
    options = ("--quiet", "--compile-bytecode", "--python", python)
    return ["uv", "pip", "install", *options, *requirements]


def install(name: str, directory: Path) -> Tool:
    """Return the pinned tool in ``directory``, installed from the configured index if need be.

    Raises:
        RuntimeError: it cannot be installed.
        LookupError: this machine has no Python that it runs on.
    """
    pins = PINNED[name]
    version = pins[0].partition("==")[2]
    place = directory / f"{name}-{version}"
    scripts = place / ("Scripts" if sys.platform == "win32" else "bin")
    finished = place / ".finished"
    if not finished.is_file() or finished.read_text(encoding="utf-8") != "\n".join(pins):
        shutil.rmtree(place, ignore_errors=True)
        commands: list[list[str | Path]] = [
            ["uv", "venv", "--quiet", "--python", _python(name), place],
            install_command(scripts / "python", *pins),
        ]
        for command in commands:
            done = run([sys.executable, "-m", *command])
            if done.status:
                raise RuntimeError(f"{name} cannot be installed: {done.stderr.strip()}")
        finished.write_text("\n".join(pins), encoding="utf-8")
    return Tool(version=version, scripts=scripts)


def _python(name: str) -> str | Path:
    version = _PYTHONS.get(name)
    if version is None:
        return sys.executable
    for prefix in installed_prefixes(version):
        return prefix / ("python.exe" if sys.platform == "win32" else "bin/python3")
    raise LookupError(f"{name} needs Python {version}, which neither pyenv nor uv installed here")

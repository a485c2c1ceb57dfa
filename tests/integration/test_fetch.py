"""Wheelhouses, filled by the real pip from a local index, for the real uv and the real pip."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import uv

from tests.support.wheels import make_sdist, make_source_tree, make_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.systems import System

pytestmark = pytest.mark.enable_socket
INSTALLERS = pytest.mark.parametrize("installer", ["uv", "pip"])
MANIFEST = "syncsteps-wheelhouse.json"
REFUSED, FAILED = 3, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Factory:
    """A system whose interpreter can be brought back to what it was, and a wheelhouse for it."""

    system: System
    kept: Path
    house: Path

    def reset(self) -> None:
        """Bring back the interpreter as it was, without anything that installers have cached."""
        shutil.rmtree(self.system.prefix)
        shutil.copytree(self.kept, self.system.prefix, symlinks=True)
        shutil.rmtree(self.system.caches, ignore_errors=True)

    def lock(self) -> None:
        """Have uv lock the project."""
        command = [uv.find_uv_bin(), "lock", "--no-config", "--default-index"]
        done = subprocess.run(
            [*command, self.system.index.url],
            cwd=self.system.project,
            env=self.system.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def fetch(self, *arguments: str, **variables: str) -> int:
        """Run `syncsteps fetch` into the wheelhouse."""
        return self.system.run("fetch", "--wheelhouse", str(self.house), *arguments, **variables)

    def sync(self, *arguments: str, **variables: str) -> int:
        """Run `syncsteps sync` from the wheelhouse."""
        return self.system.run("sync", "--wheelhouse", str(self.house), *arguments, **variables)

    def manifest(self) -> dict[str, dict[str, object]]:
        """Return the rows of the wheelhouse's manifest, by package."""
        document = json.loads((self.house / MANIFEST).read_text(encoding="utf-8"))
        return {row["name"]: row for row in document["wheels"]}

    def names(self) -> list[str]:
        """Return the names of what lies in the wheelhouse."""
        return sorted(path.name for path in self.house.iterdir())


@pytest.fixture
def factory(system: System, tmp_path: Path) -> Factory:
    kept = tmp_path / "kept"
    shutil.copytree(system.prefix, kept, symlinks=True)
    return Factory(system=system, kept=kept, house=tmp_path / "house")


def _repository(directory: Path) -> str:
    """Make a repository with a project in it; return its address."""
    tree = make_source_tree(directory, "gamma", "3.0", requires_python=">=3.9")
    variables = {
        **os.environ,
        **{
            f"GIT_{who}_{what}": "x@index.invalid"
            for who in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        },
    }
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "first"]):
        subprocess.run(["git", "-C", tree, *command], check=True, env=variables)
    return tree.as_uri()


def _project(factory: Factory, *, files: dict[str, str] | None = None, more: str = "") -> None:
    """Write a project that needs a wheel, an sdist and a repository, and lock it."""
    system = factory.system
    index = system.index.directory
    if not any(index.iterdir()):
        make_wheel(
            index,
            "alpha",
            "1.0",
            files={"alpha/__init__.py": "def main(): print('ran')\n"},
            entry_points={"console_scripts": {"alpha-tool": "alpha:main"}},
            scripts={"alpha-script": "#!python\n"},
            data={"data/share/alpha/notes.txt": "notes\n"},
        )
        make_sdist(index, "beta", "2.0", files={"beta/__init__.py": ""}, requires_python=">=3.9")
    address = _repository(factory.kept.parent / "gamma")
    tree = make_source_tree(
        system.project,
        "app",
        "1.0",
        files=files or {"app/__init__.py": "import alpha, beta, gamma\n"},
        requires=["alpha", "beta", "gamma"],
        requires_python=">=3.9",
        entry_points={"console_scripts": {"app": "app:main"}},
    )
    with (tree / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("\n[tool.syncsteps]\nallow-outside = true\n")
        file.write(f'\n[tool.uv.sources]\ngamma = {{ git = "{address}" }}\n{more}')
    factory.lock()


@INSTALLERS
def test_a_sync_from_a_wheelhouse_leaves_what_a_sync_without_one_does(
    installer: str, factory: Factory, capsys: pytest.CaptureFixture[str]
) -> None:
    _project(factory)
    system = factory.system
    assert system.run("sync", "--installer", installer) == 0, capsys.readouterr().err
    without = system.snapshot()

    factory.reset()
    assert factory.fetch() == 0, capsys.readouterr().err
    said = capsys.readouterr().err
    assert "fetching 4 distributions" in said
    assert "fetched 4, built 3 of them" in said
    assert said.splitlines()[-1].startswith("done: 4 wheels in the wheelhouse in ")
    assert system.installed() == {}

    factory.reset()
    system.index.stop()
    assert factory.sync("--installer", installer) == 0, capsys.readouterr().err
    assert system.snapshot() == without
    assert system.installed() == {"alpha": "1.0", "app": "1.0", "beta": "2.0", "gamma": "3.0"}
    assert factory.sync("--installer", installer) == 0
    assert "nothing to do: 4 distributions as the lock says" in capsys.readouterr().err
    assert system.run("check") == 0

"""A user's noxfile and tox file in an otherwise empty folder, beside the wheel as it is built."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import uv

from tests.support.interpreters import throwaway_interpreter

pytestmark = [pytest.mark.network, pytest.mark.enable_socket]

CHECKOUT = Path(__file__).resolve().parents[2]
PROGRAMS = "Scripts" if os.name == "nt" else "bin"
# What the lock of this project itself has for every target.
ASK = "import rich, sys; print(sys.prefix, rich.__name__)"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody who has tox, nox and the wheel in one environment, and a lock in ``project``."""

    tools: Path
    project: Path
    target: Path

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "TOX", "NOX"))}
        return subprocess.run(
            [self.tools / PROGRAMS / program, *arguments],
            cwd=self.project,
            env={**kept, "NO_COLOR": "1", "SYNCSTEPS_CACHE_DIR": str(self.project / ".cache")},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("tools")
    wheels = tmp_path_factory.mktemp("wheels")
    environment = directory / "environment"
    program = uv.find_uv_bin()
    commands: list[list[str | Path]] = [
        [program, "build", "--quiet", "--wheel", "--out-dir", wheels, CHECKOUT],
        [program, "venv", "--quiet", "--python", sys.executable, environment],
    ]
    for command in commands:
        subprocess.run(command, check=True)
    (wheel,) = wheels.glob("*.whl")
    install = [program, "pip", "install", "--quiet", "--python", str(environment)]
    subprocess.run([*install, f"{wheel}[nox,tox]"], check=True)
    return environment


@pytest.fixture
def user(tools: Path, tmp_path: Path) -> User:
    project = tmp_path / "project"
    project.mkdir()
    shutil.copy2(CHECKOUT / "requirements.txt", project)
    return User(tools=tools, project=project, target=throwaway_interpreter(tmp_path / "system"))


def test_tox(user: User) -> None:
    (user.project / "tox.toml").write_text(
        f"[env.system]\nrunner = 'syncsteps'\nsyncsteps_python = '{user.target}'\n"
        f'commands = [["python", "-c", "{ASK}"]]\n',
        encoding="utf-8",
    )
    done = user.run("tox", "run", "-e", "system")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{user.target.parent.parent} rich" in done.stdout
    again = user.run("tox", "run", "-e", "system", "--notest")
    assert again.returncode == 0
    assert "nothing to do" in again.stderr


def test_nox(user: User) -> None:
    (user.project / "noxfile.py").write_text(
        "from syncsteps.nox_sessions import register\n\nregister()\n", encoding="utf-8"
    )
    assert "- sync_system -> " in user.run("nox", "-l").stdout
    for session in ("verify_system", "sync_system", "check_system", "smoke_imports"):
        done = user.run("nox", "-s", session, "--", "--python", str(user.target))
        assert done.returncode == 0, done.stdout + done.stderr
    asked = subprocess.run([user.target, "-c", ASK], capture_output=True, text=True, check=True)
    assert asked.stdout.split() == [str(user.target.parent.parent), "rich"]

"""A user's noxfile and tox file in an otherwise empty folder, beside the wheel as it is built."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.support.interpreters import throwaway_interpreter
from tests.support.published import CHECKOUT
from tests.support.users import User

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.network, pytest.mark.enable_socket]

# What the lock of this project itself has for every target.
ASK = "import rich, sys; print(sys.prefix, rich.__name__)"


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
    assert user.python(ASK).split() == [str(user.target.parent.parent), "rich"]

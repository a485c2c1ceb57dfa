"""A user's noxfile of three lines, in an empty folder, with the real nox."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import syncsteps
from tests.support.index import Index
from tests.support.interpreters import throwaway_interpreter
from tests.support.projects import write_pylock
from tests.support.wheels import make_wheel

pytestmark = pytest.mark.enable_socket

NOXFILE = "from syncsteps.nox_sessions import register\n\nregister()\n"


def nox(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    checkout = str(Path(syncsteps.__file__).parent.parent)
    return subprocess.run(
        [sys.executable, "-m", "nox", *arguments],
        cwd=directory,
        env={
            **os.environ,
            "PYTHONPATH": checkout,
            "NO_COLOR": "1",
            "SYNCSTEPS_CACHE_DIR": str(directory / ".syncsteps-cache"),
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_session_of_a_users_noxfile(tmp_path: Path) -> None:
    target = throwaway_interpreter(tmp_path / "system")
    project = tmp_path / "project"
    project.mkdir()
    (project / "noxfile.py").write_text(NOXFILE)
    (tmp_path / "files").mkdir()
    with Index(tmp_path / "files") as index:
        wheel = make_wheel(index.directory, "alpha", "1.0", files={"alpha.py": ""})
        write_pylock(project, index, [wheel])
        listed = nox(project, "-l").stdout
        for name in (
            "verify_system",
            "sync_system",
            "check_system",
            "smoke_imports",
            "install_system",
            "export_lock",
            "inspect_system",
        ):
            assert f"- {name} -> " in listed
            done = nox(project, "-s", name, "--", "--python", str(target))
            assert done.returncode == 0, done.stdout + done.stderr
            if name == "export_lock":
                assert "alpha==1.0" in done.stdout
            if name == "inspect_system":
                assert '"name": "alpha"' in done.stdout
    assert list((tmp_path / "system").rglob("alpha.py"))


def test_a_refusal_fails_the_session_with_its_message_and_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "noxfile.py").write_text(NOXFILE)
    done = nox(tmp_path, "-s", "sync_system", "--", "--python", sys.executable)
    assert done.returncode == 1
    said = done.stdout + done.stderr
    assert "Traceback" not in said
    assert "syncsteps sync ended with exit code" in said

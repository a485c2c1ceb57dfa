"""A user's noxfile of three lines, in an empty folder, with the real nox."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import syncsteps
from tests.support.index import Index
from tests.support.interpreters import throwaway_interpreter
from tests.support.projects import write_pylock
from tests.support.readme import code_blocks
from tests.support.wheels import make_wheel

pytestmark = pytest.mark.enable_socket

NOXFILE = "from syncsteps.nox_sessions import register\n\nregister()\n"


def nox(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    checkout = str(Path(syncsteps.__file__).parent.parent)
    return subprocess.run(
        [sys.executable, "-m", "nox", *arguments],
        cwd=directory,
        env={
            **{name: value for name, value in os.environ.items() if "COLOR" not in name},
            "PYTHONPATH": checkout,
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
            "reproduce_system",
        ):
            assert f"- {name} -> " in listed
            done = nox(project, "-s", name, "--", "--python", str(target))
            assert done.returncode == 0, done.stdout + done.stderr
            if name == "export_lock":
                assert "alpha==1.0" in done.stdout
            if name == "reproduce_system":
                assert "the system is untouched" in done.stderr
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


def test_what_nox_is_told_reaches_the_steps(tmp_path: Path) -> None:
    target = throwaway_interpreter(tmp_path / "system")
    project = tmp_path / "project"
    project.mkdir()
    (tmp_path / "files").mkdir()
    (project / "noxfile.py").write_text(
        "from syncsteps.nox_sessions import register\n\n"
        "register(only=['sync_system', 'verify_system'], prefix='base-',\n"
        f"         names={{'sync_system': 'deps'}}, pythons={{'here': {str(target)!r}}},\n"
        "         locks=['pylock.toml'], defaults={'sync_system': ['--no-project']},\n"
        "         tags={'verify_system': ['ci']})\n"
        "register(only=['verify_system'])\n"
    )
    with Index(tmp_path / "files") as index:
        wheel = make_wheel(index.directory, "alpha", "1.0", files={"alpha.py": ""})
        write_pylock(project, index, [wheel])
        listed = nox(project, "-l").stdout
        assert "- base-deps(here, pylock.toml) -> Put the lock into the system Python" in listed
        assert "- base-verify_system(here, pylock.toml) " in listed

        left_out = nox(project, "-R", "-s", "base-deps")
        assert left_out.returncode == 0
        assert "syncsteps sync is left out, as --no-install says" in left_out.stderr
        assert not list((tmp_path / "system").rglob("alpha.py"))

        done = nox(project, "--no-venv", "-v", "--report", "report.json", "-s", "base-deps")
        assert done.returncode == 0, done.stdout + done.stderr
        assert list((tmp_path / "system").rglob("alpha.py"))
        (session,) = json.loads((project / "report.json").read_text())["sessions"]
        assert session["result"] == "success"
        assert session["args"] == {"python": str(target), "lock": "pylock.toml"}

        # Any string is a target to --force-python; an environment is made in no case.
        forced = nox(project, "-P", str(target), "-s", "verify_system")
        assert forced.returncode == 0, forced.stdout + forced.stderr
        assert f"at {target}, installs into" in forced.stderr
        assert not list(project.rglob("pyvenv.cfg"))

        colours = nox(project, "--forcecolor", "-s", "base-verify_system")
        assert "\x1b[32mdone: " in colours.stderr
        plain = nox(project, "--nocolor", "-s", "base-verify_system")
        assert "\x1b" not in plain.stderr


def test_the_noxfile_of_the_readme(tmp_path: Path) -> None:
    simple, rich = code_blocks("In a noxfile", "python")
    assert simple == NOXFILE
    (tmp_path / "noxfile.py").write_text(rich)
    done = nox(tmp_path, "-l")
    assert done.returncode == 0, done.stdout + done.stderr
    found = [line[2:].partition(" ->")[0] for line in done.stdout.splitlines() if line[1:2] == " "]
    assert [line for line in found if line.startswith("base-deps")] == [
        "base-deps(3.12, app)",
        "base-deps(/opt/python/bin/python3, app)",
        "base-deps(3.12, tools)",
        "base-deps(/opt/python/bin/python3, tools)",
    ]
    assert "image" in found
    named = nox(tmp_path, "-s", "base-deps(/opt/python/bin/python3, tools)")
    assert "There is no Python interpreter at /opt/python/bin/python3" in named.stderr

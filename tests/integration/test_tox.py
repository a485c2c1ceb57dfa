"""A user's tox files, in each kind that tox reads, with the real tox on a throwaway system."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.wheels import make_wheel

if TYPE_CHECKING:
    from tests.support.systems import System

pytest.importorskip("tox")
if not any(
    point.value == "syncsteps.tox_plugin"
    for point in importlib.metadata.entry_points(group="tox", name="syncsteps")
):
    pytest.skip("syncsteps is not installed with its entry point", allow_module_level=True)

pytestmark = pytest.mark.enable_socket

ASK = "import alpha, sys; print('from', sys.prefix, alpha.NAME)"
FILES = {
    "tox.toml": """
        env_list = ["system", "again"]
        [env_run_base]
        runner = "syncsteps"
        syncsteps_python = "{target}"
        commands = [["python", "-c", "{ask}"], ["greet"]]
    """,
    "pyproject.toml": """
        [tool.tox]
        env_list = ["system", "again"]
        [tool.tox.env_run_base]
        runner = "syncsteps"
        syncsteps_python = "{target}"
        commands = [["python", "-c", "{ask}"], ["greet"]]
    """,
    "tox.ini": """
[tox]
env_list = system, again
[testenv]
runner = syncsteps
syncsteps_python = {target}
commands =
    python -c "{ask}"
    greet
    """,
}


def tox(system: System, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        name: value
        for name, value in system.environment.items()
        if not name.startswith("TOX_") and name not in {"CI", "GITHUB_ACTIONS"}
    }
    return subprocess.run(
        [Path(sys.executable).with_name("tox"), *arguments],
        cwd=system.project,
        env={**environment, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def write(system: System, name: str = "tox.toml") -> None:
    """Write the tox file, and the lock of a distribution that has a module and a script."""
    text = FILES[name].format(target=system.target.as_posix(), ask=ASK)
    (system.project / name).write_text(text, encoding="utf-8")
    wheel = make_wheel(
        system.index.directory,
        "alpha",
        "1.0",
        files={"alpha.py": "NAME = 'alpha'\ndef main(): print('greetings')\n"},
        entry_points={"console_scripts": {"greet": "alpha:main"}},
    )
    system.lock([wheel])


@pytest.mark.parametrize("name", FILES)
def test_each_kind_of_file(system: System, name: str) -> None:
    write(system, name)
    listed = tox(system, "-l")
    assert listed.returncode == 0
    assert "system" in listed.stdout
    shown = tox(system, "config", "-e", "system", "-k", "runner", "env_python")
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert f"env_python = {system.target}" in shown.stdout
    assert system.installed() == {}

    done = tox(system, "run", "-e", "system", "--result-json", "result.json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"from {system.prefix} alpha" in done.stdout
    assert "greetings" in done.stdout
    assert "1 of 1 import" in done.stderr
    assert system.installed() == {"alpha": "1.0"}
    # Nothing was made for the environment but what tox keeps in its own directory.
    assert not list((system.project / ".tox" / "system").rglob("pyvenv.cfg"))

    result = json.loads((system.project / "result.json").read_text(encoding="utf-8"))
    about = result["testenvs"]["system"]
    assert about["python"]["executable"] == str(system.target)
    assert about["installed_packages"] == ["alpha==1.0"]
    assert [each["run_id"] for each in about["setup"]] == ["sync"]
    assert about["setup"][0]["retcode"] == 0
    assert len(about["test"]) == 2


def test_notest_syncs_and_runs_no_command(system: System) -> None:
    write(system)
    done = tox(system, "run", "-e", "system", "--notest")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "greetings" not in done.stdout
    assert system.installed() == {"alpha": "1.0"}


def test_two_environments_in_parallel_share_the_interpreter(system: System) -> None:
    write(system)
    done = tox(system, "run-parallel", "--parallel-no-spinner")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "system: OK" in done.stdout
    assert "again: OK" in done.stdout
    assert system.installed() == {"alpha": "1.0"}


def test_a_refusal_is_told_and_gives_its_exit_code(system: System) -> None:
    write(system)
    before = system.snapshot()
    system.lock([system.index.directory / "alpha-1.0-py3-none-any.whl"], alpha="0" * 64)
    done = tox(system, "run", "-e", "system")
    said = done.stdout + done.stderr
    assert done.returncode == 5, said
    assert "error ERR500" in said
    assert "greetings" not in said
    assert "Traceback" not in said
    assert "system: FAIL code 5" in said
    assert system.snapshot() == before


def test_a_module_of_the_project_does_not_come_before_what_a_sync_needs(system: System) -> None:
    if sys.version_info < (3, 11):
        pytest.skip("Python before 3.11 always looks in the working directory")
    write(system)
    (system.project / "tomli.py").write_text("raise SystemExit('the wrong one')\n")
    done = tox(system, "run", "-e", "system")
    assert done.returncode == 0, done.stdout + done.stderr

"""The plugin in tox's own test project: what tox is told, and which processes it would start."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("tox")
pytest.importorskip("devpi_process")  # of tox[testing]

from tox.plugin.manager import MANAGER
from tox.pytest import init_fixture  # noqa: F401 - tox_project
from tox.tox_env.errors import Fail

from syncsteps import tox_plugin
from syncsteps.tox_plugin import sync_command
from tests.support.interpreters import throwaway_interpreter
from tests.support.readme import code_blocks

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tox.execute.request import ExecuteRequest
    from tox.pytest import ToxProject, ToxProjectCreator

SAFE = ["-P"] if sys.version_info >= (3, 11) else []


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return throwaway_interpreter(tmp_path_factory.mktemp("system"))


@pytest.fixture(autouse=True)
def _plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plugin is known also where the tests run from a checkout that is not installed."""
    if not MANAGER.manager.is_registered(tox_plugin):
        MANAGER.manager.register(tox_plugin)
    for name in list(os.environ):
        if name.startswith(("SYNCSTEPS_", "TOX_")) or name == "CI":
            monkeypatch.delenv(name)
    monkeypatch.setenv("NO_COLOR", "1")


@pytest.fixture
def project(tox_project: ToxProjectCreator, target: Path) -> Callable[..., ToxProject]:
    def make(settings: str = "", commands: str = '[["python", "-V"]]') -> ToxProject:
        text = (
            'env_list = ["system"]\n[env.system]\nrunner = "syncsteps"\n'
            f"syncsteps_python = {json.dumps(str(target))}\ncommands = {commands}\n{settings}\n"
        )
        return tox_project({"tox.toml": text})

    return make


def started(project: ToxProject, status: int | None = 0) -> list[ExecuteRequest]:
    """Record what is to be started from now on; a sync ends with ``status`` without a start.

    So do the commands, but where ``status`` is None they are run.
    """
    requests: list[ExecuteRequest] = []

    def record(request: ExecuteRequest) -> int | None:
        requests.append(request)
        return 0 if status is None and request.run_id == "sync" else status

    project.patch_execute(record)
    return requests


def test_the_lock_is_synced_before_the_commands(
    project: Callable[..., ToxProject], target: Path
) -> None:
    there = project('description = "the system"')
    requests = started(there)
    outcome = there.run("run")
    outcome.assert_success()
    assert [request.cmd for request in requests] == [
        [sys.executable, *SAFE, "-m", "syncsteps", "sync", f"--python={target}"],
        ["python", "-V"],
    ]
    assert [request.cwd for request in requests] == [there.path, there.path]
    assert requests[1].env["PATH"].split(os.pathsep)[0] == str(target.parent)
    assert sys.executable in (requests[0].allow or [])
    assert requests[1].allow == [f"{target.parent}{os.sep}*"]


def test_settings_and_verbosity_become_options(
    project: Callable[..., ToxProject], target: Path
) -> None:
    there = project('syncsteps_lock = "locks/one.toml"\nsyncsteps_options = ["--group=dev"]')
    requests = started(there)
    lock = there.path / "locks" / "one.toml"
    for flag, told in (("-q", "--quiet"), ("-v", "--verbose")):
        requests.clear()
        there.run("run", flag).assert_success()
        wanted = ["sync", "--group=dev", f"--lock={lock}", f"--python={target}", told]
        assert requests[0].cmd[-5:] == wanted


def test_without_tests_there_is_a_sync_all_the_same(project: Callable[..., ToxProject]) -> None:
    there = project()
    requests = started(there)
    there.run("run", "--notest").assert_success()
    assert [request.run_id for request in requests] == ["sync"]


def test_without_an_install_there_is_no_sync(project: Callable[..., ToxProject]) -> None:
    there = project()
    requests = started(there)
    outcome = there.run("run", "--skip-env-install")
    if "unrecognized arguments" in outcome.err:
        pytest.skip("this tox does not know --skip-env-install")
    outcome.assert_success()
    assert [request.run_id for request in requests] == ["commands[0]"]


def test_a_sync_that_fails_gives_its_exit_code_and_stops_the_environment(
    project: Callable[..., ToxProject],
) -> None:
    there = project()
    requests = started(there, status=4)
    outcome = there.run("run")
    outcome.assert_failed(code=4)
    assert [request.run_id for request in requests] == ["sync"]
    assert "Traceback" not in outcome.out + outcome.err


def test_an_interpreter_that_is_not_there_is_told_as_syncsteps_tells_it(
    tox_project: ToxProjectCreator,
) -> None:
    text = '[env.system]\nrunner = "syncsteps"\nsyncsteps_python = "/nowhere/python3"\n'
    there = tox_project({"tox.toml": text})
    requests = started(there)
    outcome = there.run("run", "-e", "system")
    outcome.assert_failed(code=4)
    said = outcome.out + outcome.err
    assert "error ERR400: There is no Python interpreter at /nowhere/python3." in said
    assert "what to do: " in said
    assert "Traceback" not in said
    assert requests == []


@pytest.mark.parametrize(
    ("setting", "name"),
    [
        ('deps = ["six"]', "deps"),
        ('dependency_groups = ["dev"]', "dependency_groups"),
        ('extras = ["dev"]', "extras"),
        ('pylock = "pylock.toml"', "pylock"),
        ('package = "wheel"', "package"),
        ("usedevelop = true", "use_develop"),
        ('base_python = ["3.12"]', "base_python"),
    ],
)
def test_what_tells_tox_to_install_is_refused(
    project: Callable[..., ToxProject], setting: str, name: str
) -> None:
    there = project(setting)
    requests = started(there)
    outcome = there.run("run")
    outcome.assert_failed(code=1)
    assert f"failed with {name}: not for the runner syncsteps" in outcome.out
    assert requests == []


def test_what_holds_for_all_environments_can_be_emptied_for_one(
    project: Callable[..., ToxProject],
) -> None:
    there = project(
        'deps = []\npackage = "skip"\n[env_run_base]\ndeps = ["six"]\npackage = "wheel"'
    )
    requests = started(there)
    there.run("run").assert_success()
    assert len(requests) == 2


def test_options_that_are_none_are_refused_with_the_code_of_misuse(
    project: Callable[..., ToxProject],
) -> None:
    there = project('syncsteps_options = ["--group dev"]')
    requests = started(there)
    outcome = there.run("run")
    outcome.assert_failed(code=2)
    assert "syncsteps_options is no list of options of a sync" in outcome.out
    assert "unrecognized arguments: --group dev" in outcome.err
    assert requests == []


def test_a_virtual_environment_is_a_target_only_where_an_option_says_so(
    tox_project: ToxProjectCreator, target: Path, tmp_path: Path
) -> None:
    made = tmp_path / "environment"
    subprocess.run([target, "-m", "venv", "--without-pip", made], check=True)
    text = f"[env.system]\nrunner = 'syncsteps'\nsyncsteps_python = '{made}'\n"
    there = tox_project({"tox.toml": text})
    requests = started(there)
    refused = there.run("run", "-e", "system")
    refused.assert_failed(code=4)
    assert "belongs to the virtual environment" in refused.out
    (there.path / "tox.toml").write_text(f"{text}syncsteps_options = ['--allow-virtualenv']\n")
    there.run("run", "-e", "system").assert_success()
    assert [request.cmd[-2:-1] for request in requests] == [["--allow-virtualenv"]]


def test_the_target_may_come_from_pyproject(tox_project: ToxProjectCreator, target: Path) -> None:
    text = f"""
        [tool.syncsteps]
        python = {json.dumps(str(target))}
        [tool.tox.env.system]
        runner = "syncsteps"
    """
    there = tox_project({"pyproject.toml": text})
    requests = started(there)
    there.run("run", "-e", "system").assert_success()
    assert requests[0].cmd[-1] == f"--python={target}"


def test_config_shows_the_interpreter_and_starts_nothing(
    project: Callable[..., ToxProject], target: Path
) -> None:
    there = project()
    requests = started(there)
    keys = ["env_python", "env_bin_dir", "syncsteps_options", "envsitepackagesdir"]
    outcome = there.run("config", "-e", "system", "-k", *keys)
    outcome.assert_success()
    assert f"env_python = {target}" in outcome.out
    assert f"env_bin_dir = {target.parent}" in outcome.out
    assert "site-packages" in outcome.out
    assert there.run("list").out.splitlines()[1].split() == ["system", "->", "[no", "description]"]
    assert requests == []


def test_the_result_holds_the_interpreter_and_what_is_installed(
    project: Callable[..., ToxProject], target: Path
) -> None:
    there = project()
    started(there)
    there.run("run", "--result-json", "result.json").assert_success()
    result: dict[str, Any] = json.loads((there.path / "result.json").read_text())
    system = result["testenvs"]["system"]
    assert system["python"]["executable"] == str(target)
    assert system["python"]["version"] == ".".join(map(str, sys.version_info[:3]))
    assert system["installed_packages"] == []
    assert system["result"]["success"] is True


@pytest.mark.skipif(os.name != "posix", reason="no links elsewhere")
def test_an_interpreter_without_the_usual_names_gets_them(
    project: Callable[..., ToxProject], tmp_path: Path
) -> None:
    # As in Debian, which has no `python`; its `python3` may have been replaced by another.
    program = throwaway_interpreter(tmp_path / "debian")
    versioned = program.resolve()
    for name in ("python", "python3"):
        (program.parent / name).unlink()
    (program.parent / "python3").write_text("#!/bin/sh\necho another\n")
    (program.parent / "python3").chmod(0o755)
    there = project(
        f"[env.other]\nrunner = 'syncsteps'\nsyncsteps_python = '{versioned}'\n"
        "commands = [['python', '-c', 'import sys; print(sys.prefix)'],"
        "['python3', '-c', 'import sys; print(sys.prefix)']]"
    )
    started(there, status=None)
    outcome = there.run("run", "-e", "other")
    outcome.assert_success()
    assert outcome.out.splitlines().count(str(tmp_path / "debian")) == 2


def test_tox_itself_installs_nothing(project: Callable[..., ToxProject]) -> None:
    there = project()
    started(there)
    outcome = there.run("run")
    environment = outcome.state.envs["system"]
    with pytest.raises(
        Fail, match="tox installs nothing here, and is to install package of a test"
    ):
        environment.installer.install([], "a test", "package")


def test_the_command_of_a_sync() -> None:
    sync = [sys.executable, *SAFE, "-m", "syncsteps", "sync"]
    assert sync_command([], verbosity=2) == sync
    assert sync_command(["--no-local"], verbosity=4) == [*sync, "--no-local", "--verbose"]
    assert sync_command([], verbosity=0) == [*sync, "--quiet"]


def test_the_tox_file_of_the_readme(tox_project: ToxProjectCreator, target: Path) -> None:
    (text,) = code_blocks("In tox", "toml")
    there = tox_project({"tox.toml": text})
    requests = started(there)
    override = f"env.system.syncsteps_python={target}"
    there.run("run", "-e", "system", "-x", override).assert_success()
    assert requests[0].cmd[-2:] == ["--group=tests", f"--python={target}"]
    assert [request.cmd for request in requests[1:]] == [["python", "-m", "pytest"]]

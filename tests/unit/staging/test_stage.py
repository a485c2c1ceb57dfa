from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from syncsteps import staging
from syncsteps.errors import StagingError
from syncsteps.processes import Completed
from syncsteps.staging import run
from syncsteps.staging.model import StageOptions
from syncsteps.staging.pip import PipStager
from syncsteps.staging.uv import UvStager
from tests.support.interpreters import make_interpreter
from tests.support.locks import make_lock
from tests.support.prefixes import select_version, selection_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from syncsteps.abreast import Call
    from syncsteps.staging.model import Stager

TARGET = make_interpreter(Path("/opt/python"))


class Recorder:
    """A runner that notes what it is asked to run, and what the requests said."""

    def __init__(self) -> None:
        self.commands: list[list[str]] = []
        self.directories: list[Path | None] = []
        self.environments: list[Mapping[str, str]] = []
        self.texts: list[str] = []

    def __call__(
        self,
        command: Sequence[str | Path],
        *,
        environment: Mapping[str, str] | None = None,
        directory: Path | None = None,
        umask: int | None = None,
        on_line: object = None,
    ) -> Completed:
        assert umask == 0o022
        assert on_line is not None
        self.commands.append([str(part) for part in command])
        self.directories.append(directory)
        self.environments.append(environment or {})
        self.texts.append(Path(self.commands[-1][-1]).read_text(encoding="utf-8"))
        return Completed(status=0, stdout="", stderr="")


class Chains:
    """The same for chains of calls, of which there shall be one."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder

    def __call__(
        self,
        chains: Sequence[Sequence[Call]],
        *,
        on_line: Callable[[int, str], None],
        on_tick: Callable[[], None] | None = None,
    ) -> None:
        assert on_tick is None
        (chain,) = chains
        for call in chain:
            self.recorder(
                call.command,
                environment=call.environment,
                directory=call.directory,
                umask=call.umask,
                on_line=on_line,
            )


def _stage(stager: Stager, tmp_path: Path) -> None:
    from syncsteps.locks.model import Directory  # noqa: PLC0415 - one test's

    requests = tmp_path / "requests"
    requests.mkdir()
    local = select_version("local", source=Directory(path="."))
    stager.stage(
        selection_of(select_version("demo"), local),
        lock=make_lock(root=tmp_path),
        interpreter=TARGET,
        directory=tmp_path / "stage",
        requests=requests,
        options=StageOptions(),
        on_line=lambda _: None,
    )


def test_uv_runs_twice_away_from_the_project(tmp_path: Path) -> None:
    runner = Recorder()
    environment = {"PATH": "/bin", "UV_TARGET": "/x", "UV_PREVIEW_FEATURES": "other"}
    _stage(UvStager(uv=Path("/bin/uv"), environment=environment, runner=runner), tmp_path)
    hashed, rest = runner.commands
    assert "--require-hashes" in hashed
    assert hashed[-1].endswith("pylock.toml")
    assert rest[rest.index("--refresh-package") + 1] == "local"
    assert runner.texts[1].startswith("local @ file://")
    assert runner.directories == [tmp_path / "requests", tmp_path / "requests"]
    assert runner.environments[0] == {
        "PATH": "/bin",
        "PYTHONDONTWRITEBYTECODE": "1",
        "UV_PREVIEW_FEATURES": "other,pylock",
    }


def test_uv_follows_of_the_projects_settings_what_does_not_mislead_it(tmp_path: Path) -> None:
    (tmp_path / "uv.toml").write_text('offline = true\n[pip]\ntarget = "/elsewhere"\n')
    runner = Recorder()
    _stage(UvStager(uv=Path("/bin/uv"), environment={}, runner=runner), tmp_path)
    assert not any("--config-file" in command for command in runner.commands)
    assert (tmp_path / "requests" / "uv.toml").read_text() == "offline = true\n"


def test_uv_reads_of_a_named_configuration_what_does_not_mislead_it(tmp_path: Path) -> None:
    (tmp_path / "my.toml").write_text('[pip]\ntarget = "/elsewhere"\n')
    runner = Recorder()
    environment = {"UV_CONFIG_FILE": str(tmp_path / "my.toml")}
    _stage(UvStager(uv=Path("/bin/uv"), environment=environment, runner=runner), tmp_path)
    for command in runner.commands:
        position = command.index("--config-file")
        assert command[position + 1] == str(tmp_path / "requests" / "uv.toml")
    assert runner.environments[0] == {
        "PYTHONDONTWRITEBYTECODE": "1",
        "UV_PREVIEW_FEATURES": "pylock",
    }


def test_pip_runs_twice_away_from_the_project(tmp_path: Path) -> None:
    runner = Recorder()
    environment = {"PATH": "/bin", "PIP_TARGET": "/x", "PIP_INDEX_URL": "https://index.invalid"}
    pip = ("py", "-m", "pip")
    _stage(PipStager(pip=pip, environment=environment, runner=Chains(runner)), tmp_path)
    hashed, rest = runner.commands
    assert hashed[:4] == ["py", "-m", "pip", "install"]
    assert "--require-hashes" in hashed
    assert "--require-hashes" not in rest
    assert runner.texts[0].startswith("demo @ https://index.invalid/files/demo-1.0-")
    assert runner.directories == [tmp_path / "requests", tmp_path / "requests"]
    assert "PIP_TARGET" not in runner.environments[0]
    assert runner.environments[0]["PIP_INDEX_URL"] == "https://index.invalid"
    assert runner.environments[0]["PIP_USE_PEP517"] == "1"


def test_nothing_to_stage_runs_nothing(tmp_path: Path) -> None:
    stage = staging.stage(
        selection_of(),
        lock=make_lock(),
        interpreter=TARGET,
        directory=tmp_path,
        installer="uv",
        options=StageOptions(),
        environment={},
        on_line=lambda _: None,
    )
    assert (stage.root, stage.site, stage.distributions) == (tmp_path, (), ())


def test_auto_prefers_uv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "find_uv", lambda _: Path("/bin/uv"))
    chosen = staging.choose_stager("auto", interpreter=TARGET, environment={})
    assert chosen.name == "uv"
    chosen = staging.choose_stager("pip", interpreter=TARGET, environment={})
    assert chosen.name == "pip"


def test_without_uv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "find_uv", lambda _: None)
    assert staging.choose_stager("auto", interpreter=TARGET, environment={}).name == "pip"
    with pytest.raises(StagingError, match="uv was asked for"):
        staging.choose_stager("uv", interpreter=TARGET, environment={})


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StagingError, match="nothing can be staged in"):
        staging.stage(
            selection_of(select_version("demo")),
            lock=make_lock(),
            interpreter=TARGET,
            directory=tmp_path / "missing",
            installer="auto",
            options=StageOptions(),
            environment={},
            on_line=lambda _: None,
        )

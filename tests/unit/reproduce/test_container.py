from __future__ import annotations

import json
import os
import sys
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import uv

from syncsteps.reproduce.container import container_view, find_engine
from syncsteps.reproduce.means import MeansMissingError
from syncsteps.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the programs are shell scripts")


@dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    """Programs that note how they are called, on a PATH of their own."""

    directory: Path

    def add(self, name: str, *lines: str) -> None:
        log = self.directory / "log"
        script = [
            "#!/bin/sh",
            f"printf '%s ' {name} \"$@\" >> {log}",
            f"echo >> {log}",
            *lines,
        ]
        program = self.directory / name
        program.write_text("\n".join(script) + "\n", encoding="utf-8")
        program.chmod(0o755)

    @property
    def calls(self) -> list[str]:
        return (self.directory / "log").read_text(encoding="utf-8").splitlines()

    @property
    def variables(self) -> Mapping[str, str]:
        return {"PATH": str(self.directory), "UV_INDEX_URL": "u", "PIP_CERT": "/c", "HOME": "/h"}


@pytest.fixture
def programs(tmp_path: Path) -> Programs:
    (tmp_path / "bin").mkdir()
    return Programs(directory=tmp_path / "bin")


def test_the_first_engine_that_works_is_taken(programs: Programs) -> None:
    programs.add("docker", "echo 'no server' >&2; exit 1")
    programs.add("podman")
    programs.add("buildah")
    assert find_engine("auto", variables=programs.variables) == "podman"
    assert find_engine("buildah", variables=programs.variables) == "buildah"


def test_without_any_each_says_why(programs: Programs) -> None:
    programs.add("docker", "echo 'no server' >&2; exit 1")
    programs.add("podman", "exit 3")
    with pytest.raises(MeansMissingError) as caught:
        find_engine("auto", variables=programs.variables)
    assert caught.value.details == (
        "docker: no server",
        "podman: it ended with 3",
        "buildah: it is not installed",
    )
    with pytest.raises(MeansMissingError, match="docker does not work here"):
        find_engine("docker", variables=programs.variables)


def make_view_command(
    programs: Programs, settings: Settings, work: Path, engine: str = "docker"
) -> tuple[list[str], dict[str, object]]:
    work.mkdir()
    with container_view(
        "image", engine=engine, settings=settings, work=work, variables=programs.variables
    ) as view:
        command = [os.fspath(part) for part in view.command(["-c", "code"], False)]  # noqa: FBT003
        told = {
            "copy": view.copy,
            "directory": view.directory,
            "options": list(view.options),
            "passed": view.passed,
            "path": list(view.path),
            "work": view.work,
        }
    return command, json.loads(json.dumps(told))


def test_the_project_is_read_only_and_copied_where_it_may_be_built(
    programs: Programs, tmp_path: Path
) -> None:
    programs.add("docker")
    project, work = tmp_path / "project", tmp_path / "work"
    settings = Settings(directory=project, lock=str(project / "uv.lock"))
    command, told = make_view_command(programs, settings, work)
    assert f"--volume={project}:/syncsteps/source:ro" in command
    assert f"--volume={work}:/syncsteps/work:rw" in command
    assert f"--volume={uv.find_uv_bin()}:/syncsteps/bin/uv:ro" in command
    assert told == {
        "copy": ["/syncsteps/source", "/syncsteps/project"],
        "directory": "/syncsteps/project",
        "options": ["--lock=/syncsteps/project/uv.lock", "--no-progress"],
        "passed": {"UV_INDEX_URL": "u"},
        "path": ["/syncsteps/work/syncsteps.pyz"],
        "work": "/syncsteps/work",
    }
    with zipfile.ZipFile(work / "syncsteps.pyz") as packed:
        assert "syncsteps/cli.py" in packed.namelist()
    name = next(part for part in command if part.startswith("--name=")).partition("=")[2]
    assert programs.calls[-1].strip() == f"docker rm --force {name}"


def test_what_nothing_is_built_of_is_not_copied(programs: Programs, tmp_path: Path) -> None:
    programs.add("docker")
    settings = Settings(
        directory=tmp_path / "project",
        no_project=True,
        python="/opt/python/bin/python3",
        wheelhouse=str(tmp_path / "house"),
    )
    command, told = make_view_command(programs, settings, tmp_path / "work")
    assert f"--volume={tmp_path / 'project'}:/syncsteps/project:ro" in command
    assert f"--volume={tmp_path / 'house'}:/syncsteps/wheelhouse:ro" in command
    assert "--entrypoint=/opt/python/bin/python3" in command
    assert told["copy"] is None
    assert told["options"] == [
        "--python=/opt/python/bin/python3",
        "--wheelhouse=/syncsteps/wheelhouse",
        "--no-progress",
    ]


def test_a_container_is_thrown_away_whatever_happens(programs: Programs, tmp_path: Path) -> None:
    programs.add("buildah")
    (tmp_path / "work").mkdir()
    with (
        pytest.raises(RuntimeError),
        container_view(
            "image",
            engine="buildah",
            settings=Settings(directory=tmp_path),
            work=tmp_path / "work",
            variables=programs.variables,
        ),
    ):
        raise RuntimeError
    first, *_, last = programs.calls[-2:]
    assert first.startswith("buildah from --quiet --name syncsteps-reproduce-")
    assert last.strip() == f"buildah rm {first.split()[4]}"


def test_an_image_that_is_not_there_is_told(programs: Programs, tmp_path: Path) -> None:
    programs.add("buildah", 'test "$1" = from && echo "no such image" >&2 && exit 125', "exit 0")
    (tmp_path / "work").mkdir()
    with (
        pytest.raises(MeansMissingError, match="cannot make a container of nothing") as caught,
        container_view(
            "nothing",
            engine="buildah",
            settings=Settings(directory=tmp_path),
            work=tmp_path / "work",
            variables=programs.variables,
        ),
    ):
        pytest.fail("there is no view")
    assert caught.value.details == ("no such image",)

from __future__ import annotations

import importlib.metadata
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from syncsteps.errors import StagingError
from syncsteps.interpreter.model import InstalledDistribution
from syncsteps.wheelhouse import pips
from syncsteps.wheelhouse.pips import (
    download_command,
    foreign_pip,
    tag_options,
    target_pip,
    wheel_command,
)
from tests.support.interpreters import make_interpreter

PIP = ("python", "-m", "pip")
QUIETLY = [
    "--no-deps",
    "--disable-pip-version-check",
    "--no-input",
    "--no-color",
    "--progress-bar",
    "off",
]
PLATFORMS = ["linux_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"]
PLATFORM_OPTIONS = [part for each in PLATFORMS for part in ("--platform", each)]


def _no_pip(_name: str) -> NoReturn:
    raise importlib.metadata.PackageNotFoundError("pip")


def test_the_pip_of_the_target_builds_for_it() -> None:
    place = Path("/opt/python/lib")
    pip = InstalledDistribution(
        name="pip", version="25.0", location=place, metadata=place / "pip-25.0.dist-info"
    )
    target = make_interpreter(distributions=(pip,))
    assert target_pip(target) == (str(target.executable), "-I", "-B", "-m", "pip")


def test_that_there_is_no_pip_says_that_uv_does_not_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pips, "own_pip_serves", lambda _version: False)
    monkeypatch.setattr(pips, "embedded_pip", lambda _version: None)
    with pytest.raises(StagingError, match="no pip that can fetch for /opt/python") as caught:
        target_pip(make_interpreter())
    assert "uv has no command that keeps files" in caught.value.hint


def test_any_pip_downloads_for_another_interpreter(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert foreign_pip({}) == (sys.executable, "-I", "-B", "-m", "pip")
    monkeypatch.setattr(importlib.metadata, "distribution", _no_pip)
    monkeypatch.setattr(pips, "embedded_pip", lambda _version: Path("/w/pip.whl"))
    assert foreign_pip({}) == (sys.executable, "-I", "-B", str(Path("/w/pip.whl/pip")))
    monkeypatch.setattr(pips, "embedded_pip", lambda _version: None)
    with pytest.raises(StagingError, match="there is no pip that can fetch"):
        foreign_pip({"PATH": str(tmp_path)})
    program = tmp_path / ("pip.exe" if sys.platform == "win32" else "pip")
    program.touch(mode=0o755)
    assert foreign_pip({"PATH": str(tmp_path)}) == (str(program),)


@pytest.mark.parametrize("hashed", [True, False])
@pytest.mark.parametrize("only_wheels", [True, False])
def test_the_command_that_builds(*, hashed: bool, only_wheels: bool) -> None:
    requirements, output = Path("/r.txt"), Path("/out")
    assert wheel_command(
        PIP, requirements=requirements, hashed=hashed, output=output, only_wheels=only_wheels
    ) == [
        *PIP,
        "wheel",
        *QUIETLY,
        "--wheel-dir",
        str(output),
        *(["--only-binary", ":all:"] if only_wheels else []),
        *(["--require-hashes"] if hashed else []),
        "--requirement",
        str(requirements),
    ]


def test_the_command_that_downloads_for_another_interpreter() -> None:
    interpreter = make_interpreter(platforms=PLATFORMS)
    requirements, output = Path("/r.txt"), Path("/out")
    assert download_command(
        PIP, requirements=requirements, hashed=True, output=output, interpreter=interpreter
    ) == [
        *PIP,
        "download",
        *QUIETLY,
        "--dest",
        str(output),
        "--only-binary",
        ":all:",
        "--python-version",
        "3.12.7",
        "--implementation",
        "cp",
        "--abi",
        "cp312",
        *PLATFORM_OPTIONS,
        "--require-hashes",
        "--requirement",
        str(requirements),
    ]


@pytest.mark.parametrize(
    ("version", "tags", "options"),
    [
        (
            "3.14.0rc1",
            ("cp314-cp314t-linux_x86_64", "cp314-none-linux_x86_64", "py3-none-any"),
            ["3.14.0", "--implementation", "cp", "--abi", "cp314t", "--platform", "linux_x86_64"],
        ),
        (
            "3.10.14",
            ("pp310-pypy310_pp73-linux_x86_64", "py3-none-linux_x86_64", "py3-none-any"),
            [
                "3.10.14",
                "--implementation",
                "pp",
                "--abi",
                "pypy310_pp73",
                "--platform",
                "linux_x86_64",
            ],
        ),
        ("3.12.1", (), ["3.12.1"]),
    ],
)
def test_the_options_are_those_of_its_tags(
    version: str, tags: tuple[str, ...], options: list[str]
) -> None:
    interpreter = make_interpreter(version=version, tags=tags)
    assert tag_options(interpreter) == ["--python-version", *options]

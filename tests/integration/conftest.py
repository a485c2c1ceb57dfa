"""What several of these tests run on."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.support.index import Index
from tests.support.interpreters import throwaway_interpreter
from tests.support.projects import write_requirements
from tests.support.systems import System
from tests.support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def _temporary(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each test a directory for temporary files: logs of what fails stay in there."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path_factory.mktemp("temporary")))


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    """A throwaway interpreter, an empty project and an index that serves what is put into it."""
    for name in ("files", "project"):
        (tmp_path / name).mkdir()
    with Index(tmp_path / "files") as index:
        yield System(
            target=throwaway_interpreter(tmp_path / "system"),
            project=tmp_path / "project",
            index=index,
            caches=tmp_path / "caches",
        )


@pytest.fixture
def service(system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> System:
    """The system as a process finds it that uses the library, its own variables included.

    In the directory ``service`` of the current one is a lock of two distributions, and the target
    is the first ``python3`` on PATH.
    """
    wheels = [
        make_wheel(system.index.directory, "alpha", "1.0"),
        make_wheel(system.index.directory, "beta", "2.0"),
    ]
    (tmp_path / "service").mkdir()
    write_requirements(tmp_path / "service", wheels)
    monkeypatch.chdir(tmp_path)
    for name in os.environ.keys() - system.environment.keys():
        monkeypatch.delenv(name)
    for name, value in system.environment.items():
        monkeypatch.setenv(name, value)
    if os.name == "nt":  # no other Python may be the first of this name
        shutil.copy2(system.target, system.target.with_name("python3.exe"))
    monkeypatch.setenv("PATH", str(system.target.parent), prepend=os.pathsep)
    return system

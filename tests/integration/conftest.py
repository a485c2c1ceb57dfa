"""What several of these tests run on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.index import Index
from tests.support.interpreters import throwaway_interpreter
from tests.support.systems import System

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

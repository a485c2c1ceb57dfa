from __future__ import annotations

import pickle
import time
from typing import TYPE_CHECKING

import pytest

from syncsteps.caching import parsed
from syncsteps.caching.parsed import keep_lock, recall_lock
from syncsteps.caching.store import write
from syncsteps.locks import read_lock
from syncsteps.settings import Settings
from tests.support.lock_texts import PYLOCK, SHA, UV
from tests.support.pdm_texts import PDM_FLAT, PDM_GRAPH, PDM_PYPROJECT
from tests.support.poetry_texts import FLAT, FLAT_PROJECT, GRAPH, GRAPH_PROJECT

if TYPE_CHECKING:
    from pathlib import Path

    from syncsteps.locks.model import Lock

HOUR = 3600 * 10**9
VARIABLE = "${PROJECT_ROOT}"


class Project:
    """A project with a lock, and a cache beside it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory / "project"
        self.directory.mkdir()
        self.cache = directory / "cache"
        self.settings = Settings(directory=self.directory, cache_dir=str(self.cache))

    def write(self, name: str, text: str) -> Path:
        path = self.directory / name
        path.write_text(text, encoding="utf-8")
        return path

    def keep(self, path: Path, *, later: int = HOUR) -> tuple[Lock, str]:
        lock = read_lock(path)
        moment = time.time_ns() + later
        return lock, keep_lock(lock, settings=self.settings, environment={}, moment=moment)

    def recall(self, path: Path) -> Lock | None:
        return recall_lock(path, settings=self.settings, environment={})


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@pytest.mark.parametrize(
    ("name", "text", "declared"),
    [
        ("uv.lock", UV, ""),
        ("pylock.toml", PYLOCK, ""),
        ("poetry.lock", FLAT, FLAT_PROJECT),
        ("poetry.lock", GRAPH, GRAPH_PROJECT),
        ("pdm.lock", PDM_FLAT, PDM_PYPROJECT),
        ("pdm.lock", PDM_GRAPH, PDM_PYPROJECT),
    ],
)
def test_what_has_been_kept_is_recalled_to_the_letter(
    project: Project, name: str, text: str, declared: str
) -> None:
    path = project.write(name, text.replace(VARIABLE, "root"))
    project.write("pyproject.toml", declared.replace(VARIABLE, "root"))
    assert project.recall(path) is None
    lock, why_not = project.keep(path)
    assert why_not == ""
    assert project.recall(path) == lock
    # A marker of another object is another one to `==`, unless it says the same.
    assert repr(project.recall(path)) == repr(lock)


def test_another_byte_is_another_lock(project: Project) -> None:
    path = project.write("uv.lock", UV)
    project.keep(path)
    project.write("uv.lock", f"{UV}# another\n")
    assert project.recall(path) is None


def test_what_is_declared_beside_it_counts(project: Project) -> None:
    path = project.write("poetry.lock", FLAT)
    project.write("pyproject.toml", FLAT_PROJECT)
    project.keep(path)
    project.write("pyproject.toml", FLAT_PROJECT.replace("The.App", "Another"))
    assert project.recall(path) is None
    (project.directory / "pyproject.toml").unlink()
    assert project.recall(path) is None


def test_the_same_bytes_elsewhere_are_another_lock(project: Project) -> None:
    path = project.write("uv.lock", UV)
    project.keep(path)
    elsewhere = project.directory / "elsewhere"
    elsewhere.mkdir()
    assert project.recall(path.rename(elsewhere / "uv.lock")) is None


def test_what_has_only_just_been_changed_is_not_kept(project: Project) -> None:
    _, why_not = project.keep(project.write("uv.lock", UV), later=0)
    assert "only just" in why_not
    assert not project.cache.exists()


def test_what_other_files_or_variables_say_is_not_kept(project: Project) -> None:
    _, why_not = project.keep(
        project.write("requirements.txt", f"alpha==1.0 --hash=sha256:{SHA}\n")
    )
    assert "requirements.txt" in why_not
    project.write(
        "pyproject.toml", '[[tool.pdm.source]]\nurl = "https://${TOKEN}@index.invalid/simple"\n'
    )
    _, why_not = project.keep(project.write("uv.lock", UV))
    assert "variables" in why_not
    assert not project.cache.exists()


@pytest.mark.parametrize("version", ["__version__", "packaging_version"])
def test_what_another_version_has_read_is_read_again(
    project: Project, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    path = project.write("uv.lock", UV)
    project.keep(path)
    monkeypatch.setattr(parsed, version, "another")
    assert project.recall(path) is None


def test_what_other_code_has_read_is_read_again(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = project.write("uv.lock", UV)
    project.keep(path)
    monkeypatch.setattr(parsed, "code_marks", lambda _folder: ())
    assert project.recall(path) is None


@pytest.mark.parametrize("payload", [b"", b"no pickle", pickle.dumps("no lock")])
def test_what_is_no_lock_is_ignored(project: Project, payload: bytes) -> None:
    path = project.write("uv.lock", UV)
    project.keep(path)
    (file,) = project.cache.glob("locks/*")
    assert write(str(file.parent), file.stem, payload, now=0) == ""
    assert project.recall(path) is None


def test_what_is_damaged_is_ignored(project: Project) -> None:
    path = project.write("uv.lock", UV)
    project.keep(path)
    (file,) = project.cache.glob("locks/*")
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    assert project.recall(path) is None


def test_no_file_and_no_cache_are_nothing(project: Project, tmp_path: Path) -> None:
    path = project.write("uv.lock", UV)
    project.keep(path)
    project.settings = Settings(
        directory=project.directory, cache_dir=str(tmp_path / "cache"), no_cache=True
    )
    assert project.recall(path) is None
    assert project.keep(path)[1] != ""
    assert project.recall(project.directory / "absent.lock") is None

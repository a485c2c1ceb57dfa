from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from syncsteps.errors import LockError
from syncsteps.locks import read_lock
from syncsteps.locks.unlocked import absent_names, with_unlocked
from tests.conformance.corpus import corpus_folder
from tests.conformance.environments import targets_of
from tests.support.values import make_package

if TYPE_CHECKING:
    from pathlib import Path


CORPUS = corpus_folder()
DAMAGED = "data-boar"  # its lock is no TOML


def real_locks() -> list[object]:
    patterns = ("pdm/**/pdm.lock", "poetry/**/poetry.lock", "pylock/**/pylock*.toml")
    return [
        pytest.param(path, id=path.relative_to(CORPUS).as_posix())
        for pattern in patterns
        for path in sorted(CORPUS.glob(pattern))
        if DAMAGED not in str(path)
    ]


def test_names_are_told_without_reading_the_rest() -> None:
    texts = (
        "Known[x]>=1",
        "Zope.Interface (odd",
        "  lost; python_version < '3'",
        "==1",
        "-e git+x",
        "setuptools>=40",  # old tools never lock it
    )
    assert absent_names(texts, {"known"}) == {
        "zope-interface": "Zope.Interface (odd",
        "lost": "  lost; python_version < '3'",
    }


def test_a_package_that_lacks_nothing_stays_the_same() -> None:
    package = make_package()
    assert with_unlocked(package, ()) is package


def unlocked(directory: Path, name: str, text: str) -> dict[str, list[tuple[str, str]]]:
    path = directory / name
    path.write_text(text, "utf-8")
    return {
        package.name: [(need.name, str(need.marker)) for need in package.unlocked]
        for package in read_lock(path).packages
    }


PDM = """\
[metadata]
groups = ["default", "x"]
strategy = ["inherit_metadata"]
lock_version = "4.5.0"
content_hash = "sha256:0"
[[package]]
name = "one"
version = "1.0"
groups = ["default"]
dependencies = ["two>=1", "lost<2; sys_platform == 'linux'", "banned"]
[[package]]
name = "one"
version = "1.0"
extras = ["more"]
groups = ["x"]
dependencies = ["one==1.0", "gone"]
"""
TWO = """\
[[package]]
name = "two"
version = "1.0"
groups = ["default"]
dependencies = ["app"]
"""
PDM_PROJECT = """\
[project]
name = "App"
version = "1"
[tool.pdm.resolution]
excludes = ["banned"]
"""


class TestPdm:
    def test_what_no_entry_is(self, tmp_path: Path) -> None:
        (tmp_path / "pyproject.toml").write_text(PDM_PROJECT, "utf-8")
        found = unlocked(tmp_path, "pdm.lock", PDM + TWO)
        assert found["one"] == [("lost", 'sys_platform == "linux"'), ("gone", "None")]
        assert found["two"] == []

    def test_a_lock_that_was_cut(self, tmp_path: Path) -> None:
        (tmp_path / "pyproject.toml").write_text(PDM_PROJECT, "utf-8")
        found = unlocked(tmp_path, "pdm.lock", PDM)
        assert [name for name, _ in found["one"]] == ["two", "lost", "gone"]

    def test_a_requirement_that_cannot_be_read(self, tmp_path: Path) -> None:
        text = PDM.replace("lost<2;", "lost<<2;")
        with pytest.raises(LockError) as caught:
            unlocked(tmp_path, "pdm.lock", text)
        assert caught.value.key == "dependencies[1]"


POETRY = """\
[[package]]
name = "one"
version = "1.0"
optional = false
python-versions = ">=3.9"
groups = ["main"]
files = []
[package.dependencies]
two = ">=1"
python = ">=3.9"
setuptools = "*"
App = "*"
Lost_One = {version = "*", markers = "sys_platform == 'linux'"}
extra = {version = "*", optional = true}
[package.extras]
more = ["extra"]
[[package]]
name = "two"
version = "1.0"
optional = false
python-versions = ">=3.9"
groups = ["main"]
files = []
[metadata]
lock-version = "2.1"
python-versions = ">=3.9"
content-hash = "0"
"""


class TestPoetry:
    def test_what_no_entry_is(self, tmp_path: Path) -> None:
        project = '[project]\nname = "app"\nversion = "1"\n'
        (tmp_path / "pyproject.toml").write_text(project, "utf-8")
        found = unlocked(tmp_path, "poetry.lock", POETRY)
        assert found["one"] == [("lost-one", 'sys_platform == "linux"')]
        assert found["two"] == []

    def test_a_requirement_that_cannot_be_read(self, tmp_path: Path) -> None:
        text = POETRY.replace('Lost_One = {version = "*"', 'Lost_One = {version = "odd odd"')
        with pytest.raises(LockError) as caught:
            unlocked(tmp_path, "poetry.lock", text)
        assert "Lost_One" in caught.value.key + caught.value.table


PYLOCK = """\
lock-version = "1.0"
created-by = "tests"
[[packages]]
name = "one"
version = "1.0"
dependencies = [{name = "two"}, {name = "lost", version = "2.0"}]
sdist = {url = "https://index.invalid/one-1.0.tar.gz", hashes = {sha256 = "DIGEST"}}
[[packages]]
name = "two"
version = "1.0"
sdist = {url = "https://index.invalid/two-1.0.tar.gz", hashes = {sha256 = "DIGEST"}}
"""


class TestPylock:
    def test_what_no_entry_is(self, tmp_path: Path) -> None:
        found = unlocked(tmp_path, "pylock.toml", PYLOCK.replace("DIGEST", "0" * 64))
        assert found == {"one": [("lost", "None")], "two": []}


@pytest.mark.parametrize("path", real_locks())
def test_real_locks_lack_nothing_on_the_targets_that_they_hold_for(path: Path) -> None:
    lock = read_lock(path)
    if lock.layout == "graph":
        assert not any(package.unlocked for package in lock.packages)
    environments = [dict(target.environment) for target in targets_of(lock).values()]
    assert environments
    lacking = [
        (package.name, need.name)
        for package in lock.packages
        for need in package.unlocked
        if need.marker is None or any(need.marker.evaluate(dict(one)) for one in environments)
    ]
    assert lacking == []

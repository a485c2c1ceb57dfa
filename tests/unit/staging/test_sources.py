from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from syncsteps.staging.sources import source_digest, source_files
from tests.support.wheels import make_source_tree

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return make_source_tree(tmp_path / "one")


def test_the_same_content_elsewhere_has_the_same_digest(tree: Path, tmp_path: Path) -> None:
    other = make_source_tree(tmp_path / "two")
    assert source_digest(tree) == source_digest(other)
    assert len(source_digest(tree)) == 64


@pytest.mark.parametrize(
    "path",
    [
        ".coverage.host.1.abc",
        ".git/HEAD",
        ".idea/workspace.xml",
        ".nox/x/y",
        ".tox/x",
        ".venv/pyvenv.cfg",
        ".venv/lib/x.py",
        "build/lib/x.py",
        "demo.egg-info/PKG-INFO",
        "dist/demo-1.0.tar.gz",
        "src/__pycache__/demo.cpython-312.pyc",
        "htmlcov/index.html",
        "src/.demo.py.swp",
        "src/demo.py~",
        "src/demo.pyc",
        "src/demo.egg-info/SOURCES.txt",
        "src/.mypy_cache/x",
    ],
)
def test_leftovers_do_not_count(tree: Path, path: str) -> None:
    before = source_digest(tree)
    (tree / ".venv").mkdir()
    (tree / ".venv/pyvenv.cfg").touch()
    (tree / path).parent.mkdir(parents=True, exist_ok=True)
    (tree / path).write_text("x")
    assert source_digest(tree) == before


@pytest.mark.parametrize("path", ["src/demo.py", "src/build/x.py", "new.txt", ".env", "src/dist/x"])
def test_content_counts(tree: Path, path: str) -> None:
    before = source_digest(tree)
    (tree / path).parent.mkdir(parents=True, exist_ok=True)
    (tree / path).write_text("changed")
    assert source_digest(tree) != before


def test_the_report_of_the_run_itself_does_not_count(tree: Path) -> None:
    before = source_digest(tree)
    report = tree / "report.json"
    report.write_text("{}")
    assert source_digest(tree, reports=[str(report)]) == before
    assert source_digest(tree) != before


def test_a_name_and_the_x_bit_count(tree: Path) -> None:
    before = source_digest(tree)
    (tree / "src/demo.py").rename(tree / "src/omed.py")
    renamed = source_digest(tree)
    (tree / "src/omed.py").chmod(0o755)
    assert len({before, renamed, source_digest(tree)}) == 3


def test_a_link_counts_as_one_and_is_not_followed(tree: Path) -> None:
    before = source_digest(tree)
    (tree / "loop").symlink_to(tree)
    linked = source_digest(tree)
    (tree / "loop").unlink()
    (tree / "loop").symlink_to("/nonexistent")
    assert len({before, linked, source_digest(tree)}) == 3


def test_content_cannot_pass_for_a_name(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/x").write_bytes(b"")
    (tmp_path / "a/y").write_bytes(b"")
    (tmp_path / "b").mkdir()
    (tmp_path / "b/x").write_bytes(b"file 1 0\ny")
    assert source_digest(tmp_path / "a") != source_digest(tmp_path / "b")


def test_no_directory(tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError):
        source_digest(tmp_path / "missing")


def test_a_wheelhouse_does_not_count_nor_does_a_directory_that_becomes_one(tree: Path) -> None:
    before, files = source_digest(tree), source_files(tree)
    house = tree / "src/wheels"
    house.mkdir()
    (house / "x.whl").write_text("x")
    assert source_digest(tree) != before
    assert source_digest(tree, reports={str(house)}) == before
    assert source_files(tree, reports={str(house)}) == files
    (tree / "src/wheels-too").write_text("x")
    assert source_digest(tree, reports={str(house)}) != before
    (tree / "src/wheels-too").unlink()
    (house / "syncsteps-wheelhouse.json").write_text("{}")
    assert source_digest(tree) == before
    assert source_files(tree) == files


def test_each_file_has_a_digest_of_its_own(tree: Path) -> None:
    before = source_files(tree)
    assert "src/demo.py" in before
    assert list(before) == sorted(before)
    (tree / "src/demo.py").chmod(0o755)
    executable = source_files(tree)
    assert {path for path in before if before[path] != executable[path]} == {"src/demo.py"}
    (tree / "src/demo.py").write_text("other")
    (tree / "src/link.py").symlink_to("demo.py")
    after = source_files(tree)
    assert after["src/demo.py"] not in {before["src/demo.py"], executable["src/demo.py"]}
    assert after.keys() - before.keys() == {"src/link.py"}
    report = str(tree / "src/link.py")
    assert source_files(tree, reports={report}).keys() == before.keys()
    assert source_files(tree / "absent") == {}

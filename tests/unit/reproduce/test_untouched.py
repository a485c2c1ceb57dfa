from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from syncsteps.errors import CheckError
from syncsteps.reproduce.untouched import digest, require_same, traces

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    (root / "a" / "b").mkdir(parents=True)
    (root / "a" / "b" / "file").write_text("content")
    (root / "link").symlink_to("a")
    return root


def test_everything_below_is_noted_once_and_no_link_followed(tree: Path) -> None:
    found = traces([tree, tree / "a"])
    names = {"", "a", "a/b", "a/b/file", "link"}
    assert found.keys() == {str(tree / name) for name in names}


def test_what_nobody_has_touched_is_the_same(tree: Path) -> None:
    before = traces([tree])
    assert (tree / "a" / "b" / "file").read_text() == "content"
    assert require_same(before, traces([tree])) == digest(before)


def test_what_was_put_back_as_it_was_is_seen(tree: Path) -> None:
    file = tree / "a" / "b" / "file"
    before, status = traces([tree]), file.stat()
    file.write_text("CONTENT")
    file.write_text("content")
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    with pytest.raises(CheckError, match="changed meanwhile, at 1 of its paths") as caught:
        require_same(before, traces([tree]))
    assert caught.value.details == (str(file),)


@pytest.mark.parametrize("name", ["new", "a/b/new"])
def test_what_comes_is_seen(name: str, tree: Path) -> None:
    before = traces([tree])
    (tree / name).touch()
    with pytest.raises(CheckError) as caught:
        require_same(before, traces([tree]))
    assert str(tree / name) in caught.value.details


def test_what_is_not_there_leaves_no_trace(tmp_path: Path) -> None:
    assert traces([tmp_path / "nothing"]) == {}

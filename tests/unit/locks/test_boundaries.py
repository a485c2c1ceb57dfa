from __future__ import annotations

import sys
from pathlib import Path

import pytest

from syncsteps.errors import SelectionError
from syncsteps.locks.boundaries import leaves, outside, refuse_outside
from syncsteps.locks.model import Archive, Directory, Sdist, Vcs, Wheel
from tests.support.locks import make_lock

ROOT = Path("C:/project" if sys.platform == "win32" else "/project")
NAME = "demo-1.0-py3-none-any.whl"


@pytest.mark.parametrize(
    "path", ["..", "../x", "a/../..", "/", "/project-2", "//host/share", "https://x/../../../etc"]
)
def test_a_path_that_leaves(path: str) -> None:
    assert leaves(path, root=ROOT)


@pytest.mark.parametrize("path", [".", "a", "a/../b", "...", "..a", str(ROOT), str(ROOT / "a")])
def test_a_path_that_does_not(path: str) -> None:
    assert not leaves(path, root=ROOT)


def test_a_root_that_is_relative() -> None:
    assert leaves("../x", root=Path("here"))
    assert not leaves("x", root=Path("here"))
    assert not leaves("x", root=Path())


@pytest.mark.parametrize(
    ("part", "key"),
    [
        (Directory(path="../x"), "path"),
        (Directory(path="a", subdirectory="../../x"), "path"),
        (Archive(path="../x.zip"), "path"),
        (Archive(url="file:///etc/x.zip"), "url"),
        (Archive(url="FILE:///etc/x.zip"), "url"),
        (Archive(url="file://localhost/etc/x.zip"), "url"),
        (Archive(url="file://host.invalid/project/x.zip"), "url"),
        (Archive(url="file:///project/%2e%2e/x.zip"), "url"),
        (Wheel(filename=NAME, path="../x"), "path"),
        (Sdist(filename="demo-1.0.tar.gz", url="file:///x"), "url"),
        (Vcs(type="git", url="file:///x", commit_id="0"), "url"),
        (Vcs(type="git", url="git+file:///x", commit_id="0"), "url"),
        (Vcs(type="git", url="Git+File:///x", commit_id="0"), "url"),
    ],
)
def test_a_part_that_is_outside(part: object, key: str) -> None:
    found = outside(part, root=ROOT)
    assert found is not None
    assert found[0] == key


@pytest.mark.parametrize(
    "part",
    [
        None,
        Directory(path="."),
        Archive(path="x.zip"),
        Archive(url="https://files.invalid/../../x.zip"),
        Archive(url=f"{ROOT.as_uri()}/x.zip"),
        Archive(),
        Wheel(filename=NAME),
        Vcs(type="git", url=f"git+{ROOT.as_uri()}/x", commit_id="0"),
        Vcs(type="git", url="ssh://git@git.invalid/../x", commit_id="0"),
    ],
)
def test_a_part_that_is_not(part: object) -> None:
    assert outside(part, root=ROOT) is None


def test_the_error_says_where_and_what_next() -> None:
    parts = (None, Directory(path="."), Archive(url="file://u:secret@host.invalid/x"))
    with pytest.raises(SelectionError) as caught:
        refuse_outside("demo", parts, lock=make_lock(), root=ROOT)
    assert str(caught.value) == (
        "uv.lock, package 'demo', key 'url': 'file://****@host.invalid/x' is outside of the"
        " project's directory"
    )
    assert "--allow-outside" in caught.value.hint
    refuse_outside("demo", parts[:2], lock=make_lock(), root=ROOT)

from __future__ import annotations

import pytest

from syncsteps.locks.model import Archive, Directory, Vcs
from syncsteps.selection.building import why_built
from syncsteps.selection.model import Pinned
from tests.support.interpreters import make_interpreter
from tests.support.values import make_hash, make_sdist, make_selected, make_wheel_entry

TAGS = make_interpreter().tags


@pytest.mark.parametrize(
    "chosen",
    [
        make_wheel_entry(),
        Pinned(hashes=(make_hash(),)),
        Archive(url="https://index.invalid/demo-1.0-py3-none-any.whl"),
        Archive(path="vendor/demo-1.0-py3-none-any.whl"),
    ],
)
def test_a_wheel_and_what_may_be_one_are_not_built(
    chosen: Archive | Pinned,
) -> None:
    assert why_built(make_selected(chosen=chosen), TAGS) == ""


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (Directory(path="."), "it is a directory"),
        (Vcs(type="git", url="https://index.invalid/x", commit_id="a" * 40), "it is a repository"),
        (
            Archive(url="https://index.invalid/demo-1.0.tar.gz"),
            "it is an sdist that is required by its place",
        ),
    ],
)
def test_what_is_a_source_is_built(source: Archive | Directory | Vcs, why: str) -> None:
    assert why_built(make_selected(chosen=source, source=source), TAGS) == why


def test_an_sdist_is_built_for_want_of_a_wheel() -> None:
    sdist = make_sdist()
    assert why_built(make_selected(chosen=sdist), TAGS) == "the lock has no wheel of it"
    other = make_wheel_entry(filename="demo-1.0-cp311-cp311-manylinux_2_17_x86_64.whl")
    windows = make_wheel_entry(filename="demo-1.0-cp312-cp312-win_amd64.whl")
    one = make_selected(chosen=sdist, wheels=(other,))
    assert why_built(one, TAGS) == (
        "its only wheel is for cp311-cp311-manylinux_2_17_x86_64: it is for CPython 3.11,"
        " the target is CPython 3.12"
    )
    two = make_selected(chosen=sdist, wheels=(other, windows))
    assert why_built(two, TAGS).startswith("the nearest of its 2 wheels is for cp311-")
    assert why_built(two, ()) == "the target has no tags at all"


def test_an_sdist_is_built_where_the_lock_says_so() -> None:
    selected = make_selected(chosen=make_sdist(), wheels=(make_wheel_entry(),), only="sdists")
    assert why_built(selected, TAGS) == "the lock rules out its wheels"

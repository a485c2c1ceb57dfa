from __future__ import annotations

from typing import Any

import pytest

from syncsteps.errors import SelectionError
from syncsteps.locks.model import Directory, Lock
from syncsteps.selection import Pinned, Request, Selection, select
from tests.support.interpreters import make_interpreter
from tests.support.locks import make_hash, make_lock, make_package


def chosen(lock: Lock, **request: Any) -> Selection:  # noqa: ANN401 - fields of Request
    return select(lock, Request(**request), make_interpreter(version="3.12.7"))


def names(lock: Lock, **request: Any) -> list[str]:  # noqa: ANN401 - fields of Request
    return [item.name for item in chosen(lock, **request).packages]


GROUPED = make_lock(
    make_package("a", marker="'default' in dependency_groups"),
    make_package("b", marker="'Test' in dependency_groups or 'http' in extras"),
    make_package("c", marker="sys_platform == 'win32'"),
    make_package("d"),
    layout="flat",
    extras=("http",),
    groups=("default", "test"),
    default_groups=("default",),
)


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({}, ["a", "d"]),
        ({"default_groups": False}, ["d"]),
        ({"groups": ("test",)}, ["a", "b", "d"]),
        ({"groups": ("TEST",), "default_groups": False}, ["b", "d"]),
        ({"only_groups": ("test",)}, ["b", "d"]),
        ({"all_groups": True}, ["a", "b", "d"]),
        ({"extras": ("HTTP",)}, ["a", "b", "d"]),
        ({"all_extras": True, "default_groups": False}, ["b", "d"]),
    ],
)
def test_extras_and_groups_are_sets_in_markers(
    request_: dict[str, Any], expected: list[str]
) -> None:
    assert names(GROUPED, **request_) == expected


def test_the_environment_is_the_targets() -> None:
    windows = make_interpreter(environment={"sys_platform": "win32"})
    assert [item.name for item in select(GROUPED, Request(), windows).packages] == ["a", "c", "d"]


def test_a_plain_extra_is_read_as_one_of_a_set() -> None:
    lock = make_lock(
        make_package("a", marker="extra == 'x' and python_version >= '3.9'"),
        make_package("b", marker="extra == 'y'"),
        make_package("c", marker="extra != 'y'"),
        layout="flat",
        extras=("x", "y"),
    )
    assert names(lock) == ["c"]
    assert names(lock, all_extras=True) == ["a", "b"]


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"extras": ("htp",)}, "pylock.toml has no extra 'htp'; it has http"),
        ({"groups": ("tset",)}, "pylock.toml has no dependency group 'tset'; it has default, test"),
        ({"packages": ("a",)}, "does not say which packages belong to a workspace's member"),
    ],
)
def test_what_the_lock_does_not_have(request_: dict[str, Any], message: str) -> None:
    with pytest.raises(SelectionError, match=message):
        chosen(GROUPED, **request_)


def test_a_lock_without_extras_says_so() -> None:
    with pytest.raises(SelectionError, match="it has no extras at all"):
        chosen(make_lock(make_package("a"), layout="flat"), extras=("x",))


def test_two_entries_of_one_name_that_both_hold_are_an_error_that_names_both() -> None:
    lock = make_lock(
        make_package("a", "1", marker="python_version >= '3.8'"),
        make_package("a", "2", marker="python_version >= '3.10'"),
        layout="flat",
    )
    with pytest.raises(SelectionError) as caught:
        chosen(lock)
    assert "packages[0] (version 1)" in str(caught.value)
    assert "packages[1] (version 2)" in str(caught.value)


def test_two_entries_of_one_name_of_which_one_holds() -> None:
    lock = make_lock(
        make_package("a", "1", marker="python_version < '3.10'"),
        make_package("a", "2", marker="python_version >= '3.10'"),
        layout="flat",
    )
    assert [str(item.package.version) for item in chosen(lock).packages] == ["2"]


def test_the_projects_own_tree_and_local_ones_can_be_left_out() -> None:
    lock = make_lock(
        make_package("app", source=Directory(path="./")),
        make_package("lib", source=Directory(path="libs/lib", editable=True)),
        make_package("a"),
        layout="flat",
    )
    assert names(lock) == ["a", "app", "lib"]
    assert names(lock, project=False) == ["a", "lib"]
    assert names(lock, local=False) == ["a"]


def test_entries_that_name_no_file_are_pins() -> None:
    lock = make_lock(
        make_package("a", wheels=(), hashes=(make_hash("1"), make_hash("2"))),
        make_package("b", wheels=()),
        layout="flat",
    )
    first, second = chosen(lock).packages
    assert first.chosen == Pinned(hashes=(make_hash("1"), make_hash("2")))
    assert first.hashes == (make_hash("1"), make_hash("2"))
    assert second.chosen == Pinned()


def test_a_marker_that_cannot_be_evaluated_says_whose_it_is() -> None:
    lock = make_lock(make_package("a", marker="os_name ~= 'posix'"), layout="flat")
    with pytest.raises(SelectionError, match=r"marker of a \(packages\[0\]\) cannot be evaluated"):
        chosen(lock)

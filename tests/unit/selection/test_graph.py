from __future__ import annotations

from typing import Any

import pytest

from syncsteps.errors import SelectionError
from syncsteps.locks.model import ConflictItem, Directory, Lock
from syncsteps.selection import Request, Selection, select
from tests.support.interpreters import make_interpreter
from tests.support.locks import edge, make_lock, make_package, make_project


def chosen(lock: Lock, version: str = "3.12.7", **request: Any) -> Selection:  # noqa: ANN401 - fields of Request
    return select(lock, Request(**request), make_interpreter(version=version))


def names(lock: Lock, version: str = "3.12.7", **request: Any) -> list[str]:  # noqa: ANN401 - fields of Request
    return [item.name for item in chosen(lock, version, **request).packages]


def versions(lock: Lock, **request: Any) -> dict[str, str]:  # noqa: ANN401 - fields of Request
    selection = chosen(lock, **request)
    return {item.name: str(item.package.version) for item in selection.packages}


def test_default_is_the_project_and_what_it_needs() -> None:
    lock = make_lock(
        make_project(needs=["b"], extras={"x": ["c"]}, groups={"dev": ["d"]}),
        make_package("b", needs=["e"]),
        *map(make_package, "cdef"),
    )
    assert names(lock) == ["app", "b", "e"]


def test_cycles_end_and_everything_says_what_requires_it() -> None:
    lock = make_lock(
        make_project(needs=["b"], extras={"x": ["c"]}, groups={"dev": ["c"]}),
        make_package("b", needs=["c"]),
        make_package("c", needs=["b"]),
    )
    selection = chosen(lock, extras=("x",), groups=("dev",))
    assert [(item.name, item.required_by) for item in selection.packages] == [
        ("app", ()),
        ("b", ("app", "c")),
        ("c", ("b", "extra:x", "group:dev")),
    ]


def test_edges_follow_their_markers() -> None:
    lock = make_lock(
        make_project(needs=["b; python_full_version < '3.13'", "c; sys_platform == 'win32'"]),
        make_package("b"),
        make_package("c"),
    )
    assert names(lock) == ["app", "b"]
    assert names(lock, version="3.13.1") == ["app"]


def test_a_pre_release_python_is_in_the_fork_of_its_release() -> None:
    lock = make_lock(
        make_project(
            needs=["b==1; python_full_version < '3.15'", "b==2; python_full_version >= '3.15'"]
        ),
        make_package("b", "1"),
        make_package("b", "2"),
    )
    interpreter = make_interpreter(
        version="3.15.0", environment={"python_full_version": "3.15.0a2"}
    )
    selection = select(lock, Request(), interpreter)
    assert [str(item.package.version) for item in selection.packages] == ["1.0", "2"]


def test_extras_of_edges_lead_to_the_targets_optional_dependencies() -> None:
    lock = make_lock(
        make_project(needs=["b[x]"]),
        make_package("b", extras={"x": ["c[y]"], "z": ["e"]}),
        make_package("c", extras={"y": ["d"]}),
        make_package("d"),
        make_package("e"),
    )
    assert names(lock) == ["app", "b", "c", "d"]


def test_a_plain_extra_in_an_edges_marker_is_the_parents() -> None:
    lock = make_lock(
        make_project(needs=["b[x]", "c"], extras={"x": []}),
        make_package("b", needs=["d; extra == 'x'"], extras={"x": []}),
        make_package("c", needs=["e; 'x' == extra"], extras={"x": []}),
        make_package("d"),
        make_package("e"),
    )
    assert names(lock) == ["app", "b", "c", "d"]


def test_requested_extras_are_those_of_the_project_only() -> None:
    lock = make_lock(
        make_project(needs=["b"], extras={"x": ["c"], "y": ["d"]}),
        make_package("b", extras={"x": ["e"]}),
        *map(make_package, "cde"),
    )
    assert names(lock, extras=("X",)) == ["app", "b", "c"]
    assert names(lock, all_extras=True) == ["app", "b", "c", "d"]


class TestConflicts:
    torch = (
        make_package("torch", "1", source_id="registry+cpu"),
        make_package("torch", "2", source_id="registry+gpu"),
    )
    sides = (ConflictItem(package="app", extra="cpu"), ConflictItem(package="app", extra="gpu"))

    @property
    def lock(self) -> Lock:
        return make_lock(
            make_project(
                needs=["b"],
                extras={"cpu": [edge("torch==1")], "gpu": [edge("torch==2")]},
                groups={"self": ["app[cpu]"], "only": ["b"]},
            ),
            make_package(
                "b",
                needs=[
                    "torch==1; extra == 'extra-3-app-cpu'",
                    "torch==2; extra != 'extra-3-app-cpu'",
                    "c; extra == 'group-3-app-only'",
                    "d; extra == 'project-3-app'",
                ],
            ),
            *self.torch,
            make_package("c"),
            make_package("d"),
            conflicts=(self.sides,),
        )

    def test_markers_see_the_extras_that_are_on(self) -> None:
        assert versions(self.lock)["torch"] == "2"
        assert versions(self.lock, extras=("cpu",))["torch"] == "1"
        assert versions(self.lock, extras=("gpu",))["torch"] == "2"

    def test_markers_see_groups_and_projects(self) -> None:
        assert names(self.lock) == ["app", "b", "d", "torch"]
        assert names(self.lock, groups=("only",)) == ["app", "b", "c", "d", "torch"]
        assert names(self.lock, only_groups=("only",)) == ["b", "c", "torch"]

    def test_an_extra_that_an_edge_switches_on_counts_from_the_start(self) -> None:
        assert versions(self.lock, groups=("self",))["torch"] == "1"

    def test_an_edges_own_extra_counts_in_its_marker(self) -> None:
        lock = make_lock(
            make_project(
                extras={"cpu": ["c"], "gpu": ["d"]},
                groups={"self": ["app[cpu]; extra == 'extra-3-app-cpu'"]},
            ),
            make_package("c"),
            make_package("d"),
            conflicts=(self.sides,),
        )
        assert names(lock, groups=("self",)) == ["app", "c"]

    def test_two_sides_are_an_error_that_names_both(self) -> None:
        with pytest.raises(SelectionError, match="extra 'cpu' of app and extra 'gpu' of app"):
            chosen(self.lock, all_extras=True)

    def test_a_side_that_only_an_edge_switches_on_conflicts_too(self) -> None:
        with pytest.raises(SelectionError, match="extra 'cpu' of app and extra 'gpu' of app"):
            chosen(self.lock, extras=("gpu",), groups=("self",))

    def test_lengths_are_in_bytes_and_dashes_are_no_borders(self) -> None:
        lock = make_lock(
            make_project(needs=["my-lib[a-b]"]),
            make_package("my-lib", needs=["c; extra == 'extra-6-my-lib-a-b'"], extras={"a-b": []}),
            make_package("my", extras={"lib-a-b": []}),
            make_package("c"),
        )
        assert names(lock) == ["app", "c", "my-lib"]


class TestGroups:
    lock = make_lock(
        make_project(needs=["b"], groups={"dev": ["c"], "self": ["app"], "Docs": []}),
        make_package("b"),
        make_package("c"),
    )

    def test_come_in_addition(self) -> None:
        assert names(self.lock, groups=("dev",)) == ["app", "b", "c"]
        assert names(self.lock, all_groups=True) == ["app", "b", "c"]

    def test_only_groups_leave_the_project_out_with_what_it_needs(self) -> None:
        assert names(self.lock, only_groups=("dev",)) == ["c"]

    def test_only_a_group_that_needs_the_project_brings_it_back(self) -> None:
        assert names(self.lock, only_groups=("self",)) == ["app", "b"]

    def test_extras_beside_only_groups_are_an_error(self) -> None:
        with pytest.raises(SelectionError, match="only-group"):
            chosen(self.lock, only_groups=("dev",), all_extras=True)

    def test_default_groups_apply_unless_declined(self) -> None:
        lock = make_lock(*self.lock.packages, default_groups=("dev",))
        assert names(lock) == ["app", "b", "c"]
        assert names(lock, default_groups=False) == ["app", "b"]
        assert names(lock, only_groups=("self",)) == ["app", "b"]


class TestWorkspace:
    lock = make_lock(
        make_project(needs=["lib"], groups={"dev": ["d"], "both": ["e"]}, extras={"x": ["f"]}),
        make_project("lib", "lib", needs=["b"], groups={"both": ["c"]}, extras={"y": ["f"]}),
        make_project("other", "other", needs=["c"]),
        make_package("b", needs=["lib"]),
        *map(make_package, "cdef"),
    )

    def test_packages_are_selected_without_the_root(self) -> None:
        assert names(self.lock, packages=("Other",)) == ["c", "other"]
        assert names(self.lock, packages=("lib", "other")) == ["b", "c", "lib", "other"]

    def test_all_packages(self) -> None:
        assert names(self.lock, all_packages=True) == ["app", "b", "c", "lib", "other"]

    def test_a_member_inherits_the_roots_groups_that_it_has_not_itself(self) -> None:
        assert names(self.lock, packages=("lib",), groups=("dev",)) == ["b", "d", "lib"]
        assert names(self.lock, packages=("lib",), groups=("both",)) == ["b", "c", "lib"]
        assert names(self.lock, packages=("lib",), all_groups=True) == ["b", "c", "d", "lib"]

    def test_extras_are_those_of_the_members_that_were_asked_for(self) -> None:
        assert names(self.lock, packages=("lib",), extras=("y",)) == ["b", "f", "lib"]
        with pytest.raises(SelectionError, match=r"lib in uv\.lock has no extra 'x'; it has y"):
            chosen(self.lock, packages=("lib",), extras=("x",))

    def test_unknown_members_are_an_error(self) -> None:
        with pytest.raises(SelectionError, match="no member 'libb'") as caught:
            chosen(self.lock, packages=("libb",))
        assert caught.value.hint == "did you mean 'lib'?"

    def test_without_the_project_its_needs_stay(self) -> None:
        assert names(self.lock, project=False) == ["b", "lib"]
        assert names(self.lock, project=False, packages=("lib",)) == ["b"]
        assert names(self.lock, project=False, all_packages=True) == ["b", "c", "lib", "other"]

    def test_without_local_packages_their_needs_stay(self) -> None:
        assert names(self.lock, local=False) == ["b"]

    def test_a_member_that_the_lock_lacks_is_an_error(self) -> None:
        lock = make_lock(*self.lock.packages[:1], *self.lock.packages[2:], members=("app", "lib"))
        with pytest.raises(SelectionError, match="names 'lib' as a member"):
            chosen(lock, all_packages=True)


class TestWorkspaceWithoutARootProject:
    lock = make_lock(
        make_project("lib", "lib", needs=["b"], groups={"dev": ["c"]}),
        make_project("other", "other", needs=["c"]),
        *map(make_package, "bcde"),
        groups_of_workspace={"dev": ["d"], "docs": ["e"]},
    )

    def test_is_all_its_members(self) -> None:
        assert names(self.lock) == ["b", "c", "lib", "other"]

    def test_has_groups_of_its_own(self) -> None:
        assert names(self.lock, groups=("dev",)) == ["b", "c", "d", "lib", "other"]
        assert names(self.lock, only_groups=("docs",)) == ["e"]

    def test_which_a_named_member_inherits_unless_it_has_them(self) -> None:
        assert names(self.lock, packages=("lib",), all_groups=True) == ["b", "c", "e", "lib"]
        assert names(self.lock, packages=("other",), groups=("dev",)) == ["c", "d", "other"]


def test_requirements_of_the_lock_itself_are_roots() -> None:
    lock = make_lock(
        make_package("b", needs=["c"]),
        make_package("c"),
        make_package("d"),
        requirements=(edge("b"), edge("d; sys_platform == 'win32'")),
    )
    selection = chosen(lock)
    assert [(item.name, item.required_by) for item in selection.packages] == [
        ("b", ()),
        ("c", ("b",)),
    ]


class TestAmbiguousNames:
    def test_are_told_apart_by_version_and_source(self) -> None:
        lock = make_lock(
            make_project(needs=[edge("b==1.0", source_id="two")]),
            make_package("b", source_id="one", needs=["c"]),
            make_package("b", source_id="two", needs=["d"]),
            make_package("c"),
            make_package("d"),
        )
        assert names(lock) == ["app", "b", "d"]

    def test_are_told_apart_by_their_forks(self) -> None:
        lock = make_lock(
            make_project(needs=["b"]),
            make_package("b", "1", marker="python_full_version < '3.13'"),
            make_package("b", "2", marker="python_full_version >= '3.13'"),
        )
        assert versions(lock) == {"app": "1.0", "b": "1"}

    def test_two_that_cannot_be_told_apart_are_an_error(self) -> None:
        lock = make_lock(make_project(needs=["b"]), make_package("b", "1"), make_package("b", "2"))
        with pytest.raises(SelectionError, match="more than one entry for b that app"):
            chosen(lock)

    def test_two_versions_at_once_are_an_error_that_names_both(self) -> None:
        lock = make_lock(
            make_project(needs=["b==1", "b==2"]), make_package("b", "1"), make_package("b", "2")
        )
        with pytest.raises(SelectionError, match=r"\(version 1\) and packages\[2\] \(version 2\)"):
            chosen(lock)


def test_an_edge_to_nothing_is_an_error() -> None:
    with pytest.raises(SelectionError, match="no entry for b 2 that app depends on"):
        chosen(make_lock(make_project(needs=["b==2"]), make_package("b", "1")))


def test_virtual_packages_are_walked_through_and_never_selected() -> None:
    lock = make_lock(
        make_package("app", source=Directory(path=".", virtual=True), needs=["b"]),
        make_package("b"),
        project="app",
    )
    assert names(lock) == ["b"]


def test_editable_sources_are_installed_plainly() -> None:
    (item,) = chosen(make_lock(make_project())).packages
    assert item.chosen == Directory(path=".", editable=False)


@pytest.mark.parametrize(
    ("request_", "message", "hint"),
    [
        ({"extras": ("htpp",)}, "uv.lock has no extra 'htpp'; it has http, yaml", "'http'"),
        ({"groups": ("dve",)}, "uv.lock has no dependency group 'dve'; it has dev", "'dev'"),
        ({"only_groups": ("zzzzzz",)}, "no dependency group 'zzzzzz'; it has dev", ""),
    ],
)
def test_unknown_names(request_: dict[str, Any], message: str, hint: str) -> None:
    lock = make_lock(make_project(extras={"yaml": [], "http": []}, groups={"dev": []}))
    with pytest.raises(SelectionError, match=message) as caught:
        chosen(lock, **request_)
    assert hint in caught.value.hint
    assert bool(caught.value.hint) == bool(hint)

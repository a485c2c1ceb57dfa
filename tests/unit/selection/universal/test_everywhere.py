from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from packaging.markers import Marker
from packaging.specifiers import SpecifierSet

from syncsteps.errors import SelectionError
from syncsteps.locks.model import ConflictItem, Directory
from syncsteps.selection import Request
from syncsteps.selection.universal import Universal, select_everywhere, settles_choices
from tests.support.locks import make_lock, make_package, make_project

if TYPE_CHECKING:
    from syncsteps.locks.model import Lock

X = ConflictItem(package="app", extra="x")
Y = ConflictItem(package="app", extra="y")


def markers(universal: Universal) -> dict[str, str | None]:
    return {item.package.name: item.marker for item in universal.packages}


def settled(lock: Lock, request: Request | None = None) -> dict[str, str | None]:
    return markers(select_everywhere(lock, request or Request()))


def kept(lock: Lock, request: Request | None = None) -> Universal:
    return select_everywhere(lock, request or Request(), keep_choices=True, for_pylock=True)


class TestGraph:
    def test_a_marker_is_what_some_way_demands(self) -> None:
        lock = make_lock(
            make_project(needs=["a ; sys_platform == 'win32'", "b ; os_name == 'nt'"]),
            make_package("a", needs=["c ; python_version < '3.11'"]),
            make_package("b", needs=["c", "d ; sys_platform == 'linux'"]),
            make_package("c"),
            make_package("d", needs=["e ; sys_platform == 'win32'"]),
            make_package("e"),
        )
        assert settled(lock) == {
            "a": "sys_platform == 'win32'",
            "app": None,
            "b": "os_name == 'nt'",
            "c": "os_name == 'nt' or (python_version < '3.11' and sys_platform == 'win32')",
            "d": "sys_platform == 'linux' and os_name == 'nt'",
        }

    def test_circles_come_to_an_end(self) -> None:
        lock = make_lock(
            make_project(needs=["a ; os_name == 'nt'", "b ; os_name == 'posix'"]),
            make_package("a", needs=["b"]),
            make_package("b", needs=["a ; python_version >= '3.12'"]),
        )
        assert settled(lock)["a"] == (
            "os_name == 'nt' or (python_version >= '3.12' and os_name == 'posix')"
        )
        assert settled(lock)["b"] == "os_name == 'nt' or os_name == 'posix'"

    def test_forks_are_told_apart(self) -> None:
        lock = make_lock(
            make_project(needs=["f", "g==1 ; python_version < '3.12'", "g==2 ; os_name == 'nt'"]),
            make_package("f", "1", marker="python_full_version < '3.12'"),
            make_package("f", "2", marker="python_full_version >= '3.12'"),
            make_package("g", "1"),
            make_package("g", "2", marker="python_full_version >= '3.12'"),
        )
        found = kept(lock)
        assert [(str(i.package), i.marker) for i in found.packages if i.package.name == "f"] == [
            (str(lock.packages[1]), "python_version < '3.12'"),
            (str(lock.packages[2]), "python_version >= '3.12'"),
        ]
        with pytest.raises(SelectionError, match=r"two entries of g .* where .*os_name == 'nt'"):
            select_everywhere(lock, Request())

    def test_what_requires_a_package_anywhere(self) -> None:
        lock = make_lock(
            make_project(
                needs=["a ; os_name == 'nt'"], extras={"x": ["a"]}, groups={"dev": ["a", "b"]}
            ),
            make_package("a", needs=["b"]),
            make_package("b", needs=["a ; os_name == 'nt' and os_name == 'posix'"]),
        )
        required_by = {item.package.name: item.required_by for item in kept(lock).packages}
        assert required_by["a"] == ("app", "extra:x", "group:dev")
        assert required_by["b"] == ("a", "group:dev")

    def test_extras_and_groups_stay_to_be_chosen(self) -> None:
        lock = make_lock(
            make_project(
                needs=["a", "b[z]"], extras={"x": ["c ; os_name == 'nt'"]}, groups={"dev": ["a"]}
            ),
            make_package("a"),
            make_package("b", extras={"z": ["d"]}),
            make_package("c"),
            make_package("d"),
        )
        found = kept(lock)
        assert (found.extras, found.groups, found.default_groups) == (
            ("x",),
            ("dev",),
            ("default",),
        )
        assert markers(found) == {
            "a": "'default' in dependency_groups or 'dev' in dependency_groups",
            "app": "'default' in dependency_groups",
            "b": "'default' in dependency_groups",
            "c": "os_name == 'nt' and 'x' in extras",
            "d": "'default' in dependency_groups",
        }

    def test_without_groups_the_project_needs_none(self) -> None:
        lock = make_lock(
            make_project(needs=["a"], extras={"x": ["b"]}), make_package("a"), make_package("b")
        )
        found = kept(lock)
        assert (found.groups, found.default_groups) == ((), ())
        assert markers(found) == {"a": None, "app": None, "b": "'x' in extras"}

    def test_what_only_what_is_left_out_had_use_for_is_left_out_too(self) -> None:
        lock = make_lock(
            make_project(needs=["a ; os_name == 'nt'", "b ; os_name == 'nt'", "c"]),
            make_package("a", wheels=()),
            make_package("b"),
            make_package("c"),
        )
        found = kept(lock)
        assert markers(found) == {"app": None, "c": None}
        assert found.environments == ("os_name != 'nt'",)

    def test_a_group_that_is_called_default_stays_itself(self) -> None:
        lock = make_lock(make_project(groups={"default": ["a"]}), make_package("a"))
        found = kept(lock)
        assert found.default_groups == ("default-project",)
        assert markers(found) == {
            "a": "'default' in dependency_groups",
            "app": "'default-project' in dependency_groups",
        }

    def test_conflict_markers_follow_what_is_asked_for(self) -> None:
        lock = make_lock(
            make_project(
                needs=["a==1 ; extra != 'extra-3-app-y'", "b ; extra == 'project-3-app'"],
                extras={"x": ["a==1"], "y": ["a==2"]},
            ),
            make_package("a", "1"),
            make_package("a", "2"),
            make_package("b"),
            conflicts=((X, Y),),
        )
        found = [(str(i.package.version), i.marker) for i in kept(lock).packages[:2]]
        # Both extras cannot be asked for, so that "y" alone decides.
        assert found == [("1", "'y' not in extras"), ("2", "'y' in extras")]
        assert settled(lock, Request(extras=("y",)))["a"] is None

    def test_an_extra_that_an_edge_asks_for_is_on_where_the_edge_is(self) -> None:
        lock = make_lock(
            make_project(needs=["m[x] ; os_name == 'nt'", "a ; extra == 'extra-1-m-x'", "n"]),
            make_package("m", extras={"x": []}, needs=["b ; extra == 'x'"]),
            make_package("n", needs=["b ; extra == 'x'", "c ; extra != 'extra-1-m-x'"]),
            make_package("a"),
            make_package("b"),
            make_package("c"),
        )
        assert settled(lock) == {
            "a": "os_name == 'nt'",
            "app": None,
            "b": "os_name == 'nt'",
            "c": "os_name != 'nt'",
            "m": "os_name == 'nt'",
            "n": None,
        }

    def test_extras_that_edges_ask_for_switch_on_more(self) -> None:
        lock = make_lock(
            make_project(needs=["m[x]", "n[y] ; extra == 'extra-1-m-x'"]),
            make_package("m", extras={"x": []}),
            make_package("n", extras={"y": []}, needs=["a ; extra == 'extra-1-n-y'"]),
            make_package("a"),
        )
        assert settled(lock)["a"] is None

    def test_sides_of_a_conflict(self) -> None:
        lock = make_lock(make_project(extras={"x": [], "y": []}), conflicts=((X, Y),))
        with pytest.raises(SelectionError, match="extra 'x' of app and extra 'y' of app") as caught:
            settled(lock, Request(all_extras=True))
        assert caught.value.details == (str(X), str(Y))

    def test_sides_of_a_conflict_that_meet_on_some_platforms(self) -> None:
        other = ConflictItem(package="m", extra="y")
        lock = make_lock(
            make_project(needs=["m[y] ; os_name == 'nt'"], extras={"x": []}),
            make_package("m", extras={"y": []}),
            conflicts=((X, other),),
        )
        assert settled(lock) == {"app": None, "m": "os_name == 'nt'"}
        with pytest.raises(SelectionError, match=r"selected together where os_name == 'nt'$"):
            settled(lock, Request(extras=("x",)))
        assert markers(kept(lock)) == {"app": None, "m": "os_name == 'nt'"}

    def test_a_conflict_that_nothing_avoids(self) -> None:
        here, there = ConflictItem(package="app"), ConflictItem(package="other")
        lock = make_lock(
            make_project(),
            make_project("other", path="other"),
            conflicts=((here, there),),
        )
        for keep in (True, False):
            with pytest.raises(SelectionError, match="app and other conflict"):
                select_everywhere(lock, Request(all_packages=True), keep_choices=keep)
        assert settled(lock) == {"app": None}

    def test_parts_of_a_workspace(self) -> None:
        lock = make_lock(
            make_project(needs=["a"]),
            make_project("other", path="other", needs=["app", "b"], groups={"dev": ["c"]}),
            make_package("virtual", source=Directory(path="v", virtual=True)),
            *map(make_package, "abc"),
        )
        assert set(markers(kept(lock))) == {"a", "app"}
        found = kept(lock, Request(packages=("other",), local=False))
        assert set(markers(found)) == {"a", "b", "c"}
        assert found.groups == ("dev",)
        assert set(settled(lock, Request(project=False))) == {"a"}

    def test_an_edge_to_nowhere(self) -> None:
        with pytest.raises(SelectionError, match="no entry for gone that app depends on"):
            settled(make_lock(make_project(needs=["gone"])))


class TestFlat:
    LOCK = make_lock(
        make_package("a", marker="'main' in dependency_groups and python_version >= '3.9'"),
        make_package("b", marker="extra == 'x' and 'main' in dependency_groups"),
        make_package("c", marker="'dev' in dependency_groups"),
        make_package("d", marker="os_name == 'nt' and os_name == 'posix'"),
        layout="flat",
        extras=("x",),
        groups=("dev",),
        production_group="main",
        requires_python=SpecifierSet(">=3.9"),
    )

    def test_choices_stay(self) -> None:
        found = kept(self.LOCK)
        assert (found.extras, found.groups, found.default_groups) == (("x",), ("dev",), ("main",))
        assert markers(found) == {
            "a": "'main' in dependency_groups",
            "b": "'main' in dependency_groups and 'x' in extras",
            "c": "'dev' in dependency_groups",
        }

    def test_choices_are_settled(self) -> None:
        assert settled(self.LOCK) == {"a": "python_version >= '3.9'"}
        request = Request(extras=("x",), groups=("dev",))
        assert settled(self.LOCK, request) == {"a": "python_version >= '3.9'", "b": None, "c": None}
        assert settled(self.LOCK, Request(only_groups=("dev",))) == {"c": None}

    def test_names_are_checked(self) -> None:
        with pytest.raises(SelectionError, match="no extra 'z'"):
            settled(self.LOCK, Request(extras=("z",)))
        with pytest.raises(SelectionError, match="workspace"):
            kept(self.LOCK, Request(packages=("a",)))

    def test_two_entries_of_one_name(self) -> None:
        lock = make_lock(
            make_package("a", "1", marker="python_version < '3.12'"),
            make_package("a", "2", marker="python_version >= '3.11'"),
            layout="flat",
        )
        with pytest.raises(SelectionError, match=r"two entries of a .* python_version == '3.11'"):
            settled(lock)
        assert len(kept(lock).packages) == 2


class TestFilelessPackages:
    def lock(self, marker: str, environments: tuple[Marker, ...] = ()) -> Lock:
        return make_lock(
            make_project(needs=[f"a ; {marker}", "b"], groups={"dev": []}),
            make_package("a", wheels=()),
            make_package("b", needs=["c ; os_name != 'never'"]),
            make_package("c"),
            environments=environments,
        )

    def test_where_they_are_needed_the_file_does_not_hold(self) -> None:
        found = kept(self.lock("os_name == 'never'"))
        assert found.environments == ("os_name != 'never'",)
        # Within that, "c" always applies.
        production = "'default' in dependency_groups"
        assert markers(found) == dict.fromkeys(["app", "b", "c"], production)

    def test_it_holds_where_the_lock_does(self) -> None:
        linux = Marker("sys_platform == 'linux'")
        found = kept(self.lock("os_name == 'never'", environments=(linux,)))
        assert found.environments == ("sys_platform == 'linux' and os_name != 'never'",)
        assert kept(make_lock(make_project(), environments=(linux,))).environments == (
            'sys_platform == "linux"',
        )

    def test_one_that_is_needed_everywhere_stays(self) -> None:
        assert "a" in markers(kept(self.lock("os_name != 'x' or os_name == 'x'")))

    def test_pins_of_a_flat_lock_stay(self) -> None:
        pin = make_package("a", wheels=(), marker="os_name == 'nt'")
        found = kept(make_lock(pin, make_package("b"), layout="flat"))
        assert found.environments == ()
        assert markers(found) == {"a": "os_name == 'nt'", "b": None}

    def test_a_requirements_file_can_name_them(self) -> None:
        found = settled(self.lock("os_name == 'never'"))
        assert found["a"] == "os_name == 'never'"


def test_what_settles_choices() -> None:
    assert not settles_choices(Request(packages=("a",), project=False, local=False))
    for request in (
        Request(extras=("x",)),
        Request(all_extras=True),
        Request(groups=("g",)),
        Request(only_groups=("g",)),
        Request(all_groups=True),
        Request(default_groups=False),
    ):
        assert settles_choices(request)


def test_more_variables_than_there_is_room_for() -> None:
    many = [f"a ; platform_version == '{n}'" for n in range(1200)]
    lock = make_lock(make_project(needs=many), make_package("a"))
    with pytest.raises(SelectionError, match="make 1200 different comparisons"):
        settled(lock)

"""Markers for every platform against what is selected on one, for small random locks."""

from __future__ import annotations

import contextlib
from itertools import product
from typing import TYPE_CHECKING, Any, cast

import pytest
import tomli
from hypothesis import assume, event, example, given, settings
from hypothesis import strategies as st
from packaging.markers import Marker
from packaging.pylock import Pylock, PylockSelectError
from packaging.specifiers import SpecifierSet
from packaging.tags import Tag

from syncsteps.errors import SelectionError
from syncsteps.export import to_universal_pylock
from syncsteps.locks.fields import Origin
from syncsteps.locks.model import ConflictItem, Dependency, Lock
from syncsteps.locks.pylock import read_pylock
from syncsteps.selection import Request, select
from syncsteps.selection.universal import select_everywhere
from syncsteps.selection.universal.conditions import Conditions
from syncsteps.selection.universal.covers import Covers
from syncsteps.selection.universal.diagrams import FALSE, TRUE, Diagram, Link, Rule
from syncsteps.selection.universal.vocabulary import formula_of_marker
from tests.support.interpreters import make_interpreter
from tests.support.locks import make_lock, make_package, make_project

if TYPE_CHECKING:
    from packaging.markers import Environment

    from syncsteps.interpreter.model import Interpreter
    from syncsteps.selection.universal import Universal

VERSIONS = ("3.9.21", "3.10.0", "3.11.4", "3.12.0", "3.13.2", "3.14.1")
PLATFORMS: tuple[dict[str, str], ...] = (
    {},
    {"platform_machine": "aarch64", "platform_release": "5.4.0-generic"},
    {"sys_platform": "darwin", "platform_system": "Darwin", "platform_machine": "arm64"},
    {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt"},
    {"implementation_name": "pypy", "platform_python_implementation": "PyPy"},
)
TARGETS = tuple(
    make_interpreter(version=version, environment=environment)
    for version, environment in product(VERSIONS, PLATFORMS)
)

OPERATORS = ("==", "!=", "<", "<=", ">", ">=")
RELEASES = st.sampled_from(
    ["3", "3.9", "3.10", "3.10.0", "3.11", "3.11.3", "3.11.4", "3.12", "3.12.1", "3.13", "4.0"]
)
QUOTED = RELEASES.map(lambda release: f"'{release}'")
PYTHON = st.sampled_from(["python_version", "python_full_version"])
PYTHONS = st.one_of(
    st.tuples(PYTHON, st.sampled_from(OPERATORS), QUOTED),
    st.tuples(QUOTED, st.sampled_from(OPERATORS), PYTHON),
    st.tuples(PYTHON, st.sampled_from(["==", "!="]), RELEASES.map(lambda r: f"'{r}.*'")),
    st.tuples(PYTHON, st.just("~="), st.sampled_from(["'3.10'", "'3.11.3'", "'3.9'"])),
    st.tuples(PYTHON, st.sampled_from(["in", "not in"]), st.just("'3.9 3.12 3.13.2'")),
).map(" ".join)
TEXTS = st.sampled_from(
    [
        "sys_platform == 'linux'",
        "sys_platform == 'win32'",
        "'win32' != sys_platform",
        "sys_platform != 'darwin'",
        "sys_platform in 'linux darwin'",
        "'win' not in sys_platform",
        "platform_machine == 'aarch64'",
        "platform_machine != 'x86_64'",
        "os_name == 'nt'",
        "implementation_name == 'pypy'",
        "platform_release >= '6'",
    ]
)


def joined(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.recursive(
        parts,
        lambda inner: st.tuples(
            st.lists(inner, min_size=2, max_size=3), st.sampled_from([" and ", " or "])
        ).map(lambda drawn: "(" + drawn[1].join(drawn[0]) + ")"),
        max_leaves=4,
    )


PLATFORM_MARKERS = st.one_of(PYTHONS, TEXTS)


@settings(max_examples=150, deadline=None)
@given(joined(PLATFORM_MARKERS))
@example("python_version > '3.10.2'")
@example("'3.11' > python_version")
@example("python_full_version ~= '3.11.3'")
def test_a_marker_is_written_again_with_the_same_meaning(text: str) -> None:
    formula = formula_of_marker(str(Marker(text)))
    conditions = Conditions([formula])
    function = conditions.function(formula, conditions.atom)
    if function == FALSE:
        assert not any(Marker(text).evaluate(dict(t.environment)) for t in TARGETS)
        return
    written = conditions.marker(function, limits_stated=True)
    for target in TARGETS:
        environment = dict(target.environment)
        again = written is None or Marker(written).evaluate(environment)
        assert again == Marker(text).evaluate(environment), written


# Five atoms: an ordered chain of two, an exclusive chain of two, and one by itself.
LINKS = (
    Link(0, Rule.ORDERED),
    Link(0, Rule.ORDERED),
    Link(2, Rule.EXCLUSIVE),
    Link(2, Rule.EXCLUSIVE),
    Link(4, Rule.FREE),
)
POSSIBLE = [
    dict(enumerate(values))
    for values in product([False, True], repeat=5)
    if values[:2] != (False, True) and values[2:4] != (True, True)
]
Shape = Any
SHAPES: st.SearchStrategy[Shape] = st.recursive(
    st.integers(0, 4),
    lambda inner: st.one_of(
        st.tuples(st.just("not"), inner),
        st.tuples(st.just("and"), inner, inner),
        st.tuples(st.just("or"), inner, inner),
    ),
    max_leaves=12,
)


def built(diagram: Diagram, shape: Shape) -> int:
    if isinstance(shape, int):
        return diagram.atom(shape)
    functions = [built(diagram, part) for part in shape[1:]]
    if shape[0] == "not":
        return diagram.negation(functions[0])
    return (diagram.both if shape[0] == "and" else diagram.either)(*functions)


def truth(shape: Shape, atoms: dict[int, bool]) -> bool:
    if isinstance(shape, int):
        return atoms[shape]
    values = [truth(part, atoms) for part in shape[1:]]
    if shape[0] == "not":
        return not values[0]
    return all(values) if shape[0] == "and" else any(values)


@settings(max_examples=150, deadline=None)
@given(SHAPES, SHAPES)
def test_functions_are_equal_if_nothing_possible_tells_them_apart(one: Shape, two: Shape) -> None:
    diagram = Diagram(LINKS)
    functions = [built(diagram, shape) for shape in (one, two)]
    tables = [[truth(shape, atoms) for atoms in POSSIBLE] for shape in (one, two)]
    for function, table in zip(functions, tables, strict=True):
        assert [diagram.value(function, atoms) for atoms in POSSIBLE] == table
    assert (functions[0] == functions[1]) == (tables[0] == tables[1])
    assert (functions[0] == TRUE) == all(tables[0])
    assert (functions[0] == FALSE) == (not any(tables[0]))


@settings(max_examples=150, deadline=None)
@given(SHAPES, SHAPES)
def test_a_cover_lies_between_its_bounds_and_has_nothing_to_spare(one: Shape, two: Shape) -> None:
    diagram = Diagram([Link(level, Rule.FREE) for level in range(5)])
    least = diagram.both(built(diagram, one), built(diagram, two))
    most = diagram.either(built(diagram, one), least)
    cubes = Covers(diagram).cover(least, most)

    def sum_of(some: list[tuple[tuple[int, bool], ...]]) -> int:
        total = FALSE
        for cube in some:
            function = TRUE
            for level, positive in cube:
                atom = diagram.atom(level)
                function = diagram.both(function, atom if positive else diagram.negation(atom))
            total = diagram.either(total, function)
        return total

    assert diagram.without(least, sum_of(list(cubes))) == FALSE
    assert diagram.without(sum_of(list(cubes)), most) == FALSE
    for index, cube in enumerate(cubes):
        others = [*cubes[:index], *cubes[index + 1 :]]
        assert diagram.without(least, sum_of(others)) != FALSE
        for part in cube:
            shorter = tuple(other for other in cube if other != part)
            assert diagram.without(sum_of([*others, shorter]), most) != FALSE


NAMES = ("a", "b", "c", "d")
EXTRAS = ("x", "y")
OF_ROOT = (
    "extra == 'extra-3-app-x'",
    "extra != 'extra-3-app-y'",
    "extra == 'group-3-app-dev'",
    "extra != 'group-3-app-dev' and extra == 'project-3-app'",
    "extra == 'extra-4-none-x'",
)
# What edges switch on. Which of them see it first must not matter, so these lead to leaves only.
OF_EDGES = ("extra == 'extra-1-a-x'", "extra == 'y'", "extra != 'extra-1-b-y'")
ROOT_MARKERS = joined(PLATFORM_MARKERS | st.sampled_from(OF_ROOT))
LEAF_MARKERS = joined(PLATFORM_MARKERS | st.sampled_from([*OF_ROOT, *OF_EDGES]))


@st.composite
def edges(draw: st.DrawFn) -> Dependency:
    name = draw(st.sampled_from([*NAMES, "leaf", "fork"]))
    marker = draw(st.none() | (LEAF_MARKERS if name == "leaf" else ROOT_MARKERS))
    return Dependency(
        name=name,
        extras=tuple(draw(st.sets(st.sampled_from(EXTRAS)))) if name in NAMES else (),
        marker=None if marker is None else Marker(marker),
    )


ROWS = st.lists(edges(), max_size=3)
CONFLICTS = st.sampled_from(
    [
        (),
        ((ConflictItem(package="app", extra="x"), ConflictItem(package="app", group="dev")),),
        ((ConflictItem(package="app", extra="x"), ConflictItem(package="app", extra="y")),),
        ((ConflictItem(package="app", extra="x"), ConflictItem(package="a", extra="y")),),
    ]
)


@st.composite
def graph_locks(draw: st.DrawFn) -> Lock:
    groups = draw(st.sampled_from([{}, {"dev": draw(ROWS), "docs": draw(ROWS)}]))
    project = make_project(
        needs=draw(ROWS), extras={"x": draw(ROWS), "y": draw(ROWS)}, groups=groups
    )
    others = [
        make_package(
            name, needs=draw(ROWS), extras=draw(st.dictionaries(st.sampled_from(EXTRAS), ROWS))
        )
        for name in NAMES
    ]
    forks = (
        make_package("fork", "1.0", marker="python_full_version < '3.12'"),
        make_package("fork", "2.0", marker="python_full_version >= '3.12'"),
    )
    return make_lock(
        project,
        *others,
        make_package("leaf"),
        *forks,
        groups_of_workspace=draw(st.sampled_from([{}, {"docs": [], "lint": draw(ROWS)}])),
        conflicts=draw(CONFLICTS),
        requires_python=draw(st.sampled_from([None, SpecifierSet(">=3.10,<3.14")])),
        extras=EXTRAS,
        groups=tuple(groups),
    )


@st.composite
def flat_locks(draw: st.DrawFn) -> Lock:
    asked = st.sampled_from(
        [
            "'x' in extras",
            "'y' not in extras",
            "extra == 'x'",
            "'main' in dependency_groups",
            "'dev' in dependency_groups",
        ]
    )
    markers = st.none() | joined(PLATFORM_MARKERS | asked)
    return make_lock(
        *(
            make_package(name, version, marker=draw(markers))
            for name, version in [("a", "1"), ("a", "2"), ("b", "1"), ("c", "1"), ("d", "1")]
        ),
        layout="flat",
        extras=EXTRAS,
        groups=("dev",),
        default_groups=draw(st.sampled_from([(), ("dev",)])),
        production_group=draw(st.sampled_from([None, "main"])),
        requires_python=draw(st.sampled_from([None, SpecifierSet(">=3.10")])),
    )


@st.composite
def requests(draw: st.DrawFn, groups: tuple[str, ...]) -> Request:
    some = st.sets(st.sampled_from(groups)).map(sorted).map(tuple) if groups else st.just(())
    if groups and draw(st.integers(0, 3)) == 0:
        return Request(only_groups=draw(some) or groups[:1])
    return Request(
        extras=tuple(sorted(draw(st.sets(st.sampled_from(EXTRAS))))),
        groups=draw(some),
        project=draw(st.booleans()),
        default_groups=draw(st.booleans()),
    )


def there(universal: Universal, target: Interpreter, **asked: frozenset[str]) -> list[str]:
    environment: dict[str, str | frozenset[str]] = {**dict(target.environment), **asked}
    return [
        f"{item.package.name} {item.package.version}"
        for item in universal.packages
        if item.marker is None or Marker(item.marker).evaluate(environment, context="lock_file")
    ]


def selected(lock: Lock, request: Request, target: Interpreter) -> list[str] | None:
    """Return what is selected, None if that is refused."""
    try:
        selection = select(lock, request, target)
    except SelectionError:
        return None
    return [f"{item.name} {item.package.version}" for item in selection.packages]


def asked_for(lock: Lock, universal: Universal, request: Request) -> dict[str, frozenset[str]]:
    defaults = set() if request.only_groups else {*universal.default_groups}
    if not request.default_groups:
        # What stands for the project's own dependencies stays.
        defaults -= {*lock.default_groups}
    groups = {*request.groups, *request.only_groups, *defaults}
    return {"extras": frozenset(request.extras), "dependency_groups": frozenset(groups)}


def read_back(text: str, lock: Lock) -> Lock:
    path = lock.root / "pylock.toml"
    return read_pylock(
        tomli.loads(text), Origin(name=path.name, path=path, root=lock.root, digest="")
    )


LOCKS = st.one_of(graph_locks(), flat_locks())


@settings(max_examples=120, deadline=None)
@given(st.data(), LOCKS, st.sampled_from(TARGETS))
def test_what_is_left_to_choose_is_chosen_as_it_would_have_been(
    data: st.DataObject, lock: Lock, target: Interpreter
) -> None:
    request = data.draw(requests(lock.groups))
    assume(lock.requires_python is None or target.version in lock.requires_python)
    universal = select_everywhere(lock, request, keep_choices=True, for_pylock=True)
    expected = selected(lock, request, target)
    event(f"{lock.layout}, refused: {expected is None}")
    text = to_universal_pylock(universal, lock=lock, root=lock.root)
    document = Pylock.from_dict(tomli.loads(text))
    asked = asked_for(lock, universal, request)
    if expected is None:
        return
    assert there(universal, target, **asked) == expected
    chosen = document.select(
        environment=cast("Environment", dict(target.environment)),
        tags=[Tag("py3", "none", "any")],
        extras=asked["extras"],
        dependency_groups=asked["dependency_groups"],
    )
    names = [package.name for package, _ in chosen]
    assert names == [line.partition(" ")[0] for line in expected]
    again = selected(read_back(text, lock), request, target)
    # A source tree has its version in itself alone.
    assert again == [line.replace("app 1.0", "app None") for line in expected]


@settings(max_examples=120, deadline=None)
@given(st.data(), LOCKS)
def test_what_a_request_has_settled_holds_everywhere(data: st.DataObject, lock: Lock) -> None:
    request = data.draw(requests(lock.groups))
    some = data.draw(st.lists(st.sampled_from(TARGETS), min_size=4, max_size=8, unique=True))
    targets = [t for t in some if lock.requires_python is None or t.version in lock.requires_python]
    expected = {target: selected(lock, request, target) for target in targets}
    universal: Universal | None = None
    if None in expected.values():
        with pytest.raises(SelectionError):
            select_everywhere(lock, request)
        return
    # On a platform that is not among the targets, it may be refused all the same.
    with contextlib.suppress(SelectionError):
        universal = select_everywhere(lock, request)
    event(f"refused: {universal is None}")
    if universal is not None:
        assert {target: there(universal, target) for target in targets} == expected


def test_two_entries_of_a_name_are_refused_by_whoever_installs() -> None:
    lock = make_lock(
        make_package("a", "1", marker="'x' in extras"),
        make_package("a", "2", marker="'y' in extras"),
        layout="flat",
        extras=EXTRAS,
    )
    universal = select_everywhere(lock, Request(), keep_choices=True, for_pylock=True)
    document = Pylock.from_dict(
        tomli.loads(to_universal_pylock(universal, lock=lock, root=lock.root))
    )
    with pytest.raises(PylockSelectError, match="Multiple packages"):
        list(document.select(extras={"x", "y"}))

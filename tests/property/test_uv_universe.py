"""Small random universes, written as uv.lock and read again: selected as by brute force."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import tomli
from hypothesis import given, settings
from hypothesis import strategies as st

from syncsteps.errors import SelectionError
from syncsteps.locks.fields import Origin
from syncsteps.locks.uv import read_uv
from syncsteps.selection import Request, select
from tests.support.interpreters import make_interpreter
from tests.support.lock_texts import SHA

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from syncsteps.interpreter.model import Interpreter
    from syncsteps.locks.model import Lock

NAMES = ("a", "b", "c", "d", "e")
FORKED = ("d", "e")  # two versions each: the first for Linux, the second for everything else
MEMBERS = ("app", "lib")
EXTRAS = ("x", "y")
GROUPS = ("dev", "test")
SOURCE = '{ registry = "https://index.invalid/simple" }'
FORK = {"1.0": "sys_platform == 'linux'", "2.0": "sys_platform != 'linux'"}


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """An environment as the predicates below see it."""

    platform: str
    python: tuple[int, int]
    machine: str


@functools.cache
def interpreter_of(world: World) -> Interpreter:
    platforms = {
        "linux": [f"manylinux_2_17_{world.machine}"],
        "darwin": ["macosx_11_0_arm64"],
        "win32": ["win_amd64"],
    }
    return make_interpreter(
        version=f"{world.python[0]}.{world.python[1]}.2",
        platforms=platforms[world.platform],
        environment={
            "sys_platform": world.platform,
            "os_name": "nt" if world.platform == "win32" else "posix",
            "platform_machine": world.machine,
        },
    )


WORLDS = (
    World(platform="linux", python=(3, 12), machine="x86_64"),
    World(platform="linux", python=(3, 9), machine="aarch64"),
    World(platform="darwin", python=(3, 13), machine="arm64"),
    World(platform="win32", python=(3, 10), machine="AMD64"),
)

# Each marker's text, and by hand what it means: in which world, with which items switched on.
MARKERS: dict[str, Callable[[World, frozenset[str]], bool]] = {
    "": lambda _world, _active: True,
    "sys_platform == 'linux'": lambda world, _: world.platform == "linux",
    "sys_platform != 'win32'": lambda world, _: world.platform != "win32",
    "python_full_version < '3.11'": lambda world, _: world.python < (3, 11),
    "python_full_version >= '3.10' and os_name == 'nt'": (
        lambda world, _: world.python >= (3, 10) and world.platform == "win32"
    ),
    "platform_machine == 'aarch64' or sys_platform == 'darwin'": (
        lambda world, _: world.machine == "aarch64" or world.platform == "darwin"
    ),
    "extra == 'extra-3-app-x'": lambda _, active: "app[x]" in active,
    "extra != 'extra-3-app-x' and extra == 'extra-3-app-y'": (
        lambda _, active: "app[x]" not in active and "app[y]" in active
    ),
    "sys_platform != 'darwin' and extra == 'extra-3-lib-x'": (
        lambda world, active: world.platform != "darwin" and "lib[x]" in active
    ),
    "extra == 'group-3-app-dev' or extra == 'group-3-lib-dev'": (
        lambda _, active: bool(active & {"app:dev", "lib:dev"})
    ),
    "extra == 'project-3-lib' or extra == 'extra-3-app-nothing'": (
        lambda _, active: "lib" in active
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    target: str
    extras: tuple[str, ...]
    marker: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A package of one version; ``files`` are ``wheel``, ``windows`` (one for it), ``sdist``."""

    name: str
    version: str
    needs: tuple[Edge, ...]
    extras: Mapping[str, tuple[Edge, ...]]
    groups: Mapping[str, tuple[Edge, ...]]
    source: str
    files: tuple[str, ...] = ()

    @property
    def filenames(self) -> dict[str, str]:
        stem = f"{self.name}-{self.version}"
        every = {
            "wheel": f"{stem}-py3-none-any.whl",
            "windows": f"{stem}-py3-none-win_amd64.whl",
            "sdist": f"{stem}.tar.gz",
        }
        return {kind: every[kind] for kind in self.files}


@dataclass(frozen=True, slots=True, kw_only=True)
class Universe:
    entries: tuple[Entry, ...]
    conflict: bool  # whether the extras x and y of app are declared as conflicting

    def versions(self, name: str) -> list[Entry]:
        return [entry for entry in self.entries if entry.name == name]


def rows(universe: Universe, edges: Iterable[Edge]) -> str:
    """Return edges as uv writes them: a version and a marker of its own for each fork."""
    found = []
    for edge in edges:
        versions = universe.versions(edge.target)
        for entry in versions:
            markers = [f"({edge.marker})"] if edge.marker else []
            parts = [f'name = "{edge.target}"']
            if len(versions) > 1:
                parts += [f'version = "{entry.version}"', f"source = {SOURCE}"]
                markers.append(FORK[entry.version])
            if edge.extras:
                parts.append(f"extra = {list(edge.extras)}")
            if markers:
                parts.append(f'marker = "{" and ".join(markers)}"')
            found.append(f"    {{ {', '.join(parts)} }},\n")
    return "[\n" + "".join(found) + "]\n"


def text_of(universe: Universe) -> str:
    lines = ["version = 1\n", "revision = 3\n", 'requires-python = ">=3.9"\n']
    if universe.conflict:
        sides = ", ".join(f'{{ package = "app", extra = "{extra}" }}' for extra in EXTRAS)
        lines.append(f"conflicts = [[{sides}]]\n")
    lines.append(f"[manifest]\nmembers = {list(MEMBERS)}\n")
    for entry in universe.entries:
        lines += text_of_entry(universe, entry)
    return "".join(lines)


def text_of_entry(universe: Universe, entry: Entry) -> Iterator[str]:
    yield f'\n[[package]]\nname = "{entry.name}"\nversion = "{entry.version}"\n'
    yield f"source = {entry.source}\n"
    if len(universe.versions(entry.name)) > 1:
        yield f'resolution-markers = ["{FORK[entry.version]}"]\n'
    if entry.needs:
        yield f"dependencies = {rows(universe, entry.needs)}"
    base = "https://files.invalid/"
    wheels = [name for name in entry.filenames.values() if name.endswith(".whl")]
    if "sdist" in entry.files:
        sdist = entry.filenames["sdist"]
        yield f'sdist = {{ url = "{base}{sdist}", hash = "sha256:{SHA}" }}\n'
    if wheels:
        listed = ", ".join(f'{{ url = "{base}{name}", hash = "sha256:{SHA}" }}' for name in wheels)
        yield f"wheels = [{listed}]\n"
    # What is empty has no row of its own: uv names it in the metadata only.
    for title, tables in (
        ("optional-dependencies", entry.extras),
        ("dev-dependencies", entry.groups),
    ):
        if any(tables.values()):
            yield f"[package.{title}]\n"
            for name, edges in tables.items():
                yield f"{name} = {rows(universe, edges)}" if edges else ""
    if entry.extras or entry.groups:
        yield f"[package.metadata]\nprovides-extras = {list(entry.extras)}\n"
        yield "[package.metadata.requires-dev]\n"
        yield from (f"{name} = []\n" for name in entry.groups)


@dataclass(frozen=True, slots=True, kw_only=True)
class Roots:
    """What a request names: members, whether they are wanted, their extras, and groups' edges."""

    members: tuple[Entry, ...]
    production: bool
    nodes: frozenset[tuple[str, str]]
    edges: tuple[Edge, ...]
    active: frozenset[str]


def roots_of(universe: Universe, request: Request) -> Roots:
    app, lib = (universe.versions(name)[0] for name in MEMBERS)
    if request.all_packages:
        members: tuple[Entry, ...] = (app, lib)
    elif request.packages:
        members = tuple(universe.versions(name)[0] for name in request.packages)
    else:
        members = (app,)
    production = not request.only_groups
    extras = EXTRAS if request.all_extras else request.extras
    wanted = GROUPS if request.all_groups else (*request.groups, *request.only_groups)
    of = [(member, group) for member in members for group in member.groups if group in wanted]
    if members == (lib,):  # it has those of the root's groups that it has not itself
        of += [(app, group) for group in app.groups if group in wanted and group not in lib.groups]
    nodes: set[tuple[str, str]] = set()
    active = {f"{owner.name}:{group}" for owner, group in of}
    if production:
        nodes |= {(member.name, extra) for member in members for extra in ("", *extras)}
        active |= {member.name for member in members}
        active |= {f"{member.name}[{extra}]" for member in members for extra in extras}
    return Roots(
        members=members,
        production=production,
        nodes=frozenset(nodes),
        edges=tuple(edge for owner, group in of for edge in owner.groups[group]),
        active=frozenset(active),
    )


def by_brute_force(universe: Universe, request: Request, world: World) -> dict[str, str | None]:
    """Return each name that is selected with its file or directory; None: no file fits."""
    roots = roots_of(universe, request)
    fork = "1.0" if world.platform == "linux" else "2.0"
    here = {
        entry.name: entry
        for entry in universe.entries
        if entry.name not in FORKED or entry.version == fork
    }
    nodes = set(roots.nodes)
    while True:
        edges = list(roots.edges)
        for name, extra in nodes:
            entry = here[name]
            edges += entry.extras.get(extra, ()) if extra else entry.needs
        found = nodes | {
            (edge.target, extra)
            for edge in edges
            if MARKERS[edge.marker](world, roots.active)
            for extra in ("", *edge.extras)
        }
        if found == nodes:
            break
        nodes = found
    left_out = set() if request.project else {*(request.packages or ("app",))}
    return {
        name: file_of(here[name], world)
        for name, _ in nodes
        if name not in left_out
        and "virtual" not in here[name].source
        and (request.local or name not in MEMBERS)
    }


def file_of(entry: Entry, world: World) -> str | None:
    if entry.name in MEMBERS:
        return entry.source
    kinds = ["windows"] if world.platform == "win32" else []
    return next(
        (entry.filenames[kind] for kind in (*kinds, "wheel", "sdist") if kind in entry.files), None
    )


# One draw for each edge: what is drawn in parts takes hypothesis ten times as long.
EDGES = tuple(
    Edge(target=target, extras=extras, marker=marker)
    for target in (*NAMES, *MEMBERS)
    for extras in ([()] if target in MEMBERS else [(), ("x",), ("y",), ("x", "y")])
    for marker in ("", "", "", *MARKERS)
)
ROWS = st.lists(st.sampled_from(EDGES), max_size=3).map(tuple)
SOME_EXTRAS = st.dictionaries(st.sampled_from(EXTRAS), ROWS)
SOME_GROUPS = st.dictionaries(st.sampled_from(GROUPS), ROWS)
FILES = (("wheel",), ("sdist",), ("wheel", "sdist", "windows"), ("windows",))


@st.composite
def universes(draw: st.DrawFn) -> Universe:
    entries = [
        Entry(
            name="app",
            version="0.1",
            needs=draw(ROWS),
            extras={extra: draw(ROWS) for extra in EXTRAS},
            groups={group: draw(ROWS) for group in GROUPS},
            source=draw(st.sampled_from(['{ editable = "." }', '{ virtual = "." }'])),
        ),
        Entry(
            name="lib",
            version="0.2",
            needs=draw(ROWS),
            extras={extra: draw(ROWS) for extra in EXTRAS},
            groups=draw(SOME_GROUPS),
            source='{ directory = "lib" }',
        ),
    ]
    entries += [
        Entry(
            name=name,
            version=version,
            needs=draw(ROWS),
            extras=draw(SOME_EXTRAS),
            groups={},
            source=SOURCE,
            files=draw(st.sampled_from(FILES)),
        )
        for name in NAMES
        for version in (FORK if name in FORKED else ("1.5",))
    ]
    order = draw(st.permutations(entries))
    return Universe(entries=tuple(order), conflict=draw(st.booleans()))


def chosen(*names: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.sets(st.sampled_from(names)).map(sorted).map(tuple)


PACKAGES = st.sampled_from(
    [{}, {"packages": ("lib",)}, {"packages": MEMBERS}, {"all_packages": True}]
)
GROUPS_ASKED = st.one_of(
    chosen(*GROUPS).map(lambda groups: {"groups": groups}), st.just({"all_groups": True})
)
EXTRAS_ASKED = st.one_of(
    chosen(*EXTRAS).map(lambda extras: {"extras": extras}), st.just({"all_extras": True})
)
INSTEAD = st.sampled_from([{"only_groups": groups} for groups in (("dev",), ("test",), GROUPS)])


@st.composite
def requests(draw: st.DrawFn) -> Request:
    fields: dict[str, Any] = {"project": draw(st.booleans()), "local": draw(st.booleans())}
    packages: Any = draw(PACKAGES)
    fields |= packages
    if draw(st.integers(0, 3)):
        fields |= draw(EXTRAS_ASKED) | draw(GROUPS_ASKED)
    else:
        fields |= draw(INSTEAD)
    return Request(**fields)


def read(universe: Universe) -> Lock:
    origin = Origin(name="uv.lock", path=Path("/p/uv.lock"), root=Path("/p"), digest="")
    return read_uv(tomli.loads(text_of(universe)), origin)


@settings(max_examples=150, deadline=None)
@given(universe=universes(), request=requests(), world=st.sampled_from(WORLDS))
def test_what_is_read_is_selected_as_by_brute_force(
    universe: Universe, request: Request, world: World
) -> None:
    lock = read(universe)
    interpreter = interpreter_of(world)
    if universe.conflict and {"app[x]", "app[y]"} <= roots_of(universe, request).active:
        with pytest.raises(SelectionError, match="conflict"):
            select(lock, request, interpreter)
        return
    selection = select(lock, request, interpreter)
    found: dict[str, str | None] = {item.package.name: None for item in selection.unavailable}
    for item in selection.packages:
        source = universe.versions(item.name)[0].source
        found[item.name] = getattr(item.chosen, "filename", source)
    assert found == by_brute_force(universe, request, world)

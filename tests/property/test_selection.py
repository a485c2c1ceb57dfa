"""Selections of small random locks against brute force, and hostile text against the writers."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import tomli
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.markers import Marker
from packaging.requirements import Requirement

from syncsteps.errors import SelectionError
from syncsteps.export import to_pylock, to_requirements
from syncsteps.locks.model import (
    Archive,
    Dependency,
    Directory,
    Hash,
    Lock,
    Package,
    Sdist,
    Vcs,
    Wheel,
)
from syncsteps.selection import Pinned, Request, Selected, Selection, select
from tests.support.interpreters import make_interpreter
from tests.support.locks import make_lock, make_package, make_project

if TYPE_CHECKING:
    from collections.abc import Callable

    from syncsteps.selection import Chosen

NAMES = ("a", "b", "c", "d", "e")
EXTRAS = ("x", "y")
# Each marker with whether it is true on Linux, given the extras of the project that are asked for.
MARKERS: dict[str | None, Callable[[tuple[str, ...]], bool]] = {
    None: lambda _: True,
    "sys_platform == 'linux'": lambda _: True,
    "sys_platform == 'win32'": lambda _: False,
    "python_full_version >= '3.13' or os_name == 'posix'": lambda _: True,
    "extra == 'extra-3-app-x'": lambda extras: "x" in extras,
    "extra != 'extra-3-app-x' and sys_platform != 'win32'": lambda extras: "x" not in extras,
    "extra == 'extra-3-app-y' or extra == 'extra-1-a-z'": lambda extras: "y" in extras,
}
INTERPRETER = make_interpreter(version="3.12.7")
ROOT = Path("C:/proj" if sys.platform == "win32" else "/proj")


@st.composite
def edges(draw: st.DrawFn) -> Dependency:
    marker = draw(st.sampled_from(list(MARKERS)))
    return Dependency(
        name=draw(st.sampled_from(NAMES)),
        extras=tuple(draw(st.sets(st.sampled_from(EXTRAS)))),
        marker=None if marker is None else Marker(marker),
    )


ROWS = st.lists(edges(), max_size=3)
EXTRA_ROWS = st.dictionaries(st.sampled_from(EXTRAS), ROWS)


@st.composite
def universes(draw: st.DrawFn) -> Lock:
    project = make_project(
        needs=draw(ROWS),
        extras={"x": draw(ROWS), "y": draw(ROWS)},
        groups={"dev": draw(ROWS)},
    )
    others = [make_package(name, needs=draw(ROWS), extras=draw(EXTRA_ROWS)) for name in NAMES]
    return make_lock(project, *others)


def by_brute_force(lock: Lock, request: Request) -> set[str]:
    """Reach everything by trying all edges again until nothing new comes."""
    packages = {package.name: package for package in lock.packages}
    production = not request.only_groups
    nodes: set[tuple[str, str | None]] = set()
    if production:
        nodes |= {("app", None), *(("app", extra) for extra in request.extras)}
    while True:
        rows: list[Dependency] = []
        for name, extra in nodes:
            package = packages[name]
            optional = dict(package.optional_dependencies)
            rows += package.dependencies if extra is None else optional.get(extra, ())
        if request.groups or request.only_groups:
            rows += dict(packages["app"].dependency_groups)["dev"]
        found = set(nodes)
        for row in rows:
            text = None if row.marker is None else str(row.marker).replace('"', "'")
            if MARKERS[text](request.extras):
                found |= {(row.name, None), *((row.name, extra) for extra in row.extras)}
        if found == nodes:
            return {name for name, _ in nodes}
        nodes = found


@st.composite
def requests(draw: st.DrawFn) -> Request:
    if draw(st.booleans()):
        return Request(only_groups=("dev",))
    return Request(
        extras=tuple(sorted(draw(st.sets(st.sampled_from(EXTRAS))))),
        groups=draw(st.sampled_from([(), ("dev",)])),
    )


@settings(max_examples=150, deadline=None)
@given(universes(), requests())
def test_a_walk_reaches_what_brute_force_reaches(lock: Lock, request: Request) -> None:
    selection = select(lock, request, INTERPRETER)
    names = [item.name for item in selection.packages]
    assert names == sorted(by_brute_force(lock, request))
    for item in selection.packages:
        parents = {name for name in item.required_by if ":" not in name}
        assert parents <= set(names)


HOSTILE = st.one_of(
    st.text(max_size=12),
    st.tuples(
        st.sampled_from(["", "https://index.invalid/a", "git+https://g.invalid/", "demo", "-r "]),
        st.text(
            st.sampled_from("\n\r\x0b\x0c\x1c\x85\u2028\u2029\t \\#;'\"${}@=-/.%&a\x00"), max_size=8
        ),
    ).map("".join),
)


def often(*valid: str | None) -> st.SearchStrategy[str | None]:
    """Return mostly these values, so that a hostile one is not hidden behind another."""
    return st.integers(0, 9).flatmap(lambda n: st.sampled_from(valid) if n else HOSTILE)


def text(*valid: str) -> st.SearchStrategy[str]:
    return often(*valid).map(lambda value: value or "")


URLS = often(None, "https://index.invalid/demo-1.0-py3-none-any.whl")
PATHS = often(None, None, "files/demo 1.0")
SUBDIRECTORIES = often(None, "py/demo")
HASHES = st.just((Hash(algorithm="sha256", digest="0" * 64),)) | st.lists(
    st.builds(Hash, algorithm=text("sha256", "sha512"), digest=text("00", "ff")), max_size=2
).map(tuple)
CHOSEN: st.SearchStrategy[Chosen] = st.one_of(
    st.builds(
        Wheel, filename=text("demo-1.0-py3-none-any.whl"), url=URLS, path=PATHS, hashes=HASHES
    ),
    st.builds(Sdist, filename=text("demo-1.0.tar.gz"), url=URLS, path=PATHS, hashes=HASHES),
    st.builds(Archive, url=URLS, path=PATHS, hashes=HASHES, subdirectory=SUBDIRECTORIES),
    st.builds(
        Vcs,
        type=text("git"),
        url=text("https://git.invalid/demo"),
        commit_id=often("0" * 40),
        subdirectory=SUBDIRECTORIES,
        requested_revision=often(None, "main"),
    ),
    st.builds(Directory, path=text("."), subdirectory=SUBDIRECTORIES),
    st.builds(Pinned, hashes=HASHES),
)


@st.composite
def hostile_items(draw: st.DrawFn) -> Selected:
    chosen = draw(CHOSEN)
    package = Package(
        name=draw(text("demo")),
        version=make_package("demo").version,
        index=draw(often(None, "https://index.invalid/simple")),
        wheels=(chosen,) if isinstance(chosen, Wheel) else (),
        sdist=chosen if isinstance(chosen, Sdist) else None,
    )
    return Selected(
        package=package, chosen=chosen, required_by=tuple(draw(st.lists(text("app"), max_size=2)))
    )


HASH_LINE = re.compile(r"    --hash=sha(256|384|512):[0-9a-f]+( \\)?")


@settings(max_examples=400, deadline=None)
@given(hostile_items(), st.sampled_from(["index", "lock"]))
def test_no_value_adds_a_line_or_an_option_to_requirements(item: Selected, source: str) -> None:
    selection = Selection(request=Request(), packages=(item,))
    try:
        result = to_requirements(
            selection,
            lock=make_lock(),
            root=ROOT,
            source="lock" if source == "lock" else "index",
            annotate=True,
        )
    except SelectionError:
        return
    assert not (result.hashed and result.unhashed)
    first, *rest = (result.hashed or result.unhashed).splitlines()
    assert Requirement(first.removesuffix(" \\")).name == item.name
    assert "${" not in first
    if rest and rest[-1].startswith("    # via "):
        rest.pop()
    assert all(HASH_LINE.fullmatch(line) for line in rest)
    assert first.endswith("\\") == bool(rest)


@settings(max_examples=300, deadline=None)
@given(hostile_items())
def test_no_value_changes_the_shape_of_a_pylock(item: Selected) -> None:
    selection = Selection(request=Request(), packages=(item,))
    try:
        text = to_pylock(selection, lock=make_lock(), root=ROOT)
    except SelectionError:
        return
    document = tomli.loads(text)
    assert set(document) == {"lock-version", "created-by", "packages"}
    (package,) = document["packages"]
    assert package["name"] == item.name
    assert set(package) <= {
        "name",
        "version",
        "index",
        "vcs",
        "directory",
        "archive",
        "sdist",
        "wheels",
    }

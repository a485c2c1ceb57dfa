from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import tomli
from packaging.requirements import Requirement

from syncsteps.locks.model import DeclaredSource
from syncsteps.locks.staleness.sources import Placed, Sources, same_source

if TYPE_CHECKING:
    from collections.abc import Mapping

COMMIT = "0" * 40


def places(
    written: str,
    requirement: str = "pkg",
    *,
    root: Mapping[str, Any] | None = None,
    extra: str | None = None,
    group: str | None = None,
    inherited: bool = True,
) -> list[Placed]:
    own = tomli.loads(written)
    sources = Sources(own, root or {}, directory="libs/a", local=["member"], inherited=inherited)
    return list(sources.places(Requirement(requirement), extra=extra, group=group))


def locked(kind: str, location: str) -> DeclaredSource:
    return DeclaredSource(kind=kind, location=location)


@pytest.mark.parametrize(
    ("written", "requirement", "source"),
    [
        ("", "pkg", None),
        ("sources.pkg = { path = '../b' }", "pkg", locked("directory", "libs/b")),
        ("sources.Pkg = { path = '../b' }", "pkg", locked("editable", "libs/b")),
        ("sources.pkg = { path = '../b' }", "pkg", locked("virtual", "libs/b")),
        ("sources.pkg = { path = '../b.whl' }", "pkg", locked("path", "libs/b.whl")),
        ("sources.pkg = { path = '/x/b' }", "pkg", locked("directory", "../x/b")),
        ("sources.pkg = { workspace = true }", "pkg", locked("editable", "anywhere")),
        ("sources.pkg = { url = 'https://u:p@h.invalid/p.zip' }", "pkg",
         locked("url", "https://h.invalid/p.zip")),
        ("", "pkg @ https://h.invalid/p.zip#sha256=0", locked("url", "https://h.invalid/p.zip")),
        ("sources.pkg = { git = 'https://t@h.invalid/p', tag = 'v1', subdirectory = 'x/' }", "pkg",
         locked("git", "https://h.invalid/p?subdirectory=x&tag=v1")),
        ("sources.pkg = { git = 'ssh://git@h.invalid/p', lfs = true }", "pkg",
         locked("git", "ssh://git@h.invalid/p?lfs=true")),
        ("", f"pkg @ git+https://h.invalid/p@{COMMIT}#subdirectory=x",
         locked("git", f"https://h.invalid/p?subdirectory=x&rev={COMMIT}")),
        ("", "pkg @ git+ssh://git@h.invalid/p", locked("git", "ssh://git@h.invalid/p")),
        ("sources.pkg = { index = 'i' }\nindex = [{ name = 'i', url = 'https://h.invalid/s/' }]",
         "pkg", locked("index", "https://h.invalid/s")),
        # Nothing is known of these, so whatever the lock says may be meant.
        ("sources.pkg = { index = 'elsewhere' }", "pkg", locked("index", "https://h.invalid/s")),
        ("sources.pkg = { new = 'thing' }", "pkg", None),
        ("sources.pkg = { path = 'x', marker = 'no' }", "pkg", None),
        ("sources.pkg = 'x'", "pkg", None),
        ("no-sources = true\nsources.pkg = { path = 'x' }", "pkg", None),
        ("", "pkg @ file:///x/pkg.whl", locked("path", "x/pkg.whl")),
        ("sources.pkg = { path = 'x' }", "pkg @ https://h.invalid/p.zip", None),
        ("", "member", locked("editable", "libs/member")),
    ],
)  # fmt: skip
def test_where_it_comes_from(written: str, requirement: str, source: DeclaredSource | None) -> None:
    (placed,) = places(written, requirement)
    assert same_source(source, placed)


@pytest.mark.parametrize(
    ("written", "source"),
    [
        ("", locked("url", "https://h.invalid/p.zip")),
        ("sources.pkg = { path = '../b' }", None),
        ("sources.pkg = { path = '../b' }", locked("directory", "libs/c")),
        ("sources.pkg = { path = '../b' }", locked("url", "https://h.invalid/p.zip")),
        ("sources.pkg = { path = '../b', editable = true }", locked("directory", "libs/b")),
        ("sources.pkg = { path = '../b', editable = false }", locked("editable", "libs/b")),
        ("sources.pkg = { workspace = true }", locked("path", "pkg.whl")),
        ("sources.pkg = { url = 'https://h.invalid/p.zip' }",
         locked("url", "https://h.invalid/q.zip")),
        ("sources.pkg = { git = 'https://h.invalid/p', tag = 'v1' }",
         locked("git", "https://h.invalid/p?branch=v1")),
        ("sources.pkg = { git = 'https://h.invalid/p' }", locked("url", "https://h.invalid/p")),
        ("sources.pkg = { index = 'i' }\nindex = [{ name = 'i', url = 'https://h.invalid/s' }]",
         locked("index", "https://h.invalid:8080/s")),
    ],
)  # fmt: skip
def test_where_it_does_not_come_from(written: str, source: DeclaredSource | None) -> None:
    (placed,) = places(written)
    assert not same_source(source, placed)


ROOT = {"sources": {"pkg": {"path": "trees/pkg"}}}


def test_the_roots_sources_are_inherited_and_start_from_the_root() -> None:
    (placed,) = places("", root=ROOT)
    assert placed.source == locked("path", "trees/pkg")
    (own,) = places("sources.pkg = { path = 'x' }", root=ROOT, inherited=False)
    assert own.source == locked("path", "libs/a/x")
    (unsure,) = places("", root=ROOT, inherited=False)
    assert not unsure.known


def test_a_source_may_hold_for_one_extra_or_group_only() -> None:
    written = "sources.pkg = [{ path = 'x', extra = 'Fast' }, { path = 'y', group = 'dev' }]"
    assert [p.source for p in places(written)] == [None]
    assert [p.source for p in places(written, extra="fast")] == [locked("path", "libs/a/x")]
    assert [p.source for p in places(written, group="dev")] == [locked("path", "libs/a/y")]


def test_what_markers_leave_over_comes_from_any_index() -> None:
    written = "sources.pkg = [{ path = 'x', marker = \"os_name == 'nt'\" }]"
    first, rest = places(written)
    assert (str(first.marker), first.rest) == ('os_name == "nt"', False)
    assert (rest.source, rest.marker, rest.rest) == (None, None, True)

from __future__ import annotations

from dataclasses import replace

from packaging.markers import Marker
from packaging.specifiers import SpecifierSet

from syncsteps.locks.model import ConflictItem
from syncsteps.selection import Request
from tests.conformance.environments import grid, sampled, targets_of
from tests.conformance.selections import requests_of, shown
from tests.support.locks import make_lock, make_package, make_project

APP = make_project(
    "app", extras={"cpu": [], "gpu": [], "plain": []}, groups={"dev": [], "docs": []}
)
CONFLICT = (ConflictItem(package="app", extra="cpu"), ConflictItem(package="app", extra="gpu"))


def test_each_extra_each_group_and_all_that_do_not_conflict() -> None:
    asked = [shown(each) for each in requests_of(make_lock(APP, conflicts=(CONFLICT,)))]

    assert asked[0] == "default"
    assert {"--extra cpu", "--extra gpu", "--group dev", "--only-group docs"} <= set(asked)
    assert {"--no-project", "--no-local", "--all-extras", "--all-groups"} <= set(asked)
    assert "--extra cpu --extra plain --group dev --group docs" in asked
    assert "--extra plain --extra gpu --group dev --group docs" in asked
    assert len(asked) == len(set(asked))


def test_each_member_of_a_workspace() -> None:
    lib = make_project("lib", "lib", extras={"fast": []}, groups={"own": []})
    asked = [shown(each) for each in requests_of(make_lock(APP, lib))]

    assert {"--package lib", "--package lib --extra fast", "--package lib --group own"} <= {*asked}
    assert {"--package lib --group dev", "--package app --extra cpu"} <= {*asked}
    assert "--all-packages --all-extras --all-groups" in asked
    assert "--extra fast" not in asked


def test_flat_locks_name_their_extras_and_groups_themselves() -> None:
    lock = make_lock(make_package("a"), layout="flat", extras=("x",), groups=("g",))

    assert [shown(each) for each in requests_of(lock)][:8] == [
        "default", "--no-project", "--no-local", "--no-default-groups",
        "--extra x", "--group g", "--only-group g", "--all-extras",
    ]  # fmt: skip
    assert shown(Request(packages=("a",), groups=("g",))) == "--package a --group g"


def test_the_grid_has_every_platform_for_every_version() -> None:
    assert len(grid()) == 42
    assert len({target.environment for target in grid().values()}) == 30  # musl is in tags only
    seen = {name for offset in range(7) for name in sampled(grid(), offset)}
    assert seen == grid().keys()
    assert len(sampled(grid(), 0)) == 6


def test_a_lock_is_asked_about_the_targets_that_it_holds_for() -> None:
    lock = make_lock(APP)
    on_mac = Marker("sys_platform == 'darwin'")
    bounded = replace(lock, requires_python=SpecifierSet(">=3.11"), environments=(on_mac,))

    assert targets_of(lock) == grid()
    assert list(targets_of(bounded)) == [
        f"{version}-macos-{machine}"
        for version in ("3.11", "3.12", "3.13", "3.14")
        for machine in ("arm64", "x86_64")
    ]
    assert len(sampled(targets_of(bounded), 5)) == 4


def test_a_lock_for_an_old_python_is_asked_about_that() -> None:
    lock = make_lock(APP, requires_python=SpecifierSet("~=3.8.1"))

    assert {name.partition("-")[0] for name in targets_of(lock)} == {"3.8"}

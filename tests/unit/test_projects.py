from __future__ import annotations

from pathlib import Path

import pytest

from syncsteps.plan import Keep, Replace
from syncsteps.projects import kin_of, other_owners, project_name, root_name
from syncsteps.selection.model import Request
from tests.support.values import (
    make_entry,
    make_installed,
    make_ledger,
    make_lock,
    make_package,
    make_plan_of,
    make_selected,
)

WORKSPACE = make_lock(members=("service-a", "service-b", "shared"), project="monorepo")


@pytest.mark.parametrize(
    ("pyproject", "project", "expected"),
    [
        ({"project": {"name": "Shop"}}, "locked", "Shop"),
        ({"project": {"name": ""}}, "locked", "locked"),
        ({"project": "not a table"}, "locked", "locked"),
        ({}, None, "services"),
        (None, None, "services"),
    ],
)
def test_the_name_of_what_has_the_lock(
    pyproject: dict[str, object] | None, project: str | None, expected: str
) -> None:
    lock = make_lock(root=Path("/srv/services"), project=project)
    assert root_name(pyproject, lock) == expected


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (Request(), "Monorepo"),
        (Request(all_packages=True), "Monorepo"),
        (Request(all_packages=True, packages=("service-a",)), "Monorepo"),
        (Request(packages=("Service_A",)), "service-a"),
        (Request(packages=("monorepo",)), "Monorepo"),
        (Request(packages=("service-b", "service-a", "service.b")), "service-a+service-b"),
    ],
)
def test_members_that_are_named_are_a_project_of_their_own(asked: Request, expected: str) -> None:
    assert project_name("Monorepo", asked) == expected


def test_kin_are_the_members_and_the_root_and_nobody_else() -> None:
    names = ("monorepo", "Service_A", "service-a+service-b", "service-b", "service-a+shop", "shop")
    ledger = make_ledger({name: [] for name in names})
    found = kin_of("service-a", ledger=ledger, lock=WORKSPACE, root="monorepo")
    assert found == {"monorepo", "service-a+service-b", "service-b"}


def test_kin_have_no_say_in_what_their_lock_replaces() -> None:
    ledger = make_ledger({"service-a": [make_entry()], "shop": [make_entry()]})
    selected = make_selected(version="2.0")
    replaced = Replace(selected=selected, installed=make_installed(), reason="1.0 is installed")
    owners = other_owners(
        make_plan_of(replaced), ledger=ledger, lock=WORKSPACE, project="b", kin={"service-a"}
    )
    assert owners == (("demo", ("shop",)),)


def test_members_that_exclude_each_other_do() -> None:
    selected = make_selected(version="2.0")
    lock = make_lock(make_package(version="1.0.0"), selected.package)
    replaced = Replace(selected=selected, installed=make_installed(), reason="1.0 is installed")
    owners = other_owners(
        make_plan_of(replaced),
        ledger=make_ledger({"service-a": [make_entry()]}),
        lock=lock,
        project="service-b",
        kin={"service-a"},
    )
    assert owners == (("demo", ("service-a",)),)


def test_what_stays_is_no_matter_of_owners() -> None:
    kept = Keep(selected=make_selected(), installed=make_installed(), reason="already there")
    ledger = make_ledger({"shop": [make_entry()]})
    plan = make_plan_of(kept)
    assert other_owners(plan, ledger=ledger, lock=WORKSPACE, project="b", kin=()) == ()

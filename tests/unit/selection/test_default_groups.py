from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import tomli

from syncsteps.errors import LockError, SelectionError
from syncsteps.selection import Request
from syncsteps.selection.default_groups import deciding_directory, with_default_groups
from syncsteps.selection.roots import find_roots
from tests.support.locks import make_lock, make_package, make_project

if TYPE_CHECKING:
    from syncsteps.locks.model import Lock

HERE = Path("/project")


def lock(form: str = "uv.lock", groups: tuple[str, ...] = ("dev", "docs", "lint")) -> Lock:
    return make_lock(
        make_project("app", groups={"dev": ["six"], "docs": ["six"]}),
        make_project("lib", "libs/lib", groups={"lint": ["six"], "dev": ["six"]}),
        make_package("six"),
        format=form,
        path=HERE / form,
        groups=groups,
    )


def defaults(locked: Lock, pyproject: str) -> tuple[str, ...]:
    return with_default_groups(locked, tomli.loads(pyproject), directory=HERE).default_groups


@pytest.mark.parametrize(
    ("pyproject", "expected"),
    [
        ("", ("dev",)),
        ("[tool.uv]\n", ("dev",)),
        ("[tool.uv]\ndefault-groups = []", ()),
        ('[tool.uv]\ndefault-groups = ["Lint", "docs"]', ("docs", "lint")),
        ('[tool.uv]\ndefault-groups = "all"', ("dev", "docs", "lint")),
    ],
)
def test_those_of_uv(pyproject: str, expected: tuple[str, ...]) -> None:
    assert defaults(lock(), pyproject) == expected


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ('["dosc"]', "uv.lock has no dependency group 'dosc'"),
        ('"dev"', "is 'dev'; expected \"all\" or an array"),
        ("[1]", 'is \\[1\\]; expected "all" or an array'),
    ],
)
def test_those_of_uv_that_cannot_be_told(written: str, message: str) -> None:
    with pytest.raises(SelectionError, match=message):
        defaults(lock(), f"[tool.uv]\ndefault-groups = {written}")


def test_those_of_poetry_are_the_groups_that_are_not_optional() -> None:
    pyproject = """
        [dependency-groups]
        lint = ["ruff"]
        docs = ["sphinx"]
        [tool.poetry.group.docs]
        optional = true
        [tool.poetry.group.later.dependencies]
        six = "*"
        [tool.poetry.dev-dependencies]
        pytest = "*"
    """
    assert defaults(lock("poetry.lock"), pyproject) == ("dev", "lint")


def test_a_table_of_poetrys_that_is_malformed() -> None:
    with pytest.raises(LockError, match="optional"):
        defaults(lock("poetry.lock"), "[tool.poetry.group.docs]\noptional = 1")


def test_those_of_pdm_are_the_development_groups_that_it_has_locked() -> None:
    pyproject = """
        [project.optional-dependencies]
        dev = ["six"]
        [dependency-groups]
        Lint = ["ruff"]
        later = ["six"]
        [tool.pdm.dev-dependencies]
        docs = ["sphinx"]
    """
    assert defaults(lock("pdm.lock"), pyproject) == ("docs", "lint")


@pytest.mark.parametrize("form", ["Pipfile.lock", "pylock.toml", "requirements.txt"])
def test_formats_whose_tools_have_none_stay_as_they_are(form: str) -> None:
    locked = lock(form)
    assert with_default_groups(locked, None, directory=HERE) is locked


@pytest.mark.parametrize("form", ["uv.lock", "poetry.lock", "pdm.lock"])
def test_without_a_pyproject_nobody_knows(form: str) -> None:
    with pytest.raises(SelectionError, match=r"not in .*\.lock but in .*pyproject\.toml") as caught:
        with_default_groups(lock(form), None, directory=HERE)
    assert "--group" in caught.value.hint


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (Request(), "."),
        (Request(packages=("Lib",)), "libs/lib"),
        (Request(packages=("lib", "app")), "."),
        (Request(packages=("lib",), all_packages=True), "."),
        (Request(packages=("unknown",)), "."),
    ],
)
def test_one_member_decides_for_itself(request_: Request, expected: str) -> None:
    assert deciding_directory(lock(), request_) == expected


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (Request(), {("app", "dev"), ("app", "docs")}),
        (Request(packages=("lib",)), {("lib", "dev")}),
        (Request(packages=("lib",), groups=("docs",)), {("lib", "dev"), ("app", "docs")}),
        (Request(all_packages=True), {("app", "dev"), ("app", "docs"), ("lib", "dev")}),
        (Request(packages=("lib",), default_groups=False), set()),
        (Request(only_groups=("docs",)), {("app", "docs")}),
    ],
)
def test_a_member_inherits_none(request_: Request, expected: set[tuple[str, str]]) -> None:
    pyproject = {"tool": {"uv": {"default-groups": ["dev", "docs"]}}}
    roots = find_roots(with_default_groups(lock(), pyproject, directory=HERE), request_)
    assert {(g.package.name, g.name) for g in roots.groups if g.package} == expected

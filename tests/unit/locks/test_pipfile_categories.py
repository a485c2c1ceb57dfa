from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pytest
from packaging.markers import default_environment

from syncsteps.errors import SelectionError
from syncsteps.locks.fields import Origin
from syncsteps.locks.pipfile import read_pipfile
from syncsteps.selection import Request, select
from tests.support.interpreters import make_interpreter
from tests.support.pipfile_texts import pipfile_document

ORIGIN = Origin(name="Pipfile.lock", path=Path("/p/Pipfile.lock"), root=Path("/p"), digest="")

DEFAULT = Request()
BOTH = Request(groups=("develop",))
DEVELOP = Request(only_groups=("develop",))


def pin(version: str, markers: str = "", digit: str = "0") -> dict[str, Any]:
    entry: dict[str, Any] = {"version": f"=={version}", "hashes": [f"sha256:{digit * 64}"]}
    return {**entry, "markers": markers} if markers else entry


def chosen(
    request: Request, categories: dict[str, dict[str, Any]], *, python: str = "3.12.1"
) -> list[str]:
    """Return ``name version`` of what is selected, with the first digit of its hashes."""
    lock = read_pipfile(pipfile_document(**categories), ORIGIN)
    selection = select(lock, request, make_interpreter(version=python))
    assert not selection.unavailable
    return [
        f"{item.name} {item.package.version} {''.join(h.digest[0] for h in item.hashes)}"
        for item in selection.packages
    ]


def test_each_category_is_a_group() -> None:
    categories = {
        "default": {"a": pin("1")},
        "develop": {"b": pin("2")},
        "docs_extra": {"c": pin("3")},
    }
    assert chosen(DEFAULT, categories) == ["a 1 0"]
    assert chosen(BOTH, categories) == ["a 1 0", "b 2 0"]
    assert chosen(DEVELOP, categories) == ["b 2 0"]
    assert chosen(Request(only_groups=("docs_extra",)), categories) == ["c 3 0"]
    assert chosen(Request(all_groups=True), categories) == ["a 1 0", "b 2 0", "c 3 0"]


def test_a_group_that_is_none() -> None:
    with pytest.raises(SelectionError, match="has no dependency group 'dev'") as caught:
        chosen(Request(groups=("dev",)), {})
    assert caught.value.hint == "did you mean 'develop'?"


def test_alike_in_two_categories_is_one_entry() -> None:
    document = pipfile_document(
        default={"a": pin("1", "os_name == 'posix'")}, develop={"A": pin("1")}, more={"a": pin("1")}
    )
    package_groups = ("default", "develop", "more")
    (package,) = read_pipfile(document, ORIGIN).packages
    assert package.marker is not None
    for system, *groups in product(("posix", "nt"), *[(name, "") for name in package_groups]):
        environment: dict[str, str | set[str]] = {
            **{name: str(value) for name, value in default_environment().items()},
            "os_name": system,
            "dependency_groups": {*groups},
        }
        expected = "develop" in groups or "more" in groups
        expected |= "default" in groups and system == "posix"
        assert package.marker.evaluate(environment, context="lock_file") == expected


def test_it_applies_where_one_of_its_categories_has_it() -> None:
    categories = {
        "default": {"a": pin("1", "python_version >= '3.10'")},
        "develop": {"a": pin("1", "python_version >= '3.9'")},
    }
    assert chosen(BOTH, categories, python="3.9.2") == ["a 1 0"]
    assert chosen(DEFAULT, categories, python="3.9.2") == []


@pytest.mark.parametrize(
    "markers", ["", "python_version >= '3.8'", "python_full_version >= '3.8' or os_name == 'nt'"]
)
def test_default_counts_for_more_than_develop(markers: str) -> None:
    categories = {
        "default": {"a": pin("1.1", markers), "b": pin("1", markers, "a")},
        "develop": {"a": pin("1.0", markers), "b": pin("1", markers, "b")},
    }
    assert chosen(DEFAULT, categories) == ["a 1.1 0", "b 1 a"]
    assert chosen(BOTH, categories) == ["a 1.1 0", "b 1 a"]
    assert chosen(DEVELOP, categories) == ["a 1.0 0", "b 1 b"]


def test_develop_counts_for_more_than_others_whatever_their_order() -> None:
    categories = {"aaa": {"a": pin("3")}, "develop": {"a": pin("2")}}
    asked = Request(groups=("aaa", "develop"))
    assert chosen(asked, categories) == ["a 2 0"]
    assert chosen(Request(groups=("aaa",)), categories) == ["a 3 0"]


@pytest.mark.parametrize(
    ("markers", "inside"),
    [
        ("python_version >= '3.13'", False),
        ("python_version < '3.13'", True),
        ("python_version < '3.12'", False),
        ("python_version <= '3.12'", True),
        ("python_version >= '3.12'", True),
        ("python_version <= '3.11'", False),
        ("python_version > '3.12'", False),
        ("python_version == '3.12'", True),
        ("python_version != '3.12'", False),
        ("python_full_version not in '3.12.0, 3.12.1'", False),
        ("sys_platform in 'linux darwin'", True),
        ("python_version >= '3.9' and sys_platform == 'win32'", False),
        ("python_version >= '3.9' and sys_platform == 'linux'", True),
    ],
)
def test_where_the_first_does_not_apply_the_next_one_does(markers: str, *, inside: bool) -> None:
    categories = {"default": {"a": pin("1", markers)}, "develop": {"a": pin("2")}}
    assert chosen(DEFAULT, categories) == (["a 1 0"] if inside else [])
    assert chosen(BOTH, categories) == (["a 1 0"] if inside else ["a 2 0"])
    assert chosen(DEVELOP, categories) == ["a 2 0"]


@pytest.mark.parametrize(
    "markers",
    [
        "python_full_version >= '3.9'",
        "python_version ~= '3.9'",
        "python_version >= '3.9' or os_name == 'nt'",
        "'3.9' <= python_version",
        "os_name != ' and '",
    ],
)
def test_what_cannot_be_negated_is_an_error_of_selection(markers: str) -> None:
    categories = {"default": {"a": pin("1", markers)}, "develop": {"a": pin("2")}}
    assert chosen(DEFAULT, categories) == ["a 1 0"]
    assert chosen(DEVELOP, categories) == ["a 2 0"]
    with pytest.raises(SelectionError, match="two entries of a are selected at once"):
        chosen(BOTH, categories)


def test_two_spellings_in_one_category_are_an_error_of_selection() -> None:
    with pytest.raises(SelectionError, match="two entries of a-b are selected at once"):
        chosen(DEFAULT, {"default": {"a_b": pin("1"), "a.b": pin("2")}})


def test_a_condition_on_a_group_holds_in_its_category() -> None:
    categories = {"develop": {"a": pin("1", "('dev' in dependency_groups) and os_name == 'posix'")}}
    assert chosen(DEVELOP, categories) == ["a 1 0"]
    assert chosen(BOTH, categories) == ["a 1 0"]


def test_a_star_is_missing_only_where_it_applies() -> None:
    star = {"version": "*", "markers": "python_version < '3.10'"}
    lock = read_pipfile(pipfile_document(default={"a": star}), ORIGIN)
    assert not select(lock, DEFAULT, make_interpreter(version="3.12.1")).unavailable
    (missing,) = select(lock, DEFAULT, make_interpreter(version="3.9.1")).unavailable
    assert missing.package.name == "a"
    assert missing.reason == "the lock names neither a version nor a file for a"

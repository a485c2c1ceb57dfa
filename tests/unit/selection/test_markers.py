from __future__ import annotations

import pytest
from packaging.markers import Marker

from syncsteps.errors import SelectionError
from syncsteps.selection.markers import MarkerEvaluator, release_environment
from tests.support.interpreters import make_interpreter

EVALUATOR = MarkerEvaluator(environment=dict(make_interpreter(version="3.12.7").environment))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("extra == 'x'", True),
        ("'x' == extra", True),
        ("extra == 'X'", True),
        ("extra != 'x'", False),
        ("'z' != extra", True),
        ("extra == 'x' and extra == 'y'", True),
        ("extra == 'x' and extra == 'z'", False),
        ("'y' in extras", True),
        ("'dev' in dependency_groups", True),
        ("'docs' in dependency_groups", False),
        ("extra == 'z' or python_version == '3.12'", True),
        # Values, not comparisons.
        ("platform_version == \"extra == 'x'\"", False),
        ("platform_version != \"'x' == extra\"", True),
    ],
)
def test_extras_and_groups_are_sets(text: str, expected: bool) -> None:  # noqa: FBT001 - a table
    extras, groups = frozenset({"x", "y"}), frozenset({"dev"})
    assert EVALUATOR.holds(Marker(text), where="", extras=extras, groups=groups) is expected


def test_what_is_remembered_does_not_depend_on_extras() -> None:
    marker = Marker("extra == 'x'")
    assert not EVALUATOR.holds(marker, where="")
    assert EVALUATOR.holds(marker, where="", extras=frozenset({"x"}))
    assert not EVALUATOR.holds(marker, where="")


def test_no_marker_holds() -> None:
    assert EVALUATOR.holds(None, where="")


@pytest.mark.parametrize("text", ["os_name ~= 'x'", "'a' in extra", "extras == 'x'"])
def test_what_cannot_be_evaluated(text: str) -> None:
    with pytest.raises(SelectionError, match="the marker of demo cannot be evaluated"):
        EVALUATOR.holds(Marker(text), where="demo")


@pytest.mark.parametrize(
    ("full", "release"),
    [("3.15.0a2", "3.15.0"), ("3.12.7", "3.12.7"), ("3.13.0+", "3.13.0"), ("odd", "odd")],
)
def test_release_environment(full: str, release: str) -> None:
    environment = {"python_full_version": full, "os_name": "posix"}
    assert release_environment(environment) == {"python_full_version": release, "os_name": "posix"}

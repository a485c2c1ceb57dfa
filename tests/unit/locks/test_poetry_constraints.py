from __future__ import annotations

import pytest
from packaging.markers import Marker
from packaging.version import Version

from syncsteps.locks.poetry_constraints import (
    parse_constraint,
    python_markers,
    whole_python_markers,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("^1.2.3", "<2,>=1.2.3"),
        ("^0.2.3", "<0.3,>=0.2.3"),
        ("^0.0.3", "<0.0.4,>=0.0.3"),
        ("^0", "<1,>=0"),
        ("^0.0", "<0.1,>=0.0"),
        ("^1.0.0a5", "<2,>=1.0.0a5"),
        ("^1!2.3", "<1!3,>=1!2.3"),
        ("~1.2.3", "<1.3,>=1.2.3"),
        ("~1.2", "<1.3,>=1.2"),
        ("~1", "<2,>=1"),
        ("~=3.5", "<4,>=3.5"),
        ("~=1.4.5", "<1.5,>=1.4.5"),
        ("1.2.*", "==1.2.*"),
        ("!=3.0.*,!=3.1.*, >=2.7", "!=3.0.*,!=3.1.*,>=2.7"),
        (">=3.5.*", ">=3.5"),
        (">= 3.5, <4", "<4,>=3.5"),
        (">=3.6,", ">=3.6"),
        (">=1 <2", "<2,>=1"),
        ("0.3.0", "==0.3.0"),
        ("=0.3.0", "==0.3.0"),
        ("<>0.3.0", "!=0.3.0"),
        ("19b0", "==19b0"),
        ("v1.0", "==1.0"),
        ("~2.7|>=3.4", "<2.8,>=2.7 || >=3.4"),
        ("2.7 || ^3.5", "==2.7 || <4,>=3.5"),
        ("*", "*"),
        ("*.*", "*"),
        ("1.0 || *", "*"),
    ],
)
def test_what_a_constraint_means(text: str, expected: str) -> None:
    assert str(parse_constraint(text)) == expected


@pytest.mark.parametrize(
    "text", ["", ",", "||", "^", "a b", "1.0 - 2.0", "^1^2", "1.0\n--option", "^" + "9" * 5000]
)
def test_what_is_no_constraint(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a version|is longer than a version"):
        parse_constraint(text)


def test_a_version_is_held_against_every_alternative() -> None:
    constraint = parse_constraint("<1.0 || ^2.1")
    allowed = ["0.9", "1.0", "2.0", "2.1", "2.5rc1", "3.0", "3.0rc1", "2.1+local"]
    assert [v for v in allowed if constraint.allows(Version(v))] == [
        "0.9",
        "2.1",
        "2.5rc1",
        "2.1+local",
    ]
    assert constraint.single is None
    assert str(parse_constraint("^2.1").single) == "<3,>=2.1"


def holds(marker: str | None, python: str) -> bool:
    series = ".".join(python.split(".")[:2])
    return marker is None or Marker(marker).evaluate(
        {"python_full_version": python, "python_version": series}
    )


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("<3.8", ["3.7.9"], ["3.8.0", "3.8.1"]),
        ("<=3.8", ["3.7.9", "3.8.0"], ["3.8.1"]),
        (">3.8", ["3.8.1", "3.9.0"], ["3.8.0"]),
        ("3.8", ["3.8.0", "3.8.1"], ["3.7.9", "3.9.0"]),
        ("3.8.1", ["3.8.1"], ["3.8.0"]),
        ("3.*", ["3.8.0"], ["4.0.0"]),
        ("^3.8", ["3.8.0", "3.12.1"], ["3.7.9", "4.0.0"]),
        ("~2.7 || >=3.9.2", ["2.7.18", "3.9.2"], ["3.9.1", "2.8.0"]),
        ("*", ["2.7.18"], []),
    ],
)
def test_pythons_as_markers(text: str, inside: list[str], outside: list[str]) -> None:
    marker = python_markers(parse_constraint(text))
    assert [python for python in (*inside, *outside) if holds(marker, python)] == inside


def test_a_whole_version_is_no_series() -> None:
    marker = whole_python_markers(parse_constraint("3.8"))
    assert holds(marker, "3.8.0")
    assert not holds(marker, "3.8.1")

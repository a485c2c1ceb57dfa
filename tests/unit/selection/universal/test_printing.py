from __future__ import annotations

import pytest
from packaging.markers import Marker

from syncsteps.errors import SelectionError
from syncsteps.selection.universal.conditions import Conditions
from syncsteps.selection.universal.vocabulary import formula_of_marker

A_OR_B = "'a' in extras or 'b' in extras"


def again(text: str, *, limits: str | None = None) -> str | None:
    """Return ``text`` read and written, within ``limits``."""
    formula = formula_of_marker(str(Marker(text)))
    some = [formula_of_marker(str(Marker(limits)))] if limits else []
    conditions = Conditions([formula, *some])
    conditions.limit(some)
    function = conditions.function(formula, conditions.atom)
    return conditions.marker(function, limits_stated=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("os_name == 'nt' or os_name != 'nt'", None),
        ("python_version < '3.9' or python_full_version >= '3.9.0'", None),
        ("sys_platform == 'linux' and sys_platform != 'win32'", "sys_platform == 'linux'"),
        ("python_version >= '3.9' and python_version >= '3.10'", "python_version >= '3.10'"),
        ("python_version >= '3.9' or python_version >= '3.10'", "python_version >= '3.9'"),
        ("python_full_version == '3.10.*'", "python_version == '3.10'"),
        ("python_full_version == '3.10'", "python_full_version == '3.10.0'"),
        (
            "python_version != '3.10'",
            "python_version < '3.10' or python_version >= '3.11'",
        ),
        (
            "python_version > '3.8' and python_full_version < '3.11.4'",
            "python_version >= '3.9' and python_full_version < '3.11.4'",
        ),
        ("extra == 'X'", "'x' in extras"),
        ('os_name == "it\'s"', 'os_name == "it\'s"'),
        ("sys_platform not in 'linux'", "sys_platform not in 'linux'"),
        (
            "'b' in extras and os_name == 'nt' or os_name == 'nt' and 'a' in extras",
            "os_name == 'nt' and ('a' in extras or 'b' in extras)",
        ),
        (
            "(os_name == 'm' or os_name == 'j') and (extra == 'a' or extra == 'b') or extra == 'c'",
            f"'c' in extras or ((os_name == 'j' or os_name == 'm') and ({A_OR_B}))",
        ),
        (
            "sys_platform == 'linux' and os_name == 'posix' or 'a' in extras",
            "'a' in extras or (sys_platform == 'linux' and os_name == 'posix')",
        ),
    ],
)
def test_short_and_clear(text: str, expected: str | None) -> None:
    assert again(text) == expected


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ("python_version >= '3.10'", None),
        ("python_version >= '3.8'", "python_version >= '3.9' or sys_platform == 'linux'"),
        ("sys_platform == 'linux' or sys_platform == 'darwin'", "PYTHON or LINUX"),
        ("sys_platform == 'win32'", "python_version >= '3.9'"),
        ("sys_platform != 'linux'", "python_version >= '3.9'"),
    ],
)
def test_what_holds_within_the_limits_is_not_repeated(limits: str, expected: str | None) -> None:
    if expected is not None:
        expected = expected.replace("PYTHON", "python_version >= '3.9'")
        expected = expected.replace("LINUX", "sys_platform == 'linux'")
    text = "python_version >= '3.9' or sys_platform == 'linux'"
    assert again(text, limits=limits) == expected


def test_the_opposite_of_an_unknown_comparison_cannot_be_written() -> None:
    formula = formula_of_marker(str(Marker("platform_release >= '5'")))
    conditions = Conditions([formula])
    function = conditions.function(formula, conditions.atom)
    assert conditions.marker(function, limits_stated=False) == "platform_release >= '5'"
    with pytest.raises(SelectionError, match="opposite of platform_release >= '5'"):
        conditions.marker(conditions.diagram.negation(function), limits_stated=False)

from __future__ import annotations

import itertools

import pytest
from packaging.markers import Marker

from syncsteps.locks.poetry_markers import both, either, negated, over_extras, plain_extras

ENVIRONMENTS = [
    {
        "python_full_version": python,
        "python_version": python.rpartition(".")[0],
        "os_name": name,
        "sys_platform": platform,
    }
    for python, name, platform in itertools.product(
        ["3.7.1", "3.8.5", "3.11.0", "4.0.0"], ["nt", "posix"], ["win32", "linux"]
    )
]


@pytest.mark.parametrize(
    "text",
    [
        'python_version < "3.8"',
        'python_version >= "3.8"',
        'python_full_version <= "3.11.0a6"',
        'python_version > "3.8"',
        'python_full_version == "3.8.*"',
        'python_version ~= "3.8"',
        'sys_platform in "linux and linux2"',
        '"nux" not in sys_platform',
        'os_name == "nt" and sys_platform == "win32" or python_version < "3.9"',
        'os_name == "nt" and (sys_platform == "win32" or python_version < "3.9")',
        '((os_name != "nt") or (sys_platform != "win32" and python_version != "3.8"))',
    ],
)
def test_the_opposite_of_a_marker(text: str) -> None:
    opposite = negated(text)
    again = negated(opposite)
    seen = set()
    for environment in ENVIRONMENTS:
        value = Marker(text).evaluate(environment)
        assert Marker(opposite).evaluate(environment) is not value
        assert Marker(again).evaluate(environment) is value
        seen.add(value)
    assert seen == {True, False}


def test_markers_together() -> None:
    a, b, c = 'os_name == "a"', 'os_name == "b" or os_name == "c"', 'os_name == "d"'
    assert both(None, None) is None
    assert both(None, a, a) == a
    assert both(a, b, None) == 'os_name == "a" and (os_name == "b" or os_name == "c")'
    assert either([a, None]) is None
    assert either([a, a]) == a
    assert either([b, c]) == '(os_name == "b" or os_name == "c") or os_name == "d"'


def test_extras() -> None:
    text = """extra == 'A_b' or "c" != extra and os_name == "extra == 'x'" """
    assert over_extras(text) == (
        """"a-b" in extras or "c" not in extras and os_name == "extra == 'x'" """
    )
    assert plain_extras(text) == (
        """extra == "a-b" or extra != "c" and os_name == "extra == 'x'" """
    )

from __future__ import annotations

import pytest
from packaging.markers import Marker

from syncsteps.errors import SelectionError
from syncsteps.selection.universal.syntax import Comparison, Junction, Operand, Tree, parse_tree


def compared(variable: str, operator: str, value: str) -> Comparison:
    return Comparison(Operand(variable, variable=True), operator, Operand(value, variable=False))


A = compared("os_name", "==", "a")
B = compared("python_version", ">=", "3")
C = compared("sys_platform", "not in", "x and (y")


def written(text: str) -> Tree:
    return parse_tree(str(Marker(text)))


def test_one_comparison() -> None:
    assert written("os_name == 'a'") == A
    assert written("os.name == 'a'") == A
    assert written("'a' == os_name") == Comparison(
        Operand("a", variable=False), "==", Operand("os_name", variable=True)
    )


def test_and_binds_closer_than_or() -> None:
    text = "os_name == 'a' or python_version >= '3' and sys_platform not in 'x and (y'"
    assert written(text) == Junction("or", (A, Junction("and", (B, C))))


def test_brackets() -> None:
    text = "(os_name == 'a' or python_version >= '3') and (sys_platform not   in 'x and (y')"
    assert written(text) == Junction("and", (Junction("or", (A, B)), C))


def test_quotes_of_the_other_kind_stay() -> None:
    assert written("os_name == 'a\"'") == compared("os_name", "==", 'a"')


@pytest.mark.parametrize("operator", ["===", "==", "~=", "!=", "<=", ">=", "<", ">", "in"])
def test_operators(operator: str) -> None:
    assert written(f"python_version {operator} '3'") == compared("python_version", operator, "3")


def test_names_that_begin_like_words_of_the_language() -> None:
    tree = parse_tree("implementation_name == 'x' and os_name in 'or'")
    assert tree == Junction(
        "and", (compared("implementation_name", "==", "x"), compared("os_name", "in", "or"))
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "os_name",
        "os_name ==",
        "os_name == 'a' or",
        "(os_name == 'a'",
        "os_name == 'a')",
        "os_name == 'a' os_name == 'b'",
        "== 'a'",
        "os_name = 'a'",
        "os_name == 'a",
        "and == or",
    ],
)
def test_what_is_no_marker(text: str) -> None:
    with pytest.raises(SelectionError, match="not a marker"):
        parse_tree(text)

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import tomli

from syncsteps.errors import LockError
from syncsteps.locks.fields import Table
from syncsteps.locks.values import parse_name

if TYPE_CHECKING:
    from collections.abc import Callable


def table(text: str) -> Table:
    return Table(values=tomli.loads(text), file="some.lock")


def test_an_error_says_file_table_and_key() -> None:
    outer = table("[[package]]\n[[package]]\nwheels = [{ hash = 1 }]")
    (wheel,) = outer.tables("package")[1].tables("wheels")
    with pytest.raises(LockError) as caught:
        wheel.text("hash")
    assert str(caught.value) == (
        "some.lock, package[1].wheels[0], key 'hash': expected a string, found an integer"
    )
    error = caught.value
    assert (error.file, error.table, error.key) == ("some.lock", "package[1].wheels[0]", "hash")


def test_what_is_not_there_is_none_or_empty() -> None:
    empty = table("")
    assert empty.text("a") is None
    assert empty.parse("a", parse_name) is None
    assert empty.parse_each("a", parse_name) == ()
    assert empty.integer("a") is None
    assert empty.flag("a") is False
    assert empty.table("a") is None
    assert empty.tables("a") == ()
    assert empty.tables_of_arrays("a") == ()
    assert empty.tables_by_name("a", parse_name) == ()


def test_what_is_required_has_to_be_there() -> None:
    with pytest.raises(LockError, match="key 'a': missing, and it is required"):
        table("").require("a", parse_name)


@pytest.mark.parametrize(
    ("text", "read", "message"),
    [
        ("a = 1", lambda t: t.text("a"), "a string, found an integer"),
        ("a = true", lambda t: t.text("a"), "a string, found true"),
        ("a = 1979-05-27", lambda t: t.text("a"), "a string, found a date or a time"),
        ("a = '-'", lambda t: t.parse("a", parse_name), "key 'a': '-' is not a name"),
        ("a = ['b', 1]", lambda t: t.parse_each("a", parse_name), r"key 'a\[1\]': expected a str"),
        ("a = ['b', '-']", lambda t: t.parse_each("a", parse_name), r"key 'a\[1\]': '-' is not"),
        ("a = 'b'", lambda t: t.parse_each("a", parse_name), "an array, found a string"),
        ("a = true", lambda t: t.integer("a"), "an integer, found true"),
        ("a = 1.5", lambda t: t.integer("a"), "an integer, found a float"),
        ("a = -1", lambda t: t.integer("a"), "a number from zero"),
        (f"a = 0x{'f' * 6000}", lambda t: t.integer("a"), "a number from zero"),
        ("a = 1", lambda t: t.flag("a"), "true or false, found an integer"),
        ("a = []", lambda t: t.table("a"), "a table, found an array"),
        ("a = [1]", lambda t: t.tables("a"), r"key 'a\[0\]': expected a table, found an integer"),
        ("a = [{}]", lambda t: t.tables_of_arrays("a"), "an array, found a table"),
        ("a = [[1]]", lambda t: t.tables_of_arrays("a"), r"key 'a\[0\]\[0\]': expected a table"),
        ("[a]\n'-x' = []", lambda t: t.tables_by_name("a", parse_name), "a, key '-x': '-x' is not"),
    ],
)
def test_wrong_types(text: str, read: Callable[[Table], object], message: str) -> None:
    with pytest.raises(LockError, match=message):
        read(table(text))


def test_an_error_shows_hostile_keys_as_one_line() -> None:
    data: dict[str, object] = {"a\nb": {"\x1b[2J": {"": [1]}}, "c" * 9000: 1}
    outer = Table(values=data, file="some.lock")
    middle = outer.table("a\nb")
    assert middle is not None
    inner = middle.table("\x1b[2J")
    assert inner is not None
    with pytest.raises(LockError) as caught:
        inner.parse_key("", parse_name)
    assert (caught.value.table, caught.value.key) == (r"a\nb.\x1b[2J", '""')
    assert str(caught.value).isprintable()
    with pytest.raises(LockError) as caught:
        outer.text("c" * 9000)
    assert len(str(caught.value)) < 1000

"""Typed access to a lock's tables, with errors that say where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from syncsteps.errors import LockError
from syncsteps.locks.limits import LONGEST_TEXT
from syncsteps.locks.values import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

__all__ = ["Origin", "Table"]

T = TypeVar("T")

_LARGEST_INTEGER = 2**63 - 1  # of TOML; a longer one may not even be printable


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a lock's text came from: ``name`` is the path as the user gave it, for errors.

    The other fields are those of `Lock`.
    """

    name: str
    path: Path
    root: Path
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of a TOML file. ``step`` is its place in ``parent``, such as ``wheels[0]``.

    Every method that reads a key raises LockError with file, table and key where the value is of
    another type than expected, or is missing and required.
    """

    values: Mapping[str, object]
    file: str
    step: str = ""
    parent: Table | None = None

    @property
    def where(self) -> str:
        """The table's place in its file, such as ``package[12].wheels[0]``; empty for the top."""
        steps = []
        table: Table | None = self
        while table is not None:
            steps.append(table.step)
            table = table.parent
        return plain(".".join(step for step in reversed(steps) if step))

    def error(self, message: str, *, key: str = "", hint: str = "") -> LockError:
        """Return the error that ``message`` is, at ``key`` of this table."""
        return LockError(
            plain(message), file=self.file, table=self.where, key=plain(key), hint=hint
        )

    def _child(self, values: Mapping[str, object], step: str) -> Table:
        return Table(values=values, file=self.file, step=step, parent=self)

    def text(self, key: str) -> str | None:
        """Return the string at ``key``, or None where there is none."""
        value = self.values.get(key)
        return None if value is None else self._text(value, key)

    def _text(self, value: object, key: str) -> str:
        if not isinstance(value, str):
            raise self._type_error("a string", value, key)
        if len(value) > LONGEST_TEXT:
            raise self.error(
                f"expected at most {LONGEST_TEXT:,} characters, found {len(value):,}", key=key
            )
        return value

    def parse(self, key: str, parser: Callable[[str], T]) -> T | None:
        """Return what ``parser`` makes of the string at ``key``, or None where there is none."""
        text = self.text(key)
        return None if text is None else self._parsed(text, parser, key)

    def require(self, key: str, parser: Callable[[str], T]) -> T:
        """Return what ``parser`` makes of the string at ``key``, which has to be there."""
        text = self.text(key)
        if text is None:
            raise self.missing(key)
        return self._parsed(text, parser, key)

    def parse_each(self, key: str, parser: Callable[[str], T]) -> tuple[T, ...]:
        """Return what ``parser`` makes of each string of the array at ``key`` (none: empty)."""
        parsed = []
        for index, item in enumerate(self._array(key)):
            text = self._text(item, f"{key}[{index}]")
            parsed.append(self._parsed(text, parser, f"{key}[{index}]"))
        return tuple(parsed)

    def _parsed(self, text: str, parser: Callable[[str], T], key: str) -> T:
        try:
            return parser(text)
        except ValueError as error:
            raise self.error(str(error), key=key) from error

    def integer(self, key: str) -> int | None:
        """Return the integer at ``key``, zero or more, or None where there is none."""
        value = self.values.get(key)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool):
            raise self._type_error("an integer", value, key)
        if not 0 <= value <= _LARGEST_INTEGER:
            raise self.error("expected a number from zero to 2**63 - 1", key=key)
        return value

    def flag(self, key: str) -> bool:
        """Return the boolean at ``key``; false where there is none."""
        value = self.values.get(key, False)
        if not isinstance(value, bool):
            raise self._type_error("true or false", value, key)
        return value

    def table(self, key: str) -> Table | None:
        """Return the table at ``key``, or None where there is none."""
        value = self.values.get(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self._type_error("a table", value, key)
        return self._child(value, key)

    def tables(self, key: str) -> tuple[Table, ...]:
        """Return the tables of the array at ``key`` (none: empty)."""
        return self._tables(self._array(key), key)

    def tables_of_arrays(self, key: str) -> tuple[tuple[Table, ...], ...]:
        """Return the tables of the array of arrays at ``key`` (none: empty)."""
        rows = []
        for index, row in enumerate(self._array(key)):
            if not isinstance(row, list):
                raise self._type_error("an array", row, f"{key}[{index}]")
            rows.append(self._tables(row, f"{key}[{index}]"))
        return tuple(rows)

    def tables_by_name(
        self, key: str, parser: Callable[[str], T]
    ) -> tuple[tuple[T, tuple[Table, ...]], ...]:
        """Return the arrays of tables in the table at ``key``, each with its name (none: empty)."""
        table = self.table(key)
        if table is None:
            return ()
        return tuple((table.parse_key(name, parser), table.tables(name)) for name in table.values)

    def parse_key(self, key: str, parser: Callable[[str], T]) -> T:
        """Return what ``parser`` makes of ``key`` itself, where keys are names."""
        text = self._text(key, key)
        return self._parsed(text, parser, key or '""')

    def _tables(self, items: list[object], key: str) -> tuple[Table, ...]:
        tables = []
        for index, item in enumerate(items):
            if not isinstance(item, dict):
                raise self._type_error("a table", item, f"{key}[{index}]")
            tables.append(self._child(item, f"{key}[{index}]"))
        return tuple(tables)

    def _array(self, key: str) -> list[object]:
        value = self.values.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self._type_error("an array", value, key)
        return value

    def missing(self, key: str) -> LockError:
        """Return the error that ``key`` is not there."""
        return self.error(
            "missing, and it is required",
            key=key,
            hint="lock again: the file has been cut off, or changed by hand",
        )

    def _type_error(self, expected: str, found: object, key: str) -> LockError:
        return self.error(f"expected {expected}, found {_kind(found)}", key=key)


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    kinds = {
        str: "a string",
        int: "an integer",
        float: "a float",
        list: "an array",
        dict: "a table",
    }
    return kinds.get(type(value), "a date or a time")

"""An interpreter's snapshot as JSON, written and read back."""

from __future__ import annotations

import dataclasses
import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from syncsteps.errors import InterpreterError
from syncsteps.interpreter.model import InstalledDistribution, Interpreter, Libc, Owner, Scheme

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SCHEMA", "from_json", "from_mapping", "to_json"]

SCHEMA = 1
"""The version of the schema: another one means that older programs cannot read it."""

MARKER_VARIABLES = (
    "implementation_name",
    "implementation_version",
    "os_name",
    "platform_machine",
    "platform_python_implementation",
    "platform_release",
    "platform_system",
    "platform_version",
    "python_full_version",
    "python_version",
    "sys_platform",
)
"""PEP 508. What is left out would be filled from the machine that evaluates a marker."""

_CREDENTIALS = re.compile(r"(:(?:\\?/){2})([^/\\?#\s\"]*)@")
_HARMLESS = re.compile(r"git|\$\{\w+\}(?::\$\{\w+\})?")

T = TypeVar("T", str, int, bool, list[Any], dict[str, Any])


def to_json(interpreter: Interpreter, *, redact: bool = True) -> str:
    """Return the interpreter as JSON text of schema 1, which `from_json` reads back.

    Everything is kept but the credentials in the URLs of ``direct_url``, of which only what PEP 610
    allows stays: the user ``git``, and names of environment variables. Without ``redact`` they stay
    too.
    """
    value: dict[str, Any] = {"schema": SCHEMA, **dataclasses.asdict(interpreter)}
    value["environment"] = dict(interpreter.environment)
    for distribution in value["distributions"] if redact else ():
        distribution["direct_url"] = _redacted(distribution["direct_url"])
    return json.dumps(value, indent=2, default=os.fspath) + "\n"


def from_json(text: str, *, file: str = "") -> Interpreter:
    """Return the interpreter that this JSON text describes; ``file`` names it in errors.

    Raises:
        InterpreterError: the text is not JSON, is of another schema, or a key is missing or wrong.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InterpreterError(
            f"{file or 'The snapshot'} is not JSON: {error}.", hint=_HINT
        ) from error
    if not isinstance(value, dict):
        raise InterpreterError(
            f"{file or 'The snapshot'} holds {_kind(value)}, not an object.", hint=_HINT
        )
    schema = value.get("schema")
    if schema != SCHEMA or isinstance(schema, bool):
        raise InterpreterError(
            f"{file or 'The snapshot'} has schema {schema!r}; this program reads schema {SCHEMA}.",
            hint=_HINT,
        )
    return from_mapping(value, file=file)


def from_mapping(value: Mapping[str, object], *, file: str = "") -> Interpreter:
    """Return the interpreter that this mapping out of JSON describes.

    Raises:
        InterpreterError: a key is missing or holds a value of another type.
    """
    table = _Table(value, file=file)
    return Interpreter(
        executable=Path(table.get("executable", str)),
        version=table.get("version", str),
        implementation=table.get("implementation", str),
        prefix=Path(table.get("prefix", str)),
        base_prefix=Path(table.get("base_prefix", str)),
        environment=_environment(table.table("environment")),
        tags=table.strings("tags"),
        scheme=_scheme(table.table("scheme")),
        sys_path=table.paths("sys_path"),
        site_packages=table.paths("site_packages"),
        distributions=tuple(_distribution(one) for one in table.tables("distributions")),
        broken=table.paths("broken"),
        externally_managed=table.optional("externally_managed", str),
        unwritable=table.paths("unwritable"),
        free_space=table.optional("free_space", int),
        virtual=table.get("virtual", bool),
        base_executable=table.optional_path("base_executable"),
        libc=_libc(table.optional_table("libc")),
        bits=table.get("bits", int),
        free_threaded=table.get("free_threaded", bool),
        debug=table.get("debug", bool),
        standard_library=table.strings("standard_library"),
        python_headers=table.optional("python_headers", bool),
        build_tools=table.optional_strings("build_tools"),
        user=table.optional("user", int),
        unwritable_owners=table.numbers("unwritable_owners"),
    )


_HINT = "Record a snapshot anew with `syncsteps inspect`."


def _redacted(direct_url: str | None) -> str | None:
    def keep_harmless(match: re.Match[str]) -> str:
        return match[0] if _HARMLESS.fullmatch(match[2]) else match[1]

    return None if direct_url is None else _CREDENTIALS.sub(keep_harmless, direct_url)


def _kind(value: object) -> str:
    kinds = {
        dict: "an object",
        list: "a list",
        str: "a string",
        bool: "a truth value",
        int: "a whole number",
        float: "a number",
        type(None): "null",
    }
    return kinds[type(value)]


class _Table:
    """An object out of JSON that is read key by key; an error says where in the file it is."""

    def __init__(self, value: Mapping[str, object], *, file: str, where: str = "") -> None:
        self._value = value
        self._file = file
        self._where = where

    def _error(self, key: str, expected: str, found: str) -> InterpreterError:
        at = f"{self._where}.{key}" if self._where else key
        return InterpreterError(
            f"{self._file or 'The snapshot'}: key {at!r}: expected {expected}, found {found}.",
            hint=_HINT,
        )

    def get(self, key: str, kind: type[T]) -> T:
        if key not in self._value:
            raise self._error(key, _kind(kind()), "nothing")
        value = self._value[key]
        # A truth value is an int to Python, but not to JSON.
        if not isinstance(value, kind) or type(value) is not kind:
            raise self._error(key, _kind(kind()), _kind(value))
        return value

    def optional(self, key: str, kind: type[T]) -> T | None:
        return None if self._value.get(key) is None else self.get(key, kind)

    def optional_path(self, key: str) -> Path | None:
        value = self.optional(key, str)
        return None if value is None else Path(value)

    def strings(self, key: str) -> tuple[str, ...]:
        return self._items(key, str)

    def optional_strings(self, key: str) -> tuple[str, ...] | None:
        return None if self._value.get(key) is None else self.strings(key)

    def numbers(self, key: str) -> tuple[int, ...]:
        return self._items(key, int)

    def _items(self, key: str, kind: type[T]) -> tuple[T, ...]:
        found: list[T] = []
        for index, item in enumerate(self.get(key, list) if key in self._value else ()):
            if not isinstance(item, kind) or type(item) is not kind:
                raise self._error(f"{key}[{index}]", _kind(kind()), _kind(item))
            found.append(item)
        return tuple(found)

    def paths(self, key: str) -> tuple[Path, ...]:
        return tuple(Path(item) for item in self.strings(key))

    def table(self, key: str) -> _Table:
        where = f"{self._where}.{key}" if self._where else key
        return _Table(self.get(key, dict), file=self._file, where=where)

    def optional_table(self, key: str) -> _Table | None:
        return None if self._value.get(key) is None else self.table(key)

    def tables(self, key: str) -> tuple[_Table, ...]:
        found: list[_Table] = []
        for index, item in enumerate(self.get(key, list)):
            if not isinstance(item, dict):
                raise self._error(f"{key}[{index}]", "an object", _kind(item))
            found.append(_Table(item, file=self._file, where=f"{key}[{index}]"))
        return tuple(found)


def _environment(table: _Table) -> tuple[tuple[str, str], ...]:
    return tuple((name, table.get(name, str)) for name in MARKER_VARIABLES)


def _scheme(table: _Table) -> Scheme:
    names = ("purelib", "platlib", "scripts", "headers", "data")
    return Scheme(**{name: Path(table.get(name, str)) for name in names})


def _libc(table: _Table | None) -> Libc | None:
    if table is None:
        return None
    return Libc(name=table.get("name", str), version=table.get("version", str))


def _owner(table: _Table | None) -> Owner | None:
    if table is None:
        return None
    return Owner(
        manager=table.get("manager", str),
        package=table.get("package", str),
        needed_by=table.strings("needed_by"),
        needed_indirectly=table.strings("needed_indirectly"),
    )


def _distribution(table: _Table) -> InstalledDistribution:
    return InstalledDistribution(
        name=table.get("name", str),
        version=table.get("version", str),
        location=Path(table.get("location", str)),
        metadata=Path(table.get("metadata", str)),
        installer=table.optional("installer", str),
        direct_url=table.optional("direct_url", str),
        requires=table.strings("requires"),
        requires_python=table.optional("requires_python", str),
        owner=_owner(table.optional_table("owner")),
    )

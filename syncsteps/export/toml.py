"""TOML 1.0 for a pylock.toml: the few shapes that it has, in the order that they are given."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

__all__ = ["to_toml"]

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPES = {
    '"': '\\"',
    "\\": "\\\\",
    "\b": "\\b",
    "\t": "\\t",
    "\n": "\\n",
    "\f": "\\f",
    "\r": "\\r",
}


def to_toml(document: Mapping[str, object]) -> str:
    """Return ``document`` as TOML: scalars first, then each list of tables as arrays of tables.

    Tables below that are written inline. Values are strings, integers, booleans, mappings with
    string keys, and sequences of these.

    Raises:
        TypeError: another kind of value.
        ValueError: a string holds half of a surrogate pair, which TOML cannot express.
    """
    scalars: list[str] = []
    tables: list[str] = []
    for key, value in document.items():
        entries = _tables(value)
        for entry in entries:
            tables += ["", f"[[{_key(key)}]]"]
            tables += [f"{_key(k)} = {_value(v, wrapped=True)}" for k, v in entry.items()]
        if not entries:
            scalars.append(f"{_key(key)} = {_value(value)}")
    return "\n".join([*scalars, *tables]) + "\n"


def _tables(value: object) -> list[Mapping[str, object]]:
    """Return the tables that ``value`` is a list of; an empty list if it is something else."""
    if not isinstance(value, Sequence):
        return []
    found = [item for item in value if isinstance(item, Mapping)]
    return found if len(found) == len(value) else []


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _string(key)


def _value(value: object, *, wrapped: bool = False) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, Sequence):
        items = [_value(item) for item in value]
        if wrapped and items:
            return "[\n" + "".join(f"    {item},\n" for item in items) + "]"
        return f"[{', '.join(items)}]"
    raise TypeError(f"{type(value).__name__} has no place in a pylock.toml")


def _string(text: str) -> str:
    if text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'  # as nearly every text is: URLs and hashes, a million characters of them
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError(f"not Unicode text: {text!r}")
    return '"' + "".join(map(_character, text)) + '"'


def _character(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    return f"\\U{ord(character):08X}"

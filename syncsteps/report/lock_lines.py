"""On which line of a lock's text the entry of a package is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name, canonicalize_version

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["entry_lines"]

# A string over several lines, or what may have quotes in it without being one.
_TOML_TEXT = re.compile(
    r'"""(?:[^\\]|\\.)*?"""|\'\'\'.*?\'\'\''
    r'|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|#[^\n]*',
    re.DOTALL,
)
_TOML_ENTRY = re.compile(r"\s*\[\[\s*packages?\s*\]\]")
_TOML_KEY = re.compile(r"""\s*["']?(name|version)["']?\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_JSON_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"(\s*:)?|[{}\[\]\n]')
_JSON_ENTRY = 2  # below the whole and its category
_REQUIREMENT = re.compile(
    r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?\s*"
    r"(?:={2,3}\s*([^\s;,\\#]+)|[@;<>~!=\\#]|$)"
)
_WHEEL = re.compile(r"([A-Za-z0-9._]+)-([^-/\s]+)(?:-[^-/\s]+){3,4}\.whl\b")
_EGG = re.compile(r"#(?:.*&)?egg=([A-Za-z0-9._-]+)")


def entry_lines(text: str, *, lock_format: str) -> Mapping[tuple[str, str], int]:
    """Return the lines, from 1 on, of the entries in a lock's text: those that have their names.

    The keys are pairs of a normalized name and a normalized version, which is empty where the entry
    has none, and a second time with an empty version for the first entry of each name.
    ``lock_format`` is that of `syncsteps.locks.model.Lock`. What is written in an unusual way (a
    TOML array of inline tables) has no line.
    """
    if lock_format == "Pipfile.lock":
        found = _json_entries(text)
    elif lock_format == "requirements.txt":
        found = _requirement_entries(text)
    else:
        found = _toml_entries(text)
    lines: dict[tuple[str, str], int] = {}
    for name, version, line in found:
        canonical = canonicalize_name(name)
        lines.setdefault((canonical, canonicalize_version(version) if version else ""), line)
        lines.setdefault((canonical, ""), line)
    return lines


def _toml_entries(text: str) -> Iterator[tuple[str, str, int]]:
    if '"""' in text or "'''" in text:
        text = _TOML_TEXT.sub(_without_lines, text)
    values: dict[str, str] = {}
    line_of_name = 0
    inside = False
    for number, line in enumerate(text.split("\n"), 1):
        if line.lstrip().startswith("["):
            if "name" in values:
                yield values["name"], values.get("version", ""), line_of_name
            values = {}
            inside = _TOML_ENTRY.match(line) is not None
        elif inside and (match := _TOML_KEY.match(line)) is not None:
            value = match[2] if match[2] is not None else match[3]
            if values.setdefault(match[1], value) is value and match[1] == "name":
                line_of_name = number
    if "name" in values:
        yield values["name"], values.get("version", ""), line_of_name


def _without_lines(match: re.Match[str]) -> str:
    """Return a string over several lines as so many empty lines, and anything else as it is."""
    found = match[0]
    return "\n" * found.count("\n") if found.startswith(('"""', "'''")) else found


def _json_entries(text: str) -> Iterator[tuple[str, str, int]]:
    number, depth, category = 1, 0, ""
    name, version, line_of_name, key = "", "", 0, ""
    for match in _JSON_TOKEN.finditer(text):
        piece = match[0]
        if piece == "\n":
            number += 1
        elif piece in "{[":
            depth += 1
        elif piece in "}]":
            depth -= 1
            if depth == _JSON_ENTRY and name:
                yield name, version.lstrip("="), line_of_name
                name = version = ""
        elif match[2] is not None:  # a key
            key = match[1]
            if depth == 1:
                category = key
            elif depth == _JSON_ENTRY and category != "_meta":
                name, line_of_name = key, number
            number += piece.count("\n")
        elif depth == _JSON_ENTRY + 1 and key == "version":
            version = match[1]


def _requirement_entries(text: str) -> Iterator[tuple[str, str, int]]:
    continued = False
    for number, line in enumerate(text.split("\n"), 1):
        begins, continued = not continued, line.rstrip().endswith("\\")
        if not begins or line.lstrip().startswith("#"):
            continue
        match = _REQUIREMENT.match(line)
        if match is not None:
            yield match[1], match[2] or "", number
        elif (wheel := _WHEEL.search(line)) is not None:
            yield wheel[1], wheel[2], number
        elif (egg := _EGG.search(line)) is not None:
            yield egg[1], "", number

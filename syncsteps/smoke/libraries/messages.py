"""Which library an import error is about, read off its text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import tomli

__all__ = ["library_in"]

_LONGEST = 100_000
# What stands around a bare name: lib…, a version after a hyphen, and the suffixes of three systems.
_AROUND = re.compile(r"(?:lib)?(?P<name>.+?)(?:-\d+)?(?:\.(?:dll|dylib|so[.\d]*))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Message:
    pattern: re.Pattern[str]
    soname: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    messages: tuple[_Message, ...]
    names: dict[str, str]


def library_in(message: str) -> str | None:
    """Return the soname of the system library that this error message misses, or None.

    That is the text of an exception, or what a process wrote at its end. glibc's and musl's
    loaders name the file; for what libraries say in words of their own, there is a table. A library
    that is given with a path is a file of somebody's own, not the system's: that is None too, but
    for one that was found in another version. A library whose number differs from system to system
    comes without it.
    """
    table = _table()
    text = message[-_LONGEST:]
    for each in table.messages:
        for match in each.pattern.finditer(text):
            soname = _soname(match, each, table.names)
            if soname is not None:
                return soname
    return None


def _soname(match: re.Match[str], message: _Message, names: dict[str, str]) -> str | None:
    groups = match.groupdict()
    if "name" not in groups:
        return groups.get("soname") or message.soname
    bare = groups["name"]
    if re.search(r"\.so\.\d", bare):
        return bare
    around = _AROUND.fullmatch(bare)
    # The hyphen may belong to the name, as in glib-2.0.
    candidates = (bare, bare.removeprefix("lib"), around["name"] if around else "")
    return next((names[name] for name in candidates if name in names), None)


@lru_cache(maxsize=1)
def _table() -> _Table:
    data: dict[str, Any] = tomli.loads(
        resources.files(__package__).joinpath("messages.toml").read_text(encoding="utf-8")
    )
    return _Table(
        messages=tuple(
            _Message(pattern=re.compile(row["pattern"]), soname=row.get("soname", ""))
            for row in data["message"]
        ),
        names=data["names"],
    )

"""The tables that profiles come from: one file of TOML for each family of images.

``[parts.NAME]`` holds facts, and ``[profiles]`` says of each name which parts it is made of, in
order: what a later part says counts, but ``source`` and ``approximate`` say something more, and
``distributions`` are added. ``{python}`` in a path stands for ``3.12``, ``{digits}`` for ``312``.
"""

from __future__ import annotations

import functools
import pkgutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import tomli

from syncsteps.errors import InterpreterError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FAMILIES", "Profile", "profiles_of", "standard_library"]

FAMILIES = ("alpine", "amazonlinux", "debian", "python", "ubi", "ubuntu")
"""The tables; an image's name starts with the name of its family."""

_ADDED = {"source": " ", "approximate": "; "}


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What is recorded of an image, for every processor that it is published for.

    ``source`` says how its facts were found, ``as_of`` when (a date), and ``approximate`` which of
    them are not exactly those of every image of this name. ``facts`` are what its parts say.
    """

    name: str
    source: str
    as_of: str
    approximate: str
    facts: Mapping[str, Any]

    @property
    def python(self) -> str:
        """The version of Python without its patch release, such as ``3.12``."""
        return ".".join(str(self.facts["version"]).split(".")[:2])


@functools.cache
def profiles_of(family: str) -> Mapping[str, Profile]:
    """Return the profiles of one of the `FAMILIES` by name, in the order of its table.

    Raises:
        InterpreterError: the table is not there.
    """
    table = _read(family)
    return {
        name: _profile(name, [table["parts"][part] for part in parts])
        for name, parts in table["profiles"].items()
    }


@functools.cache
def standard_library(python: str) -> frozenset[str]:
    """Return the names of the standard library's modules, less the private ones, of ``python``.

    That is a version such as ``3.12``, from 3.9 on.

    Raises:
        InterpreterError: the table is not there.
    """
    names: set[str] = set()
    for version, changes in _read("standard_library").items():
        names |= set(changes["came"].split())
        names -= set(changes.get("went", "").split())
        if version == python:
            break
    return frozenset(names)


def _profile(name: str, parts: list[Mapping[str, Any]]) -> Profile:
    facts: dict[str, Any] = {}
    for part in parts:
        for key, value in part.items():
            if key in _ADDED and facts.get(key):
                facts[key] += f"{_ADDED[key]}{value}"
            elif key == "distributions":
                facts[key] = [*facts.get(key, []), *value]
            else:
                facts[key] = value
    return Profile(
        name=name,
        source=facts.pop("source"),
        as_of=facts.pop("as_of"),
        approximate=facts.pop("approximate", ""),
        facts=facts,
    )


def _read(table: str) -> dict[str, Any]:
    # The loader, because this package may lie in a zip file; importlib.resources is slow to import.
    try:
        content = pkgutil.get_data(__package__, f"{table}.toml")
    except OSError:
        content = None
    if content is None:
        raise InterpreterError(
            f"A part of syncsteps is missing: its table {table}.toml.", hint="Install it again."
        )
    return tomli.loads(content.decode("utf-8"))

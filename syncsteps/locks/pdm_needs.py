"""Requirements as pdm writes them: PEP 508, and editable lines that PEP 508 has no place for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from packaging.requirements import InvalidRequirement, Requirement

from syncsteps.locks.values import is_url, parse_marker, parse_name, parse_specifier, quoted

if TYPE_CHECKING:
    from packaging.markers import Marker
    from packaging.specifiers import SpecifierSet

__all__ = ["Need", "normal_group", "parse_group", "parse_need", "parse_requires_python"]

_EDITABLE = "-e "
_MARKER_START = re.compile(r"\s+;\s*|;\s+")
_NOT_OF_A_GROUP = re.compile(r"[^A-Za-z0-9]+")
# Metadata that is older than PEP 440's final text has ">=3.6.*", which means ">=3.6".
_WILDCARD = re.compile(r"(?P<operator>[<>]=?)\s*(?P<version>[0-9]+(?:\.[0-9]+)*)\.\*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What a package or the project requires. ``direct``: by an address, whatever its version."""

    name: str
    extras: tuple[str, ...]
    specifier: SpecifierSet
    marker: Marker | None
    direct: bool


def parse_need(text: str) -> Need:
    """Return what the line ``text`` requires: ``NAME…`` or ``-e URL#egg=NAME``.

    Raises:
        ValueError: it is no requirement, or an address that does not say whose it is.
    """
    line = text.removeprefix(_EDITABLE).strip()
    try:
        requirement = Requirement(line)
    except (InvalidRequirement, RecursionError):
        return _address(line)
    return Need(
        name=parse_name(requirement.name),
        extras=tuple(sorted(map(parse_name, requirement.extras))),
        specifier=parse_specifier(str(requirement.specifier)),
        marker=None if requirement.marker is None else parse_marker(str(requirement.marker)),
        direct=requirement.url is not None,
    )


def _address(line: str) -> Need:
    target, *marker = _MARKER_START.split(line, maxsplit=1)
    egg = dict(parse_qsl(target.partition("#")[2])).get("egg")
    if egg is None:
        raise ValueError(
            f"{quoted(line)} is not a requirement with a name (PEP 508: NAME, or NAME @ URL; of an"
            " editable one pdm itself writes URL#egg=NAME)"
        )
    try:
        named = Requirement(egg)
    except (InvalidRequirement, RecursionError):
        raise ValueError(f"{quoted(egg)} is not a name, with or without extras") from None
    return Need(
        name=parse_name(named.name),
        extras=tuple(sorted(map(parse_name, named.extras))),
        specifier=parse_specifier(""),
        marker=parse_marker(marker[0]) if marker else None,
        direct=True,
    )


def normal_group(text: str) -> str:
    """Return the name of a group or an extra as pdm compares it, which is not by PEP 503."""
    return _NOT_OF_A_GROUP.sub("-", text).lower()


def parse_group(text: str) -> str:
    """Return the normalized name of a group or an extra; pdm takes any signs for hyphens."""
    if not text.isprintable() or is_url(text):
        raise ValueError(f"{quoted(text)} is not the name of a group or an extra")
    return parse_name(normal_group(text))


def parse_requires_python(text: str) -> SpecifierSet:
    """Return a Requires-Python, also one with a wildcard where PEP 440 allows none."""
    return parse_specifier(_WILDCARD.sub(_without_wildcard, text))


def _without_wildcard(match: re.Match[str]) -> str:
    # As pdm reads it: every 3.6.x satisfies ">3.6.*", and none satisfies "<=3.6.*".
    operator = ">=" if match["operator"].startswith(">") else "<"
    return f"{operator}{match['version']}.0"

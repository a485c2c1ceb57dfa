"""Dependencies as poetry writes them, in its lock and in ``[tool.poetry]``, and PEP 508's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from packaging.requirements import InvalidRequirement, Requirement

from syncsteps.locks.fields import Table
from syncsteps.locks.poetry_constraints import Constraint, parse_constraint, python_markers
from syncsteps.locks.poetry_markers import both, plain_extras
from syncsteps.locks.values import parse_marker, parse_name, parse_specifier, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Need", "named_in", "parse_requirement", "read_needs"]

T = TypeVar("T")

_PYTHON = "python"
_NAMED = re.compile(r"\s*(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[(?P<extras>[^\]]*)\])?")
_PLATFORM = re.compile(r"(?P<operator>==|!=|=)?\s*(?P<value>[A-Za-z0-9_.-]+)")
_DIRECT = {"git": "git", "url": "url", "path": "path", "file": "path"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What a package or the project requires.

    ``kind`` is None for what an index has, else ``git``, ``url`` or ``path`` as in an entry.
    ``index`` is the project's name for the index that it has to come from. ``marker`` is a text.
    """

    name: str
    constraint: Constraint
    kind: str | None = None
    index: str | None = None
    extras: tuple[str, ...] = ()
    optional: bool = False
    marker: str | None = None


def read_needs(table: Table) -> Iterator[Need]:
    """Yield what a table of dependencies by name requires; Python itself is left out.

    Raises:
        LockError: one of them cannot be read.
    """
    for key, value in table.values.items():
        if key.lower() == _PYTHON:
            continue
        name = table.parse_key(key, parse_name)
        if not isinstance(value, list):
            yield _need(table, name, value, key)
            continue
        for index, item in enumerate(value):
            yield _need(table, name, item, f"{key}[{index}]")


def _need(table: Table, name: str, value: object, where: str) -> Need:
    if isinstance(value, str):
        constraint = _parsed(table, where, value, parse_constraint)
        return Need(name=name, constraint=constraint)
    if not isinstance(value, dict):
        raise table.error("expected a version constraint, or a table with one", key=where)
    row = Table(values=value, file=table.file, step=where, parent=table)
    marker = row.parse("markers", parse_marker)
    pythons = row.parse("python", parse_constraint)
    return Need(
        name=name,
        constraint=row.parse("version", parse_constraint) or parse_constraint("*"),
        kind=next((kind for key, kind in _DIRECT.items() if key in value), None),
        index=row.text("source"),
        extras=tuple(sorted(row.parse_each("extras", parse_name))),
        optional=row.flag("optional"),
        marker=both(
            None if marker is None else plain_extras(str(marker)),
            None if pythons is None else python_markers(pythons),
            row.parse("platform", _platform),
        ),
    )


def _parsed(table: Table, where: str, text: str, parser: Callable[[str], T]) -> T:
    try:
        return parser(text)
    except ValueError as error:
        raise table.error(str(error), key=where) from error


def _platform(text: str) -> str:
    """Return the marker that ``platform = "…"`` of a dependency means."""
    return " or ".join(
        " and ".join(_one_platform(item.strip(), text) for item in alternative.split(","))
        for alternative in text.replace("||", "|").split("|")
    )


def _one_platform(item: str, whole: str) -> str:
    match = _PLATFORM.fullmatch(item)
    if match is None:
        raise ValueError(f"{quoted(whole)} is not a constraint on sys.platform")
    return f'sys_platform {"!=" if match["operator"] == "!=" else "=="} "{match["value"]}"'


def parse_requirement(text: str) -> Need:
    """Return what the requirement ``text`` (PEP 508) requires.

    Raises:
        ValueError: it is none.
    """
    try:
        requirement = Requirement(text)
    except (InvalidRequirement, RecursionError):
        raise ValueError(f"{quoted(text)} is not a requirement (PEP 508)") from None
    marker = None if requirement.marker is None else parse_marker(str(requirement.marker))
    return Need(
        name=parse_name(requirement.name),
        constraint=Constraint(alternatives=(parse_specifier(str(requirement.specifier)),)),
        kind=None if requirement.url is None else _kind_of(requirement.url),
        extras=tuple(sorted(map(parse_name, requirement.extras))),
        marker=None if marker is None else plain_extras(str(marker)),
    )


def _kind_of(url: str) -> str:
    if url.startswith("git+"):
        return "git"
    return "path" if url.startswith("file:") else "url"


def named_in(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the package and the extras that an item of ``[package.extras]`` names.

    The rest of it has to be no requirement: poetry has written some that are not.

    Raises:
        ValueError: it does not begin with a name.
    """
    match = _NAMED.match(text)
    if match is None:
        raise ValueError(f"{quoted(text)} names no package")
    extras = (extra.strip() for extra in (match["extras"] or "").split(","))
    return parse_name(match["name"].rstrip("._-")), tuple(
        parse_name(extra) for extra in extras if extra
    )

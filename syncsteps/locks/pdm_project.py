"""What a pdm.lock leaves to pyproject.toml: names, extras and groups, and who requires what."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from syncsteps.locks.fields import Table
from syncsteps.locks.pdm_needs import (
    normal_group,
    parse_group,
    parse_need,
    parse_requires_python,
)
from syncsteps.locks.values import parse_name, parse_version

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from packaging.specifiers import SpecifierSet
    from packaging.version import Version

    from syncsteps.locks.pdm_needs import Need

__all__ = ["DEFAULT", "PdmProject", "read_project", "requirements_of"]

# The group that pdm keeps the project's own runtime dependencies in.
DEFAULT = "default"

_FILE = "pyproject.toml"
_INCLUDE = "include-group"
# "NAME[EXTRA,…]" and nothing else: with a version or a marker it is a requirement like others.
_REFERENCE = re.compile(r"(?P<name>[^\[\]]+?)(?:\[(?P<extras>[^\[\]]+)\])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class PdmProject:
    """The project beside a lock.

    ``installable``: it is a distribution, which pdm installs along with what it requires.
    ``extras`` and ``groups`` are every name, `DEFAULT` left out, that pyproject.toml has.
    ``left_out`` are packages that pdm is told to leave out wherever they are required.
    """

    table: Table
    name: str | None
    version: Version | None
    installable: bool
    requires_python: SpecifierSet | None
    extras: tuple[str, ...]
    groups: tuple[str, ...]
    left_out: frozenset[str]


def read_project(pyproject: Mapping[str, object] | None) -> PdmProject:
    """Return what ``pyproject``, a pyproject.toml, says; nothing at all where there is none (None).

    Raises:
        LockError: a value is of another type or form than it has to be.
    """
    top = Table(values=pyproject or {}, file=_FILE)
    project = _inner(top, "project")
    pdm = _inner(_inner(top, "tool"), "pdm")
    excludes = _inner(pdm, "resolution").parse_each("excludes", parse_name)
    return PdmProject(
        table=top,
        name=project.parse("name", parse_name),
        version=project.parse("version", parse_version),
        installable=_is_installable(top, project, pdm),
        requires_python=project.parse("requires-python", parse_requires_python),
        extras=tuple(name for name, _ in _named_arrays(project, "optional-dependencies")),
        groups=tuple(dict.fromkeys(name for name, _ in _development(top))),
        left_out=frozenset(excludes),
    )


def requirements_of(project: PdmProject, group: str) -> tuple[Need, ...]:
    """Return what an extra or a group of the project requires, or (`DEFAULT`) the project itself.

    References to the project's own extras, and groups that a group includes, are followed.

    Raises:
        LockError: one of them does not exist, or a requirement cannot be read.
    """
    extras, groups = _arrays(project)
    needs: dict[Need, None] = {}
    waiting, seen = [group], {group}
    while waiting:
        current = waiting.pop()
        for table, key in extras.get(current) or groups.get(current) or []:
            for item, where in _items(table, key):
                referred = _referred(item, project, in_group=current not in extras)
                if referred is None:
                    needs[_need(table, item, where)] = None
                    continue
                for name in referred:
                    allowed = extras if current in extras else {**extras, **groups}
                    if name not in allowed:
                        raise table.error(f"there is no extra or group {name!r}", key=where)
                waiting += [name for name in referred if name not in seen]
                seen.update(referred)
    return tuple(needs)


def _inner(table: Table, key: str) -> Table:
    return table.table(key) or Table(values={}, file=table.file, step=key, parent=table)


def _is_installable(top: Table, project: Table, pdm: Table) -> bool:
    if "build-system" not in top.values or "name" not in project.values:
        return False
    # The older name of the same setting.
    if "package-type" in pdm.values:
        return pdm.text("package-type") == "library"
    return pdm.flag("distribution") if "distribution" in pdm.values else True


def _named_arrays(table: Table, key: str) -> Iterator[tuple[str, tuple[Table, str]]]:
    inner = _inner(table, key)
    for name in inner.values:
        yield inner.parse_key(name, parse_group), (inner, name)


def _development(top: Table) -> Iterator[tuple[str, tuple[Table, str]]]:
    yield from _named_arrays(top, "dependency-groups")
    yield from _named_arrays(_inner(_inner(top, "tool"), "pdm"), "dev-dependencies")


def _arrays(
    project: PdmProject,
) -> tuple[dict[str, list[tuple[Table, str]]], dict[str, list[tuple[Table, str]]]]:
    """Return where the arrays of extras and of groups are; a group may have one in two tables."""
    metadata = _inner(project.table, "project")
    extras = {name: [place] for name, place in _named_arrays(metadata, "optional-dependencies")}
    extras[DEFAULT] = [(metadata, "dependencies")]
    groups: dict[str, list[tuple[Table, str]]] = {}
    for name, place in _development(project.table):
        groups.setdefault(name, []).append(place)
    return extras, groups


def _items(table: Table, key: str) -> Iterator[tuple[object, str]]:
    """Yield the items of an array, each with its place; they are strings and tables."""
    values = table.values.get(key, [])
    if not isinstance(values, list):
        raise table.error("expected an array", key=key)
    for index, item in enumerate(values):
        yield item, f"{key}[{index}]"


def _referred(item: object, project: PdmProject, *, in_group: bool) -> tuple[str, ...] | None:
    """Return the extras and groups that ``item`` stands for, None if it is a requirement."""
    if isinstance(item, dict) and in_group and list(item) == [_INCLUDE]:
        included = item[_INCLUDE]
        return (normal_group(included),) if isinstance(included, str) else None
    match = _REFERENCE.fullmatch(item) if isinstance(item, str) else None
    if match is None or project.name is None or canonicalize_name(match["name"]) != project.name:
        return None
    extras = (match["extras"] or "").split(",")
    return tuple(normal_group(extra.strip()) for extra in extras if extra.strip())


def _need(table: Table, item: object, where: str) -> Need:
    if not isinstance(item, str):
        raise table.error("expected a requirement, or a group to include", key=where)
    try:
        return parse_need(item)
    except ValueError as error:
        raise table.error(str(error), key=where) from error

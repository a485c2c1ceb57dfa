"""What a poetry.lock leaves to pyproject.toml: the project itself, and what it requires."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from syncsteps.locks.fields import Table
from syncsteps.locks.poetry_needs import parse_requirement, read_needs
from syncsteps.locks.values import parse_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from syncsteps.locks.poetry_needs import Need

    Rows = tuple[tuple[str, tuple[Need, ...]], ...]

__all__ = [
    "PoetryProject",
    "Requirements",
    "default_group_names",
    "group_names",
    "read_project",
    "requirements_of",
]

_FILE = "pyproject.toml"
_INCLUDE = "include-group"
_LEGACY, _LEGACY_GROUP = "dev-dependencies", "dev"


@dataclass(frozen=True, slots=True, kw_only=True)
class PoetryProject:
    """The project beside a lock. ``installable``: it is a distribution, and is installed too."""

    table: Table
    name: str | None
    installable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirements:
    """What a project requires: itself, by its extras and by its groups, empty ones included."""

    main: tuple[Need, ...]
    extras: Rows
    groups: Rows


def read_project(pyproject: Mapping[str, object] | None) -> PoetryProject:
    """Return what ``pyproject``, a pyproject.toml, says; nothing at all where there is none (None).

    Raises:
        LockError: a value is of another type or form than it has to be.
    """
    top = Table(values=pyproject or {}, file=_FILE)
    poetry, project = _poetry(top), _inner(top, "project")
    name = project.parse("name", parse_name) or poetry.parse("name", parse_name)
    package_mode = poetry.flag("package-mode") if "package-mode" in poetry.values else True
    return PoetryProject(
        table=top,
        name=name,
        installable=name is not None and package_mode and "build-system" in top.values,
    )


def group_names(project: PoetryProject) -> tuple[str, ...]:
    """Return the names of every dependency group of the project.

    Raises:
        LockError: a table is none, or a name is not one.
    """
    poetry = _poetry(project.table)
    tables = (_inner(project.table, "dependency-groups"), _inner(poetry, "group"))
    names = [table.parse_key(key, parse_name) for table in tables for key in table.values]
    names += [_LEGACY_GROUP] if _LEGACY in poetry.values else []
    return tuple(dict.fromkeys(names))


def default_group_names(project: PoetryProject) -> tuple[str, ...]:
    """Return the names of the groups that poetry installs by itself: those that are not optional.

    Raises:
        LockError: a table is none, a name is not one, or ``optional`` is neither true nor false.
    """
    own = _inner(_poetry(project.table), "group")
    optional = {
        own.parse_key(key, parse_name) for key in own.values if _inner(own, key).flag("optional")
    }
    return tuple(name for name in group_names(project) if name not in optional)


def requirements_of(project: PoetryProject) -> Requirements:
    """Return what the project requires.

    ``[project]`` counts where it says anything of dependencies, and what it declares to be dynamic
    is taken from ``[tool.poetry]``, as is all of it otherwise.

    Raises:
        LockError: a requirement cannot be read, or a group includes one that is not there.
    """
    top = project.table
    poetry, metadata = _poetry(top), _inner(top, "project")
    legacy = tuple(read_needs(_inner(poetry, "dependencies")))
    legacy_extras = _legacy_extras(poetry, legacy)
    main = tuple(need for need in legacy if not need.optional)
    extras = legacy_extras
    dynamic = metadata.parse_each("dynamic", str)
    if "dependencies" in metadata.values or "optional-dependencies" in metadata.values:
        if "dependencies" not in dynamic:
            main = metadata.parse_each("dependencies", parse_requirement)
        if "optional-dependencies" not in dynamic:
            optional = _inner(metadata, "optional-dependencies")
            extras = tuple(
                (optional.parse_key(key, parse_name), optional.parse_each(key, parse_requirement))
                for key in optional.values
            )
    return Requirements(main=main, extras=extras, groups=_groups(top))


def _legacy_extras(poetry: Table, needs: Iterable[Need]) -> Rows:
    extras = _inner(poetry, "extras")
    rows = []
    for key in extras.values:
        named = set(extras.parse_each(key, parse_name))
        chosen = tuple(replace(need, optional=False) for need in needs if need.name in named)
        rows.append((extras.parse_key(key, parse_name), chosen))
    return tuple(rows)


def _groups(top: Table) -> Rows:
    groups = _Groups()
    standard = _inner(top, "dependency-groups")
    for key in standard.values:
        groups.add_standard(standard, key)
    own = _inner(_poetry(top), "group")
    for key in own.values:
        groups.add_poetrys(own.parse_key(key, parse_name), _inner(own, key))
    if _LEGACY in _poetry(top).values:
        needs = groups.needs.setdefault(_LEGACY_GROUP, [])
        needs += read_needs(_inner(_poetry(top), _LEGACY))
    return tuple((name, groups.whole(name)) for name in groups.needs)


class _Groups:
    """What each group requires by itself, and which others it includes."""

    def __init__(self) -> None:
        self.needs: dict[str, list[Need]] = {}
        self._includes: defaultdict[str, list[tuple[str, Table]]] = defaultdict(list)

    def add_standard(self, table: Table, key: str) -> None:
        """Add a group of ``[dependency-groups]`` (PEP 735)."""
        name = table.parse_key(key, parse_name)
        needs = self.needs.setdefault(name, [])
        items = table.values[key]
        if not isinstance(items, list):
            raise table.error("expected an array", key=key)
        for index, item in enumerate(items):
            where = f"{key}[{index}]"
            if isinstance(item, dict):
                row = Table(values=item, file=table.file, step=where, parent=table)
                self._includes[name].append((row.require(_INCLUDE, parse_name), row))
            else:
                # A list of one, so that whatever is no string is refused in the usual words.
                single = Table(values={where: [item]}, file=table.file, parent=table)
                needs += single.parse_each(where, parse_requirement)

    def add_poetrys(self, name: str, table: Table) -> None:
        """Add a group of ``[tool.poetry.group]``.

        Where the standard table has it too, this one only says more about the same packages.
        """
        needs = self.needs.setdefault(name, [])
        if not needs:
            needs += read_needs(_inner(table, "dependencies"))
        for included in table.parse_each("include-groups", parse_name):
            self._includes[name].append((included, table))

    def whole(self, name: str) -> tuple[Need, ...]:
        """Return what a group requires, along with all that it includes."""
        needs = dict.fromkeys(self.needs[name])
        waiting, seen = [name], {name}
        while waiting:
            for included, table in self._includes[waiting.pop()]:
                if included not in self.needs:
                    raise table.error(f"there is no group {included!r} to include")
                if included not in seen:
                    needs.update(dict.fromkeys(self.needs[included]))
                    seen.add(included)
                    waiting.append(included)
        return tuple(needs)


def _poetry(top: Table) -> Table:
    return _inner(_inner(top, "tool"), "poetry")


def _inner(table: Table, key: str) -> Table:
    return table.table(key) or Table(values={}, file=table.file, step=key, parent=table)

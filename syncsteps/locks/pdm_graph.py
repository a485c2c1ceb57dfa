"""A pdm.lock without inherited metadata: who requires whom has to be followed from the project."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from syncsteps.locks.model import Dependency, Directory, Package
from syncsteps.locks.pdm_needs import parse_need
from syncsteps.locks.pdm_project import DEFAULT, requirements_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from syncsteps.locks.pdm_entries import Entry
    from syncsteps.locks.pdm_needs import Need
    from syncsteps.locks.pdm_project import PdmProject

__all__ = ["linked", "root_package"]

# Of a project that is never installed, where it has no name, or that of a package that it requires.
_UNNAMED = "the-project-itself"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Links:
    """Finds the entry that is required, by its name and version, as pdm does."""

    packages: Mapping[str, Sequence[Package]]
    left_out: frozenset[str]

    def edges(self, needs: Iterable[Need]) -> tuple[Dependency, ...]:
        return tuple(self._edge(need) for need in needs if need.name not in self.left_out)

    def _edge(self, need: Need) -> Dependency:
        edge = Dependency(name=need.name, extras=need.extras, marker=need.marker)
        named = self.packages.get(need.name, ())
        # An override may have led to a version that the requirement itself would not allow.
        if len(named) <= 1:
            return edge
        fitting = [package for package in named if _fits(package, need)]
        if len(fitting) != 1:
            return edge
        (package,) = fitting
        return replace(edge, version=package.version, source_id=package.source_id)


def _fits(package: Package, need: Need) -> bool:
    if need.direct or package.source is not None:
        return need.direct == (package.source is not None)
    return package.version is not None and need.specifier.contains(
        package.version, prereleases=True
    )


def linked(merged: Sequence[Sequence[Entry]], project: PdmProject) -> tuple[Package, ...]:
    """Return a package for each row of entries, which are the same package with various extras.

    Raises:
        LockError: a dependency cannot be read.
    """
    links = _links((row[0].package for row in merged), project)
    return tuple(_linked(row, links) for row in merged)


def root_package(
    packages: Sequence[Package], project: PdmProject, locked: Sequence[str] | None
) -> Package:
    """Return the project, which a pdm.lock does not list, with edges to ``packages``.

    It has the extras and groups that were ``locked`` (None: all of them).

    Raises:
        LockError: a requirement in pyproject.toml cannot be read.
    """
    links = _links(packages, project)
    named = project.name is not None and project.name not in links.packages
    extras, groups = (
        tuple(
            (name, links.edges(requirements_of(project, name)))
            for name in names
            if locked is None or name in locked
        )
        for names in (project.extras, project.groups)
    )
    return Package(
        name=project.name if named and project.name is not None else _UNNAMED,
        version=project.version,
        source=Directory(path=".", virtual=not project.installable),
        source_id="project",
        dependencies=links.edges(requirements_of(project, DEFAULT)),
        optional_dependencies=extras,
        dependency_groups=groups,
    )


def _links(packages: Iterable[Package], project: PdmProject) -> _Links:
    by_name: defaultdict[str, list[Package]] = defaultdict(list)
    for package in packages:
        by_name[package.name].append(package)
    return _Links(packages=by_name, left_out=project.left_out)


def _linked(row: Sequence[Entry], links: _Links) -> Package:
    added: defaultdict[tuple[str, ...], dict[Dependency, None]] = defaultdict(dict)
    for entry in row:
        added[entry.extras].update(dict.fromkeys(_edges(entry, links)))
    return replace(
        row[0].package,
        dependencies=tuple(added.pop((), ())),
        optional_dependencies=tuple(
            (extra, _common([edges for extras, edges in added.items() if extra in extras]))
            for extra in sorted({extra for extras in added for extra in extras})
        ),
    )


def _common(rows: Sequence[Mapping[Dependency, None]]) -> tuple[Dependency, ...]:
    """Return what every row has.

    pdm locks each combination of extras that is required, with what all of them add. What one extra
    adds is in all combinations that it is in, so that together the extras of a combination have
    what the combination has, and no more.
    """
    return tuple(edge for edge in rows[0] if all(edge in row for row in rows[1:]))


def _edges(entry: Entry, links: _Links) -> tuple[Dependency, ...]:
    edges = links.edges(entry.table.parse_each("dependencies", parse_need))
    # An entry with extras requires the one without: here they are one package.
    return tuple(edge for edge in edges if edge.name != entry.package.name or edge.extras)

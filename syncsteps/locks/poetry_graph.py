"""A poetry.lock before version 2.1: who requires whom has to be followed from the project."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from packaging.version import Version

from syncsteps.locks.model import Dependency, Directory, Package
from syncsteps.locks.poetry_constraints import whole_python_markers
from syncsteps.locks.poetry_markers import both, either, negated
from syncsteps.locks.poetry_needs import named_in, read_needs
from syncsteps.locks.values import parse_marker, parse_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from packaging.markers import Marker

    from syncsteps.locks.fields import Table
    from syncsteps.locks.poetry_constraints import Constraint
    from syncsteps.locks.poetry_entries import Entry
    from syncsteps.locks.poetry_needs import Need
    from syncsteps.locks.poetry_project import PoetryProject, Requirements

__all__ = ["NOT_LOCKED", "linked", "root_name"]

# Of a project that has no name, which is never installed.
_UNNAMED = "the-project-itself"
_PROJECT = "project"
NOT_LOCKED = frozenset({"setuptools", "distribute", "pip", "wheel"})
"""What poetry has left out of its locks, wherever it is required."""
# Real locks have up to five versions of a package: a thousand would take a million conditions.
_MOST_VERSIONS = 20
_LONGEST_WISH = 5000
_PYTHONS = tuple(Version(f"3.{minor}.{micro}") for minor in range(40) for micro in (0, 50))


def root_name(project: PoetryProject) -> str:
    """Return what the project's own package is called."""
    return project.name or _UNNAMED


def linked(
    entries: Sequence[Entry],
    project: PoetryProject,
    requirements: Requirements,
    *,
    pythons: Constraint,
    markers: bool,
) -> tuple[Package, ...]:
    """Return the packages with their edges, and after them the project with its own.

    ``pythons`` are those that the lock is for. ``markers`` is false for version 1.0, in which
    dependencies have none: what is not locked then does not mean that anything is missing.

    Raises:
        LockError: a dependency cannot be read, or leads to nothing that is locked.
    """
    root = root_name(project)
    # What requires the project itself means its directory.
    links = _Links(
        [entry for entry in entries if entry.package.name != root], root, pythons, markers=markers
    )
    rows = [_Row(entry) for entry in links.entries]
    for position, row in enumerate(rows):
        links.wish(position, row.plain)
    links.wish(None, (need for _, needs in requirements.groups for need in needs))
    links.wish(None, requirements.main)
    return (
        *(row.package(position, links) for position, row in enumerate(rows)),
        Package(
            name=root,
            source=Directory(path=".", virtual=not project.installable),
            source_id=_PROJECT,
            dependencies=links.edges(None, requirements.main, project.table),
            optional_dependencies=tuple(
                (extra, links.edges(None, needs, project.table))
                for extra, needs in requirements.extras
            ),
            dependency_groups=tuple(
                (group, links.edges(None, needs, project.table))
                for group, needs in requirements.groups
            ),
        ),
    )


class _Row:
    """What an entry requires, by itself and for its extras."""

    def __init__(self, entry: Entry) -> None:
        self._entry = entry
        table = entry.table.table("dependencies")
        needs = () if table is None else tuple(read_needs(table))
        self.plain = [need for need in needs if not need.optional]
        self._optional = [need for need in needs if need.optional]

    def package(self, position: int, links: _Links) -> Package:
        """Return the package with its edges."""
        table = self._entry.table
        extras = table.table("extras")
        return replace(
            self._entry.package,
            dependencies=links.edges(position, self.plain, table),
            optional_dependencies=()
            if extras is None
            else tuple(
                (extras.parse_key(key, parse_name), self._extra(extras, key, position, links))
                for key in extras.values
            ),
        )

    def _extra(
        self, extras: Table, key: str, position: int, links: _Links
    ) -> tuple[Dependency, ...]:
        named: defaultdict[str, set[str]] = defaultdict(set)
        for name, of_name in extras.parse_each(key, named_in):
            named[name].update(of_name)
        needs = [need for need in self._optional if need.name in named]
        edges = links.edges(position, needs, extras)
        # An extra may be made up of others of the same package.
        own = tuple(sorted(named[self._entry.package.name]))
        if not own:
            return edges
        return (*edges, links.edge(position, marker=None, extras=own, where=extras))


class _Links:
    """Finds the entries that are required by name and constraint.

    Of several that a constraint allows, poetry takes what all constraints allow that apply. Those
    that allow a single one are the ``wishes`` for it. Where there is none, or none that applies,
    the newest one is taken that supports the Python.
    """

    def __init__(
        self, entries: Sequence[Entry], root: str, pythons: Constraint, *, markers: bool
    ) -> None:
        self.entries = entries
        self._root = root
        self._markers = markers
        self._pythons = [version for version in _PYTHONS if pythons.allows(version)]
        self._named: defaultdict[str, list[int]] = defaultdict(list)
        for position, entry in sorted(
            enumerate(entries), key=lambda item: item[1].version, reverse=True
        ):
            named = self._named[entry.package.name]
            named.append(position)
            if len(named) > _MOST_VERSIONS:
                raise entry.table.error(
                    f"expected at most {_MOST_VERSIONS} entries of {entry.package.name}, found more"
                )
        self._wishes: defaultdict[int, list[tuple[int | None, str | None]]] = defaultdict(list)
        self._wished: dict[int, str | None] = {}
        self._chosen: dict[tuple[int, ...], tuple[tuple[int, str | None], ...]] = {}

    def wish(self, owner: int | None, needs: Iterable[Need]) -> None:
        """Note which of ``needs`` allow a single one of several entries."""
        for need in needs:
            if len(self._named.get(need.name, ())) > 1:
                fitting = self._fitting(need)
                if len(fitting) == 1:
                    self._wishes[fitting[0]].append((owner, need.marker))

    def edges(
        self, owner: int | None, needs: Iterable[Need], where: Table
    ) -> tuple[Dependency, ...]:
        """Return the edges for what ``owner`` requires (None: the project).

        Raises:
            LockError: one is not locked, and it is needed wherever its owner is.
        """
        return tuple(edge for need in needs for edge in self._edges(owner, need, where))

    def _edges(self, owner: int | None, need: Need, where: Table) -> Iterator[Dependency]:
        if need.name == self._root:
            if owner is None and need.extras:
                yield Dependency(
                    name=self._root, extras=need.extras, marker=_marker(need.marker, where)
                )
            return
        fitting = self._fitting(need)
        if not fitting and need.marker is None:
            fitting = self._only(owner, need, where)
        for position, condition in self._choices(fitting):
            marker = both(need.marker, condition)
            yield self.edge(position, marker=marker, extras=need.extras, where=where)

    def edge(
        self, position: int, *, marker: str | None, extras: tuple[str, ...], where: Table
    ) -> Dependency:
        """Return the edge to the entry at ``position``."""
        entry = self.entries[position]
        package = entry.package
        several = len(self._named[package.name]) > 1
        return Dependency(
            name=package.name,
            version=package.version if several else None,
            source_id=package.source_id if several else None,
            extras=extras,
            marker=_marker(both(marker, entry.marker), where),
        )

    def _fitting(self, need: Need) -> list[int]:
        """Return the entries that ``need`` allows, the newest first."""
        named = self._named.get(need.name, ())
        fitting = [position for position in named if _fits(self.entries[position], need)]
        if need.index is None or len(fitting) == 1:
            return fitting
        of_index = [each for each in fitting if self.entries[each].reference == need.index]
        return of_index or fitting

    def _only(self, owner: int | None, need: Need, where: Table) -> list[int]:
        """Return the only entry of the name, although it is not what is asked for.

        Old locks hold versions that were allowed by rules for pre-releases other than today's.
        """
        named = self._named.get(need.name, [])
        if len(named) == 1 or owner is None or not self._markers or need.name in NOT_LOCKED:
            return named if len(named) == 1 else []
        raise where.error(
            f"{self.entries[owner].package.name} depends on {need.name} ({need.constraint}), which"
            " has no entry",
            key=need.name,
            hint="lock again: entries were lost, for example in a merge",
        )

    def _choices(self, fitting: Sequence[int]) -> tuple[tuple[int, str | None], ...]:
        """Return which of ``fitting`` is meant where; the markers exclude one another."""
        if len(fitting) <= 1:
            return tuple((position, None) for position in fitting)
        key = tuple(fitting)
        if key not in self._chosen:
            self._chosen[key] = tuple(self._decide(key))
        return self._chosen[key]

    def _decide(self, fitting: tuple[int, ...]) -> Iterator[tuple[int, str | None]]:
        able = {position: self._able(position) for position in fitting}
        wanted = [each for each in fitting if self._wishes.get(each)]
        order = [(each, both(able[each], self._wish_for(each))) for each in wanted]
        order += able.items()
        markers: defaultdict[int, list[str | None]] = defaultdict(list)
        before: list[str] = []
        for position, condition in order:
            markers[position].append(both(*before, condition))
            if condition is None:
                break
            before.append(negated(condition))
        for position, found in markers.items():
            yield position, either(found)

    def _able(self, position: int) -> str | None:
        """Return where the entry supports the Python; None: on all that the lock is for."""
        pythons = self.entries[position].pythons
        if all(pythons.allows(version) for version in self._pythons):
            return None
        return whole_python_markers(pythons)

    def _wish_for(self, position: int) -> str | None:
        """Return where the entry is wished for by one that is itself wished for there."""
        if position not in self._wished:
            self._wished[position] = None  # For who comes back here, in a cycle.
            wishes = [
                both(marker, None if owner is None else self._wish_for(owner))
                for owner, marker in self._wishes.get(position, ())
            ]
            text = either(wishes) if wishes else None
            self._wished[position] = None if text and len(text) > _LONGEST_WISH else text
        return self._wished[position]


def _fits(entry: Entry, need: Need) -> bool:
    if need.kind is not None:
        return entry.kind == need.kind
    return need.constraint.allows(entry.version)


def _marker(text: str | None, where: Table) -> Marker | None:
    if text is None:
        return None
    try:
        return parse_marker(text)
    except ValueError as error:
        raise where.error(str(error)) from error

"""A graph lock as nodes and edges, whatever the markers say: what a walk could ever go over."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from syncsteps.errors import SelectionError
from syncsteps.selection.universal.vocabulary import formula_of_marker

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packaging.markers import Marker

    from syncsteps.locks.model import Dependency, Lock, Package
    from syncsteps.selection.roots import Roots
    from syncsteps.selection.universal.vocabulary import Formula

__all__ = ["Edge", "Network", "Node", "Start", "explore"]

Node = tuple[int, str | None]
"""An entry of the lock by its position, or one extra of it: the unit that has edges."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A dependency: who has it (empty: the lock itself), what it counts as, where it can lead.

    ``formula`` and those of the ``targets``, which are the forks that a position belongs to where
    several could be meant, are numbers of the network's formulas; None is for always.
    """

    parent: str
    label: str
    name: str
    extras: tuple[str, ...]
    formula: int | None
    targets: tuple[tuple[int, int | None], ...]

    def nodes(self) -> Iterator[tuple[Node, int | None]]:
        """Yield the nodes that it leads to, each with the number of its fork's formula."""
        for position, fork in self.targets:
            yield (position, None), fork
            for extra in self.extras:
                yield (position, extra), fork


@dataclass(frozen=True, slots=True)
class Start:
    """Where walks begin: a node, or an edge of a group or of the lock itself.

    It is there if the extra or the group is asked for, and with neither if the production
    dependencies are.
    """

    node: Node | None = None
    edge: Edge | None = None
    extra: str | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Network:
    """All that can be reached from ``starts``.

    ``edges`` are those of each node, in an order in which a node comes after all that lead to it,
    but for cycles. ``formulas`` are the meanings of the markers.
    """

    starts: tuple[Start, ...]
    edges: dict[Node, tuple[Edge, ...]]
    formulas: tuple[Formula, ...]

    def every_edge(self) -> Iterator[Edge]:
        """Yield the edges of the starts and of the nodes."""
        for start in self.starts:
            if start.edge is not None:
                yield start.edge
        for edges in self.edges.values():
            yield from edges


def explore(lock: Lock, roots: Roots) -> Network:
    """Return what can be reached in ``lock`` from ``roots``.

    Raises:
        SelectionError: an edge leads to no entry, or a marker has no meaning.
    """
    return _Explorer(lock, roots).explore()


class _Explorer:
    def __init__(self, lock: Lock, roots: Roots) -> None:
        self._lock = lock
        self._roots = roots
        self._members = {member.name for member in roots.members}
        self._positions: defaultdict[str, list[int]] = defaultdict(list)
        for position, package in enumerate(lock.packages):
            self._positions[package.name].append(position)
        self._numbers: dict[str, int] = {}
        self._edges: dict[Node, tuple[Edge, ...]] = {}

    def explore(self) -> Network:
        starts = (*self._start_nodes(), *self._start_edges())
        order = self._postorder(starts)
        return Network(
            starts=starts,
            edges={node: self._edges[node] for node in reversed(order)},
            formulas=tuple(map(formula_of_marker, self._numbers)),
        )

    def _start_nodes(self) -> Iterator[Start]:
        if not self._roots.production:
            return
        for member in self._roots.members:
            position = self._positions[member.name][0]
            yield Start(node=(position, None))
            for extra, _ in member.optional_dependencies:
                if extra in self._roots.extras:
                    yield Start(node=(position, extra), extra=extra)

    def _start_edges(self) -> Iterator[Start]:
        for group in self._roots.groups:
            parent = group.package.name if group.package is not None else ""
            for row in group.edges:
                edge = self._edge(row, parent=parent, label=f"group:{group.name}")
                yield Start(edge=edge, group=group.name)
        if self._roots.production:
            for row in self._roots.requirements:
                yield Start(edge=self._edge(row, parent="", label=""))

    def _postorder(self, starts: tuple[Start, ...]) -> list[Node]:
        order: list[Node] = []
        seen: set[Node] = set()
        stack: list[tuple[Node | None, Iterator[Node]]] = [(None, _first_nodes(starts))]
        while stack:
            node, targets = stack[-1]
            target = next((target for target in targets if target not in seen), None)
            if target is not None:
                seen.add(target)
                stack.append((target, self._targets(target)))
                continue
            stack.pop()
            if node is not None:
                order.append(node)
        return order

    def _targets(self, node: Node) -> Iterator[Node]:
        position, extra = node
        package = self._lock.packages[position]
        of_root = extra is not None and package.name in self._members
        label = f"extra:{extra}" if of_root else package.name
        edges = tuple(
            [
                self._edge(row, parent=package.name, label=label)
                for row in _dependencies(package, extra)
            ]
        )
        self._edges[node] = edges
        for edge in edges:
            for target, _ in edge.nodes():
                yield target

    def _edge(self, dependency: Dependency, *, parent: str, label: str) -> Edge:
        packages = self._lock.packages
        found = [
            position
            for position in self._positions.get(dependency.name, ())
            if dependency.version in (None, packages[position].version)
            and dependency.source_id in (None, packages[position].source_id)
        ]
        if not found:
            raise SelectionError(
                f"{self._lock.path.name} has no entry for {dependency.name} that "
                f"{parent or 'the workspace'} depends on",
                hint="the lock is damaged; lock again",
            )
        # Where only one entry can be meant, its fork follows from the way that leads there.
        several = len(found) > 1
        return Edge(
            parent=parent,
            label=label,
            name=dependency.name,
            extras=dependency.extras,
            formula=self._number(dependency.marker),
            targets=tuple(
                [(p, self._number(packages[p].marker) if several else None) for p in found]
            ),
        )

    def _number(self, marker: Marker | None) -> int | None:
        if marker is None:
            return None
        return self._numbers.setdefault(str(marker), len(self._numbers))


def _dependencies(package: Package, extra: str | None) -> tuple[Dependency, ...]:
    if extra is None:
        return package.dependencies
    return next((edges for name, edges in package.optional_dependencies if name == extra), ())


def _first_nodes(starts: tuple[Start, ...]) -> Iterator[Node]:
    for start in starts:
        if start.node is not None:
            yield start.node
        elif start.edge is not None:
            for target, _ in start.edge.nodes():
                yield target

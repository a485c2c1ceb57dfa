"""Graph locks (uv.lock): for every entry, the condition under which a walk reaches it."""

from __future__ import annotations

import heapq
from collections import defaultdict
from functools import reduce
from itertools import combinations
from typing import TYPE_CHECKING

from syncsteps.errors import SelectionError
from syncsteps.selection.graph import encoded
from syncsteps.selection.universal.applying import Applying
from syncsteps.selection.universal.conditions import Conditions
from syncsteps.selection.universal.diagrams import FALSE, TRUE
from syncsteps.selection.universal.network import explore
from syncsteps.selection.universal.vocabulary import Asked, atoms_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from syncsteps.locks.model import ConflictItem, Lock
    from syncsteps.selection.roots import Roots
    from syncsteps.selection.universal.diagrams import Diagram
    from syncsteps.selection.universal.network import Edge, Network, Node
    from syncsteps.selection.universal.vocabulary import Formula

__all__ = ["GraphConditions"]


class _Frontier:
    """Where nodes are ``reached``, and those whose edges are to be followed because of it."""

    def __init__(self, network: Network, diagram: Diagram) -> None:
        self.reached: dict[Node, int] = {}
        self._diagram = diagram
        self._nodes = list(network.edges)
        self._ranks = {node: rank for rank, node in enumerate(self._nodes)}
        self._waiting: list[int] = []
        self._queued: set[int] = set()

    def reach(self, node: Node, condition: int) -> None:
        """Add that ``node`` is reached where ``condition`` is true."""
        before = self.reached.get(node, FALSE)
        after = self._diagram.either(before, condition)
        if after == before:
            return
        self.reached[node] = after
        rank = self._ranks[node]
        if rank not in self._queued:
            self._queued.add(rank)
            heapq.heappush(self._waiting, rank)

    def next(self) -> Node | None:
        """Return the node that comes first of those with news; None if there is none.

        One that comes after another in the network is not looked at before it, so that most are
        looked at only once.
        """
        if not self._waiting:
            return None
        rank = heapq.heappop(self._waiting)
        self._queued.discard(rank)
        return self._nodes[rank]


class GraphConditions:
    """The walk of `reachable_packages` from ``roots``, for all environments at once.

    With ``production`` given, every extra and every group of the roots is a variable (PEP 751), and
    what is wanted without any is a group of that name, if there are other groups. Otherwise all of
    the roots are wanted. ``limits`` are formulas outside of which the lock does not hold.
    """

    def __init__(
        self,
        lock: Lock,
        roots: Roots,
        *,
        limits: Iterable[Formula] = (),
        production: str | None = None,
    ) -> None:
        self._lock = lock
        self._roots = roots
        self._network = explore(lock, roots)
        self._open = production is not None
        self._production = Asked("dependency_groups", production or "")
        limits = tuple(limits)
        self.conditions = Conditions(
            (*self._network.formulas, *limits), self._variables() if self._open else ()
        )
        self.conditions.limit(limits)
        self._diagram = self.conditions.diagram
        # Where extras, groups and projects are switched on, by what conflict markers call them.
        self._active: dict[str, int] = {}
        self._known: dict[tuple[str, int], int] = {}
        self._switch_on_roots()

    def applying(self) -> tuple[Applying, ...]:
        """Return the entries that are reached somewhere, virtual ones included, in order.

        Raises:
            SelectionError: two sides of a conflict are wanted at once.
        """
        if self._switchable & self._mentioned:
            self._gather()
        self._settle_conflicts()
        nodes = self._walk()
        reached: dict[int, int] = {}
        for (position, _), condition in nodes.items():
            reached[position] = self._diagram.either(reached.get(position, FALSE), condition)
        labels = self._labels(nodes)
        return tuple(
            Applying(
                position=position,
                condition=condition,
                required_by=tuple(sorted(labels[position])),
            )
            for position, condition in sorted(reached.items())
            if self._lock.packages[position].name not in self._roots.left_out
        )

    def _variables(self) -> Iterator[Asked]:
        """Yield what can be asked for."""
        for extra in self._roots.extras:
            yield Asked("extras", extra)
        for group in self._roots.groups:
            yield Asked("dependency_groups", group.name)
        if self._roots.groups:
            yield self._production

    def _start(self, *, extra: str | None = None, group: str | None = None) -> int:
        """Return where a start is wanted: one with an extra, of a group, or with neither."""
        if not self._open:
            return TRUE
        if group is not None:
            return self.conditions.atom(Asked("dependency_groups", group))
        wanted = self.conditions.atom(self._production) if self._roots.groups else TRUE
        if extra is not None:
            asked = self.conditions.atom(Asked("extras", extra))
            wanted = self._diagram.both(wanted, asked)
        return wanted

    def _switch_on_roots(self) -> None:
        if self._roots.production:
            for member in self._roots.members:
                self._active[encoded(member.name)] = self._start()
                for extra, _ in member.optional_dependencies:
                    if extra in self._roots.extras:
                        name = encoded(member.name, extra=extra)
                        self._active[name] = self._start(extra=extra)
        for group in self._roots.groups:
            if group.package is not None:
                name = encoded(group.package.name, group=group.name)
                self._active[name] = self._start(group=group.name)

    @property
    def _switchable(self) -> set[str]:
        """What edges can switch on."""
        edges = self._network.every_edge()
        return {encoded(edge.name, extra=extra) for edge in edges for extra in edge.extras}

    @property
    def _mentioned(self) -> set[str]:
        """What conflicts and markers look at; a plain extra in a marker is the parent's."""
        found = {_item(item) for conflict in self._lock.conflicts for item in conflict}
        names = [
            {atom.name for atom in atoms_of(formula) if isinstance(atom, Asked)}
            for formula in self._network.formulas
        ]
        found.update(*names)
        for edge in self._network.every_edge():
            if edge.formula is not None:
                found.update(encoded(edge.parent, extra=name) for name in names[edge.formula])
        return found

    def _gather(self) -> None:
        """Switch on every extra that an edge asks for, each edge seen with its own extras on.

        What is switched on may let an edge apply that switches on more, until nothing changes.
        """
        while True:
            found = dict(self._active)

            def switch_on(edge: Edge, condition: int, found: dict[str, int] = found) -> None:
                for extra in edge.extras:
                    name = encoded(edge.name, extra=extra)
                    found[name] = self._diagram.either(found.get(name, FALSE), condition)

            self._walk(switch_on)
            if found == self._active:
                return
            self._active = found
            self._known.clear()

    def _settle_conflicts(self) -> None:
        """Refuse what conflicts, or leave combinations of names that do out of consideration."""
        for conflict in self._lock.conflicts:
            for one, other in combinations(conflict, 2):
                clash = self._diagram.both(
                    self._active.get(_item(one), FALSE), self._active.get(_item(other), FALSE)
                )
                if self._open:
                    self.conditions.ignore(clash)
                refused = not self.conditions.ever(self._start())
                if refused or (not self._open and self.conditions.ever(clash)):
                    marker = None if refused else self.conditions.marker(clash, limits_stated=True)
                    where = "" if marker is None else f" where {marker}"
                    raise SelectionError(
                        f"{one} and {other} conflict and cannot be selected together{where}",
                        hint="ask for one of them; the lock declares them as conflicting",
                        details=tuple(str(item) for item in conflict),
                    )
        if self._open and self._roots.groups:
            # An extra belongs to the project, and selecting refuses one without the other.
            project = self._diagram.negation(self._start())
            for extra in self._roots.extras:
                asked = self.conditions.atom(Asked("extras", extra))
                self.conditions.ignore(self._diagram.both(asked, project))

    def _walk(self, visit: Callable[[Edge, int], None] | None = None) -> dict[Node, int]:
        """Return where each node is reached. ``visit`` is told of every edge that applies.

        With ``visit``, each edge is seen with the extras that it asks for switched on.
        """
        frontier = _Frontier(self._network, self._diagram)
        for start in self._network.starts:
            condition = self._start(extra=start.extra, group=start.group)
            if start.node is not None:
                frontier.reach(start.node, condition)
            elif start.edge is not None:
                self._follow(start.edge, condition, frontier, visit)
        while (node := frontier.next()) is not None:
            condition = frontier.reached[node]
            for edge in self._network.edges[node]:
                self._follow(edge, condition, frontier, visit)
        return frontier.reached

    def _follow(
        self,
        edge: Edge,
        start: int,
        frontier: _Frontier,
        visit: Callable[[Edge, int], None] | None,
    ) -> None:
        """Go over ``edge`` where its parent is reached and its marker holds."""
        condition = self._diagram.both(start, self._edge(edge, own=visit is not None))
        if condition == FALSE:
            return
        if visit is not None:
            visit(edge, condition)
        for node, fork in edge.nodes():
            frontier.reach(node, self._diagram.both(condition, self._meaning(fork, "")))

    def _labels(self, nodes: dict[Node, int]) -> defaultdict[int, set[str]]:
        """Return what requires each position somewhere."""
        labels: defaultdict[int, set[str]] = defaultdict(set)
        rows: list[tuple[Edge, int]] = [
            (start.edge, self._start(extra=start.extra, group=start.group))
            for start in self._network.starts
            if start.edge is not None
        ]
        for node, condition in nodes.items():
            rows += [(edge, condition) for edge in self._network.edges[node]]
        for edge, start in rows:
            condition = self._diagram.both(start, self._edge(edge))
            for position, fork in edge.targets:
                there = self._diagram.both(condition, self._meaning(fork, ""))
                if edge.label and self.conditions.ever(there):
                    labels[position].add(edge.label)
        return labels

    def _edge(self, edge: Edge, *, own: bool = False) -> int:
        """Return where an edge's marker holds."""
        names = frozenset(encoded(edge.name, extra=extra) for extra in edge.extras if own)
        return self._meaning(edge.formula, edge.parent, names)

    def _meaning(self, number: int | None, parent: str, own: frozenset[str] = frozenset()) -> int:
        """Return where a formula of the network is true, as one of an edge of ``parent``."""
        if number is None:
            return TRUE
        key = (parent, number)
        found = None if own else self._known.get(key)
        if found is None:
            formula = self._network.formulas[number]

            def asked(atom: Asked) -> int:
                if atom.variable == "dependency_groups":
                    return FALSE
                if atom.name in own:
                    return TRUE
                names = (atom.name, encoded(parent, extra=atom.name))
                return reduce(
                    self._diagram.either, (self._active.get(name, FALSE) for name in names)
                )

            found = self.conditions.function(formula, asked)
            if not own:
                self._known[key] = found
        return found


def _item(item: ConflictItem) -> str:
    return encoded(item.package, extra=item.extra, group=item.group)

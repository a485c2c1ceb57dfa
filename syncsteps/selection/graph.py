"""Graph locks (uv.lock): what is reached over edges from the roots, as uv walks them."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from syncsteps.errors import SelectionError
from syncsteps.selection.reached import Reached
from syncsteps.selection.roots import Roots, find_roots

if TYPE_CHECKING:
    from collections.abc import Iterator

    from syncsteps.locks.model import ConflictItem, Dependency, Lock, Package
    from syncsteps.selection.markers import MarkerEvaluator
    from syncsteps.selection.model import Request

__all__ = ["encoded", "reachable_packages"]


def reachable_packages(
    lock: Lock, request: Request, evaluator: MarkerEvaluator
) -> tuple[Reached, ...]:
    """Return the entries that ``request`` leads to, virtual ones included, in the lock's order.

    Two walks, breadth first: extras that edges switch on can switch other edges on or off, so the
    first one gathers them, and the second one, which knows them all, decides.

    Raises:
        SelectionError: an unknown name, two sides of a conflict, an edge to an entry that the lock
            does not have or that several entries could be meant by.
    """
    roots = find_roots(lock, request)
    walk = _Walk(lock, roots, evaluator)
    walk.gather()
    walk.refuse_conflicts()
    required_by = walk.reach()
    return tuple(
        Reached(
            package=package,
            position=position,
            required_by=tuple(sorted(required_by[position])),
        )
        for position, package in enumerate(lock.packages)
        if position in required_by and package.name not in roots.left_out
    )


@dataclass(frozen=True, slots=True)
class _Node:
    """An entry of the lock by its position, or one extra of it: the unit that has edges."""

    position: int
    extra: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """Edges of one parent (empty: the lock itself), and what they count as in ``required_by``."""

    parent: str
    label: str
    edges: tuple[Dependency, ...]


def encoded(package: str, *, extra: str | None = None, group: str | None = None) -> str:
    """Return an extra, a group or a project as uv writes it in conflict markers."""
    size = len(package.encode())
    if extra is not None:
        return f"extra-{size}-{package}-{extra}"
    if group is not None:
        return f"group-{size}-{package}-{group}"
    return f"project-{size}-{package}"


class _Walk:
    """One request's way through one lock; ``_active`` are the encoded items switched on so far."""

    def __init__(self, lock: Lock, roots: Roots, evaluator: MarkerEvaluator) -> None:
        self._lock = lock
        self._roots = roots
        self._evaluator = evaluator
        self._active: set[str] = set()
        self._extras_of: defaultdict[str, set[str]] = defaultdict(set)
        self._positions: defaultdict[str, list[int]] = defaultdict(list)
        for position, package in enumerate(lock.packages):
            self._positions[package.name].append(position)
        self._switch_on_roots()
        self._starts = tuple(self._start_nodes())

    def gather(self) -> None:
        """Switch on every extra that an edge asks for, each edge seen with its own extras on."""
        for _, dependency, _ in self._steps(gathering=True):
            self._switch_on(dependency.name, dependency.extras)

    def refuse_conflicts(self) -> None:
        """Raise SelectionError where two sides of a declared conflict are switched on."""
        for conflict in self._lock.conflicts:
            sides = [item for item in conflict if self._is_active(item)]
            if len(sides) > 1:
                raise SelectionError(
                    f"{sides[0]} and {sides[1]} conflict and cannot be selected together",
                    hint="ask for one of them; the lock declares them as conflicting",
                    details=tuple(str(item) for item in conflict),
                )

    def reach(self) -> dict[int, set[str]]:
        """Return the positions that are reached, each with the labels of what requires it."""
        reached: dict[int, set[str]] = {node.position: set() for node in self._starts}
        for label, _, position in self._steps(gathering=False):
            reached.setdefault(position, set()).update({label} if label else ())
        return reached

    def _switch_on_roots(self) -> None:
        if self._roots.production:
            for member in self._roots.members:
                self._active.add(encoded(member.name))
                self._switch_on(member.name, self._root_extras(member))
        for group in self._roots.groups:
            if group.package is not None:
                self._active.add(encoded(group.package.name, group=group.name))

    def _switch_on(self, package: str, extras: tuple[str, ...]) -> None:
        self._active.update(encoded(package, extra=extra) for extra in extras)
        self._extras_of[package].update(extras)

    def _is_active(self, item: ConflictItem) -> bool:
        return encoded(item.package, extra=item.extra, group=item.group) in self._active

    def _root_extras(self, member: Package) -> tuple[str, ...]:
        there = (name for name, _ in member.optional_dependencies)
        return tuple(name for name in there if name in self._roots.extras)

    def _start_nodes(self) -> Iterator[_Node]:
        if self._roots.production:
            for member in self._roots.members:
                position = self._positions[member.name][0]
                yield _Node(position)
                for extra in self._root_extras(member):
                    yield _Node(position, extra)

    def _start_rows(self) -> Iterator[_Row]:
        """Yield the edges that hang on no node: of groups, and of the lock itself."""
        for group in self._roots.groups:
            parent = group.package.name if group.package is not None else ""
            yield _Row(parent=parent, label=f"group:{group.name}", edges=group.edges)
        if self._roots.production:
            yield _Row(parent="", label="", edges=self._roots.requirements)

    def _rows(self, queue: deque[_Node]) -> Iterator[_Row]:
        """Yield the start's edges, then those of each node of ``queue``, which grows meanwhile."""
        yield from self._start_rows()
        members = {member.name for member in self._roots.members}
        while queue:
            node = queue.popleft()
            package = self._lock.packages[node.position]
            of_root = node.extra is not None and package.name in members
            yield _Row(
                parent=package.name,
                label=f"extra:{node.extra}" if of_root else package.name,
                edges=_dependencies(package, node.extra),
            )

    def _steps(self, *, gathering: bool) -> Iterator[tuple[str, Dependency, int]]:
        """Yield every edge that applies, breadth first: label, edge, and where it leads to."""
        seen = set(self._starts)
        queue = deque(self._starts)
        for row in self._rows(queue):
            for dependency in row.edges:
                own = dependency.extras if gathering else ()
                if not self._applies(dependency, parent=row.parent, own=own):
                    continue
                position = self._find(dependency, parent=row.parent)
                yield row.label, dependency, position
                for target in _targets(position, dependency):
                    if target not in seen:
                        seen.add(target)
                        queue.append(target)

    def _applies(self, dependency: Dependency, *, parent: str, own: tuple[str, ...] = ()) -> bool:
        if dependency.marker is None:
            return True
        # A plain extra in an edge's marker is the parent's; conflict markers name any package's.
        extras = self._active | self._extras_of[parent]
        extras.update(encoded(dependency.name, extra=extra) for extra in own)
        return self._evaluator.holds(
            dependency.marker,
            extras=frozenset(extras),
            where=f"{parent or self._lock.path.name} on {dependency.name}",
        )

    def _find(self, dependency: Dependency, *, parent: str) -> int:
        """Return the position of the entry that an edge leads to."""
        packages = self._lock.packages
        found = [
            position
            for position in self._positions.get(dependency.name, ())
            if dependency.version in (None, packages[position].version)
            and dependency.source_id in (None, packages[position].source_id)
        ]
        if len(found) > 1:
            found = [position for position in found if self._in_fork(position)]
        if len(found) != 1:
            what = "no entry" if not found else "more than one entry"
            version = "" if dependency.version is None else f" {dependency.version}"
            raise SelectionError(
                f"{self._lock.path.name} has {what} for {dependency.name}{version} that "
                f"{parent or 'the workspace'} depends on here",
                hint="the lock is damaged; lock again",
            )
        return found[0]

    def _in_fork(self, position: int) -> bool:
        package = self._lock.packages[position]
        return self._evaluator.holds(
            package.marker,
            extras=frozenset(self._active),
            where=f"{package.name} (packages[{position}])",
        )


def _dependencies(package: Package, extra: str | None) -> tuple[Dependency, ...]:
    if extra is None:
        return package.dependencies
    return next((edges for name, edges in package.optional_dependencies if name == extra), ())


def _targets(position: int, dependency: Dependency) -> Iterator[_Node]:
    yield _Node(position)
    for extra in dependency.extras:
        yield _Node(position, extra)

"""Where the walk over a graph lock starts: members, their extras, and the groups asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from syncsteps.errors import SelectionError
from syncsteps.selection.names import known_names, normalized

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from syncsteps.locks.model import Dependency, Lock, Package
    from syncsteps.selection.model import Request

__all__ = ["GroupEdges", "Roots", "find_roots"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupEdges:
    """A dependency group that is wanted, the package it hangs on (None: the workspace itself)."""

    name: str
    package: Package | None
    edges: tuple[Dependency, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Roots:
    """What is wanted of the lock's own packages.

    ``production`` says whether ``members`` and ``requirements`` are wanted themselves, or only
    ``groups``. ``extras`` holds for every member that has them. ``left_out`` are the names of
    members that are walked through and not installed.
    """

    members: tuple[Package, ...]
    production: bool
    extras: frozenset[str]
    groups: tuple[GroupEdges, ...]
    requirements: tuple[Dependency, ...]
    left_out: frozenset[str]


def find_roots(lock: Lock, request: Request) -> Roots:
    """Return the roots that ``request`` names in the graph lock ``lock``.

    A member without a group that is asked for inherits the group of the workspace's root, as in uv.

    Raises:
        SelectionError: a member, an extra or a group that is not there, or extras asked for
            together with ``only_groups``, which leaves out the project that they belong to.
    """
    if request.only_groups and (request.extras or request.all_extras):
        raise SelectionError(
            "extras cannot be combined with only-group: it leaves out the project whose extras "
            "they are",
            hint="ask for the extras and the groups without only-group",
        )
    by_name = {package.name: package for package in lock.packages if package.name in lock.members}
    members = _members(lock, request, by_name)
    heir = by_name.get(lock.project) if lock.project is not None else None
    return Roots(
        members=members,
        production=not request.only_groups,
        extras=_extras(members, request, where=_where(lock, request)),
        groups=tuple(_groups(lock, request, members=members, heir=heir)),
        requirements=lock.requirements,
        left_out=_left_out(lock, request),
    )


def _where(lock: Lock, request: Request) -> str:
    if request.packages and not request.all_packages:
        return f"{', '.join(request.packages)} in {lock.path.name}"
    return lock.path.name


def _members(lock: Lock, request: Request, by_name: dict[str, Package]) -> tuple[Package, ...]:
    asked = known_names("member", request.packages, lock.members, where=lock.path.name)
    if request.all_packages or (not asked and lock.project is None):
        names = frozenset(lock.members)
    elif asked:
        names = asked
    else:
        names = normalized((lock.project,)) if lock.project is not None else frozenset()
    missing = sorted(names - by_name.keys())
    if missing:
        raise SelectionError(
            f"{lock.path.name} names {missing[0]!r} as a member and has no entry for it",
            hint="the lock is damaged; lock again",
        )
    return tuple(by_name[name] for name in sorted(names))


def _extras(members: Iterable[Package], request: Request, *, where: str) -> frozenset[str]:
    there = [name for member in members for name, _ in member.optional_dependencies]
    asked = known_names("extra", request.extras, there, where=where)
    return normalized(there) if request.all_extras else asked


def _groups(
    lock: Lock, request: Request, *, members: tuple[Package, ...], heir: Package | None
) -> Iterator[GroupEdges]:
    there = [
        GroupEdges(name=name, package=member, edges=edges)
        for member in members
        for name, edges in member.dependency_groups
    ]
    there += _of_workspace(lock, request, members=members, heir=heir)
    wanted = known_names(
        "dependency group",
        (*request.groups, *request.only_groups),
        [group.name for group in there],
        where=_where(lock, request),
    )
    defaults: frozenset[str] = frozenset()
    if request.default_groups and not request.only_groups:
        defaults = normalized(lock.default_groups)
    named = bool(request.packages) and not request.all_packages
    for group in there:
        # No member inherits a group that nobody has asked for by name.
        own = not named or group.package in members
        if request.all_groups or group.name in wanted or (own and group.name in defaults):
            yield group


def _of_workspace(
    lock: Lock, request: Request, *, members: tuple[Package, ...], heir: Package | None
) -> Iterator[GroupEdges]:
    """Yield the groups of the workspace's root that some member wants and does not have itself."""
    own = [frozenset(name for name, _ in member.dependency_groups) for member in members]
    named = bool(request.packages) and not request.all_packages
    if heir is not None and heir not in members:
        for name, edges in heir.dependency_groups:
            if any(name not in names for names in own):
                yield GroupEdges(name=name, package=heir, edges=edges)
    for name, edges in lock.dependency_groups:
        if not named or any(name not in names for names in own):
            yield GroupEdges(name=name, package=None, edges=edges)


def _left_out(lock: Lock, request: Request) -> frozenset[str]:
    if request.project:
        return frozenset()
    if request.packages and not request.all_packages:
        return normalized(request.packages)
    return frozenset() if lock.project is None else frozenset((lock.project,))

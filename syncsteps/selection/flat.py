"""Flat locks (PEP 751): every entry says by its own marker whether it applies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from syncsteps.errors import SelectionError
from syncsteps.locks.model import Directory
from syncsteps.selection.names import known_names, normalized
from syncsteps.selection.reached import Reached

if TYPE_CHECKING:
    from syncsteps.locks.model import Lock, Package
    from syncsteps.selection.markers import MarkerEvaluator
    from syncsteps.selection.model import Request

__all__ = ["Asked", "asked_of", "is_project", "matching_packages"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The extras and the dependency groups that markers are evaluated with, normalized."""

    extras: frozenset[str]
    groups: frozenset[str]


def matching_packages(
    lock: Lock, request: Request, evaluator: MarkerEvaluator
) -> tuple[Reached, ...]:
    """Return the entries whose marker holds, in the lock's order (PEP 751, "Installation").

    The default groups apply in addition to those that are asked for: some tools keep the runtime
    dependencies in a default group, which asking for another one must not lose.

    Raises:
        SelectionError: an extra or a group that the lock does not have, or a workspace's member.
    """
    asked = asked_of(lock, request)
    return tuple(
        Reached(package=package, position=position)
        for position, package in enumerate(lock.packages)
        if (request.project or not is_project(lock, package))
        and evaluator.holds(
            package.marker,
            extras=asked.extras,
            groups=asked.groups,
            where=f"{package.name} (packages[{position}])",
        )
    )


def asked_of(lock: Lock, request: Request) -> Asked:
    """Return what ``request`` asks of the flat ``lock``; errors as for `matching_packages`."""
    where = lock.path.name
    if request.packages:
        raise SelectionError(
            f"{where} does not say which packages belong to a workspace's member, so "
            f"{', '.join(map(repr, request.packages))} cannot be selected from it",
            hint="lock the member by itself, or select from the workspace's uv.lock",
        )
    extras = known_names("extra", request.extras, lock.extras, where=where)
    if request.all_extras:
        extras = normalized(lock.extras)
    return Asked(extras=extras, groups=_groups(lock, request))


def _groups(lock: Lock, request: Request) -> frozenset[str]:
    asked = known_names(
        "dependency group",
        (*request.groups, *request.only_groups),
        (*lock.groups, *lock.default_groups),
        where=lock.path.name,
    )
    if request.all_groups:
        asked |= normalized(lock.groups)
    if request.default_groups and not request.only_groups:
        asked |= normalized(lock.default_groups)
    if lock.production_group is not None and not request.only_groups:
        asked |= normalized((lock.production_group,))
    return asked


def is_project(lock: Lock, package: Package) -> bool:
    """Return whether ``package`` is the project that the lock was made for."""
    source = package.source
    at_root = isinstance(source, Directory) and PurePosixPath(source.path) == PurePosixPath()
    return at_root or (lock.project is not None and package.name == lock.project)

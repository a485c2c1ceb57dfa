"""Flat locks (PEP 751): every entry says by its own marker whether it applies."""

from __future__ import annotations

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

__all__ = ["matching_packages"]


def matching_packages(
    lock: Lock, request: Request, evaluator: MarkerEvaluator
) -> tuple[Reached, ...]:
    """Return the entries whose marker holds, in the lock's order (PEP 751, "Installation").

    The default groups apply in addition to those that are asked for: some tools keep the runtime
    dependencies in a default group, which asking for another one must not lose.

    Raises:
        SelectionError: an extra or a group that the lock does not have, or a workspace's member.
    """
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
    groups = _groups(lock, request)
    return tuple(
        Reached(package=package, position=position)
        for position, package in enumerate(lock.packages)
        if (request.project or not _is_project(lock, package))
        and evaluator.holds(
            package.marker,
            extras=extras,
            groups=groups,
            where=f"{package.name} (packages[{position}])",
        )
    )


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
    return asked


def _is_project(lock: Lock, package: Package) -> bool:
    source = package.source
    at_root = isinstance(source, Directory) and PurePosixPath(source.path) == PurePosixPath()
    return at_root or (lock.project is not None and package.name == lock.project)

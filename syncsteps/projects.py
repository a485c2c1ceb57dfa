"""Which project a sync is of: the name that its receipt goes by, and who shares its workspace."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from syncsteps.plan import Replace, same_version

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from syncsteps.locks.model import Lock, Package
    from syncsteps.plan import Plan
    from syncsteps.receipts import Ledger
    from syncsteps.selection.model import Request

__all__ = ["kin_of", "other_owners", "project_name", "root_name"]

_AND = "+"  # in no name of a project


def root_name(pyproject: Mapping[str, Any] | None, lock: Lock) -> str:
    """Return the name of what has the lock: pyproject.toml's, the lock's, else the directory's."""
    table = (pyproject or {}).get("project")
    name = table.get("name") if isinstance(table, dict) else None
    if isinstance(name, str) and name:
        return name
    return lock.project or lock.root.resolve().name or "project"


def project_name(root: str, request: Request) -> str:
    """Return the name that the receipt of a sync goes by: that of ``root``, or of the members.

    Members of a workspace that are asked for by name are a project of their own, such as
    ``service-a`` or ``service-a+service-b``: what was synced for one stays when another is synced.
    """
    names = {canonicalize_name(name) for name in request.packages}
    if not names or request.all_packages or names == {canonicalize_name(root)}:
        return root
    return _AND.join(sorted(names))


def kin_of(project: str, *, ledger: Ledger, lock: Lock, root: str) -> frozenset[str]:
    """Return the projects in ``ledger``, beside ``project``, that are of the workspace of ``lock``.

    One lock decides for all of them which version of a distribution they have.
    """
    inside = {canonicalize_name(name) for name in (*lock.members, root)}
    own = canonicalize_name(project)
    return frozenset(
        receipt.project
        for receipt in ledger.receipts
        if canonicalize_name(receipt.project) != own
        and {canonicalize_name(name) for name in receipt.project.split(_AND)} <= inside
    )


def other_owners(
    plan: Plan, *, ledger: Ledger, lock: Lock, project: str, kin: Collection[str]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the other projects that have a say in what ``plan`` replaces, by distribution.

    Those in ``kin`` follow the same lock, and have none: unless that lock has what is installed as
    well as what is to come, for members that exclude each other.
    """
    found = []
    locked: defaultdict[str, list[Package]] = defaultdict(list)
    for package in lock.packages:
        locked[package.name].append(package)
    others = ledger.others(than=project)
    for action in plan.actions:
        if isinstance(action, Replace):
            owners = others.get(action.name, ())
            if not _is_still_locked(action, locked[action.name]):
                owners = tuple(owner for owner in owners if owner not in kin)
            if owners:
                found.append((action.name, owners))
    return tuple(found)


def _is_still_locked(action: Replace, locked: Iterable[Package]) -> bool:
    """Return whether what ``action`` replaces is among those that are ``locked`` of its name."""
    coming = action.selected.package.version
    return any(
        package.version != coming and same_version(action.installed.version, package.version)
        for package in locked
    )

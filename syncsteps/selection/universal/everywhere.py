"""A whole lock with markers: the entries that apply somewhere, each with where that is."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

from packaging.version import Version

from syncsteps.errors import SelectionError
from syncsteps.selection.names import normalized
from syncsteps.selection.reached import Reached
from syncsteps.selection.roots import find_roots
from syncsteps.selection.universal.flat import FlatConditions
from syncsteps.selection.universal.graph import GraphConditions
from syncsteps.selection.universal.model import Conditional, Universal
from syncsteps.selection.universal.vocabulary import (
    Join,
    formula_of_marker,
    formula_of_pythons,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from syncsteps.locks.model import Lock, Package
    from syncsteps.selection.model import Request
    from syncsteps.selection.universal.applying import Applying
    from syncsteps.selection.universal.conditions import Conditions
    from syncsteps.selection.universal.vocabulary import Formula

    Limits = tuple[Formula, ...]

__all__ = ["select_everywhere", "settles_choices"]

_PRODUCTION = "default"
_NO_VERSION = Version("0")


def settles_choices(request: Request) -> bool:
    """Return whether ``request`` says anything about extras and groups."""
    named = request.extras or request.groups or request.only_groups
    return bool(named) or request.all_extras or request.all_groups or not request.default_groups


def select_everywhere(
    lock: Lock, request: Request, *, keep_choices: bool = False, for_pylock: bool = False
) -> Universal:
    """Return what ``request`` asks of ``lock`` for every platform, each package with its marker.

    Evaluated for an environment that the lock holds for, the markers choose the packages that
    `select` chooses there. Versions of Python count as releases, as in `select` for graph locks.

    Args:
        lock: the lock.
        request: what is wanted of it.
        keep_choices: leave extras and groups to be chosen later, as variables of the markers
            (PEP 751), and ignore those of the request. Where there are groups, the project's own
            runtime dependencies become one as well, ``default`` unless the lock has a name for it.
            Combinations that `select` refuses are without meaning.
        for_pylock: markers need not repeat the lock's Requires-Python and environments, which a
            pylock.toml states. Packages of a graph lock without any file or source, which it
            cannot name, are left out: where one is needed the file does not hold, if it holds
            anywhere else.

    Raises:
        SelectionError: an unknown name, two sides of a conflict, two entries of one name somewhere,
            or a marker that has no meaning or is too complicated.
    """
    environments = _environments(lock)
    limits = (formula_of_pythons(lock.requires_python), environments)
    try:
        universal, found = (_graph if lock.layout == "graph" else _flat)(
            lock,
            _without_choices(request) if keep_choices else request,
            limits,
            keep_choices=keep_choices,
        )
        conditions = found.conditions
        applying = [item for item in found.applying() if conditions.ever(item.condition)]
        if not keep_choices:
            _refuse_two_of_a_name(lock, applying, conditions)
        wanted = [item for item in applying if _is_wanted(lock.packages[item.position], request)]
        written = tuple(str(marker) for marker in lock.environments)
        # A flat lock without files pins what any index may have: nothing of it is to be left out.
        if for_pylock and lock.layout == "graph":
            kept = _leave_out_fileless(lock, wanted, conditions)
            if len(kept) < len(wanted):
                # Where one has been left out others may have been needed, and only there.
                wanted = [item for item in kept if conditions.ever(item.condition)]
                holds = conditions.marker_of_limits(environments)
                written = () if holds is None else (holds,)
        packages = [
            Conditional(
                package=lock.packages[item.position],
                marker=conditions.marker(item.condition, limits_stated=for_pylock),
                required_by=item.required_by,
            )
            for item in wanted
        ]
    except RecursionError as error:
        raise SelectionError(
            "the lock's markers speak of too many different things to be written as one marker "
            "for each package",
            hint="export for one target, without --universal",
        ) from error
    return replace(universal, packages=tuple(sorted(packages, key=_place)), environments=written)


def _is_wanted(package: Package, request: Request) -> bool:
    return not package.virtual and (request.local or not package.local)


def _leave_out_fileless(
    lock: Lock, applying: Iterable[Applying], conditions: Conditions
) -> list[Applying]:
    """Exclude the platforms that need a package without files, and return what is left.

    A package that all platforms need stays.
    """
    kept: list[Applying] = []
    for item in applying:
        package = lock.packages[item.position]
        has_file = package.source is not None or package.sdist is not None or package.wheels
        if has_file or not conditions.exclude(item.condition):
            kept.append(item)
    return kept


def _graph(
    lock: Lock, request: Request, limits: Limits, *, keep_choices: bool
) -> tuple[Universal, GraphConditions]:
    if not keep_choices:
        walk = GraphConditions(lock, find_roots(lock, request), limits=limits)
        return Universal(packages=()), walk
    roots = find_roots(lock, replace(request, all_extras=True, all_groups=True))
    groups = tuple(sorted({group.name for group in roots.groups}))
    production = _free_name(lock.production_group or _PRODUCTION, groups)
    defaults = normalized((production, *lock.default_groups)) if groups else ()
    universal = Universal(
        packages=(),
        extras=tuple(sorted(roots.extras)),
        groups=groups,
        default_groups=tuple(sorted(defaults)),
    )
    return universal, GraphConditions(lock, roots, limits=limits, production=production)


def _flat(
    lock: Lock, request: Request, limits: Limits, *, keep_choices: bool
) -> tuple[Universal, FlatConditions]:
    found = FlatConditions(lock, request, limits=limits, settled=not keep_choices)
    if not keep_choices:
        return Universal(packages=()), found
    production = () if lock.production_group is None else (lock.production_group,)
    universal = Universal(
        packages=(),
        extras=tuple(sorted(normalized(lock.extras))),
        groups=tuple(sorted(normalized(lock.groups))),
        default_groups=tuple(sorted(normalized((*production, *lock.default_groups)))),
    )
    return universal, found


def _environments(lock: Lock) -> Formula:
    """Return that one of the lock's environments is there, if it names any."""
    if not lock.environments:
        return Join("and", ())
    return Join("or", tuple(formula_of_marker(str(marker)) for marker in lock.environments))


def _without_choices(request: Request) -> Request:
    return replace(
        request,
        extras=(),
        all_extras=False,
        groups=(),
        only_groups=(),
        all_groups=False,
        default_groups=True,
    )


def _free_name(name: str, taken: Collection[str]) -> str:
    while name in taken:
        name += "-project"
    return name


def _refuse_two_of_a_name(lock: Lock, applying: Iterable[Applying], conditions: Conditions) -> None:
    by_name: defaultdict[str, list[Applying]] = defaultdict(list)
    for item in applying:
        by_name[lock.packages[item.position].name].append(item)
    for name, items in by_name.items():
        for one, other in combinations(items, 2):
            overlap = conditions.diagram.both(one.condition, other.condition)
            if not conditions.ever(overlap):
                continue
            marker = conditions.marker(overlap, limits_stated=True)
            described = [
                Reached(package=lock.packages[item.position], position=item.position).described
                for item in (one, other)
            ]
            raise SelectionError(
                f"two entries of {name} are selected at once"
                f"{'' if marker is None else f' where {marker}'}: {' and '.join(described)}",
                hint="the lock does not separate them for this request; ask for fewer extras or "
                "groups, or lock again",
            )


def _place(item: Conditional) -> tuple[str, bool, Version]:
    """Return the key of the packages' order: by name, then by version, those without one first."""
    version = item.package.version
    return item.package.name, version is not None, version or _NO_VERSION

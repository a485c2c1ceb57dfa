"""The sensible selections of a lock: each extra, each group, each member, and all together."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from syncsteps.selection import Request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from syncsteps.locks.model import ConflictItem, Lock

__all__ = ["requests_of", "shown"]


def shown(request: Request) -> str:
    """Return the request as the options of the command line; ``default`` where it has none."""
    options = [
        *(f"--package {name}" for name in request.packages),
        *(f"--extra {name}" for name in request.extras),
        *(f"--group {name}" for name in request.groups),
        *(f"--only-group {name}" for name in request.only_groups),
    ]
    flags = {
        "--all-packages": request.all_packages,
        "--all-extras": request.all_extras,
        "--all-groups": request.all_groups,
        "--no-default-groups": not request.default_groups,
        "--no-project": not request.project,
        "--no-local": not request.local,
    }
    return " ".join([*options, *(name for name, on in flags.items() if on)]) or "default"


def requests_of(lock: Lock) -> list[Request]:
    """Return what is asked of ``lock``, without repetitions."""
    found = [Request(), *_of_whole(lock)]
    if lock.layout == "graph" and len(lock.members) > 1:
        for name in lock.members:
            found += _of_member(lock, name)
        found += [
            Request(all_packages=True),
            Request(all_packages=True, all_groups=True),
            Request(all_packages=True, all_extras=True, all_groups=True),
        ]
    return list(dict.fromkeys(found))


def _of_whole(lock: Lock) -> Iterator[Request]:
    members = [p for p in lock.packages if p.name in lock.members]
    if lock.project is not None:
        members = [p for p in members if p.name == lock.project]
    if lock.layout == "flat":
        extras, groups = lock.extras, lock.groups
    else:
        extras = _names(extra for member in members for extra, _ in member.optional_dependencies)
        own = [group for member in members for group, _ in member.dependency_groups]
        groups = _names([*own, *(group for group, _ in lock.dependency_groups)])
    yield Request(project=False)
    yield Request(local=False)
    yield Request(default_groups=False)
    yield from _each(Request(), extras, groups)
    for biased in (extras, tuple(reversed(extras))):
        chosen = _compatible(lock, lock.project, biased, groups)
        yield Request(extras=chosen[0], groups=chosen[1])


def _of_member(lock: Lock, name: str) -> Iterator[Request]:
    member = next(package for package in lock.packages if package.name == name)
    base = Request(packages=(name,))
    extras = _names(extra for extra, _ in member.optional_dependencies)
    groups = _names([*(group for group, _ in member.dependency_groups), *_inherited(lock)])
    yield base
    yield replace(base, project=False)
    yield replace(base, local=False)
    yield from _each(base, extras, groups)
    chosen = _compatible(lock, name, extras, groups)
    yield replace(base, extras=chosen[0], groups=chosen[1])


def _each(base: Request, extras: tuple[str, ...], groups: tuple[str, ...]) -> Iterator[Request]:
    for extra in extras:
        yield replace(base, extras=(extra,))
    for group in groups:
        yield replace(base, groups=(group,))
        yield replace(base, only_groups=(group,))
    if extras:
        yield replace(base, all_extras=True)
    if groups:
        yield replace(base, all_groups=True)
        yield replace(base, only_groups=groups)
    if extras and groups:
        yield replace(base, all_extras=True, all_groups=True)
        yield replace(base, extras=extras[:1], groups=groups[-1:])


def _inherited(lock: Lock) -> list[str]:
    root = [package for package in lock.packages if package.name == lock.project]
    return [group for package in root for group, _ in package.dependency_groups]


def _names(names: Iterator[str] | list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _compatible(
    lock: Lock, member: str | None, extras: tuple[str, ...], groups: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return as many extras, then groups, as no declared conflict forbids, in this order."""
    members = lock.members if member is None else (member,)
    taken: list[tuple[str, str]] = []
    for kind, name in [*(("extra", e) for e in extras), *(("group", g) for g in groups)]:
        clashes = any(
            any(_is(item, members, kind, name) for item in row)
            and any(_is(item, members, *other) for item in row for other in taken)
            for row in lock.conflicts
        )
        if not clashes:
            taken.append((kind, name))
    return (
        tuple(name for kind, name in taken if kind == "extra"),
        tuple(name for kind, name in taken if kind == "group"),
    )


def _is(item: ConflictItem, members: tuple[str, ...], kind: str, name: str) -> bool:
    named = item.extra if kind == "extra" else item.group
    return named == name and item.package in members

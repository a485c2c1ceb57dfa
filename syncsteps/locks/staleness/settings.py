"""The settings of a workspace that a uv.lock records, held against its pyproject.toml files."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from packaging.markers import InvalidMarker, Marker
from packaging.utils import canonicalize_name

from syncsteps.locks.staleness.markers import same_condition
from syncsteps.locks.staleness.project import UnreadableError, read_wanted, strings, tool_uv
from syncsteps.locks.staleness.requirements import differences

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from syncsteps.locks.model import ConflictItem, Lock
    from syncsteps.locks.staleness.sources import Sources

    Sides = frozenset[tuple[str, str, str]]
    File = tuple[str, str | None, Mapping[str, Any]]

__all__ = ["setting_changes"]

_ROOT = "pyproject.toml"


def setting_changes(
    lock: Lock, files: Sequence[File], sources: Sources, *, complete: bool
) -> Iterator[str]:
    """Yield how the settings of ``files`` differ from those that ``lock`` was made with.

    Each file has its name, the name of its project and its content; the root's comes first, whose
    sources are ``sources``. ``complete`` is whether all the members' are there. Settings that are
    malformed, and those that may come from elsewhere than these files, are not compared.
    """
    own = tool_uv(files[0][2])
    yield from _lists(lock, own, sources)
    yield from _environments(lock, own)
    yield from _conflicts(lock, files, complete=complete)


def _lists(lock: Lock, own: Mapping[str, Any], sources: Sources) -> Iterator[str]:
    recorded = lock.recorded
    if recorded is None:
        return
    pythons = str(lock.requires_python or "")
    for key, rows in (
        ("constraint-dependencies", recorded.constraints),
        ("override-dependencies", recorded.overrides),
        ("build-constraint-dependencies", recorded.build_constraints),
    ):
        try:
            wanted = tuple(read_wanted(own.get(key, []), key, sources))
        except UnreadableError:
            continue
        yield from differences(rows, wanted, pythons=pythons, file=f"{key} of {_ROOT}")
    try:
        names = strings(own.get("exclude-dependencies", []), "exclude-dependencies")
    except UnreadableError:
        return
    excluded, locked = set(map(canonicalize_name, names)), set(recorded.excludes)
    # To leave out what is not there changes nothing, for uv neither.
    there = {package.name for package in lock.packages}
    if locked - excluded or (excluded - locked) & there:
        yield (
            f"exclude-dependencies of {_ROOT} are {_listed(excluded)}, those of the lock"
            f" {_listed(locked)}"
        )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def _environments(lock: Lock, own: Mapping[str, Any]) -> Iterator[str]:
    required = lock.recorded.required_environments if lock.recorded is not None else ()
    pythons = str(lock.requires_python or "")
    for key, locked in (
        ("environments", lock.environments),
        ("required-environments", required),
    ):
        written = own.get(key, [])
        written = [written] if isinstance(written, str) else written
        try:
            wanted = [Marker(text) for text in strings(written, key)]
        except (InvalidMarker, RecursionError, UnreadableError):
            continue
        if not all(
            one is not None
            and other is not None
            and same_condition(str(one), str(other), extra="", pythons=pythons)
            for one, other in zip_longest(locked, wanted)
        ):
            texts = [" | ".join(map(str, markers)) or "none" for markers in (wanted, locked)]
            yield f"{key} of {_ROOT}: {texts[0]}; of the lock: {texts[1]}"


def _conflicts(lock: Lock, files: Sequence[File], *, complete: bool) -> Iterator[str]:
    """Yield which conflicts are new, and which are gone.

    uv adds those of a group that includes another one: a set of the lock counts as declared if it
    has the same packages as one that is.
    """
    locked = {frozenset(map(_side, row)) for row in lock.conflicts}
    declared: dict[Sides, str] = {}
    for file, name, content in files:
        for sides in _declared_conflicts(tool_uv(content).get("conflicts", []), name):
            if sides is None:
                return
            declared.setdefault(sides, file)
    for sides, file in declared.items():
        if sides not in locked:
            yield f"{file} declares the conflict of {_named(sides)}, the lock does not"
    if not complete:
        return
    shapes = {_shape(sides) for sides in declared}
    for sides in sorted(locked - declared.keys(), key=sorted):
        if _shape(sides) not in shapes:
            yield f"the lock has the conflict of {_named(sides)}, {_ROOT} does not"


def _side(item: ConflictItem) -> tuple[str, str, str]:
    return item.package, item.extra or "", item.group or ""


def _shape(sides: Sides) -> tuple[str, ...]:
    return tuple(sorted(package for package, _, _ in sides))


def _named(sides: Sides) -> str:
    return " and ".join(
        f"the extra {extra} of {package}"
        if extra
        else (f"the group {group} of {package}" if group else package)
        for package, extra, group in sorted(sides)
    )


def _declared_conflicts(rows: object, name: str | None) -> Iterator[Sides | None]:
    """Yield each set that ``rows`` declares; None for one that cannot be read."""
    for row in rows if isinstance(rows, list) else [None]:
        sides = set()
        for item in row if isinstance(row, list) else [None]:
            values = item if isinstance(item, dict) else {"": None}
            package = values.get("package", name)
            extra, group = values.get("extra", ""), values.get("group", "")
            if not set(values) <= {"package", "extra", "group"} or not (
                isinstance(package, str) and isinstance(extra, str) and isinstance(group, str)
            ):
                yield None
                return
            sides.add(
                (canonicalize_name(package), canonicalize_name(extra), canonicalize_name(group))
            )
        yield frozenset(sides)

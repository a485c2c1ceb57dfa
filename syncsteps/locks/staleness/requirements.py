"""Requirements as a uv.lock records them, held against those that a pyproject.toml declares."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from syncsteps.locks.staleness.markers import same_condition
from syncsteps.locks.staleness.project import flattened
from syncsteps.locks.staleness.sources import same_source
from syncsteps.locks.values import redacted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from packaging.markers import Marker
    from packaging.specifiers import SpecifierSet

    from syncsteps.locks.model import Declared, DeclaredSource, Lock, Package
    from syncsteps.locks.staleness.project import Project, Wanted

__all__ = ["differences", "requirement_changes"]


def requirement_changes(
    lock: Lock,
    package: Package | None,
    recorded: tuple[Declared, ...],
    project: Project,
    *,
    file: str,
) -> Iterator[str]:
    """Yield how ``recorded`` differs from what ``project``, whose file is ``file``, declares.

    ``package`` is its entry in ``lock`` (None: a root that is no project). Specifiers and markers
    are compared by what they mean for the versions of Python that the lock is for. What comes from
    elsewhere than an index is compared without its specifier, which is not recorded.
    """
    pythons = str(lock.requires_python or "")
    changes = list(differences(recorded, project.wanted, pythons=pythons, file=file))
    # uv has recorded a project's use of its own extras both as it is and as what it stands for.
    if changes and any(differences(recorded, flattened(project), pythons=pythons, file=file)):
        yield from changes
    if lock.recorded is None or not lock.recorded.empty_names:
        return
    extras = package.optional_dependencies if package is not None else ()
    groups = package.dependency_groups if package is not None else lock.dependency_groups
    yield from _names("extra", {name for name, _ in extras}, project.extras, recorded, file)
    yield from _names("group", {name for name, _ in groups}, project.groups, recorded, file)


def _names(
    kind: str,
    locked: set[str],
    wanted: frozenset[str],
    recorded: tuple[Declared, ...],
    file: str,
) -> Iterator[str]:
    """Yield the extras or groups that are new or gone and have no requirement to tell of it."""
    told = {item.extra if kind == "extra" else item.group for item in recorded}
    for name in sorted(wanted - locked):
        yield f"{file} has the {kind} {name}, the lock does not"
    for name in sorted(locked - wanted - told):
        yield f"the lock has the {kind} {name}, {file} does not"


def differences(
    recorded: Iterable[Declared], wanted: Iterable[Wanted], *, pythons: str, file: str
) -> Iterator[str]:
    """Yield a sentence for each requirement that only one of the two has."""
    rows: dict[object, list[Declared]] = defaultdict(list)
    for item in recorded:
        rows[item.name, item.extras, item.extra, item.group].append(item)
    wishes: dict[object, list[Wanted]] = defaultdict(list)
    for wish in wanted:
        wishes[wish.name, wish.extras, wish.extra, wish.group].append(wish)
    missing, left = set(), set()
    for key, group in wishes.items():
        for wish in group:
            if not wish.placed.rest and not any(_same(r, wish, pythons) for r in rows.get(key, ())):
                missing.add(_text_of_wish(wish))
    for key, items in rows.items():
        for item in items:
            if not any(_same(item, wish, pythons) for wish in wishes.get(key, ())):
                left.add(_text_of_row(item))
    yield from (f"{file} asks for {text}, the lock does not" for text in sorted(missing))
    yield from (f"the lock asks for {text}, {file} does not" for text in sorted(left))


def _same(item: Declared, wish: Wanted, pythons: str) -> bool:
    if not same_source(item.source, wish.placed):
        return False
    kept = item.specifier is not None and not wish.direct
    if kept and item.specifier != wish.specifier:
        return False
    if wish.placed.rest:
        return True
    locked = "" if item.marker is None else str(item.marker)
    return same_condition(locked, _marker(wish), extra=item.extra or "", pythons=pythons)


def _marker(wish: Wanted) -> str:
    """Return the marker as uv writes it down: with that of the extra."""
    markers = [str(marker) for marker in wish.markers]
    if wish.extra is not None:
        if not markers:
            return f'extra == "{wish.extra}"'
        markers.append(f'extra == "{wish.extra}"')
    if len(markers) == 1:
        return markers[0]
    return " and ".join(f"({marker})" if " or " in marker else marker for marker in markers)


def _text_of_wish(wish: Wanted) -> str:
    return _text(
        wish.name,
        wish.extras,
        None if wish.placed.source is not None else wish.specifier,
        wish.markers,
        wish.placed.source,
        wish.extra,
        wish.group,
    )


def _text_of_row(item: Declared) -> str:
    markers = () if item.marker is None else (item.marker,)
    if item.extra is not None and str(item.marker) == f'extra == "{item.extra}"':
        markers = ()
    return _text(
        item.name, item.extras, item.specifier, markers, item.source, item.extra, item.group
    )


def _text(
    name: str,
    extras: tuple[str, ...],
    specifier: SpecifierSet | None,
    markers: tuple[Marker, ...],
    source: DeclaredSource | None,
    extra: str | None,
    group: str | None,
) -> str:
    in_brackets = f"[{','.join(extras)}]" if extras else ""
    place = f" in the extra {extra}" if extra else ""
    place = f" in the group {group}" if group else place
    condition = f" where {' and '.join(map(str, markers))}" if markers else ""
    origin = f" from {redacted(source.location) or 'the workspace'}" if source is not None else ""
    return f"{name}{in_brackets}{specifier or ''}{origin}{place}{condition}"

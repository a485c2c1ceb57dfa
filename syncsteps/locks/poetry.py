"""poetry.lock: flat since version 2.1, before that a graph that pyproject.toml is the root of."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from syncsteps.errors import LockError
from syncsteps.locks.fields import Table
from syncsteps.locks.model import Directory, Lock, Package
from syncsteps.locks.poetry_constraints import parse_constraint, whole_python_markers
from syncsteps.locks.poetry_entries import read_entries
from syncsteps.locks.poetry_graph import NOT_LOCKED, linked, root_name
from syncsteps.locks.poetry_markers import both, either, membership, over_extras
from syncsteps.locks.poetry_needs import read_needs
from syncsteps.locks.poetry_project import group_names, read_project, requirements_of
from syncsteps.locks.unlocked import absent_names, with_unlocked
from syncsteps.locks.values import parse_content_hash, parse_marker, parse_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from packaging.markers import Marker

    from syncsteps.locks.fields import Origin
    from syncsteps.locks.poetry_constraints import Constraint
    from syncsteps.locks.poetry_entries import Entry
    from syncsteps.locks.poetry_project import PoetryProject

__all__ = ["read_poetry"]

_MAIN = "main"
_VERSION = re.compile(r"[12]\.[0-9]{1,3}")
_FIRST_FLAT = (2, 1)
_WITHOUT_MARKERS = "1.0"


def read_poetry(
    data: Mapping[str, Any], origin: Origin, pyproject: Mapping[str, Any] | None
) -> Lock:
    """Return the lock that ``data``, the TOML document of a poetry.lock, is.

    ``pyproject`` is the pyproject.toml beside it, None where there is none. It says what the
    project itself is, which a poetry.lock does not list; before version 2.1 it is also where the
    graph starts.

    Raises:
        LockError: the lock is of another version, something in it or in pyproject.toml is missing
            or malformed, or there is no pyproject.toml where it is needed.
    """
    top = Table(values=data, file=origin.name)
    metadata = top.table("metadata")
    if metadata is None:
        raise top.missing("metadata")
    version = _check_version(metadata)
    pythons = metadata.parse("python-versions", parse_constraint) or parse_constraint("*")
    project = read_project(pyproject)
    flat = tuple(map(int, version.split("."))) >= _FIRST_FLAT
    lock = Lock(
        format="poetry.lock",
        format_version=version,
        path=origin.path,
        root=origin.root,
        digest=origin.digest,
        layout="flat" if flat else "graph",
        packages=(),
        requires_python=None if pythons.everything else pythons.single,
        environments=_environments(pythons),
        content_hash=metadata.parse("content-hash", parse_content_hash),
        project=project.name if project.installable else None,
    )
    if flat:
        return _flat(lock, top, project)
    if pyproject is None:
        raise LockError(
            f"version {version} of poetry.lock does not say which packages the project itself"
            " requires, and there is no pyproject.toml beside it that would",
            file=origin.name,
            hint="put pyproject.toml beside it, or lock again with poetry 2",
        )
    return _graph(lock, top, project, pythons)


def _check_version(metadata: Table) -> str:
    version = metadata.require("lock-version", str)
    if not _VERSION.fullmatch(version):
        raise metadata.error(
            f"expected lock-version 1.0 to 2.1, found {version[:20]!r}",
            key="lock-version",
            hint="lock again with a current poetry, or get a newer syncsteps",
        )
    return version


def _environments(pythons: Constraint) -> tuple[Marker, ...]:
    """Return ``python-versions`` as a marker, where no set of specifiers can express it."""
    text = None if pythons.single is not None else whole_python_markers(pythons)
    return () if text is None else (parse_marker(text),)


def _flat(lock: Lock, top: Table, project: PoetryProject) -> Lock:
    entries = read_entries(top)
    names = {entry.package.name for entry in entries} | NOT_LOCKED
    names |= {project.name} if project.name is not None else set()
    found = [_placed(entry) for entry in entries]
    packages = [
        with_unlocked(package, _unlocked(entry, names))
        for entry, (package, _) in zip(entries, found, strict=True)
    ]
    if project.installable and project.name is not None:
        packages.append(
            Package(
                name=project.name,
                source=Directory(path="."),
                marker=parse_marker(membership([_MAIN], "dependency_groups")),
            )
        )
    extras = top.table("extras")
    groups = {group: None for _, of_entry in found for group in of_entry}
    return replace(
        lock,
        packages=tuple(packages),
        extras=()
        if extras is None
        else tuple(extras.parse_key(extra, parse_name) for extra in extras.values),
        groups=tuple(sorted({*groups, *group_names(project)} - {_MAIN})),
        production_group=_MAIN,
    )


def _unlocked(entry: Entry, names: Collection[str]) -> Iterator[tuple[str, Marker | None]]:
    """Yield what the entry requires without any extra, and none of the entries' ``names`` is."""
    table = entry.table.table("dependencies")
    if table is None or not (keys := absent_names(table.values, names).values()):
        return
    absent = {key: value for key, value in table.values.items() if key in keys}
    row = Table(values=absent, file=table.file, step=table.step, parent=table.parent)
    for need in read_needs(row):
        if need.optional:
            continue
        try:
            yield need.name, None if need.marker is None else parse_marker(need.marker)
        except ValueError as error:
            raise row.error(str(error), key=need.name) from error


def _placed(entry: Entry) -> tuple[Package, tuple[str, ...]]:
    """Return a package with its marker, and the groups that it is for."""
    table = entry.table
    groups = table.parse_each("groups", parse_name)
    if not groups:
        raise table.missing("groups")
    try:
        marker = parse_marker(_condition(groups, _markers(table, groups)))
    except ValueError as error:
        raise table.error(str(error), key="markers") from error
    return replace(entry.package, marker=marker), groups


def _markers(table: Table, groups: Iterable[str]) -> Mapping[str, str | None]:
    """Return the marker of each group, as a text over PEP 751's variables."""
    if not isinstance(table.values.get("markers"), dict):
        marker = table.parse("markers", parse_marker)
        return dict.fromkeys(groups, None if marker is None else over_extras(str(marker)))
    by_group = table.table("markers") or Table(values={}, file=table.file)
    markers: dict[str, str | None] = dict.fromkeys(groups)
    for key in by_group.values:
        marker = by_group.require(key, parse_marker)
        markers[by_group.parse_key(key, parse_name)] = over_extras(str(marker))
    return markers


def _condition(groups: Sequence[str], markers: Mapping[str, str | None]) -> str:
    by_marker: dict[str | None, list[str]] = {}
    for group in groups:
        by_marker.setdefault(markers[group], []).append(group)
    conditions = [
        both(membership(names, "dependency_groups"), marker) for marker, names in by_marker.items()
    ]
    return either(conditions) or ""


def _graph(lock: Lock, top: Table, project: PoetryProject, pythons: Constraint) -> Lock:
    packages = linked(
        read_entries(top),
        project,
        requirements_of(project),
        pythons=pythons,
        markers=lock.format_version != _WITHOUT_MARKERS,
    )
    root = packages[-1]
    return replace(
        lock,
        packages=packages,
        extras=tuple(extra for extra, _ in root.optional_dependencies),
        groups=tuple(group for group, _ in root.dependency_groups),
        members=(root_name(project),),
        project=project.name,
    )

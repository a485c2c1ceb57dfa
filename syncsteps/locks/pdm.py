"""pdm.lock, versions 4.2 to 4.5: flat where metadata is inherited, otherwise a graph."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from syncsteps.errors import LockError
from syncsteps.locks.fields import Table
from syncsteps.locks.model import Directory, Lock, Package
from syncsteps.locks.pdm_entries import read_entry, read_file_rows
from syncsteps.locks.pdm_graph import linked, root_package
from syncsteps.locks.pdm_needs import parse_group, parse_need
from syncsteps.locks.pdm_project import DEFAULT, read_project
from syncsteps.locks.pdm_sources import Lookups
from syncsteps.locks.pdm_targets import read_targets
from syncsteps.locks.unlocked import absent_names, with_unlocked
from syncsteps.locks.values import parse_content_hash, parse_marker

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from packaging.markers import Marker

    from syncsteps.locks.fields import Origin
    from syncsteps.locks.pdm_entries import Entry, FileRows
    from syncsteps.locks.pdm_project import PdmProject

__all__ = ["read_pdm"]

_VERSION = re.compile(r"4\.[2-5](?:\.[0-9]+)?")
_INHERIT = "inherit_metadata"


def read_pdm(
    data: Mapping[str, Any],
    origin: Origin,
    pyproject: Mapping[str, Any] | None,
    *,
    environment: Mapping[str, str] | None = None,
) -> Lock:
    """Return the lock that ``data``, the TOML document of a pdm.lock, is.

    ``pyproject`` is the pyproject.toml beside it, None where there is none. It tells extras from
    groups, which have one namespace in the lock, and says what the project itself is. Where the
    lock does not say which groups lead to an entry, its requirements are what the graph starts
    from. The sources that it has are where the packages are looked up; ``environment`` is where
    the variables of their credentials come from (None: nowhere).

    Raises:
        LockError: the lock is of another version, something in it or in pyproject.toml is missing
            or malformed, or there is no pyproject.toml where it is needed.
    """
    top = Table(values=data, file=origin.name)
    metadata = top.table("metadata")
    if metadata is None:
        raise top.missing("metadata")
    version = _check_version(metadata)
    project = read_project(pyproject)
    inherited = _INHERIT in metadata.parse_each("strategy", str)
    locked = metadata.parse_each("groups", parse_group) if "groups" in metadata.values else None
    lookups = Lookups.read(project.table, environment or {})
    rows = _rows(top, read_file_rows(metadata), project, lookups)
    lock = Lock(
        format="pdm.lock",
        format_version=version,
        path=origin.path,
        root=origin.root,
        digest=origin.digest,
        layout="flat" if inherited else "graph",
        packages=(),
        requires_python=project.requires_python,
        environments=read_targets(metadata),
        content_hash=metadata.parse("content_hash", parse_content_hash),
    )
    if inherited:
        return _flat(lock, rows, project, locked)
    if pyproject is None:
        raise LockError(
            f"this lock does not say which groups its packages are for (no {_INHERIT}), and there"
            " is no pyproject.toml beside it that would",
            file=origin.name,
            hint=f"put pyproject.toml beside it, or lock again with `pdm lock -S {_INHERIT}`",
        )
    return _graph(lock, rows, project, locked)


def _check_version(metadata: Table) -> str:
    version = metadata.require("lock_version", str)
    if not _VERSION.fullmatch(version):
        raise metadata.error(
            f"expected lock_version 4.2 to 4.5, found {version!r}",
            key="lock_version",
            hint="lock again with a current pdm, or get a newer syncsteps",
        )
    return version


def _rows(
    top: Table, rows_of: FileRows, project: PdmProject, lookups: Lookups
) -> list[list[Entry]]:
    """Return the entries, those of the same package together, the ones without extras first.

    Beside those with and without extras, pdm writes one for each target where a repository is
    locked for several.
    """
    # Whoever requires the project that is installed from its directory means that.
    own = {project.name} if project.installable else set()
    left_out = project.left_out | own
    rows: dict[tuple[object, ...], list[Entry]] = {}
    for table in top.tables("package"):
        entry = lookups.added(read_entry(table, rows_of))
        package = entry.package
        if package.name in left_out:
            continue
        row = rows.setdefault((package.name, package.version, package.source_id), [])
        if any(other.extras == entry.extras and other.package != package for other in row):
            raise table.error(
                f"a second entry of {package.name} {package.version or ''}".rstrip()
                + " that says something else",
                hint="lock again: the lock was damaged, for example in a merge",
            )
        row.append(entry)
    return [sorted(row, key=lambda entry: len(entry.extras)) for row in rows.values()]


def _flat(
    lock: Lock,
    rows: Sequence[Sequence[Entry]],
    project: PdmProject,
    locked: Sequence[str] | None,
) -> Lock:
    extras = tuple(name for name in project.extras if locked is None or name in locked)
    known = locked if locked is not None else project.groups
    names = {row[0].package.name for row in rows}
    names |= project.left_out | ({project.name} if project.name is not None else set())
    packages = [
        with_unlocked(
            replace(row[0].package, marker=_reach(row, project)),
            (need for entry in row for need in _unlocked(entry, names)),
        )
        for row in rows
    ]
    if project.installable and project.name is not None:
        packages.append(
            Package(
                name=project.name,
                version=project.version,
                source=Directory(path="."),
                marker=parse_marker(_membership(DEFAULT, project)),
            )
        )
    return replace(
        lock,
        packages=tuple(packages),
        extras=extras,
        groups=tuple(name for name in known if name not in (DEFAULT, *extras)),
        production_group=DEFAULT,
        project=project.name if project.installable else None,
    )


def _unlocked(entry: Entry, names: Collection[str]) -> Iterator[tuple[str, Marker | None]]:
    """Yield what the entry requires, and none of the entries' ``names`` is."""
    texts = entry.table.parse_each("dependencies", str)
    if absent_names(texts, names):
        for need in entry.table.parse_each("dependencies", parse_need):
            if need.name not in names:
                yield need.name, need.marker


def _graph(
    lock: Lock,
    rows: Sequence[Sequence[Entry]],
    project: PdmProject,
    locked: Sequence[str] | None,
) -> Lock:
    packages = linked(rows, project)
    root = root_package(packages, project, locked)
    return replace(
        lock,
        packages=(*packages, root),
        extras=tuple(name for name, _ in root.optional_dependencies),
        groups=tuple(name for name, _ in root.dependency_groups),
        members=(root.name,),
        project=project.name if root.name == project.name else None,
    )


def _reach(row: Sequence[Entry], project: PdmProject) -> Marker | None:
    """Return when the package of these entries applies, one with extras being also one without."""
    base = row[0]
    others = (entry for entry in row[1:] if not _is_within(entry, base))
    conditions = [_condition(entry, project) for entry in (base, *others)]
    if None in conditions:
        return None
    texts = [*dict.fromkeys(filter(None, conditions))]
    whole = texts[0] if len(texts) == 1 else " or ".join(f"({text})" for text in texts)
    try:
        return parse_marker(whole)
    except ValueError as error:
        raise base.table.error(str(error), key="marker") from error


def _is_within(entry: Entry, base: Entry) -> bool:
    grouped = not base.groups or (entry.groups and set(entry.groups) <= set(base.groups))
    return bool(grouped) and base.marker in (None, entry.marker)


def _condition(entry: Entry, project: PdmProject) -> str | None:
    groups = " or ".join(_membership(name, project) for name in entry.groups or ())
    if entry.marker is None or not groups:
        return groups or (None if entry.marker is None else str(entry.marker))
    return f"({entry.marker}) and ({groups})"


def _membership(name: str, project: PdmProject) -> str:
    return f"'{name}' in {'extras' if name in project.extras else 'dependency_groups'}"

"""uv.lock, version 1: a graph of packages, walked from the members of a workspace."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from syncsteps.locks.fields import Table
from syncsteps.locks.model import (
    Archive,
    ConflictItem,
    Dependency,
    Directory,
    Lock,
    Package,
)
from syncsteps.locks.uv_declared import read_declared, read_default_groups, read_recorded
from syncsteps.locks.uv_sources import (
    read_hashes,
    read_sdist,
    read_source,
    read_wheels,
)
from syncsteps.locks.values import (
    parse_marker,
    parse_name,
    parse_specifier,
    parse_version,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from packaging.markers import Marker
    from packaging.version import Version

    from syncsteps.locks.fields import Origin
    from syncsteps.locks.model import Declared

    Edges = tuple[tuple[str, tuple[Dependency, ...]], ...]

__all__ = ["VERSION", "read_uv"]

VERSION = 1


def read_uv(data: Mapping[str, Any], origin: Origin) -> Lock:
    """Return the lock that ``data``, the TOML document of a uv.lock, is.

    Every revision is read, as revisions only add keys. The members' directories are not looked at:
    what is known of them is what the lock says.

    Raises:
        LockError: it is of another version, or something in it is missing or malformed.
    """
    top = Table(values=data, file=origin.name)
    revision = _check_version(top)
    entries = top.tables("distribution" if "distribution" in data else "package")
    packages = tuple([_package(entry) for entry in entries])
    _check_entries(entries, packages)
    manifest = top.table("manifest") or Table(values={}, file=origin.name)
    members = _members(manifest, packages)
    inside = [package for package in packages if package.name in members]
    manifest_groups = manifest.tables_by_name("dependency-groups", parse_name)
    dependency_groups = _edges(manifest_groups)
    return Lock(
        format="uv.lock",
        format_version=f"{VERSION}, revision {revision}",
        path=origin.path,
        root=origin.root,
        digest=origin.digest,
        layout="graph",
        packages=packages,
        requires_python=top.require("requires-python", parse_specifier),
        environments=top.parse_each("supported-markers", parse_marker),
        extras=_names(package.optional_dependencies for package in inside),
        groups=_names([*(package.dependency_groups for package in inside), dependency_groups]),
        members=members,
        project=next((package.name for package in inside if _is_root(package)), None),
        requirements=tuple(map(_dependency, manifest.tables("requirements"))),
        dependency_groups=dependency_groups,
        declared=tuple(
            read_declared(row, group=group) for group, rows in manifest_groups for row in rows
        ),
        conflicts=tuple(
            tuple(map(_conflict_item, row)) for row in top.tables_of_arrays("conflicts")
        ),
        recorded=read_recorded(top, manifest, revision),
    )


def _check_version(top: Table) -> int:
    version = top.integer("version")
    if version is None:
        raise top.missing("version")
    if version != VERSION:
        raise top.error(
            f"expected version {VERSION} of uv.lock, found version {version}",
            key="version",
            hint=f"lock again with a uv that writes version {VERSION}, or get a newer syncsteps",
        )
    return top.integer("revision") or 0


def _package(entry: Table) -> Package:
    located = read_source(entry)
    version = entry.parse("version", parse_version)
    if version is None and located.source is None:
        raise entry.missing("version")
    source = located.source
    indexed = source is None
    if isinstance(source, Archive):
        rows = [*entry.tables("wheels"), *filter(None, [entry.table("sdist")])]
        hashes = dict.fromkeys(hash_ for row in rows for hash_ in read_hashes(row))
        size = rows[0].integer("size") if len(rows) == 1 else None
        source = replace(source, hashes=tuple(hashes), size=size)
    dependencies = _row(entry.tables("dependencies"))
    extras = _edges(entry.tables_by_name("optional-dependencies", parse_name))
    groups = _edges(_groups(entry, "dev-dependencies"))
    declared: tuple[Declared, ...] | None = None
    metadata = entry.table("metadata")
    if metadata is not None:
        required_in = _groups(metadata, "requires-dev")
        declared = (
            *(read_declared(row) for row in metadata.tables("requires-dist")),
            *(read_declared(row, group=group) for group, rows in required_in for row in rows),
        )
        extras = _with_empty(extras, metadata.parse_each("provides-extras", parse_name))
        groups = _with_empty(groups, [group for group, _ in required_in])
    elif isinstance(source, Directory) and not (dependencies or extras or groups):
        # A project that declares nothing has no metadata table. One that has edges and no such
        # table is in a lock that leaves metadata out.
        declared = ()
    return Package(
        name=entry.require("name", parse_name),
        version=version,
        index=located.index,
        source=source,
        sdist=read_sdist(entry, located.directory) if indexed else None,
        wheels=read_wheels(entry, located.directory) if indexed else (),
        marker=_fork_marker(entry),
        source_id=located.source_id,
        dependencies=dependencies,
        optional_dependencies=extras,
        dependency_groups=groups,
        declared=declared,
        default_groups=read_default_groups(entry),
    )


def _groups(table: Table, key: str) -> tuple[tuple[str, tuple[Table, ...]], ...]:
    # uv reads both names of this key; it writes the older one.
    key = key if key in table.values else "dependency-groups"
    return table.tables_by_name(key, parse_name)


def _fork_marker(entry: Table) -> Marker | None:
    markers = entry.parse_each("resolution-markers", parse_marker)
    if not markers:
        return None
    try:
        return parse_marker(" or ".join(f"({marker})" for marker in markers))
    except ValueError as error:
        raise entry.error(str(error), key="resolution-markers") from error


def _edges(groups: Iterable[tuple[str, Sequence[Table]]]) -> Edges:
    return tuple((name, _row(rows)) for name, rows in groups)


def _row(rows: Sequence[Table]) -> tuple[Dependency, ...]:
    return tuple([_dependency(row) for row in rows])


def _dependency(row: Table) -> Dependency:
    return Dependency(
        name=row.require("name", parse_name),
        version=row.parse("version", parse_version),
        source_id=read_source(row).source_id if "source" in row.values else None,
        # An edge says "extra", a requirement of the manifest "extras".
        extras=row.parse_each("extra" if "extra" in row.values else "extras", parse_name),
        marker=row.parse("marker", parse_marker),
    )


def _with_empty(edges: Edges, names: Iterable[str]) -> Edges:
    merged = dict(edges)
    for name in names:
        merged.setdefault(name, ())
    return tuple(merged.items())


def _conflict_item(row: Table) -> ConflictItem:
    return ConflictItem(
        package=row.require("package", parse_name),
        extra=row.parse("extra", parse_name),
        group=row.parse("group", parse_name),
    )


def _members(manifest: Table, packages: Sequence[Package]) -> tuple[str, ...]:
    if "members" not in manifest.values:
        return tuple(package.name for package in packages if _is_root(package))
    members = manifest.parse_each("members", parse_name)
    known = {package.name for package in packages}
    for index, member in enumerate(members):
        if member not in known:
            raise manifest.error(
                f"the member {member!r} has no entry among the packages", key=f"members[{index}]"
            )
    return members


def _is_root(package: Package) -> bool:
    return isinstance(package.source, Directory) and package.source.path == "."


def _names(edges: Iterable[Edges]) -> tuple[str, ...]:
    return tuple(sorted({name for pairs in edges for name, _ in pairs}))


def _check_entries(entries: Sequence[Table], packages: Sequence[Package]) -> None:
    """Refuse two entries that are the same, and edges that lead nowhere."""
    # What an edge may say of each entry: its version and source, one of them, or neither.
    known: set[tuple[str, Version | None, str | None]] = set()
    seen: set[tuple[str, Version | None, str]] = set()
    for entry, package in zip(entries, packages, strict=True):
        name, version, source_id = package.name, package.version, package.source_id
        if (name, version, source_id) in seen:
            raise entry.error(f"a second entry of {_label(package)} from the same source")
        seen.add((name, version, source_id))
        known |= {(name, v, s) for v in (version, None) for s in (source_id, None)}
    for entry, package in zip(entries, packages, strict=True):
        for edge in _all_edges(package):
            if (edge.name, edge.version, edge.source_id) not in known:
                wanted = edge.name if edge.version is None else f"{edge.name} {edge.version}"
                raise entry.error(
                    f"{_label(package)} depends on {wanted}, which has no entry of its own",
                    hint="lock again: entries were lost, for example in a merge",
                )


def _all_edges(package: Package) -> Iterable[Dependency]:
    yield from package.dependencies
    for _, edges in (*package.optional_dependencies, *package.dependency_groups):
        yield from edges


def _label(package: Package) -> str:
    return package.name if package.version is None else f"{package.name} {package.version}"

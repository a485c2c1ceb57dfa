"""One entry of a pdm.lock: where the package comes from, its files, and whom it is for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

from syncsteps.locks.locations import is_archive, is_local, local_path
from syncsteps.locks.model import Archive, Directory, Package, Sdist, Vcs, Wheel
from syncsteps.locks.pdm_needs import parse_group, parse_requires_python
from syncsteps.locks.values import (
    VCS_TYPES,
    file_name_of,
    parse_commit,
    parse_file_name,
    parse_hash,
    parse_marker,
    parse_name,
    parse_revision,
    parse_subdirectory,
    parse_url,
    parse_vcs_url,
    parse_version,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from packaging.markers import Marker
    from packaging.version import Version

    from syncsteps.locks.fields import Table
    from syncsteps.locks.model import Hash, Source

    FileRows = Mapping[tuple[str, Version], tuple[Table, ...]]

__all__ = ["Entry", "read_entry", "read_file_rows"]

# How pdm writes the project's directory into an address, by the build backend that is to read it.
_PROJECT_ROOTS = ("file:///${PROJECT_ROOT}", "{root:uri}")
# The order in which to take one of several sdists: what PEP 625 allows, then what came before it.
_SDISTS = (".tar.gz", ".zip", ".tgz", ".tar.bz2", ".tar.xz", ".tar")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry, whose ``package`` has neither marker nor edges yet.

    With ``extras`` it stands beside the entry of the package itself, and its dependencies are those
    that the extras add. ``groups`` are the names that lead to it (None: the lock does not say).
    """

    table: Table
    package: Package
    extras: tuple[str, ...]
    groups: tuple[str, ...] | None
    marker: Marker | None


def read_file_rows(metadata: Table) -> FileRows:
    """Return the files by name and version as locks before version 4.3 list them, for all entries.

    Raises:
        LockError: a key is not ``NAME VERSION``, or what it stands for is no array of tables.
    """
    return dict(metadata.tables_by_name("files", _name_and_version))


def _name_and_version(text: str) -> tuple[str, Version]:
    name, _, version = text.rpartition(" ")
    return parse_name(name.partition("[")[0]), parse_version(version)


def read_entry(table: Table, rows_of: FileRows) -> Entry:
    """Return the entry that ``table`` is; its files may be in ``rows_of`` instead.

    Raises:
        LockError: something in it is missing or malformed.
    """
    name = table.require("name", parse_name)
    version = table.parse("version", parse_version)
    rows = table.tables("files")
    if not rows and version is not None:
        rows = rows_of.get((name, version), ())
    source_id, source = _source(table, rows)
    if source is None and version is None:
        raise table.missing("version")
    files = _files(rows if source is None else ())
    return Entry(
        table=table,
        package=Package(
            name=name,
            # What lies in a directory may get another version without the lock.
            version=None if isinstance(source, Directory) else version,
            source=source,
            source_id=source_id,
            requires_python=table.parse("requires_python", parse_requires_python),
            sdist=files.sdist,
            wheels=files.wheels,
            hashes=files.hashes,
        ),
        extras=tuple(sorted(table.parse_each("extras", parse_name))),
        groups=table.parse_each("groups", parse_group) if "groups" in table.values else None,
        marker=table.parse("marker", parse_marker),
    )


def _source(table: Table, rows: Sequence[Table]) -> tuple[str, Source | None]:
    """Return what tells the entry's source from others, and the source; for an index: nothing."""
    kinds = [kind for kind in (*VCS_TYPES, "path", "url") if kind in table.values]
    if not kinds:
        return "", None
    if len(kinds) > 1:
        raise table.error(f"expected one source, found {' and '.join(kinds)}")
    (kind,) = kinds
    subdirectory = table.parse("subdirectory", parse_subdirectory)
    if kind in VCS_TYPES:
        source: Source = Vcs(
            type=kind,
            url=table.require(kind, parse_vcs_url),
            commit_id=table.parse("revision", parse_commit if kind == "git" else parse_revision),
            requested_revision=table.parse("ref", parse_revision),
            subdirectory=subdirectory,
        )
    else:
        source = _place(table, kind, subdirectory, tuple(_hashes(rows)))
    revision = source.commit_id if isinstance(source, Vcs) else None
    return f"{kind}+{table.text(kind)}@{revision or ''}#{subdirectory or ''}", source


def _place(
    table: Table, kind: str, subdirectory: str | None, hashes: tuple[Hash, ...]
) -> Archive | Directory:
    url, path = table.require(kind, _location)
    subdirectory = subdirectory or table.require(kind, _subdirectory_in)
    if path is not None and not is_archive(path):
        return Directory(path=path, editable=table.flag("editable"), subdirectory=subdirectory)
    return Archive(url=url, path=path, hashes=hashes, subdirectory=subdirectory)


def _location(text: str) -> tuple[str | None, str | None]:
    """Return the URL or the path, relative to the project, that ``text`` means."""
    location = text.partition("#")[0]
    for root in _PROJECT_ROOTS:
        if location.startswith(root):
            return None, local_path(unquote(location.removeprefix(root)).lstrip("/") or ".")
    if is_local(location):
        return None, local_path(location)
    return parse_url(location), None


def _subdirectory_in(text: str) -> str | None:
    found = dict(parse_qsl(text.partition("#")[2])).get("subdirectory")
    return None if found is None else parse_subdirectory(found)


def _hashes(rows: Sequence[Table]) -> dict[Hash, None]:
    return {row.require("hash", parse_hash): None for row in rows}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Files:
    """The fields of `Package` that say which files there are."""

    sdist: Sdist | None = None
    wheels: tuple[Wheel, ...] = ()
    hashes: tuple[Hash, ...] = ()


def _files(rows: Sequence[Table]) -> _Files:
    """Return the files of a package that comes from an index.

    A file that is listed twice has both hashes. Of several sdists one is the sdist; the others, and
    files of kinds that nobody installs any more, are known by their hashes only.
    """
    urls: dict[str, str | None] = {}
    hashes: dict[str, dict[Hash, None]] = {}
    for row in rows:
        url = row.parse("url", parse_url)
        named = row.require("url", file_name_of) if url else row.require("file", parse_file_name)
        urls.setdefault(named, url)
        hashes.setdefault(named, {}).update(_hashes((row,)))
    wheels = [name for name in urls if name.endswith(".whl")]
    sdist = min((name for name in urls if _rank(name) < len(_SDISTS)), key=_rank, default=None)
    others = (of_file for name, of_file in hashes.items() if name not in (sdist, *wheels))
    return _Files(
        sdist=None
        if sdist is None
        else Sdist(filename=sdist, url=urls[sdist], hashes=tuple(hashes[sdist])),
        wheels=tuple(
            Wheel(filename=name, url=urls[name], hashes=tuple(hashes[name])) for name in wheels
        ),
        hashes=tuple(hash_ for of_file in others for hash_ in of_file),
    )


def _rank(filename: str) -> int:
    ranks = (rank for rank, suffix in enumerate(_SDISTS) if filename.lower().endswith(suffix))
    return next(ranks, len(_SDISTS))

"""The entries of a poetry.lock: what each package is, and which files it has."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from syncsteps.locks.locations import file_says, local_path
from syncsteps.locks.model import Archive, Directory, Package, Sdist, Vcs, Wheel
from syncsteps.locks.poetry_constraints import Constraint, parse_constraint
from syncsteps.locks.values import (
    file_name_of,
    is_url,
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
    quoted,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from packaging.version import Version

    from syncsteps.locks.fields import Table
    from syncsteps.locks.model import Hash, Source

__all__ = ["Entry", "read_entries", "repository_url"]

# ``git@host:owner/name.git``, which is no URL.
_SCP = re.compile(r"(?P<user>[\w.-]+@)?(?P<host>[\w.-]+\.[\w-]+):(?P<path>(?!//)[^:\s]+)")
_WHEEL = ".whl"
_SDISTS = (".tar.gz", ".zip", ".tar.bz2", ".tgz", ".tar.xz", ".tar")
_INDEXED = ("legacy", "pypi")
_KINDS = ("git", "directory", "file", "url", *_INDEXED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A package without its edges, and what edges to it are found by.

    ``kind`` is ``index``, ``git``, ``url`` or ``path``, and ``reference`` what the project calls
    the index. ``marker`` is where lock version 1.0 says that the package is needed.
    """

    table: Table
    package: Package
    version: Version
    pythons: Constraint
    kind: str
    reference: str | None
    marker: str | None


def read_entries(top: Table) -> tuple[Entry, ...]:
    """Return the packages of the lock whose document is ``top``.

    Raises:
        LockError: something in one of them is missing or malformed, or one is there twice.
    """
    tables = top.tables("package")
    common = _metadata_files(top)
    names = [table.require("name", parse_name) for table in tables]
    counts = Counter(names)
    entries = tuple(
        _entry(table, name, common.get(name, ()), alone=counts[name] == 1)
        for table, name in zip(tables, names, strict=True)
    )
    seen = set()
    for entry in entries:
        key = (entry.package.name, entry.version, entry.package.source_id)
        if key in seen:
            raise entry.table.error(
                f"a second entry of {entry.package.name} {entry.version} from the same source",
                hint="lock again: the lock was damaged, for example in a merge",
            )
        seen.add(key)
    return entries


def _metadata_files(top: Table) -> Mapping[str, tuple[Table, ...]]:
    """Return the files of each package where the lock keeps them together, until version 1.1."""
    metadata = top.table("metadata")
    return {} if metadata is None else dict(metadata.tables_by_name("files", parse_name))


def _entry(table: Table, name: str, common: tuple[Table, ...], *, alone: bool) -> Entry:
    version = table.require("version", parse_version)
    pythons = table.parse("python-versions", parse_constraint) or parse_constraint("*")
    files = _files(table.tables("files"))
    if not files:
        # Which version one of these is of does not matter where there is one; else its name says.
        files = [each for each in _files(common) if alone or file_says(each[0])[1] == version]
    where = table.table("source")
    kind = "legacy" if where is None else where.require("type", _kind)
    source = None if where is None else _source(where, kind, files, editable=table.flag("develop"))
    index = None
    if where is not None and source is None and "url" in where.values:
        index = where.require("url", parse_url)
    sdist = None if source else _sdist(files)
    package = Package(
        name=name,
        version=version,
        index=index,
        source=source,
        sdist=sdist,
        wheels=() if source else _wheels(files),
        hashes=() if source else _others(files, sdist),
        requires_python=None if pythons.everything else pythons.single,
        source_id=_source_id(where),
    )
    marker = table.parse("marker", parse_marker)
    return Entry(
        table=table,
        package=package,
        version=version,
        pythons=pythons,
        kind={"git": "git", "url": "url"}.get(kind, "index" if kind in _INDEXED else "path"),
        reference=None if where is None else where.parse("reference", _reference),
        marker=None if marker is None else str(marker),
    )


def _files(rows: Iterable[Table]) -> list[tuple[str, Hash]]:
    return [(row.require("file", parse_file_name), row.require("hash", _hash)) for row in rows]


def _kind(text: str) -> str:
    if text not in _KINDS:
        raise ValueError(f"expected one of {', '.join(_KINDS)}, found {quoted(text)}")
    return text


def _reference(text: str) -> str:
    """Return a revision, or what the project calls an index: any words."""
    if not text.isprintable() or is_url(text):
        raise ValueError(f"{quoted(text)} is neither a revision nor the name of an index")
    return text


def _hash(text: str) -> Hash:
    # The first locks of version 1.0 leave out the algorithm.
    return parse_hash(text if ":" in text else f"sha256:{text}")


def _source_id(where: Table | None) -> str:
    if where is None:
        return ""
    parts = ("type", "url", "subdirectory", "reference", "resolved_reference")
    return "#".join(where.text(part) or "" for part in parts)


def _source(
    where: Table, kind: str, files: Iterable[tuple[str, Hash]], *, editable: bool
) -> Source | None:
    """Return the source of a package that comes from no index, None for one that does."""
    subdirectory = where.parse("subdirectory", parse_subdirectory)
    if kind == "git":
        return Vcs(
            type="git",
            url=where.require("url", repository_url),
            commit_id=where.require("resolved_reference", parse_commit),
            requested_revision=where.parse("reference", parse_revision),
            subdirectory=subdirectory,
        )
    if kind == "directory":
        path = where.require("url", local_path)
        return Directory(path=path, editable=editable, subdirectory=subdirectory)
    if kind == "url":
        url = where.require("url", parse_url)
        filename = where.require("url", _last_part)
        return Archive(url=url, hashes=_hashes(files, filename), subdirectory=subdirectory)
    if kind == "file":
        path = where.require("url", local_path)
        filename = where.require("url", file_name_of)
        return Archive(path=path, hashes=_hashes(files, filename), subdirectory=subdirectory)
    return None


def repository_url(text: str) -> str:
    """Return the URL of a git repository, also of one that is written as ``git@host:path``.

    Raises:
        ValueError: it is neither.
    """
    match = _SCP.fullmatch(text)
    if match is not None:
        text = f"ssh://{match['user'] or ''}{match['host']}/{match['path']}"
    return parse_vcs_url(text)


def _last_part(url: str) -> str:
    return url.partition("#")[0].partition("?")[0].rpartition("/")[2]


def _hashes(files: Iterable[tuple[str, Hash]], filename: str) -> tuple[Hash, ...]:
    """Return the hash of the one file that is meant, or of all where none has its name."""
    named = [hash_ for file, hash_ in files if file == filename]
    return tuple(named or [hash_ for _, hash_ in files])


def _wheels(files: Iterable[tuple[str, Hash]]) -> tuple[Wheel, ...]:
    return tuple(
        Wheel(filename=file, hashes=(hash_,)) for file, hash_ in files if file.endswith(_WHEEL)
    )


def _sdist(files: Iterable[tuple[str, Hash]]) -> Sdist | None:
    """Return the sdist; of several, the one in the form that PEP 625 lays down."""
    found = [
        Sdist(filename=file, hashes=(hash_,))
        for suffix in _SDISTS
        for file, hash_ in files
        if file.lower().endswith(suffix)
    ]
    return found[0] if found else None


def _others(files: Iterable[tuple[str, Hash]], sdist: Sdist | None) -> tuple[Hash, ...]:
    """Return the hashes of the other files: further sdists, and formats of the past."""
    taken = "" if sdist is None else sdist.filename
    return tuple(hash_ for file, hash_ in files if not file.endswith(_WHEEL) and file != taken)

"""Where a package of a uv.lock comes from: its source, and its files."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlencode

from syncsteps.locks.model import Archive, Directory, Sdist, Vcs, Wheel
from syncsteps.locks.values import (
    file_name_of,
    is_url,
    parse_commit,
    parse_file_name,
    parse_hash,
    parse_path,
    parse_revision,
    parse_subdirectory,
    parse_url,
    parse_vcs_url,
    plain_file_name,
    split_url,
)

if TYPE_CHECKING:
    from syncsteps.locks.fields import Table
    from syncsteps.locks.model import Hash, Source

__all__ = ["KINDS", "Located", "read_hashes", "read_sdist", "read_source", "read_wheels"]

KINDS = ("registry", "git", "url", "path", "directory", "editable", "virtual")
_LARGE = 2**40  # bytes of a file
_REVISIONS = ("rev", "tag", "branch")


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """A source as an entry and the edges to it write it down.

    ``index`` is the address of a registry, ``directory`` the path of one on disk: what the paths of
    its files are relative to. ``source`` is None for both.
    """

    source_id: str
    source: Source | None = None
    index: str | None = None
    directory: str | None = None


def read_source(entry: Table) -> Located:
    """Return the ``source`` of a package's table or of an edge's.

    Raises:
        LockError: it is missing, of none of the known kinds, or malformed.
    """
    table = entry.table("source")
    if table is None:
        raise entry.missing("source")
    kinds = [kind for kind in KINDS if kind in table.values]
    if len(kinds) != 1:
        found = ", ".join(table.values) or "nothing"
        raise table.error(f"expected one of {', '.join(KINDS)}, found {found}")
    (kind,) = kinds
    text = table.require(kind, str)
    subdirectory = table.parse("subdirectory", parse_subdirectory)
    source_id = f"{kind}+{text}#{subdirectory}" if subdirectory else f"{kind}+{text}"
    if kind == "registry":
        if is_url(text):
            return Located(source_id=source_id, index=table.require(kind, parse_url))
        path = table.require(kind, parse_path)
        return Located(source_id=source_id, index=path, directory=path)
    source: Source
    if kind == "git":
        source = table.require(kind, _git)
    elif kind == "url":
        url = table.require(kind, parse_url)
        source = Archive(url=url, subdirectory=subdirectory)
    elif kind == "path":
        source = Archive(path=table.require(kind, parse_path), subdirectory=subdirectory)
    else:
        source = Directory(
            path=table.require(kind, parse_path),
            editable=kind == "editable",
            virtual=kind == "virtual",
        )
    return Located(source_id=source_id, source=source)


def _git(text: str) -> Vcs:
    """Read ``URL?rev=…&subdirectory=…&lfs=true#COMMIT``; other parts of the query stay."""
    parts = split_url(parse_vcs_url(text))
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    requested = next((query.pop(key) for key in _REVISIONS if key in query), None)
    subdirectory = query.pop("subdirectory", None)
    lfs = query.pop("lfs", "false") == "true"
    return Vcs(
        type="git",
        url=parts._replace(query=urlencode(query), fragment="").geturl(),
        commit_id=parse_commit(unquote(parts.fragment)),
        requested_revision=parse_revision(requested) if requested else None,
        subdirectory=parse_subdirectory(subdirectory) if subdirectory else None,
        lfs=lfs,
    )


def read_sdist(entry: Table, directory: str | None) -> Sdist | None:
    """Return the ``sdist`` of a package's table, whose paths are relative to ``directory``."""
    table = entry.table("sdist")
    if table is None:
        return None
    filename, url, path = _location(table, directory)
    return Sdist(
        filename=filename,
        hashes=read_hashes(table),
        url=url,
        path=path,
        size=table.integer("size"),
    )


def read_wheels(entry: Table, directory: str | None) -> tuple[Wheel, ...]:
    """Return the ``wheels`` of a package's table, whose paths are relative to ``directory``."""
    plain = _plain_wheels(entry.values.get("wheels"))
    if plain is not None:
        return plain
    wheels = []
    for table in entry.tables("wheels"):
        filename, url, path = _location(table, directory)
        if not filename.endswith(".whl"):
            raise table.error(f"{filename!r} is not the name of a wheel's file")
        wheels.append(
            Wheel(
                filename=filename,
                hashes=read_hashes(table),
                url=url,
                path=path,
                size=table.integer("size"),
            )
        )
    return tuple(wheels)


def _plain_wheels(rows: object) -> tuple[Wheel, ...] | None:
    """Return the wheels of ``rows`` if uv writes such rows for an index; None: they may be wrong.

    A lock is made of them for the most part, and key by key they take twice as long to read.
    """
    if not isinstance(rows, list):
        return None
    wheels = []
    for row in rows:
        wheel = _plain_wheel(row)
        if wheel is None:
            return None
        wheels.append(wheel)
    return tuple(wheels)


def _plain_wheel(row: object) -> Wheel | None:
    if not isinstance(row, dict):
        return None
    url, digest, size = row.get("url"), row.get("hash"), row.get("size")
    if not (isinstance(url, str) and isinstance(digest, str) and type(size) is int):
        return None
    filename = plain_file_name(url)
    if filename is None or not filename.endswith(".whl") or not 0 <= size <= _LARGE:
        return None
    try:
        return Wheel(filename=filename, hashes=(parse_hash(digest),), url=url, size=size)
    except ValueError:
        return None


def read_hashes(table: Table) -> tuple[Hash, ...]:
    """Return the ``hash`` of a file's table as a tuple of one, or an empty one."""
    hash_ = table.parse("hash", parse_hash)
    return () if hash_ is None else (hash_,)


def _location(table: Table, directory: str | None) -> tuple[str, str | None, str | None]:
    """Return a file's name, its URL and its path relative to the lock's root."""
    url = table.text("url")
    if url is not None:
        filename = plain_file_name(url)
        if filename is None:
            url = table.require("url", parse_url)
            filename = table.require("url", file_name_of)
        return filename, url, None
    path = table.parse("path", parse_path)
    if path is not None:
        if directory is not None:
            path = posixpath.join(directory, path)
        return table.require("path", file_name_of), None, path
    filename = table.parse("filename", parse_file_name)
    if filename is None:
        raise table.error("expected one of url, path, filename; found none of them")
    return filename, None, None if directory is None else posixpath.join(directory, filename)

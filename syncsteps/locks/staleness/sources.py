"""What ``[tool.uv.sources]`` makes of a requirement: where it is to come from."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from packaging.markers import InvalidMarker, Marker
from packaging.utils import canonicalize_name

from syncsteps.locks.model import DeclaredSource

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from packaging.requirements import Requirement

__all__ = ["Placed", "Sources", "same_source"]

_TREES = frozenset({"directory", "editable", "virtual"})
_PATHS = _TREES | {"path"}
_DIRECT = _PATHS | {"git", "url"}
_REVISIONS = ("rev", "tag", "branch")


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """One place that a requirement may come from.

    ``source`` None is any index. ``known`` is false where the place cannot be told. ``marker`` is
    where the place counts (None: wherever the requirement does); ``rest`` is for what is left when
    places have markers: nobody has written down where, and it may be nowhere.
    """

    source: DeclaredSource | None = None
    known: bool = True
    marker: Marker | None = None
    rest: bool = False


class Sources:
    """The sources of one pyproject.toml, whose directory is ``directory`` under the workspace's.

    ``own`` and ``root`` are the ``[tool.uv]`` of that file and of the workspace's root, whose
    sources count where the file has none of that name; if it is ``inherited`` (false: nobody knows
    whether they do). ``local`` are the names of the workspace's members, which cannot come from an
    index.
    """

    def __init__(
        self,
        own: Mapping[str, Any],
        root: Mapping[str, Any],
        *,
        directory: str,
        local: Iterable[str],
        inherited: bool = True,
    ) -> None:
        self._tables = [
            (_by_name(own.get("sources")), directory),
            (_by_name(root.get("sources")), ""),
        ]
        self._indexes = [index for table in (own, root) for index in _indexes(table.get("index"))]
        self._local = frozenset(local)
        self._off = bool(own.get("no-sources") or root.get("no-sources"))
        self._unsure = frozenset() if inherited else self._tables[1][0].keys() - self._tables[0][0]

    def places(
        self, requirement: Requirement, *, extra: str | None, group: str | None
    ) -> Iterator[Placed]:
        """Yield the places of ``requirement``, declared in an extra, in a group or in neither."""
        name = canonicalize_name(requirement.name)
        found = next(((t[name], place) for t, place in self._tables if name in t), None)
        if requirement.url:
            # uv refuses some of those that have both, and lets the source win for others.
            yield _of_url(requirement.url) if found is None else Placed(known=False)
            return
        if found is None or self._off or name in self._unsure:
            yield Placed(known=found is None and name not in self._local)
            return
        written, directory = found
        entries = [
            entry
            for entry in (written if isinstance(written, list) else [written])
            if not isinstance(entry, dict) or _counts(entry, extra=extra, group=group)
        ]
        placed = [self._one(entry, directory) for entry in entries]
        yield from placed
        if not placed or all(place.marker is not None for place in placed):
            yield Placed(rest=bool(placed), known=name not in self._local)

    def _one(self, entry: object, directory: str) -> Placed:
        if not isinstance(entry, dict):
            return Placed(known=False)
        marker = None
        if "marker" in entry:
            try:
                marker = Marker(str(entry["marker"]))
            except (InvalidMarker, RecursionError):
                return Placed(known=False)
        source = self._source(entry, directory)
        return Placed(source=source, known=source is not None, marker=marker)

    def _source(self, entry: Mapping[str, Any], directory: str) -> DeclaredSource | None:
        """Return the source that ``entry`` names; None: it cannot be told."""
        if entry.get("workspace") is True:
            return DeclaredSource(kind="directory", location="")
        kind = next((key for key in ("git", "url", "path", "index") if key in entry), None)
        location = entry.get(kind) if kind else None
        if kind is None or not isinstance(location, str):
            return None
        if kind == "index":
            url = next((url for name, url in self._indexes if name == location), None)
            return None if url is None else DeclaredSource(kind=kind, location=url)
        if kind == "git":
            query = [(key, entry[key]) for key in _REVISIONS if isinstance(entry.get(key), str)]
            return DeclaredSource(kind=kind, location=_git(location, query, entry))
        if kind == "path":
            kind = {True: "editable", False: "directory"}.get(entry.get("editable"), "path")  # type: ignore[arg-type]
            location = posixpath.normpath(posixpath.join(directory, location.replace("\\", "/")))
        return DeclaredSource(kind=kind, location=location)


def same_source(locked: DeclaredSource | None, placed: Placed) -> bool:
    """Return whether ``locked``, of a lock, may be what ``placed`` asks for.

    Credentials, fragments and the way of writing a path or an address do not matter, nor does
    whether a directory is editable where ``placed`` does not say so.
    """
    wanted = placed.source
    if not placed.known:
        return True
    if wanted is None or locked is None:
        return wanted is None and locked is None
    if wanted.kind in _PATHS or locked.kind in _PATHS:
        return _same_path(locked, wanted)
    return wanted.kind == locked.kind and _address(wanted) == _address(locked)


def _same_path(locked: DeclaredSource, wanted: DeclaredSource) -> bool:
    if not {locked.kind, wanted.kind} <= _PATHS:
        return False
    if not wanted.location:
        return locked.kind in _TREES
    if {locked.kind, wanted.kind} == {"editable", "directory"}:
        return False
    one, other = (posixpath.normpath(item.location) for item in (locked, wanted))
    # An absolute and a relative path may be the same, and nobody here knows from where.
    return one == other or posixpath.isabs(one) != posixpath.isabs(other)


def _address(source: DeclaredSource) -> object:
    parts = urlsplit(source.location.removeprefix("git+"))
    host = (parts.hostname or "", _port(parts.netloc))
    query = tuple(sorted(parse_qsl(parts.query, keep_blank_values=True)))
    if source.kind == "git":
        query = tuple(pair for pair in query if pair[0] != "lfs")
    return parts.scheme, host, parts.path.rstrip("/"), query


def _port(netloc: str) -> str:
    found = re.search(r":(\d+)$", netloc)
    return found[1] if found else ""


def _git(url: str, query: list[tuple[str, str]], entry: Mapping[str, Any]) -> str:
    if isinstance(entry.get("subdirectory"), str):
        query = [*query, ("subdirectory", posixpath.normpath(entry["subdirectory"]))]
    return _with_query(url, query)


def _with_query(url: str, query: list[tuple[str, str]]) -> str:
    from urllib.parse import urlencode  # noqa: PLC0415 - few projects need it

    joint = "&" if "?" in url else "?"
    return f"{url}{joint}{urlencode(query)}" if query else url


def _of_url(url: str) -> Placed:
    """Return the place that a direct reference (PEP 508) names."""
    scheme, _, _ = url.partition(":")
    if scheme.startswith("git+"):
        base, _, fragment = url.removeprefix("git+").partition("#")
        path_start = base.find("/", base.find("://") + 3)
        at = base.rfind("@")
        query = []
        if at > path_start > 0:
            base, revision = base[:at], base[at + 1 :]
            query.append(("rev", revision))
        query += [pair for pair in parse_qsl(fragment) if pair[0] == "subdirectory"]
        return Placed(source=DeclaredSource(kind="git", location=_with_query(base, query)))
    if scheme in {"http", "https"}:
        return Placed(source=DeclaredSource(kind="url", location=url))
    return Placed(known=False)


def _counts(entry: Mapping[str, Any], *, extra: str | None, group: str | None) -> bool:
    """Return whether a source holds for a requirement of this extra or group."""
    for key, place in (("extra", extra), ("group", group)):
        named = entry.get(key)
        if isinstance(named, str) and (place is None or canonicalize_name(named) != place):
            return False
    return True


def _by_name(table: object) -> dict[str, Any]:
    if not isinstance(table, dict):
        return {}
    return {canonicalize_name(name): entry for name, entry in table.items()}


def _indexes(tables: object) -> Iterator[tuple[str, str]]:
    for table in tables if isinstance(tables, list) else ():
        if not isinstance(table, dict):
            continue
        name, url = table.get("name"), table.get("url")
        if isinstance(name, str) and isinstance(url, str) and url.startswith(("http:", "https:")):
            yield name, url

"""pylock.toml (PEP 751), version 1: a flat list of packages, each with its own marker."""

from __future__ import annotations

import logging
import re
from functools import partial
from typing import TYPE_CHECKING, Any

from packaging.pylock import Pylock, PylockUnsupportedVersionError, PylockValidationError

from syncsteps.errors import LockError
from syncsteps.locks.fields import Table
from syncsteps.locks.model import Archive, Directory, Lock, Package, Sdist, Vcs, Wheel
from syncsteps.locks.unlocked import with_unlocked
from syncsteps.locks.values import (
    VCS_TYPES,
    file_name_of,
    parse_commit,
    parse_digest,
    parse_file_name,
    parse_marker,
    parse_name,
    parse_path,
    parse_revision,
    parse_specifier,
    parse_subdirectory,
    parse_url,
    parse_vcs_url,
    parse_version,
    plain,
    quoted,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from syncsteps.locks.fields import Origin
    from syncsteps.locks.model import Hash, Source

__all__ = ["read_pylock"]

# Of a later minor version it tells in a line of its own; a rule of ours tells of it.
logging.getLogger("packaging.pylock").addHandler(logging.NullHandler())

_PACKAGE = re.compile(r"packages\[(\d{1,9})\]")
_UP_TO_AT = re.compile(r"'[^']*@")
_VERSION = re.compile(r"[0-9]{1,3}\.[0-9]{1,3}")
# Of pdm and Pipenv, of poetry, and of our own exports where `default` is taken.
_USUAL_PRODUCTION = ("default", "main", "default-project")


def read_pylock(data: Mapping[str, Any], origin: Origin) -> Lock:
    """Return the lock that ``data``, the TOML document of a pylock.toml, is.

    The document is held against the standard by `packaging.pylock`, with one exception: what
    ``upload-time`` is does not matter, since nothing here uses it and it is known to be written as
    a string.

    Raises:
        LockError: it is of another version, or something in it is missing or malformed.
    """
    top = Table(values=data, file=origin.name)
    # `packaging` strips it, and logs as much of it as there is.
    top.parse("lock-version", _version)
    _check_markers(top)
    _validate(data, origin)
    entries = top.tables("packages")
    names = {entry.require("name", parse_name) for entry in entries}
    packages = tuple([_package(entry, origin, names) for entry in entries])
    default_groups = top.parse_each("default-groups", parse_name)
    groups = top.parse_each("dependency-groups", parse_name)
    return Lock(
        format="pylock.toml",
        format_version=top.require("lock-version", str),
        path=origin.path,
        root=origin.root,
        digest=origin.digest,
        layout="flat",
        packages=packages,
        requires_python=top.parse("requires-python", parse_specifier),
        environments=top.parse_each("environments", parse_marker),
        extras=top.parse_each("extras", parse_name),
        # Some writers call the main dependencies a group, and list it as a default one only.
        groups=tuple(dict.fromkeys((*groups, *default_groups))),
        default_groups=default_groups,
        production_group=_production_group(groups, default_groups),
        project=next(
            (
                package.name
                for package in packages
                if isinstance(package.source, Directory) and package.source.path in {".", "./"}
            ),
            None,
        ),
    )


def _production_group(groups: Sequence[str], default_groups: Sequence[str]) -> str | None:
    """Return the default group that stands for the project's own dependencies, if it can be told.

    PEP 751 wants it to be no dependency group that one could name. Some list it as one all the
    same: pdm, uv's older versions need it so, and they call it like the lock that it comes from.
    """
    synthetic = [name for name in default_groups if name not in groups]
    usual = [name for name in _USUAL_PRODUCTION if name in default_groups]
    return next(iter((*synthetic, *usual)), None)


def _version(text: str) -> str:
    if not _VERSION.fullmatch(text):
        raise ValueError(f"expected a lock-version such as 1.0, found {quoted(text)}")
    return text


def _check_markers(top: Table) -> None:
    """Refuse markers that are no markers, or too long or too deep for who takes them apart.

    Raises:
        LockError: there is one.
    """
    rows = top.values.get("packages")
    for index, row in enumerate(rows if isinstance(rows, list) else ()):
        if isinstance(row, dict) and isinstance(row.get("marker"), str):
            entry = Table(values=row, file=top.file, step=f"packages[{index}]", parent=top)
            entry.parse("marker", parse_marker)
    if isinstance(top.values.get("environments"), list):
        top.parse_each("environments", parse_marker)


def _validate(data: Mapping[str, Any], origin: Origin) -> None:
    try:
        Pylock.from_dict(_without_upload_time(data))
    except PylockUnsupportedVersionError as error:
        raise LockError(
            f"expected lock-version 1.0, found another: {plain(error.message)}",
            file=origin.name,
            key="lock-version",
            hint="lock again with a tool that writes version 1.0, or get a newer syncsteps",
        ) from error
    except PylockValidationError as error:
        table, dot, key = plain(error.context or "").rpartition(".")
        if not dot and "[" in key:
            table, key = key, ""
        # Of a text that does not parse, the further lines only point at the place in it.
        first = error.message.partition("\n")[0]
        # What it quotes may be the end of a URL, from which it cannot be told what its user is.
        message = plain(_UP_TO_AT.sub("'****@", first))
        raise LockError(
            f"{_named(table or key, data)}{message}",
            file=origin.name,
            table=table,
            key=key,
            hint="lock again, with another version of the tool that wrote it if need be",
        ) from error


def _named(where: str, data: Mapping[str, Any]) -> str:
    """Return which package the place ``where`` is of, for the beginning of a message."""
    match = _PACKAGE.match(where)
    try:
        name = data["packages"][int(match[1])]["name"] if match else None
    except (IndexError, KeyError, TypeError):
        name = None
    return f"{plain(name)}: " if isinstance(name, str) else ""


def _without_upload_time(data: Mapping[str, Any]) -> Mapping[str, Any]:
    packages = data.get("packages")
    if not isinstance(packages, list):
        return data
    return {**data, "packages": [_stripped_package(package) for package in packages]}


def _stripped_package(package: object) -> object:
    if not isinstance(package, dict):
        return package
    stripped = {key: _stripped(package[key]) for key in ("archive", "sdist") if key in package}
    wheels = package.get("wheels")
    if isinstance(wheels, list):
        stripped["wheels"] = [_stripped(wheel) for wheel in wheels]
    return {**package, **stripped}


def _stripped(file: object) -> object:
    if not isinstance(file, dict) or "upload-time" not in file:
        return file
    return {key: value for key, value in file.items() if key != "upload-time"}


def _package(entry: Table, origin: Origin, names: Collection[str]) -> Package:
    source = _source(entry, origin)
    sdist = entry.table("sdist")
    package = Package(
        name=entry.require("name", parse_name),
        version=entry.parse("version", parse_version),
        index=entry.parse("index", parse_url),
        source=source,
        sdist=None if sdist is None else _sdist(sdist),
        wheels=tuple([_wheel(table) for table in entry.tables("wheels")]),
        marker=entry.parse("marker", parse_marker),
        requires_python=entry.parse("requires-python", parse_specifier),
    )
    # What a dependency is besides its name only tells one of several entries from the others.
    needs = [each.parse("name", parse_name) for each in entry.tables("dependencies")]
    return with_unlocked(package, ((need, None) for need in needs if need and need not in names))


def _source(entry: Table, origin: Origin) -> Source | None:
    if (table := entry.table("vcs")) is not None:
        return _vcs(table, origin)
    if (table := entry.table("directory")) is not None:
        return Directory(
            path=table.require("path", parse_path),
            editable=table.flag("editable"),
            subdirectory=table.parse("subdirectory", parse_subdirectory),
        )
    if (table := entry.table("archive")) is not None:
        return Archive(
            url=table.parse("url", parse_url),
            path=table.parse("path", parse_path),
            hashes=_hashes(table),
            size=table.integer("size"),
            subdirectory=table.parse("subdirectory", parse_subdirectory),
        )
    return None


def _vcs(table: Table, origin: Origin) -> Vcs:
    kind = table.require("type", str)
    if kind not in VCS_TYPES:
        raise table.error(f"expected one of {', '.join(VCS_TYPES)}, found {kind!r}", key="type")
    url = table.parse("url", parse_vcs_url)
    if url is None:
        url = (origin.root / table.require("path", parse_path)).as_uri()
    return Vcs(
        type=kind,
        url=url,
        commit_id=table.require("commit-id", parse_commit if kind == "git" else parse_revision),
        requested_revision=table.parse("requested-revision", parse_revision),
        subdirectory=table.parse("subdirectory", parse_subdirectory),
    )


def _sdist(table: Table) -> Sdist:
    return Sdist(
        filename=_filename(table),
        hashes=_hashes(table),
        url=table.parse("url", parse_url),
        path=table.parse("path", parse_path),
        size=table.integer("size"),
    )


def _wheel(table: Table) -> Wheel:
    return Wheel(
        filename=_filename(table),
        hashes=_hashes(table),
        url=table.parse("url", parse_url),
        path=table.parse("path", parse_path),
        size=table.integer("size"),
    )


def _filename(table: Table) -> str:
    if "name" in table.values:
        return table.require("name", parse_file_name)
    return table.require("path" if "path" in table.values else "url", file_name_of)


def _hashes(table: Table) -> tuple[Hash, ...]:
    hashes = table.table("hashes")
    if hashes is None:
        raise table.missing("hashes")
    return tuple(
        hashes.require(algorithm, partial(parse_digest, algorithm)) for algorithm in hashes.values
    )

"""Which package of a system package manager owns a file: dpkg, rpm, apk and conda are asked.

INSTALLER and RECORD are no test of that: apt's distributions have a RECORD and no INSTALLER.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syncsteps.errors import InterpreterError
from syncsteps.interpreter.databases import HINT, apk_databases, find_rpm
from syncsteps.interpreter.dependents import with_dependents
from syncsteps.interpreter.model import Owner

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from syncsteps.interpreter.databases import Rpm

__all__ = ["find_owners"]

_RPM_FORMAT = "[%{=NAME}\\t%{FILENAMES}\\n]"


def find_owners(
    paths: Iterable[Path],
    *,
    prefixes: Sequence[Path] = (),
    root: Path = Path("/"),
    rpm: str = "rpm",
) -> dict[Path, Owner]:
    """Return the owner of each of these metadata directories and files that has one.

    The databases that are there are asked: dpkg's, rpm's and apk's under ``root``, and conda's in
    each of the ``prefixes``. Where two know a path, the first in this order counts. A package owns
    a directory when it lists it, or a file directly in it. Paths are compared as the files that
    they lead to: ``/lib`` and ``/usr/lib`` are one where one is a link to the other. ``rpm`` is the
    program that knows rpm's database. Each owner comes with the installed packages that need it.

    Raises:
        InterpreterError: a database is there and cannot be read, or gives no answer.
    """
    wanted = _Wanted(paths, root)
    if not wanted:
        return {}
    owners: dict[Path, Owner] = {}
    by_rpm = find_rpm(root, rpm)
    try:
        for found, owner in _all_owned(wanted, prefixes, by_rpm):
            for path in found:
                owners.setdefault(path, owner)
        return with_dependents(owners, prefixes=prefixes, root=root, rpm=by_rpm)
    except OSError as error:
        raise InterpreterError(
            f"A package database cannot be read: {error.filename}: {error.strerror}.", hint=HINT
        ) from error


class _Wanted:
    """The paths whose owners are asked for, to be matched with those that a database lists."""

    def __init__(self, paths: Iterable[Path], root: Path) -> None:
        self.root = root
        self._real: dict[Path, str] = {}
        self._paths: dict[Path, list[Path]] = {}
        for path in paths:
            self._paths.setdefault(self._canonical(path), []).append(path)
        self._names = {path.name for path in self._paths}
        parents = {path.parent for real, asked in self._paths.items() for path in (real, *asked)}
        self._parents = {os.fsencode("/".join(parent.parts[-2:]).lstrip("/")) for parent in parents}

    def __bool__(self) -> bool:
        return bool(self._paths)

    def __iter__(self) -> Iterator[Path]:
        return iter(self._paths)

    def may_be_in(self, listing: bytes) -> bool:
        """Return False where this list of paths holds none that is wanted; it is a quick look."""
        return any(parent in listing for parent in self._parents)

    def match(self, listed: str, below: Path | None = None) -> Sequence[Path]:
        """Return the wanted paths that this one is, or lies in; it is relative to ``below``."""
        parent, _, name = listed.rpartition("/")
        for candidate, last in ((listed, name), (parent, parent.rpartition("/")[2])):
            if last in self._names:
                real = self._canonical((below or self.root) / candidate.lstrip("/"))
                if real in self._paths:
                    return self._paths[real]
        return ()

    def _canonical(self, path: Path) -> Path:
        parent = path.parent
        if parent not in self._real:
            self._real[parent] = os.path.realpath(parent)
        return Path(self._real[parent], path.name)


def _all_owned(
    wanted: _Wanted, prefixes: Sequence[Path], rpm: Rpm | None
) -> Iterator[tuple[Sequence[Path], Owner]]:
    yield from _dpkg(wanted)
    yield from _rpm(wanted, rpm)
    yield from _apk(wanted)
    for prefix in dict.fromkeys(prefixes):
        yield from _conda(wanted, prefix)


def _dpkg(wanted: _Wanted) -> Iterator[tuple[Sequence[Path], Owner]]:
    """Read dpkg's file lists; `dpkg -S` takes longer and does not see through a merged /usr."""
    state = wanted.root / "var/lib/dpkg"
    try:
        if not (state / "status").stat().st_size:
            return
    except FileNotFoundError:
        return
    with os.scandir(state / "info") as entries:
        names = sorted(entry.name for entry in entries if entry.name.endswith(".list"))
    if not names:
        raise InterpreterError(
            f"dpkg knows of packages, but {state / 'info'} holds no lists of their files.",
            hint=HINT,
        )
    for name in names:
        content = (state / "info" / name).read_bytes()
        if wanted.may_be_in(content):
            owner = Owner(manager="dpkg", package=name.removesuffix(".list").partition(":")[0])
            for line in os.fsdecode(content).split("\n"):
                yield wanted.match(line), owner


def _rpm(wanted: _Wanted, rpm: Rpm | None) -> Iterator[tuple[Sequence[Path], Owner]]:
    if rpm is None:
        return
    files = map(_packaged_file, wanted)
    for line in rpm.query("-f", "--queryformat", _RPM_FORMAT, queried=files).splitlines():
        package, tab, listed = line.partition("\t")
        if tab:
            yield wanted.match(listed), Owner(manager="rpm", package=package)


def _packaged_file(path: Path) -> Path:
    """Return a file in this metadata directory: rpm's packages need not list the directory."""
    files = (path / "METADATA", path / "PKG-INFO")
    return next((file for file in files if file.exists()), path)


def _apk(wanted: _Wanted) -> Iterator[tuple[Sequence[Path], Owner]]:
    for path in apk_databases(wanted.root):
        package = directory = ""
        for line in path.read_text("utf-8", "surrogateescape").split("\n"):
            key, _, value = line.partition(":")
            if key == "P":
                package = value
                continue
            if key == "F":
                directory = value
            elif key != "R":
                continue
            listed = directory if key == "F" else f"{directory}/{value}"
            yield wanted.match(listed), Owner(manager="apk", package=package)


def _conda(wanted: _Wanted, prefix: Path) -> Iterator[tuple[Sequence[Path], Owner]]:
    for path in sorted((prefix / "conda-meta").glob("*.json")):
        content = path.read_bytes()
        if not wanted.may_be_in(content):
            continue
        name, files = _conda_record(path, content)
        for listed in files:
            yield wanted.match(listed, below=prefix), Owner(manager="conda", package=name)


def _conda_record(path: Path, content: bytes) -> tuple[str, list[str]]:
    try:
        record: dict[str, Any] = json.loads(content)
        return str(record["name"]), [str(file) for file in record["files"]]
    except (KeyError, TypeError, ValueError) as error:
        raise InterpreterError(
            f"{path} is not a record of an installed conda package.", hint=HINT
        ) from error

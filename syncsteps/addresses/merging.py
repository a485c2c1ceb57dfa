"""A lock's packages with the addresses that an index has for exactly the lock's files."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from syncsteps.addresses.questions import lacks_addresses
from syncsteps.errors import SelectionError
from syncsteps.export.values import every_file
from syncsteps.locks.model import Sdist, Wheel
from syncsteps.locks.values import without_credentials

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from packaging.version import Version

    from syncsteps.locks.model import Hash, Lock, Package

    File = Wheel | Sdist
    Found = dict[tuple[str, Version | None], list[Package]]

__all__ = ["Located", "locate"]

_SHOWN = 20
_PYTHON_TAGS = re.compile(r".*-([^-]+)-[^-]+-[^-]+\.whl")


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """A lock whose files have addresses; ``left_out`` are sentences about files that have none."""

    lock: Lock
    left_out: tuple[str, ...] = ()


def locate(lock: Lock, found: Iterable[Package], *, of: Collection[Package]) -> Located:
    """Return ``lock`` with the addresses of those of its packages that are among ``of``.

    ``found`` are releases as an index has them. A file is the lock's if one of its hashes is; where
    the lock names its files, by this name as well. Where the index tells no hash that can be
    compared, the name decides, and the lock's hash stays for whoever fetches it. What is
    not in the index any more is left out. Nothing is added that the lock does not name.

    Raises:
        SelectionError: the index has another file under the name of one of the lock's, or none at
            all of what the lock has for a package.
    """
    releases: Found = defaultdict(list)
    for release in found:
        releases[release.name, release.version].append(release)
    problems = _Problems()
    wanted = set(of)
    packages = tuple(
        _located(package, releases[package.name, package.version], problems)
        if package in wanted and lacks_addresses(package)
        else package
        for package in lock.packages
    )
    problems.refuse(lock)
    return Located(lock=replace(lock, packages=packages), left_out=tuple(problems.left_out))


@dataclass(slots=True)
class _Problems:
    replaced: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def refuse(self, lock: Lock) -> None:
        if self.replaced:
            raise SelectionError(
                f"the index has other files than {lock.path.name} under the same names",
                details=_shown(self.replaced),
                hint="do not go on unless it is known why: a file was replaced, or this is not the"
                " index that the lock was made from",
            )
        if self.missing:
            raise SelectionError(
                f"the index has no file that {lock.path.name} names of {len(self.missing)} packages"
                if len(self.missing) > 1
                else f"the index has no file that {lock.path.name} names of {self.missing[0]}",
                details=_shown(self.missing) if len(self.missing) > 1 else (),
                hint="configure uv for the index that the lock was made from, ask for no more"
                " extras and groups than are needed, or export it as requirements.txt",
            )


def _shown(lines: Sequence[str]) -> list[str]:
    more = len(lines) - _SHOWN
    return [*lines[:_SHOWN], *([f"... and {more} more"] if more > 0 else [])]


def _located(package: Package, releases: Sequence[Package], problems: _Problems) -> Package:
    label = f"{package.name} {package.version}"
    if every_file(package):
        files, gone = _by_name(package, releases, problems)
        if gone and files:
            problems.left_out.append(f"the index has no {', '.join(gone)} any more")
    else:
        files, unmet = _by_hash(package, releases)
        if unmet and files:
            problems.left_out.append(
                f"{len(unmet)} of {len(package.hashes)} hashes of {label} are of no file that the"
                " index has and uv can use"
            )
    if not files:
        problems.missing.append(label)
    sdists = [file for file in files if isinstance(file, Sdist)]
    return replace(
        package,
        index=next((r.index for r in releases if r.index is not None), package.index),
        sdist=sdists[0] if sdists else None,
        wheels=tuple(file for file in files if isinstance(file, Wheel)),
    )


def _by_name(
    package: Package, releases: Sequence[Package], problems: _Problems
) -> tuple[list[File], list[str]]:
    """Return the lock's files with their addresses, and the names of those that have none."""
    by_name: defaultdict[str, list[File]] = defaultdict(list)
    for release in releases:
        for file in every_file(release):
            by_name[file.filename].append(file)
    files: list[File] = []
    gone: list[str] = []
    for ours in every_file(package):
        if ours.url is not None or ours.path is not None:
            files.append(ours)
            continue
        theirs = by_name[ours.filename]
        same = next((file for file in theirs if _is_same(ours, file)), None)
        if same is not None:
            files.append(_placed(ours, same, hashes=_agreed(ours.hashes, same.hashes)))
        elif theirs:
            problems.replaced.append(_difference(ours, theirs))
        elif other := _other_sdist(package, releases) if isinstance(ours, Sdist) else None:
            files.append(other)
        elif not _of_python_2(ours.filename):
            gone.append(ours.filename)
    return files, gone


def _other_sdist(package: Package, releases: Sequence[Package]) -> File | None:
    """Return an sdist of which the lock keeps the hash only: uv tells of one sdist, any of them."""
    found, _ = _by_hash(package, releases)
    return next((file for file in found if isinstance(file, Sdist)), None)


def _is_same(ours: File, theirs: File) -> bool:
    algorithms = {each.algorithm for each in ours.hashes}
    compared = [each for each in theirs.hashes if each.algorithm in algorithms]
    return all(each in ours.hashes for each in compared)


def _agreed(ours: Sequence[Hash], theirs: Sequence[Hash]) -> tuple[Hash, ...]:
    """Return ``ours`` without what cannot be true: a second hash of an algorithm that agrees."""
    agreed = {each.algorithm: each for each in theirs if each in ours}
    return tuple(each for each in ours if agreed.get(each.algorithm, each) == each)


def _difference(ours: File, theirs: Sequence[File]) -> str:
    def told(hashes: Iterable[Hash]) -> str:
        return ", ".join(map(str, hashes))

    found = told(dict.fromkeys(each for file in theirs for each in file.hashes))
    return f"{ours.filename}: the lock has {told(ours.hashes)}, the index has {found}"


def _by_hash(package: Package, releases: Sequence[Package]) -> tuple[list[File], list[Hash]]:
    """Return the files of the index that have one of the lock's hashes, and the other hashes."""
    wanted = set(package.hashes)
    files: dict[str, File] = {}
    met: set[Hash] = set()
    for release in releases:
        for file in filter(partial(_is_allowed, package), every_file(release)):
            agreed = tuple(each for each in file.hashes if each in wanted)
            if agreed and file.filename not in files:
                files[file.filename] = _placed(file, file, hashes=agreed)
                met.update(agreed)
    return list(files.values()), [each for each in package.hashes if each not in met]


def _is_allowed(package: Package, file: File) -> bool:
    return package.only is None or isinstance(file, Wheel) is (package.only == "wheels")


def _placed(ours: File, theirs: File, *, hashes: tuple[Hash, ...]) -> File:
    return replace(
        ours,
        hashes=hashes,
        url=None if theirs.url is None else without_credentials(theirs.url),
        path=theirs.path,
        size=theirs.size if ours.size is None else ours.size,
    )


def _of_python_2(filename: str) -> bool:
    """Return whether a wheel is for Python 2 alone, which uv tells nothing of."""
    match = _PYTHON_TAGS.fullmatch(filename)
    return match is not None and all(tag[2:3] == "2" for tag in match[1].split("."))

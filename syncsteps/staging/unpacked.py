"""The distributions in a prefix, as the installer left them, and whether they may be there."""

from __future__ import annotations

import os
import posixpath
import re
from collections import defaultdict
from dataclasses import dataclass, replace
from email.parser import BytesHeaderParser
from typing import TYPE_CHECKING, NamedTuple

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from syncsteps.errors import StagingError
from syncsteps.staging.layout import SiteDirectory, find_metadata
from syncsteps.staging.record import parse_record

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from email.message import Message
    from pathlib import Path

    from syncsteps.selection.model import Selection

__all__ = ["Contents", "Unpacked", "check_selection", "find_files", "find_unpacked"]

# uv's lock on the prefix, and what marks a directory as one to leave alone.
_LEFT_AT_THE_TOP = frozenset({".gitignore", ".lock", "CACHEDIR.TAG"})
_BUG = "The installer and its cache are at odds; clear the cache or use the other installer."


_BLANK_LINE = re.compile(rb"(?<=\n)\r?\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpacked:
    """A distribution in a prefix; all paths are relative to the prefix, with ``/``.

    ``name`` is normalized. ``info`` is its ``.dist-info`` directory, ``pure`` its Root-Is-Purelib.
    ``files`` are pairs of a file that is there and the hash that RECORD has for it (may be empty).
    """

    name: str
    version: Version
    site: SiteDirectory
    info: str
    pure: bool
    files: tuple[tuple[str, str], ...]


class Contents(NamedTuple):
    """What is in a prefix: its files, and the directories at its top that hold nothing else.

    An empty directory is something else, and so is byte code.
    """

    files: frozenset[str]
    full: tuple[str, ...]


def find_files(directory: Path) -> Contents:
    """Return what is in ``directory``, byte code and an installer's leftovers left out.

    Raises:
        StagingError: something is neither a file nor a directory: a symbolic link could lead out.
    """
    found: list[str] = []
    full: dict[str, bool] = {}
    todo = [(os.fspath(directory), "")]
    while todo:
        place, prefix = todo.pop()
        top, is_empty = prefix.partition("/")[0], True
        with os.scandir(place) as entries:
            for entry in entries:
                is_empty = False
                path = f"{prefix}{entry.name}"
                if entry.is_file(follow_symlinks=False):
                    found.append(path)
                elif not entry.is_dir(follow_symlinks=False):
                    raise _strange(path, link=entry.is_symlink())
                elif entry.name != "__pycache__":
                    todo.append((entry.path, f"{path}/"))
                else:
                    full[top] = False
        full[top] = full.get(top, True) and not is_empty
    full.pop("", None)
    return Contents(
        files=frozenset(found) - _LEFT_AT_THE_TOP,
        full=tuple(sorted(top for top, is_full in full.items() if is_full)),
    )


def _strange(path: str, *, link: bool) -> StagingError:
    kind = "a symbolic link" if link else "no regular file"
    return StagingError(
        f"the installer staged {path}, which is {kind}; it may lead out of the stage",
        hint="Wheels have no such members: whatever built this one is at fault.",
    )


def find_unpacked(directory: Path, files: frozenset[str]) -> tuple[Unpacked, ...]:
    """Return the distributions among ``files`` of ``directory``, in the order of their paths.

    A line of RECORD whose file is not there is dropped. A file that no RECORD lists belongs to the
    distribution that alone has files in its directory, or in the nearest one above it.

    Raises:
        StagingError: METADATA or RECORD cannot be read, RECORD names a file outside the prefix, or
            a file belongs to nobody.
    """
    found = [_read(directory, site, info, files) for site, info in find_metadata(files)]
    strays = files.difference(path for one in found for path, _ in one.files)
    adopted: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    homes = _homes(found) if strays else {}
    for path in sorted(strays):
        adopted[_adopter(path, homes)].append((path, ""))
    return tuple(replace(one, files=(*one.files, *adopted[one.info])) for one in found)


def _read(directory: Path, site: SiteDirectory, info: str, files: frozenset[str]) -> Unpacked:
    path = f"{site.path}/{info}"
    try:
        headers = _headers((directory / path / "METADATA").read_bytes())
        name, version = str(headers["Name"] or ""), Version(str(headers["Version"] or ""))
        text = (directory / path / "RECORD").read_text(encoding="utf-8")
        entries = parse_record(text)
    except (InvalidVersion, ValueError, FileNotFoundError) as error:
        raise StagingError(
            f"the metadata of what was staged in {info} cannot be read: {error}",
            hint="The file that it comes from is damaged, or no valid wheel.",
        ) from error
    if not name:
        raise StagingError(
            f"the METADATA that was staged in {info} has no Name",
            hint="The file that it comes from is damaged, or no valid wheel.",
        )
    listed: dict[str, str] = {}
    root = directory.as_posix()
    for entry in entries:
        staged = _in_prefix(entry.path, site, root)
        if staged.startswith(("../", "/")) or staged == "..":
            raise StagingError(
                f"RECORD of {name} {version} names a file outside the prefix: {entry.path!r}",
                hint="Removing this distribution would remove that file. Do not install it.",
            )
        if staged in files:
            listed[staged] = entry.hash
    wheel = directory / path / "WHEEL"
    return Unpacked(
        name=canonicalize_name(name),
        version=version,
        site=site,
        info=path,
        pure=not wheel.is_file() or _is_pure(wheel.read_bytes()),
        files=tuple(sorted(listed.items())),
    )


def _in_prefix(path: str, site: SiteDirectory, root: str) -> str:
    if "./" not in path and "//" not in path and not path.startswith("/"):
        return f"{site.path}/{path}"  # as nearly all are
    if path.startswith(f"{root}/"):
        return posixpath.normpath(path[len(root) + 1 :])
    return posixpath.normpath(path if path.startswith("/") else f"{site.path}/{path}")


def _headers(content: bytes) -> Message:
    """Parse the headers alone: below them can be a description of any length."""
    return BytesHeaderParser().parsebytes(_BLANK_LINE.split(content, maxsplit=1)[0])


def _is_pure(wheel: bytes) -> bool:
    value = _headers(wheel)["Root-Is-Purelib"] or "true"
    return str(value).strip().lower() != "false"


def _homes(found: Iterable[Unpacked]) -> dict[str, set[str]]:
    homes: defaultdict[str, set[str]] = defaultdict(set)
    for one in found:
        top = f"{one.site.path}/"
        for path, _ in one.files:
            if path.startswith(top):
                parent = posixpath.dirname(path)
                while len(parent) >= len(top) and one.info not in homes[parent]:
                    homes[parent].add(one.info)
                    parent = posixpath.dirname(parent)
    return homes


def _adopter(path: str, homes: dict[str, set[str]]) -> str:
    parent = posixpath.dirname(path)
    while parent and not homes.get(parent):
        parent = posixpath.dirname(parent)
    candidates = homes.get(parent, set())
    if len(candidates) != 1:
        raise StagingError(
            f"{path} was staged, and no distribution's RECORD lists it",
            hint="It could never be removed again. " + _BUG,
        )
    return next(iter(candidates))


def check_selection(found: Sequence[Unpacked], selection: Selection) -> None:
    """Compare what was staged with what was selected; a version the lock does not tell is free.

    Raises:
        StagingError: a name is missing, surplus or there twice, or has another version.
    """
    wanted = {item.name: item.package.version for item in selection.packages}
    staged: dict[str, Version] = {}
    problems = []
    for one in found:
        if one.name in staged:
            problems.append(f"{one.name} was staged twice: {staged[one.name]} and {one.version}")
        elif one.name not in wanted:
            problems.append(f"{one.name} {one.version} was staged, and the lock does not name it")
        staged[one.name] = one.version
    for name, version in wanted.items():
        if name not in staged:
            problems.append(f"{name} {version or ''}".rstrip() + " was not staged")
        elif version is not None and staged[name] != version:
            problems.append(f"{name} {staged[name]} was staged, and the lock says {version}")
    if problems:
        raise StagingError(
            f"what was staged is not what the lock says: {problems[0]}",
            hint="For a local project or a repository: lock it again. Otherwise the file's own "
            "metadata contradict its name.",
            details=problems,
        )

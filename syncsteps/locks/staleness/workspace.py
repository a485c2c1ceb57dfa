"""The pyproject.toml files of a workspace, as far as they are on this disk."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import tomli

from syncsteps.locks.model import Directory
from syncsteps.locks.staleness.project import tool_uv

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from syncsteps.locks.model import Lock

__all__ = ["Workspace", "member_directories", "read_workspace"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """The projects below a workspace's root, each by its directory relative to that.

    ``files`` are their pyproject.toml; ``members`` the directories that the root's pyproject.toml
    counts as the workspace's (None: that cannot be told). ``nested`` are those that are inside of
    another project that is not the root: uv may look for their workspace no further than there.
    """

    files: Mapping[str, Mapping[str, Any]]
    members: frozenset[str] | None = None
    nested: frozenset[str] = frozenset()


def member_directories(lock: Lock) -> dict[str, str]:
    """Return the directory of each member of ``lock`` by its name; the root's is ``.``."""
    return {
        package.name: posixpath.normpath(package.source.path)
        for package in lock.packages
        if package.name in lock.members and isinstance(package.source, Directory)
    }


def read_workspace(lock: Lock, pyproject: Mapping[str, Any] | None) -> Workspace:
    """Return what is on disk of the workspace of ``lock``, whose root has ``pyproject``.

    Files that are not there or cannot be read are left out: an image may have been given the lock
    alone, and a project that is built says by itself what is wrong with its file. What lies outside
    of the root is not looked at.
    """
    members = None if pyproject is None else _matched(lock.root, pyproject)
    wanted = {path for path in member_directories(lock).values() if path != "."}
    files = {}
    nested = set()
    for path in sorted(wanted.union(members or ())):
        if path.split("/")[0] == ".." or posixpath.isabs(path):
            continue
        content = _read(lock.root / path / "pyproject.toml")
        if content is not None:
            files[path] = content
            if any((lock.root / over / "pyproject.toml").exists() for over in _between(path)):
                nested.add(path)
    return Workspace(files=files, members=members, nested=frozenset(nested))


def _between(path: str) -> list[str]:
    """Return the directories between the root and ``path``."""
    steps = path.split("/")
    return ["/".join(steps[:number]) for number in range(1, len(steps))]


def _read(path: Path) -> Mapping[str, Any] | None:
    try:
        return tomli.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None


def _matched(root: Path, pyproject: Mapping[str, Any]) -> frozenset[str] | None:
    """Return the directories with a pyproject.toml that the workspace's patterns match."""
    table = tool_uv(pyproject).get("workspace", {})
    if not isinstance(table, dict):
        return None
    patterns, excluded = table.get("members", []), table.get("exclude", [])
    for texts in (patterns, excluded):
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            return None
    try:
        found = {path for pattern in patterns for path in _projects(root, pattern)}
    except (NotImplementedError, OSError, ValueError):
        return None
    return frozenset(
        path
        for path in found
        if not any(fnmatchcase(path, posixpath.normpath(pattern)) for pattern in excluded)
    )


def _projects(root: Path, pattern: str) -> Iterator[str]:
    for file in root.glob(posixpath.join(posixpath.normpath(pattern), "pyproject.toml")):
        path = file.parent.relative_to(root).as_posix()
        if path != ".":
            yield path

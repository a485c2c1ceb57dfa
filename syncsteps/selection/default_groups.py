"""The groups that the tool which wrote a lock installs by default: only its project names them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from syncsteps.errors import SelectionError
from syncsteps.locks.model import Directory
from syncsteps.selection.names import known_names, normalized

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from syncsteps.locks.model import Lock
    from syncsteps.selection.model import Request

__all__ = ["deciding_directory", "with_default_groups"]

_UVS_OWN = "dev"


def deciding_directory(lock: Lock, request: Request) -> str:
    """Return where the pyproject.toml is that decides, relative to the lock's root.

    uv goes by the one member that is asked for, and otherwise by the root.
    """
    names = normalized(request.packages)
    if len(names) != 1 or request.all_packages:
        return "."
    sources = (package.source for package in lock.packages if package.name in names)
    return next((item.path for item in sources if isinstance(item, Directory)), ".")


def with_default_groups(
    lock: Lock, pyproject: Mapping[str, Any] | None, *, directory: Path
) -> Lock:
    """Return ``lock`` with its tool's default groups; ``pyproject`` is that of ``directory``.

    uv's are those of ``[tool.uv]``, and ``dev`` where it names none; poetry's are the groups that
    are not optional; pdm's are all its development groups that the lock has. Pipenv and pip have
    none, and a pylock.toml (PEP 751) says itself which apply: these are returned as they are.

    Raises:
        SelectionError: there is no pyproject.toml, it does not say it in the tool's way, or it
            names a group that the lock does not have.
        LockError: a table of poetry's or pdm's is malformed.
    """
    if lock.format not in _NAMES:
        return lock
    if pyproject is None:
        raise SelectionError(
            f"which groups are installed by default is not in {lock.path.name} but in"
            f" {directory / 'pyproject.toml'}, which is not there",
            hint="bring pyproject.toml here, or name the groups with --group",
        )
    names = _NAMES[lock.format](lock, pyproject)
    return replace(lock, default_groups=tuple(sorted(normalized(names))))


def _of_uv(lock: Lock, pyproject: Mapping[str, Any]) -> Iterable[str]:
    tool = pyproject.get("tool")
    table = tool.get("uv") if isinstance(tool, dict) else None
    written = table.get("default-groups") if isinstance(table, dict) else None
    if written is None:
        return [_UVS_OWN]
    if written == "all":
        return lock.groups
    if not isinstance(written, list) or not all(isinstance(name, str) for name in written):
        raise SelectionError(
            f'[tool.uv] default-groups of pyproject.toml is {written!r}; expected "all" or an array'
            " of names of groups",
            hint="correct it, or name the groups with --group",
        )
    return known_names("dependency group", written, lock.groups, where=lock.path.name)


def _of_poetry(lock: Lock, pyproject: Mapping[str, Any]) -> Iterable[str]:
    from syncsteps.locks.poetry_project import default_group_names, read_project  # noqa: PLC0415

    return _there(lock, default_group_names(read_project(pyproject)))


def _of_pdm(lock: Lock, pyproject: Mapping[str, Any]) -> Iterable[str]:
    from syncsteps.locks.pdm_project import read_project  # noqa: PLC0415 - one format of several

    return _there(lock, read_project(pyproject).groups)


def _there(lock: Lock, names: Iterable[str]) -> Iterable[str]:
    """Return those of ``names`` that the lock has: it may have been made without the others."""
    groups = normalized(lock.groups)
    return [name for name in names if canonicalize_name(name) in groups]


_NAMES = {"uv.lock": _of_uv, "poetry.lock": _of_poetry, "pdm.lock": _of_pdm}

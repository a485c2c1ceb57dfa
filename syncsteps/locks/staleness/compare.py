"""Holding a lock against the files that it was made from, whatever its format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from syncsteps.locks.staleness.pdm import pdm_hashes
from syncsteps.locks.staleness.pipfile import pipfile_hashes
from syncsteps.locks.staleness.poetry import poetry_hashes
from syncsteps.locks.staleness.uv import uv_changes
from syncsteps.locks.staleness.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from syncsteps.locks.model import Lock

__all__ = ["Staleness", "staleness"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Staleness:
    """Whether a lock is stale: it is where there are ``reasons``, one sentence each.

    ``known`` is false where that cannot be told, and ``note`` says why.
    """

    known: bool
    reasons: tuple[str, ...] = ()
    note: str = ""


def staleness(
    lock: Lock,
    pyproject: Mapping[str, Any] | None,
    *,
    pipfile: Mapping[str, Any] | None = None,
    workspace: Workspace | None = None,
) -> Staleness:
    """Hold ``lock`` against ``pyproject``, the project's pyproject.toml (None: it has none).

    A pdm.lock and a poetry.lock record a hash of what they were made from in pyproject.toml; a
    Pipfile.lock that of ``pipfile``, which it is held against instead.

    A uv.lock records what the projects of its workspace declared, and most of ``[tool.uv]`` that
    it was made with. Those are compared by what they mean: requirements by extra and by group, with
    their extras, specifiers, markers and sources; empty extras and groups; requires-python, static
    versions, what is a package, the default groups, constraints, overrides, exclusions, conflicts
    and environments, and which members there are. ``workspace`` has the members' files that are on
    disk (None: only the root is compared); what is not there is not compared.

    Not compared, as it may come from the command line or a file that is no project's:
    resolution, prerelease, fork-strategy, exclude-newer, and the address of an index that no
    pyproject.toml names; nor dependency-metadata and directories that are no members. Of a
    requirement whose sources have markers, what the markers leave over is compared but for its
    marker.

    Formats that do not record what they were made from are not known to be stale or current.
    """
    if lock.format == "Pipfile.lock":
        return _by_hash(lock, pipfile, "Pipfile", pipfile_hashes)
    if lock.format == "pdm.lock":
        return _by_hash(lock, pyproject, "pyproject.toml", pdm_hashes)
    if lock.format == "poetry.lock":
        return _by_hash(lock, pyproject, "pyproject.toml", poetry_hashes)
    if lock.layout == "flat":
        return _unknown(f"a {lock.format} does not record what it was made from")
    return _by_declarations(lock, pyproject, workspace)


def _by_declarations(
    lock: Lock, pyproject: Mapping[str, Any] | None, workspace: Workspace | None
) -> Staleness:
    if pyproject is None:
        return _unknown("there is no pyproject.toml beside it")
    reasons, unknown = uv_changes(lock, pyproject, workspace or Workspace(files={}))
    if reasons:
        return Staleness(known=True, reasons=reasons)
    return _unknown("; ".join(unknown)) if unknown else Staleness(known=True)


def _by_hash(
    lock: Lock,
    content: Mapping[str, Any] | None,
    file: str,
    hashes: Callable[[Mapping[str, Any]], tuple[str, ...]],
) -> Staleness:
    """Compare the hash in ``lock`` with those that its tool's versions make of ``content``."""
    if content is None:
        return _unknown(f"there is no {file} beside it")
    if lock.content_hash is None:
        return _unknown("it does not record what it was made from")
    try:
        current = hashes(content)
    except ValueError as error:
        return _unknown(str(error))
    if lock.content_hash in current:
        return Staleness(known=True)
    reason = f"{file} has changed since (its hash is {current[0]}, recorded is {lock.content_hash})"
    return Staleness(known=True, reasons=(reason,))


def _unknown(note: str) -> Staleness:
    return Staleness(known=False, note=note)

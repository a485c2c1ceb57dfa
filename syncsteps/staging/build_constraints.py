"""What a lock says of the versions that builds may install beside what is built."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from syncsteps.errors import SelectionError

if TYPE_CHECKING:
    from pathlib import Path

    from syncsteps.locks.model import Declared, Lock

__all__ = ["build_constraint_lines", "write_build_constraints"]


def write_build_constraints(lock: Lock, directory: Path) -> Path | None:
    """Write the lock's build constraints into ``directory`` as a constraints file.

    Returns:
        The file that pip's ``--build-constraint`` and uv's ``--build-constraints`` take; None if
        the lock has no such constraints.

    Raises:
        SelectionError: as `build_constraint_lines`.
        OSError: the directory cannot be written to.
    """
    lines = build_constraint_lines(lock)
    if not lines:
        return None
    path = directory / "build-constraints.txt"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def build_constraint_lines(lock: Lock) -> tuple[str, ...]:
    """Return the lock's build constraints, each as a requirement of PEP 508, sorted.

    Raises:
        SelectionError: one names a place, which is not for a constraint to say.
    """
    recorded = lock.recorded
    return tuple(
        sorted(_line(each, lock) for each in (recorded.build_constraints if recorded else ()))
    )


def _line(declared: Declared, lock: Lock) -> str:
    # Which index a name is pinned to is uv's to know; pip has no word for it.
    if declared.source is not None and declared.source.kind != "index":
        raise SelectionError(
            f"{lock.path.name} constrains builds to {declared.name} from"
            f" {declared.source.location}, which cannot be handed to an installer",
            hint="constrain its version instead (build-constraint-dependencies), and lock again",
        )
    marker = f" ; {declared.marker}" if declared.marker is not None else ""
    return f"{canonicalize_name(declared.name)}{declared.specifier or ''}{marker}"

"""What a request comes to on every platform at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from syncsteps.locks.model import Package

__all__ = ["Conditional", "Universal"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditional:
    """A package and where it applies: ``marker`` (PEP 508, PEP 751), None for everywhere.

    ``required_by`` is as in `Selected`, for all platforms taken together.
    """

    package: Package
    marker: str | None = None
    required_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Universal:
    """The packages of a lock that apply somewhere, sorted by name and version.

    ``extras`` and ``groups`` are the names that can still be asked for (PEP 751); both are empty
    where the request has settled them. ``default_groups`` apply if no groups are asked for: the
    one that stands for the project's own runtime dependencies, and those that the lock says.
    ``environments`` are the markers outside which none of this holds (empty: none).
    """

    packages: tuple[Conditional, ...]
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    default_groups: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()

"""A package that a request leads to, before a file of it is chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from syncsteps.locks.model import Package

__all__ = ["Reached"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """A package, its place among the lock's packages, and what led to it (sorted)."""

    package: Package
    position: int
    required_by: tuple[str, ...] = ()

    @property
    def described(self) -> str:
        """The entry as an error names it: place, version and marker."""
        version = self.package.version
        text = f"packages[{self.position}]"
        if version is not None:
            text += f" (version {version})"
        if self.package.marker is not None:
            text += f" for {self.package.marker}"
        return text

"""What is asked of a lock, and what was chosen from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from syncsteps.locks.model import Archive, Directory, Sdist, Vcs, Wheel

if TYPE_CHECKING:
    from syncsteps.locks.model import Hash, Package

__all__ = ["Chosen", "Pinned", "Request", "Selected", "Selection", "Unavailable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinned:
    """Some file of the package's version on an index: the lock names no file, at most its hashes.

    A requirements.txt is such a lock: the installer chooses among the files with one of the hashes.
    """

    hashes: tuple[Hash, ...] = ()


Chosen = Wheel | Sdist | Archive | Vcs | Directory | Pinned


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Which part of a lock is wanted.

    ``groups`` come in addition to the project, ``only_groups`` instead of it. ``packages`` names
    members of a workspace (empty: the root's project, or every member where the root has none).
    ``project`` false leaves out the root project or the named members themselves, ``local`` false
    everything that is built from this machine's disk; what these depend on stays.
    """

    extras: tuple[str, ...] = ()
    all_extras: bool = False
    groups: tuple[str, ...] = ()
    only_groups: tuple[str, ...] = ()
    all_groups: bool = False
    default_groups: bool = True
    packages: tuple[str, ...] = ()
    all_packages: bool = False
    project: bool = True
    local: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """A package that is to be installed, the file or source for it, and which packages need it.

    ``required_by`` are names of packages, and for roots ``extra:NAME``, ``group:NAME`` or the
    project's name; sorted. Empty for the roots themselves and for flat locks, which do not record
    it. A directory is ``chosen`` as a plain install, also where the lock says editable.
    """

    package: Package
    chosen: Chosen
    required_by: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The package's normalized name."""
        return self.package.name

    @property
    def hashes(self) -> tuple[Hash, ...]:
        """The hashes of what was chosen; empty for a VCS or a directory, which cannot have one."""
        return () if isinstance(self.chosen, Vcs | Directory) else self.chosen.hashes


@dataclass(frozen=True, slots=True, kw_only=True)
class Unavailable:
    """A package that is wanted, and for which the lock has no file that the target can use.

    ``reason`` is a sentence that says which tags the wheels have and which the target has.
    """

    package: Package
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What a request comes to on one interpreter: sorted by name, one entry per name."""

    request: Request
    packages: tuple[Selected, ...]
    unavailable: tuple[Unavailable, ...] = ()

    @property
    def own(self) -> frozenset[str]:
        """The names of the project's own packages: those that the lock has as directories."""
        return frozenset(
            item.name for item in self.packages if isinstance(item.package.source, Directory)
        )

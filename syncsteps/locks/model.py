"""The values that every lock format is read into, in the vocabulary of PEP 751."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path

    from packaging.markers import Marker
    from packaging.specifiers import SpecifierSet
    from packaging.version import Version

__all__ = [
    "Archive",
    "ConflictItem",
    "Declared",
    "DeclaredSource",
    "Dependency",
    "Directory",
    "Hash",
    "Lock",
    "Lookup",
    "Package",
    "Recorded",
    "Sdist",
    "Source",
    "Vcs",
    "Wheel",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hash:
    """A digest of a file: ``algorithm`` as hashlib names it, ``digest`` in lower-case hex."""

    algorithm: str
    digest: str

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.digest}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel:
    """A wheel that the lock names. ``path`` is relative to the lock's ``root``; sizes in bytes."""

    filename: str
    hashes: tuple[Hash, ...] = ()
    url: str | None = None
    path: str | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sdist:
    """A source distribution that the lock names. Fields as in `Wheel`."""

    filename: str
    hashes: tuple[Hash, ...] = ()
    url: str | None = None
    path: str | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A wheel or an sdist that is required by its URL or path, not from an index (PEP 751)."""

    url: str | None = None
    path: str | None = None
    hashes: tuple[Hash, ...] = ()
    size: int | None = None
    subdirectory: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Vcs:
    """A commit of a repository. ``url`` carries neither revision nor fragment."""

    type: str
    url: str
    commit_id: str | None
    requested_revision: str | None = None
    subdirectory: str | None = None
    lfs: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """A source tree. ``path`` is relative to the lock's ``root``; a virtual one is no package."""

    path: str
    editable: bool = False
    subdirectory: str | None = None
    virtual: bool = False


Source = Archive | Vcs | Directory


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependency:
    """An edge of a graph lock: version and source are there only where the name is ambiguous.

    ``source_id`` equals the `Package.source_id` of the entry that is meant.
    """

    name: str
    version: Version | None = None
    source_id: str | None = None
    extras: tuple[str, ...] = ()
    marker: Marker | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredSource:
    """Where a requirement is declared to come from, if not from any index.

    ``kind`` is a uv.lock's: ``index``, ``git``, ``url``, ``path``, ``directory``, ``editable`` or
    ``virtual``; ``location`` the URL or the path.
    """

    kind: str
    location: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A requirement as the project declared it when the lock was made: what staleness compares.

    ``extra`` or ``group`` is where it was declared (neither: the runtime dependencies); the
    ``marker`` may say the extra again. ``specifier`` is None where the requirement came from a
    ``source`` other than an index.
    """

    name: str
    extras: tuple[str, ...] = ()
    specifier: SpecifierSet | None = None
    extra: str | None = None
    group: str | None = None
    marker: Marker | None = None
    source: DeclaredSource | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What a graph lock says of the settings that it was made with, for staleness.

    ``empty_names`` is whether extras and groups without requirements are recorded,
    ``own_default_groups`` whether `Package.default_groups` are.
    """

    constraints: tuple[Declared, ...] = ()
    overrides: tuple[Declared, ...] = ()
    build_constraints: tuple[Declared, ...] = ()
    excludes: tuple[str, ...] = ()
    required_environments: tuple[Marker, ...] = ()
    empty_names: bool = True
    own_default_groups: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """Where a lock has an installer look for files that it gives no address for, and nowhere else.

    ``index`` is the URL of the index that replaces the configured one (None: it does not).
    ``extra_indexes`` are further ones, ``find_links`` URLs of pages or paths of folders, relative
    to the lock's ``root``. ``trusted_hosts`` are hosts, with or without a port, whose certificates
    are not checked. Credentials may be in any of the URLs.
    """

    index: str | None = None
    extra_indexes: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    no_index: bool = False
    trusted_hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One entry of a lock.

    ``source`` is set for what does not come from an index, otherwise ``sdist`` and ``wheels``.
    Where the format names no files (requirements.txt), both are left out, and ``hashes`` are those
    of the files of this version that may be used: any file of the index with one of them. Beside
    files, they are those of further ones: a second sdist, or formats of the past.
    ``marker``: in a flat lock the entry applies exactly where it is true (it may use ``extras`` and
    ``dependency_groups``, PEP 751); in a graph lock it is the union of the forks that the entry
    belongs to. The dependency fields are filled in graph locks only; ``optional_dependencies`` and
    ``dependency_groups`` are pairs of a name and its edges, empty ones included.
    ``declared`` is None where the lock does not record it. ``default_groups`` are those that the
    package's own project names, as far as the lock records it (None: it names none). ``lookup``
    says more of where the files are to be found than ``index`` alone can (None: there is no more).
    ``only`` is ``wheels`` or ``sdists`` where the lock rules out the other, ``config_settings`` are
    keys and values for the build backend (PEP 517), in their order. ``unlocked`` is filled in flat
    locks that tell what their entries require: what this one requires and no entry has the name of.
    """

    name: str
    version: Version | None = None
    index: str | None = None
    lookup: Lookup | None = None
    only: Literal["wheels", "sdists"] | None = None
    config_settings: tuple[tuple[str, str], ...] = ()
    source: Source | None = None
    sdist: Sdist | None = None
    wheels: tuple[Wheel, ...] = ()
    hashes: tuple[Hash, ...] = ()
    marker: Marker | None = None
    requires_python: SpecifierSet | None = None
    source_id: str = ""
    dependencies: tuple[Dependency, ...] = ()
    optional_dependencies: tuple[tuple[str, tuple[Dependency, ...]], ...] = ()
    dependency_groups: tuple[tuple[str, tuple[Dependency, ...]], ...] = ()
    declared: tuple[Declared, ...] | None = None
    default_groups: tuple[str, ...] | Literal["all"] | None = None
    unlocked: tuple[Dependency, ...] = ()

    @property
    def local(self) -> bool:
        """Whether the entry is a directory or a file of this machine's disk."""
        if isinstance(self.source, Directory):
            return True
        return isinstance(self.source, Archive) and self.source.path is not None

    @property
    def virtual(self) -> bool:
        """Whether the entry only carries dependencies and is itself never installed."""
        return isinstance(self.source, Directory) and self.source.virtual


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictItem:
    """One side of a declared conflict: an extra, a group, or (neither) the package itself."""

    package: str
    extra: str | None = None
    group: str | None = None

    def __str__(self) -> str:
        if self.extra is not None:
            return f"extra {self.extra!r} of {self.package}"
        if self.group is not None:
            return f"group {self.group!r} of {self.package}"
        return self.package


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """A whole lock file.

    ``layout`` says how packages are chosen: ``flat`` by each entry's own marker, ``graph`` by
    walking edges from the roots. ``digest`` is the SHA-256 of the file's bytes, in hex (of a
    requirements.txt that includes others: of the bytes of all of them, in the order of reading).
    ``root`` is the directory that relative paths start from. ``project`` names the package whose
    directory is ``root`` (None where there is none). In a graph lock ``members`` names the
    workspace's packages, ``requirements`` and ``dependency_groups`` are edges that hang on no
    package, and ``declared`` is what those groups were declared as (None: not recorded).
    ``extras`` and ``groups`` are every name that may be asked for; ``default_groups`` apply unless
    they are declined. ``production_group`` is the group of a flat lock that stands for the
    project's own runtime dependencies (poetry's ``main``, the ``default`` of pdm and Pipenv): it
    applies unless only other groups are asked for. ``environments`` are the markers outside which
    the lock does not hold (empty: none). ``content_hash`` is what the lock says about the file that
    it was made from, ``recorded`` what a uv.lock says about its settings: both for staleness.
    """

    format: str
    format_version: str
    path: Path
    root: Path
    digest: str
    layout: Literal["flat", "graph"]
    packages: tuple[Package, ...]
    requires_python: SpecifierSet | None = None
    environments: tuple[Marker, ...] = ()
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    default_groups: tuple[str, ...] = ()
    production_group: str | None = None
    content_hash: str | None = None
    members: tuple[str, ...] = ()
    project: str | None = None
    requirements: tuple[Dependency, ...] = ()
    dependency_groups: tuple[tuple[str, tuple[Dependency, ...]], ...] = ()
    declared: tuple[Declared, ...] | None = None
    conflicts: tuple[tuple[ConflictItem, ...], ...] = ()
    recorded: Recorded | None = None

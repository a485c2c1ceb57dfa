"""The snapshot of an interpreter: everything that a decision about it needs, as one value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["InstalledDistribution", "Interpreter", "Libc", "Owner", "Scheme"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """Where an installation into this interpreter puts its files (`sysconfig`'s terms)."""

    purelib: Path
    platlib: Path
    scripts: Path
    headers: Path
    data: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Libc:
    """The C library: ``name`` is ``glibc`` or ``musl``."""

    name: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """The package that owns a file: of ``dpkg``, ``rpm``, ``apk`` (Alpine) or ``conda``.

    ``needed_by`` are the names of the installed packages that require it by their own metadata,
    sorted; ``needed_indirectly`` those that require these, directly or through others, the nearest
    first. Both are empty where nobody has looked, as in snapshots of earlier versions.
    """

    manager: str
    package: str
    needed_by: tuple[str, ...] = ()
    needed_indirectly: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.package} ({self.manager})"


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledDistribution:
    """A distribution found on the interpreter's ``sys.path``.

    ``name`` is normalized (PEP 503). ``location`` is the entry of ``sys.path`` that holds it,
    ``metadata`` its ``.dist-info`` directory, or its ``.egg-info`` directory or file.
    ``direct_url`` is the text of ``direct_url.json`` (PEP 610), ``requires`` are Requires-Dist
    lines.
    """

    name: str
    version: str
    location: Path
    metadata: Path
    installer: str | None = None
    direct_url: str | None = None
    requires: tuple[str, ...] = ()
    requires_python: str | None = None
    owner: Owner | None = None

    @property
    def legacy(self) -> bool:
        """Whether it has no ``.dist-info``, so no RECORD to remove it by."""
        return self.metadata.suffix != ".dist-info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreter:
    """A Python interpreter as it was when it was probed.

    ``environment`` are the marker variables of PEP 508 as pairs, ``tags`` the compatibility tags of
    PEP 425 in order of preference. ``sys_path`` is what an isolated start sees; ``site_packages``
    are the directories that `site` would add, whether they exist or not. ``distributions`` come in
    the order of ``sys.path``: the first of a name is the one that is imported; ``broken`` is
    metadata on that path which gives no name or no version.
    ``externally_managed`` is None, or the text that its EXTERNALLY-MANAGED file gives (PEP 668;
    may be empty). ``unwritable`` are the scheme's directories that this user cannot write to.
    ``free_space`` is in bytes, of the file system of ``scheme.purelib``. ``virtual`` is true for a
    virtual environment, whose base is ``base_executable``. ``standard_library`` are the names of
    its modules (empty: not known, as in snapshots of earlier versions). ``python_headers`` says
    whether Python.h is there, ``build_tools`` which of the programs that builds often run are on
    PATH, by the names of the probe's `BUILD_TOOLS`; None where nobody has looked.
    ``unwritable_owners`` are the user ids that own the ``unwritable`` directories, in their order,
    and ``user`` is the id of who has looked; both are empty where there are no such ids.
    """

    executable: Path
    version: str
    implementation: str
    prefix: Path
    base_prefix: Path
    environment: tuple[tuple[str, str], ...]
    tags: tuple[str, ...]
    scheme: Scheme
    sys_path: tuple[Path, ...]
    site_packages: tuple[Path, ...]
    distributions: tuple[InstalledDistribution, ...] = ()
    broken: tuple[Path, ...] = ()
    externally_managed: str | None = None
    unwritable: tuple[Path, ...] = ()
    free_space: int | None = None
    virtual: bool = False
    base_executable: Path | None = None
    libc: Libc | None = None
    bits: int = 64
    free_threaded: bool = False
    debug: bool = False
    standard_library: tuple[str, ...] = ()
    python_headers: bool | None = None
    build_tools: tuple[str, ...] | None = None
    user: int | None = None
    unwritable_owners: tuple[int, ...] = ()

    def find(self, name: str) -> InstalledDistribution | None:
        """Return the distribution of this normalized name that is imported, or None."""
        return next((d for d in self.distributions if d.name == name), None)

    def by_name(self) -> dict[str, list[InstalledDistribution]]:
        """Return all distributions by their normalized names, each one that is imported first.

        It is for who asks about many: `find` looks through all of them each time.
        """
        found: dict[str, list[InstalledDistribution]] = {}
        for one in self.distributions:
            found.setdefault(one.name, []).append(one)
        return found

"""The entries of a pylock.toml (PEP 751), every value of them checked."""

from __future__ import annotations

import os.path
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from packaging import pylock
from packaging.utils import canonicalize_name

from syncsteps.errors import SelectionError
from syncsteps.export.values import (
    checked_hash,
    checked_name,
    checked_subdirectory,
    checked_text,
    checked_url,
    checked_vcs,
    local_path,
)
from syncsteps.locks.model import Archive, Directory, Sdist, Vcs, Wheel
from syncsteps.locks.values import without_credentials

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from packaging.markers import Marker
    from packaging.specifiers import SpecifierSet

    from syncsteps.locks.model import Hash, Package, Source

__all__ = ["Places", "package_entry"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where paths start: those of the lock from ``root``, those that are written from ``base``.

    Without a ``base`` they are written absolute. A path on another drive always is.
    """

    root: Path
    base: Path | None = None

    def text(self, path: str, *, of: str) -> str:
        """Return ``path`` as it is to be written; errors as for `local_path`."""
        place = local_path(path, root=self.root, of=of)
        if self.base is None:
            return str(place)
        try:
            return Path(os.path.relpath(place, self.base.absolute())).as_posix()
        except ValueError:
            return str(place)


def package_entry(
    package: Package,
    *,
    source: Source | None,
    files: Sequence[Sdist | Wheel],
    places: Places,
    marker: Marker | None = None,
    requires_python: SpecifierSet | None = None,
) -> pylock.Package:
    """Return the entry of ``package`` with this ``source``, or else with these ``files``.

    Raises:
        SelectionError: a value is not what it should be, or a file is nowhere.
    """
    name = checked_name(package)
    sdists = [_sdist(file, name, places) for file in files if isinstance(file, Sdist)]
    wheels = [_wheel(file, name, places) for file in files if isinstance(file, Wheel)]
    return pylock.Package(
        name=canonicalize_name(name),
        # A source tree's version may change without the lock (PEP 751, packages.version).
        version=None if isinstance(source, Directory) else package.version,
        marker=marker,
        requires_python=requires_python,
        index=_index(package.index, name) if package.index and source is None else None,
        vcs=_vcs(source, name) if isinstance(source, Vcs) else None,
        directory=_directory(source, name, places) if isinstance(source, Directory) else None,
        archive=_archive(source, name, places) if isinstance(source, Archive) else None,
        sdist=sdists[0] if sdists else None,
        wheels=wheels or None,
    )


def _index(index: str, name: str) -> str | None:
    """Return the index's URL, without credentials; a folder that served as an index is none."""
    if not index.startswith(("https://", "http://")):
        return None
    return without_credentials(checked_url(index, of=f"the index of {name}"))


def _url(url: str | None, name: str) -> str | None:
    return None if url is None else checked_url(url, of=name)


def _path(path: str | None, name: str, places: Places) -> str | None:
    return None if path is None else places.text(path, of=name)


def _hashes(hashes: Iterable[Hash]) -> dict[str, str]:
    pairs = (checked_hash(value).split(":", 1) for value in hashes)
    return dict(sorted((algorithm, digest) for algorithm, digest in pairs))


def _wheel(wheel: Wheel, name: str, places: Places) -> pylock.PackageWheel:
    _check_place(wheel, name)
    return pylock.PackageWheel(
        name=checked_text(wheel.filename, of=f"a file name of {name}"),
        size=wheel.size,
        hashes=_hashes(wheel.hashes),
        url=_url(wheel.url, name),
        path=_path(wheel.path, name, places),
    )


def _sdist(sdist: Sdist, name: str, places: Places) -> pylock.PackageSdist:
    _check_place(sdist, name)
    return pylock.PackageSdist(
        name=checked_text(sdist.filename, of=f"a file name of {name}"),
        size=sdist.size,
        hashes=_hashes(sdist.hashes),
        url=_url(sdist.url, name),
        path=_path(sdist.path, name, places),
    )


def _archive(archive: Archive, name: str, places: Places) -> pylock.PackageArchive:
    return pylock.PackageArchive(
        size=archive.size,
        hashes=_hashes(archive.hashes),
        subdirectory=checked_subdirectory(archive.subdirectory, of=name),
        url=_url(archive.url, name),
        path=_path(archive.path, name, places),
    )


def _directory(directory: Directory, name: str, places: Places) -> pylock.PackageDirectory:
    return pylock.PackageDirectory(
        path=places.text(directory.path, of=name),
        subdirectory=checked_subdirectory(directory.subdirectory, of=name),
    )


def _vcs(vcs: Vcs, name: str) -> pylock.PackageVcs:
    source = checked_vcs(vcs, of=name)
    return pylock.PackageVcs(
        type=source.type,
        url=source.url,
        commit_id=source.commit,
        subdirectory=source.subdirectory,
        requested_revision=(
            None
            if vcs.requested_revision is None
            else checked_text(vcs.requested_revision, of=f"the revision of {name}")
        ),
    )


def _check_place(file: Wheel | Sdist, name: str) -> None:
    if file.url is None and file.path is None:
        raise SelectionError(
            f"{name} cannot be written as pylock.toml, which has to say where every file is: the "
            f"lock has no address of {file.filename}",
            hint="export it as requirements.txt instead",
        )

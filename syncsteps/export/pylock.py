"""A selection as pylock.toml (PEP 751), for the one interpreter that it was made for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from packaging import pylock
from packaging.utils import canonicalize_name
from packaging.version import Version

from syncsteps.errors import SelectionError
from syncsteps.export.toml import to_toml
from syncsteps.export.values import (
    checked_hash,
    checked_name,
    checked_subdirectory,
    checked_text,
    checked_url,
    checked_vcs,
    every_file,
    local_path,
)
from syncsteps.locks.model import Archive, Directory, Sdist, Vcs, Wheel
from syncsteps.selection.model import Pinned

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from syncsteps.locks.model import Hash, Lock
    from syncsteps.selection.model import Selected, Selection

__all__ = ["to_pylock"]


def to_pylock(
    selection: Selection,
    *,
    lock: Lock,
    root: Path,
    files: Literal["chosen", "all"] = "chosen",
) -> str:
    """Return ``selection`` as the text of a pylock.toml, lock version 1.0.

    Packages are sorted by name and carry no markers: the file is for the interpreter of the
    selection, and ``files="all"`` only adds the other files of the same packages. Paths are
    absolute, so that the text may be written anywhere; relative ones start from ``root``.

    Raises:
        SelectionError: the lock lacks something that PEP 751 demands (a file's name, its place, its
            hashes, a commit), or a value is not what it should be.
    """
    document = pylock.Pylock(
        lock_version=Version("1.0"),
        requires_python=lock.requires_python,
        created_by="syncsteps",
        packages=[
            _package(item, root=root, everything=files == "all")
            for item in sorted(selection.packages, key=lambda item: item.name)
        ],
    )
    try:
        document.validate()
    except pylock.PylockValidationError as error:
        raise SelectionError(
            f"{lock.path.name} cannot be written as pylock.toml: {error}",
            hint="export it as requirements.txt instead",
        ) from error
    return to_toml(document.to_dict())


def _package(item: Selected, *, root: Path, everything: bool) -> pylock.Package:
    package, chosen = item.package, item.chosen
    name = checked_name(package)
    sdist: pylock.PackageSdist | None = None
    wheels: list[pylock.PackageWheel] | None = None
    if isinstance(chosen, Pinned):
        raise SelectionError(
            f"the lock pins {name} by version and hashes and names no file of it, which a "
            "pylock.toml has to",
            hint="export it as requirements.txt instead",
        )
    if isinstance(chosen, Wheel | Sdist):
        files = every_file(package) if everything else (chosen,)
        sdist = next((_sdist(f, name, root) for f in files if isinstance(f, Sdist)), None)
        wheels = [_wheel(f, name, root) for f in files if isinstance(f, Wheel)] or None
    return pylock.Package(
        name=canonicalize_name(name),
        # A source tree's version may change without the lock (PEP 751, packages.version).
        version=None if isinstance(chosen, Directory) else package.version,
        index=None
        if package.index is None or package.source is not None
        else _index(package.index, name),
        vcs=_vcs(chosen, name) if isinstance(chosen, Vcs) else None,
        directory=_directory(chosen, name, root) if isinstance(chosen, Directory) else None,
        archive=_archive(chosen, name, root) if isinstance(chosen, Archive) else None,
        sdist=sdist,
        wheels=wheels,
    )


def _index(index: str, name: str) -> str | None:
    """Return the index's URL; a folder that served as an index is none."""
    web = index.startswith(("https://", "http://"))
    return checked_url(index, of=f"the index of {name}") if web else None


def _url(url: str | None, name: str) -> str | None:
    return None if url is None else checked_url(url, of=name)


def _path(path: str | None, name: str, root: Path) -> str | None:
    return None if path is None else str(local_path(path, root=root, of=name))


def _hashes(hashes: Iterable[Hash]) -> dict[str, str]:
    pairs = (checked_hash(value).split(":", 1) for value in hashes)
    return dict(sorted((algorithm, digest) for algorithm, digest in pairs))


def _wheel(wheel: Wheel, name: str, root: Path) -> pylock.PackageWheel:
    return pylock.PackageWheel(
        name=checked_text(wheel.filename, of=f"a file name of {name}"),
        size=wheel.size,
        hashes=_hashes(wheel.hashes),
        url=_url(wheel.url, name),
        path=_path(wheel.path, name, root),
    )


def _sdist(sdist: Sdist, name: str, root: Path) -> pylock.PackageSdist:
    return pylock.PackageSdist(
        name=checked_text(sdist.filename, of=f"a file name of {name}"),
        size=sdist.size,
        hashes=_hashes(sdist.hashes),
        url=_url(sdist.url, name),
        path=_path(sdist.path, name, root),
    )


def _archive(archive: Archive, name: str, root: Path) -> pylock.PackageArchive:
    return pylock.PackageArchive(
        size=archive.size,
        hashes=_hashes(archive.hashes),
        subdirectory=checked_subdirectory(archive.subdirectory, of=name),
        url=_url(archive.url, name),
        path=_path(archive.path, name, root),
    )


def _directory(directory: Directory, name: str, root: Path) -> pylock.PackageDirectory:
    return pylock.PackageDirectory(
        path=str(local_path(directory.path, root=root, of=name)),
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

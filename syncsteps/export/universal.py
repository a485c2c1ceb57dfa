"""A lock for every platform as text: requirements.txt with markers, or multi-use pylock.toml."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging import pylock
from packaging.markers import Marker
from packaging.utils import canonicalize_name
from packaging.version import Version

from syncsteps.errors import SelectionError
from syncsteps.export.pylock import checked_document, refuse_pin
from syncsteps.export.pylock_entries import Places, package_entry
from syncsteps.export.requirements import (
    Requirements,
    format_options,
    requirement_lines,
    setting_options,
    source_location,
    strong_hashes,
)
from syncsteps.export.toml import to_toml
from syncsteps.export.values import checked_marker, checked_name, every_file
from syncsteps.locks.boundaries import refuse_outside
from syncsteps.locks.model import Archive

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from syncsteps.locks.model import Hash, Lock, Package
    from syncsteps.selection.universal import Conditional, Universal

__all__ = ["to_universal_pylock", "to_universal_requirements"]


def to_universal_requirements(
    universal: Universal,
    *,
    lock: Lock,
    root: Path,
    annotate: bool = False,
    allow_outside: bool = False,
) -> Requirements:
    """Return ``universal`` as requirements files for ``pip install -r`` and ``uv pip install -r``.

    Each entry has the marker that says where it applies, and the hashes of all the files that the
    lock has for it. What is required by URL or path stays so, paths as absolute ``file:`` URLs;
    relative ones start from ``root``. ``annotate`` adds ``# via`` comments, ``allow_outside``
    allows places on this machine's disk outside of the lock's root. That the lock holds for some
    versions of Python only cannot be expressed.

    Raises:
        SelectionError: a value could not be written without changing its meaning or its line, a
            repository has no commit, or a place is outside of the lock's root.
    """
    texts: dict[bool, list[str]] = {True: [], False: []}
    options: dict[bool, dict[str, None]] = {True: {}, False: {}}
    for item in universal.packages:
        if not allow_outside:
            refuse_outside(item.package.name, (item.package.source,), lock=lock, root=root)
        requirement = _requirement(item, lock=lock, root=root)
        hashes = strong_hashes(_hashes(item.package))
        required_by = item.required_by if annotate else ()
        settings = setting_options(item.package)
        texts[bool(hashes)].append(
            requirement_lines(requirement, hashes, required_by, options=settings)
        )
        options[bool(hashes)].update(dict.fromkeys(format_options(item.package)))
    return Requirements(
        hashed="".join([*options[True], *texts[True]]),
        unhashed="".join([*options[False], *texts[False]]),
    )


def to_universal_pylock(
    universal: Universal,
    *,
    lock: Lock,
    root: Path,
    base: Path | None = None,
    allow_outside: bool = False,
) -> str:
    """Return ``universal`` as the text of a pylock.toml, lock version 1.0, with all its files.

    Directories are for a plain install, also where the lock says editable. Relative paths of the
    lock start from ``root``; they are written relative to ``base``, the directory that the text is
    for, or else absolute. ``allow_outside`` allows places on this machine's disk outside of the
    lock's root.

    The group that stands for the project's own dependencies is among ``dependency-groups`` too,
    although PEP 751 would rather not have it there: uv before 0.10 takes no notice of a default
    group that is not, and installs nothing without a word.

    Raises:
        SelectionError: the lock lacks something that PEP 751 demands (a file's name, its place, its
            hashes, a commit), a value is not what it should be, or a place is outside of the lock's
            root.
    """
    if not allow_outside:
        for item in universal.packages:
            parts = (item.package.source, *every_file(item.package))
            refuse_outside(item.package.name, parts, lock=lock, root=root)
    places = Places(root=root, base=base)
    groups = sorted({*universal.groups, *universal.default_groups})
    document = pylock.Pylock(
        lock_version=Version("1.0"),
        environments=[Marker(marker) for marker in universal.environments] or None,
        requires_python=lock.requires_python,
        extras=[canonicalize_name(extra) for extra in universal.extras] or None,
        dependency_groups=groups or None,
        default_groups=universal.default_groups or None,
        created_by="syncsteps",
        packages=[_entry(item, places) for item in universal.packages],
    )
    tables = checked_document(document, lock=lock)
    packages = [
        # As it is: with single quotes nothing of it needs a backslash in TOML.
        table if item.marker is None else {**table, "marker": item.marker}
        for item, table in zip(universal.packages, tables["packages"], strict=True)
    ]
    return to_toml({**tables, "packages": packages})


def _requirement(item: Conditional, *, lock: Lock, root: Path) -> str:
    package = item.package
    name = checked_name(package)
    if package.source is not None:
        text = f"{name} @ {source_location(package.source, name=name, root=root)}"
    elif package.version is not None:
        text = f"{name}=={package.version}"
    else:
        raise SelectionError(
            f"{lock.path.name} gives neither a version nor a place for {name}",
            hint="lock again with a version, or require it by URL",
        )
    return text if item.marker is None else f"{text} ; {checked_marker(item.marker, of=name)}"


def _hashes(package: Package) -> Iterable[Hash]:
    if package.source is not None:
        return package.source.hashes if isinstance(package.source, Archive) else ()
    return (*package.hashes, *(value for file in every_file(package) for value in file.hashes))


def _entry(item: Conditional, places: Places) -> pylock.Package:
    package = item.package
    files = every_file(package) if package.source is None else ()
    if package.source is None and not files:
        refuse_pin(checked_name(package))
    return package_entry(
        package,
        source=package.source,
        files=files,
        places=places,
        marker=None if item.marker is None else Marker(item.marker),
        requires_python=package.requires_python,
    )

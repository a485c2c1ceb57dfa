"""One file for a package: the best wheel by the target's tags, else the sdist, else a reason."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from syncsteps.errors import SelectionError
from syncsteps.locks.model import Archive, Directory
from syncsteps.selection.model import Pinned, Unavailable

if TYPE_CHECKING:
    from packaging.utils import BuildTag

    from syncsteps.locks.model import Package, Wheel
    from syncsteps.selection.model import Chosen

__all__ = ["FileChooser", "archive_filename"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChooser:
    """Chooses for an interpreter with these ``tags`` (PEP 425, the preferred ones first).

    ``pins``: whether an entry that names no file is still to be had, from an index by its version.
    """

    tags: tuple[str, ...]
    pins: bool = False
    _ranks: dict[str, int] = field(init=False, repr=False)
    _ranks_of_sets: dict[str, int | None] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        ranks: dict[str, int] = {}
        for rank, tag in enumerate(self.tags):
            ranks.setdefault(tag, rank)
        object.__setattr__(self, "_ranks", ranks)

    def choose(self, package: Package) -> Chosen | Unavailable:
        """Return what is to be installed for ``package``, or why nothing can be.

        Raises:
            SelectionError: a wheel's file name is that of another package or version.
        """
        source = package.source
        if isinstance(source, Archive):
            return self._archive(package, source)
        if isinstance(source, Directory):
            return dataclasses.replace(source, editable=False)
        if source is not None:
            return source
        file = self._best_wheel(package) or package.sdist
        if file is not None:
            return file
        pinned = self.pins and package.version is not None and not package.wheels
        return Pinned(hashes=package.hashes) if pinned else self._unavailable(package)

    def _archive(self, package: Package, archive: Archive) -> Archive | Unavailable:
        filename = archive_filename(archive)
        if not filename.endswith(".whl"):
            return archive
        _check_wheel(filename, package)
        if self._rank("-".join(filename.rsplit("-", 3)[1:])) is None:
            return self._unavailable(package, filename)
        return archive

    def _best_wheel(self, package: Package) -> Wheel | None:
        best: tuple[int, tuple[int, str]] | None = None
        chosen: Wheel | None = None
        # Parsing each of a hundred wheels is slow, and they differ in their tags only.
        builds: dict[str, BuildTag] = {}
        for wheel in package.wheels:
            filename = wheel.filename
            stem = filename.rsplit("-", 3)[0]
            build = builds.get(stem) if filename.endswith(".whl") else None
            if build is None:
                build = (
                    () if _is_plain(filename, stem, package) else _check_wheel(filename, package)
                )
                builds[stem] = build
            rank = self._rank(filename[len(stem) + 1 :])
            if rank is None:
                continue
            # Of equal tags the higher build number wins; no build number is the lowest.
            key = (-rank, build or (-1, ""))
            if best is None or key > best:
                best, chosen = key, wheel
        return chosen

    def _rank(self, ending: str) -> int | None:
        """Return the place of the best tag among those that a wheel's file name ends with."""
        # The same few sets of tags come back in package after package.
        if ending not in self._ranks_of_sets:
            tags = ending.removesuffix(".whl").lower()
            ranks = (self._ranks.get(tag) for tag in _multiplied(tags))
            best = min((rank for rank in ranks if rank is not None), default=None)
            self._ranks_of_sets[ending] = best
        return self._ranks_of_sets[ending]

    def _unavailable(self, package: Package, *archive: str) -> Unavailable:
        filenames = archive or [wheel.filename for wheel in package.wheels]
        if not filenames:
            what = "no file" if package.version is not None else "neither a version nor a file"
            return Unavailable(package=package, reason=f"the lock names {what} for {package.name}")
        wheels = (
            "its only wheel is"
            if len(filenames) == 1
            else f"none of its {len(filenames)} wheels fits, the nearest is"
        )
        tags, difference = "other targets", "this one has no tags at all"
        if self.tags:
            from syncsteps.selection.nearest import nearest_wheel  # noqa: PLC0415 - seldom needed

            tags, difference = nearest_wheel(filenames, self.tags)
            difference = f"it {difference}"
        return Unavailable(
            package=package,
            reason=f"the lock has no sdist of {package.name} {package.version or ''}".rstrip()
            + f"; {wheels} for {tags}: {difference}",
        )


def _multiplied(tags: str) -> list[str]:
    """Return each tag of a compressed set (PEP 425)."""
    return ["-".join(tag) for tag in product(*(column.split(".") for column in tags.split("-")))]


def _is_plain(filename: str, stem: str, package: Package) -> bool:
    """Return whether this is how nearly every wheel of ``package`` begins and ends."""
    name, _, version = stem.partition("-")
    return (
        filename.endswith(".whl")
        and "__" not in name
        and canonicalize_name(name) == package.name
        and version == str(package.version)
    )


def _check_wheel(filename: str, package: Package) -> BuildTag:
    """Return the build tag of a wheel that is really one of ``package``."""
    try:
        name, version, build, _ = parse_wheel_filename(filename)
    except InvalidWheelFilename as error:
        raise SelectionError(
            f"the lock's wheel of {package.name} has no valid file name: {error}",
            hint="the lock is damaged; lock again",
        ) from error
    if name != package.name or package.version not in (None, version):
        raise SelectionError(
            f"the lock's wheel {filename!r} is not one of {package.name} "
            f"{'' if package.version is None else package.version}".rstrip(),
            hint="the lock is damaged or was tampered with; lock again",
        )
    return build


def archive_filename(archive: Archive) -> str:
    """Return the name of the file that ``archive`` is."""
    if archive.url is not None:
        return unquote(urlsplit(archive.url).path.rsplit("/", 1)[-1])
    return (archive.path or "").replace("\\", "/").rsplit("/", 1)[-1]

"""pylock.toml as `packaging.pylock.Pylock.select` has it."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote, urlsplit

import packaging
import tomli
from packaging.pylock import (
    PackageArchive,
    PackageDirectory,
    PackageVcs,
    Pylock,
    PylockSelectError,
    PylockValidationError,
)
from packaging.tags import Tag

from tests.conformance.oracle import Conditional, Refused
from tests.conformance.pins import Pin, file_kind, plain_path

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from packaging.markers import Environment
    from packaging.pylock import Package, PackageSdist, PackageWheel

    from syncsteps.interpreter.model import Interpreter
    from syncsteps.locks.model import Lock
    from syncsteps.selection import Request
    from tests.conformance.corpus import Project
    from tests.conformance.oracle import Answer

    Taken = PackageVcs | PackageDirectory | PackageArchive | PackageWheel | PackageSdist

__all__ = ["Locked", "PylockSelect"]

_NO_FILE = "No wheel found matching"
_NOTHING = Conditional(entries=())
_TEXT_TIME = re.compile(r"""upload-time\s*=\s*["'][^"']*["'],?""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """A pylock.toml and what is asked of it; ``groups`` are the default ones where it is None.

    ``fileless`` are packages that the file names no file for, which the standard does not allow.
    """

    lock: Pylock
    directory: Path
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] | None = None
    fileless: Conditional = _NOTHING

    @classmethod
    def of(cls, document: Mapping[str, Any], *, directory: Path) -> Locked:
        """Return the answer that a parsed pylock.toml is, when nothing is asked for by name.

        Raises:
            Refused: it is not valid.
        """
        try:
            lock = Pylock.from_dict(document)
        except PylockValidationError as error:
            raise Refused(str(error)) from error
        return cls(lock=lock, directory=directory)

    def pins(self, target: Interpreter) -> frozenset[Pin]:
        """Return what is selected, one file for each; without one where no file can be used.

        Raises:
            Refused: the lock does not hold for the target, or two entries of a name apply.
        """
        return self.fileless.pins(target) | self._listed(target)

    def _listed(self, target: Interpreter) -> frozenset[Pin]:
        try:
            return frozenset(self._pin(*row) for row in self._select(self.lock, target))
        except PylockSelectError as error:
            if not str(error).startswith(_NO_FILE):
                raise Refused(str(error)) from error
        # It stops at the first package that has no usable file: ask for each by itself.
        found = []
        for package in self.lock.packages:
            single = replace(self.lock, packages=[package])
            try:
                found += [self._pin(*row) for row in self._select(single, target)]
            except PylockSelectError as error:
                if not str(error).startswith(_NO_FILE):
                    raise Refused(str(error)) from error
                found.append(Pin(name=package.name, version=str(package.version or "")))
        return frozenset(found)

    def _select(self, lock: Pylock, target: Interpreter) -> list[tuple[Package, Taken]]:
        return list(
            lock.select(
                environment=cast("Environment", dict(target.environment)),
                tags=_tags(target.tags),
                extras=self.extras,
                dependency_groups=self.groups,
            )
        )

    def _pin(self, package: Package, taken: Taken) -> Pin:
        if isinstance(taken, PackageDirectory):
            place = plain_path(taken.path) + _subdirectory(taken.subdirectory)
            return Pin(name=package.name, place=place)
        if isinstance(taken, PackageVcs):
            url = taken.url or (self.directory / (taken.path or "")).as_uri()
            place = f"{taken.type}+{url}@{taken.commit_id}{_subdirectory(taken.subdirectory)}"
            return Pin(name=package.name, place=place)
        hashes = frozenset(f"{kind}:{digest}" for kind, digest in taken.hashes.items())
        if isinstance(taken, PackageArchive):
            where = (taken.url or "").partition("#")[0] or plain_path(taken.path or "")
            place = where + _subdirectory(taken.subdirectory)
            return Pin(name=package.name, place=place, hashes=hashes)
        return Pin(
            name=package.name,
            version=str(package.version or ""),
            file=_kind(taken),
            hashes=hashes,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PylockSelect:
    """The standard's own algorithm, as the library has it that pip and others use.

    ``mending``: read only the locks whose ``upload-time`` is text, which the standard does not
    allow and which says nothing about what is selected, and read them without it.
    """

    mending: bool = False
    chooses: bool = True

    @property
    def name(self) -> str:
        """The library and its version."""
        return f"packaging {packaging.__version__}" + (" mending" if self.mending else "")

    def reads(self, project: Project) -> bool:
        """Return whether it is a pylock.toml."""
        return project.format == "pylock" and (
            not self.mending or _TEXT_TIME.search(_text(project)) is not None
        )

    def prepare(self, project: Project) -> None:
        """Nothing is needed beside the lock."""

    def ask(self, project: Project, lock: Lock | None, request: Request) -> Answer | None:
        """Return the lock with the names that ``request`` comes to."""
        del lock
        if not (request.project and request.local):
            return None
        try:
            text = _text(project)
            document = tomli.loads(_TEXT_TIME.sub("", text) if self.mending else text)
        except tomli.TOMLDecodeError as error:
            raise Refused(str(error)) from error
        asked = Locked.of(document, directory=project.directory)
        every_group = asked.lock.dependency_groups or ()
        groups = {*request.groups, *request.only_groups}
        groups.update(every_group if request.all_groups else ())
        defaults = [*(asked.lock.default_groups or ())]
        if not request.default_groups:
            # Declining the project's default groups leaves its own dependencies, which pylock.toml
            # has as one of these: one that cannot be asked for, or what pdm calls it.
            defaults = [name for name in defaults if name not in every_group or name == "default"]
        if not request.only_groups:
            groups.update(defaults)
        extras = asked.lock.extras if request.all_extras else request.extras
        return replace(asked, extras=tuple(extras or ()), groups=tuple(sorted(groups)))


@functools.lru_cache(maxsize=64)
def _tags(texts: tuple[str, ...]) -> list[Tag]:
    return [Tag(*text.split("-")) for text in texts]


def _text(project: Project) -> str:
    return project.lock.read_text(encoding="utf-8")


def _subdirectory(subdirectory: str | None) -> str:
    return f"#subdirectory={subdirectory}" if subdirectory else ""


def _kind(taken: PackageWheel | PackageSdist) -> str:
    if taken.name:
        return file_kind(taken.name)
    location = urlsplit(taken.url).path if taken.url else (taken.path or "")
    return file_kind(unquote(location.replace("\\", "/").rpartition("/")[2]))

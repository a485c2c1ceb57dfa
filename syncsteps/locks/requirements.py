"""requirements.txt as a lock: a flat list of pins, as pip-compile, uv and others write it."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from syncsteps.errors import LockError
from syncsteps.locks.limits import MOST_FILES
from syncsteps.locks.model import Archive, Directory, Lock
from syncsteps.locks.requirement_constraints import constrained, read_constraint
from syncsteps.locks.requirement_entries import read_entry
from syncsteps.locks.requirement_lines import read_lines
from syncsteps.locks.requirement_options import FileOptions
from syncsteps.locks.values import is_url, parse_path, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from syncsteps.locks.fields import Origin
    from syncsteps.locks.model import Package
    from syncsteps.locks.requirement_constraints import Constraint
    from syncsteps.locks.requirement_lines import Line

__all__ = ["Surroundings", "read_requirements"]

_CONSTRAINT = "--constraint"
_INCLUDING = frozenset({"--requirement", _CONSTRAINT})


class Surroundings(Protocol):
    """What a requirements file refers to, by paths that are relative to the lock's root."""

    def text(self, path: str) -> str:
        """Return the text of another requirements file.

        Raises:
            LockError: it cannot be read, or may not be.
        """

    def project_name(self, path: str) -> str | None:
        """Return the name of the project in a directory, or None where it cannot be told.

        Raises:
            ValueError: the directory may not be looked into.
        """


def read_requirements(
    text: str,
    origin: Origin,
    *,
    environment: Mapping[str, str],
    surroundings: Surroundings,
) -> Lock:
    """Return the lock that ``text``, a requirements file whose entries are all pinned, is.

    ``-r`` and ``-c`` are followed, relative to the file that says it; all other paths are relative
    to the lock's root. A constraint adds no package, and an entry that would need one for its
    version is refused as not pinned. What the options say of where files are, and which of them
    may be taken, becomes the packages' own; see
    `syncsteps.locks.requirement_options.FileOptions` for those that say nothing here. Extras of an
    entry say nothing that the other entries do not say, and are left out.

    Raises:
        LockError: an entry that is not pinned, or contradicts a constraint, or lacks the hash that
            ``--require-hashes`` asks for; a line that cannot be read, an unset variable, or files
            that include each other. The error's ``table`` is the line.
    """
    options = FileOptions()
    entries: list[tuple[Line, Package]] = []
    constraints = []
    lines = _Lines(environment, surroundings)
    for place in lines.read(text, origin.name, within=(origin.path.name,), constrains=False):
        if place.constrains and (constraint := read_constraint(place.line)) is not None:
            constraints.append(constraint)
            continue
        entry = None if place.constrains else read_entry(place.line, surroundings.project_name)
        if entry is None:
            options.add(place.line, file=place.file)
        else:
            entries.append((place.line, entry))
    packages = _finished(entries, constraints, options)
    return Lock(
        format="requirements.txt",
        format_version="",
        path=origin.path,
        root=origin.root,
        digest=origin.digest,
        layout="flat",
        packages=packages,
        project=next(
            (
                package.name
                for package in packages
                if isinstance(package.source, Directory) and package.source.path == "."
            ),
            None,
        ),
    )


def _finished(
    entries: list[tuple[Line, Package]], constraints: list[Constraint], options: FileOptions
) -> tuple[Package, ...]:
    """Return the packages of ``entries``, once each, as all of the file leaves them."""
    by_name: dict[str, list[Constraint]] = {}
    for constraint in constraints:
        by_name.setdefault(constraint.name, []).append(constraint)
    packages: dict[Package, None] = {}
    for line, entry in entries:
        package = entry
        for constraint in by_name.get(entry.name, ()):
            package = constrained(package, line, constraint)
        if options.hashed_by is not None and not _is_hashed(package):
            by = options.hashed_by
            raise line.error(
                f"{package.name} has no hash, and {by.file}, line {by.number}, requires one"
                " (--require-hashes)",
                hint="compile the file again with hashes, or take the option out",
            )
        packages[options.applied(package)] = None
    return tuple(packages)


def _is_hashed(package: Package) -> bool:
    source = package.source
    return bool(source.hashes if isinstance(source, Archive) else package.hashes)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A line and the file that it is in, relative to the root; whether it only constrains."""

    line: Line
    file: str
    constrains: bool


class _Lines:
    """Reads lines, and counts the files that they include."""

    def __init__(self, environment: Mapping[str, str], surroundings: Surroundings) -> None:
        self._environment = environment
        self._surroundings = surroundings
        self._files = 0

    def read(
        self, text: str, file: str, *, within: tuple[str, ...], constrains: bool
    ) -> Iterator[_Place]:
        """Yield the lines of ``text`` and, in its place, those of every file that it includes.

        ``within`` are the files that are being read, relative to the root, the innermost last.
        """
        for line in read_lines(text, file=file, environment=self._environment):
            included = [option for option in line.options if option.name in _INCLUDING]
            if line.requirement or not included:
                yield _Place(line=line, file=within[-1], constrains=constrains)
                continue
            for option in included:
                path = _included(option.value, line, within[-1])
                nested = self._nested(option.value, path, line, within)
                folder = posixpath.dirname(file.replace("\\", "/"))
                yield from self.read(
                    nested,
                    posixpath.join(folder, option.value),
                    within=(*within, path),
                    constrains=constrains or option.name == _CONSTRAINT,
                )

    def _nested(self, name: str, path: str, line: Line, within: tuple[str, ...]) -> str:
        if path in within:
            chain = " -> ".join((*within[within.index(path) :], path))
            raise line.error(f"files that include each other: {chain}")
        # Files that each include the next one twice need no circle to be endless.
        self._files += 1
        if self._files > MOST_FILES:
            raise line.error(f"expected at most {MOST_FILES} included files, found more")
        try:
            return self._surroundings.text(path)
        except LockError as error:
            message = f"cannot include {quoted(name)}: {error.message}"
            raise line.error(message, hint=error.hint) from error


def _included(name: str, line: Line, including: str) -> str:
    if is_url(name):
        raise line.error(
            f"includes {quoted(name)}: what an address answers is no lock",
            hint="put a copy of the file beside this one",
        )
    try:
        path = parse_path(name).replace("\\", "/")
    except ValueError as error:
        raise line.error(str(error)) from error
    return posixpath.normpath(posixpath.join(posixpath.dirname(including), path))

"""requirements.txt as a lock: a flat list of pins, as pip-compile, uv and others write it."""

from __future__ import annotations

import posixpath
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from syncsteps.errors import LockError
from syncsteps.locks.limits import MOST_FILES
from syncsteps.locks.model import Directory, Lock
from syncsteps.locks.requirement_entries import read_entry
from syncsteps.locks.requirement_lines import read_lines
from syncsteps.locks.values import is_url, parse_path, parse_url, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from syncsteps.locks.fields import Origin
    from syncsteps.locks.requirement_lines import Line

__all__ = ["Surroundings", "read_requirements"]

_PER_REQUIREMENT = frozenset({"--hash", "--global-option", "--config-settings"})


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

    ``-r`` is followed, relative to the file that says it; all other paths are relative to the
    lock's root. ``--index-url`` becomes the packages' ``index``, the last one counting for all.
    ``-c`` is accepted and not read: a constraint adds no package, and an entry that would need
    one for its version is refused as not pinned. The other options that choose where and how files
    are found are accepted and not obeyed. Extras of an entry say nothing that the other entries do
    not say, and are left out.

    Raises:
        LockError: an entry that is not pinned, a line that cannot be read, an unset variable, or
            files that include each other. The error's ``table`` is the line.
    """
    index: str | None = None
    packages = []
    lines = _Lines(environment, surroundings)
    for line in lines.read(text, origin.name, within=(origin.path.name,)):
        entry = read_entry(line, project_name=surroundings.project_name)
        if entry is not None:
            packages.append(entry)
            continue
        for option in line.options:
            if option.name in _PER_REQUIREMENT:
                raise line.error(f"the option {option.name} stands behind no requirement")
            if option.name == "--index-url":
                try:
                    index = parse_url(option.value)
                except ValueError as error:
                    raise line.error(str(error)) from error
    return Lock(
        format="requirements.txt",
        format_version="",
        path=origin.path,
        root=origin.root,
        digest=origin.digest,
        layout="flat",
        packages=tuple(
            package if package.source is not None else replace(package, index=index)
            for package in dict.fromkeys(packages)
        ),
        project=next(
            (
                package.name
                for package in packages
                if isinstance(package.source, Directory) and package.source.path == "."
            ),
            None,
        ),
    )


class _Lines:
    """Reads lines, and counts the files that they include."""

    def __init__(self, environment: Mapping[str, str], surroundings: Surroundings) -> None:
        self._environment = environment
        self._surroundings = surroundings
        self._files = 0

    def read(self, text: str, file: str, *, within: tuple[str, ...]) -> Iterator[Line]:
        """Yield the lines of ``text`` and, in its place, those of every file that it includes.

        ``within`` are the files that are being read, relative to the root, the innermost last.
        """
        for line in read_lines(text, file=file, environment=self._environment):
            included = [option.value for option in line.options if option.name == "--requirement"]
            if line.requirement or not included:
                yield line
                continue
            for name in included:
                path = _included(name, line, within[-1])
                nested = self._nested(name, path, line, within)
                shown = posixpath.join(posixpath.dirname(file.replace("\\", "/")), name)
                yield from self.read(nested, shown, within=(*within, path))

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

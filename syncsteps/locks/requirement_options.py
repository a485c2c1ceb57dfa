"""What the options of a requirements file say of all its entries: where and which files to take."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from packaging.utils import canonicalize_name

from syncsteps.locks.locations import is_local, local_path
from syncsteps.locks.model import Lookup
from syncsteps.locks.values import parse_name, parse_path, parse_url, quoted

if TYPE_CHECKING:
    from syncsteps.locks.model import Package
    from syncsteps.locks.requirement_lines import Line, Option

__all__ = ["FileOptions"]

_ALL, _NONE = ":all:", ":none:"
_PER_REQUIREMENT = frozenset({"--hash", "--global-option", "--config-settings"})


@dataclass(slots=True)
class FileOptions:
    """The options that have been read so far. ``hashed_by`` is the line with --require-hashes.

    What is neither here nor refused changes nothing where every version is pinned: releases that
    may be considered (``--pre``, ``--prefer-binary``), and how pip works (``--use-feature``).
    """

    lookup: Lookup = field(default_factory=Lookup)
    hashed_by: Line | None = None
    _wheels: set[str] = field(default_factory=set)
    _sdists: set[str] = field(default_factory=set)

    def add(self, line: Line, *, file: str) -> None:
        """Take in the options of a ``line`` that has no requirement.

        ``file`` is the path of its file, relative to the lock's root.

        Raises:
            LockError: one of them is malformed, or belongs behind a requirement.
        """
        for option in line.options:
            if option.name in _PER_REQUIREMENT:
                raise line.error(f"the option {option.name} stands behind no requirement")
            try:
                self._add(option, file)
            except ValueError as error:
                raise line.error(str(error)) from error
            if option.name == "--require-hashes":
                self.hashed_by = line

    def applied(self, package: Package) -> Package:
        """Return ``package`` with where its files are, and which of them may be taken."""
        if package.source is not None:
            return package
        lookup = self.lookup
        return replace(
            package,
            index=lookup.index,
            lookup=None if lookup in (Lookup(), Lookup(index=lookup.index)) else lookup,
            only=self._only(package.name),
        )

    def _add(self, option: Option, file: str) -> None:
        lookup, value = self.lookup, option.value
        if option.name == "--index-url":
            self.lookup = replace(lookup, index=parse_url(value))
        elif option.name == "--extra-index-url":
            self.lookup = replace(lookup, extra_indexes=(*lookup.extra_indexes, parse_url(value)))
        elif option.name == "--find-links":
            self.lookup = replace(lookup, find_links=(*lookup.find_links, _place(value, file)))
        elif option.name == "--no-index":
            self.lookup = replace(lookup, no_index=True)
        elif option.name == "--trusted-host":
            self.lookup = replace(lookup, trusted_hosts=(*lookup.trusted_hosts, _host(value)))
        elif option.name == "--no-binary":
            _exclude(value, self._sdists, self._wheels)
        elif option.name == "--only-binary":
            _exclude(value, self._wheels, self._sdists)

    def _only(self, name: str) -> Literal["wheels", "sdists"] | None:
        # A name counts for more than all of them, and for both, wheels win, as in pip.
        for each in (name, _ALL):
            if each in self._wheels:
                return "wheels"
            if each in self._sdists:
                return "sdists"
        return None


def _place(text: str, file: str) -> str:
    if not is_local(text):
        return parse_url(text)
    path = local_path(text)
    return posixpath.normpath(posixpath.join(posixpath.dirname(file), path))


def _host(text: str) -> str:
    host = parse_path(text)
    parse_url(f"https://{host}/")
    if "/" in host or "@" in host:
        raise ValueError(f"{quoted(text)} is not a host, or a host and a port")
    return host


def _exclude(value: str, target: set[str], other: set[str]) -> None:
    """Put the names of ``value`` into ``target``; what comes later counts for more, as in pip."""
    for text in value.split(","):
        each = text.strip()
        if each == _ALL:
            other.clear()
            target.clear()
            target.add(_ALL)
        elif each == _NONE:
            target.clear()
        else:
            name = canonicalize_name(parse_name(each))
            other.discard(name)
            target.add(name)

"""The sources that pdm is told of in pyproject.toml: which of them a package is looked up in."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING
from urllib.parse import quote

from syncsteps.locks.locations import host_of, is_local, local_path
from syncsteps.locks.model import Lookup
from syncsteps.locks.values import parse_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncsteps.locks.fields import Table
    from syncsteps.locks.pdm_entries import Entry

__all__ = ["Lookups"]

# The name that stands for the index that is configured.
_DEFAULT = "pypi"
_FIND_LINKS = "find_links"
_PROJECT_ROOT = "file:///${PROJECT_ROOT}"
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_USER_INFO = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://)([^/?#]*)@(.*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    name: str
    location: str
    host: str
    is_page: bool
    verified: bool
    included: tuple[str, ...]
    excluded: tuple[str, ...]

    def prefers(self, name: str) -> bool | None:
        """Return whether packages of this ``name`` come from here alone, or never do."""
        if any(fnmatchcase(name, pattern) for pattern in self.included):
            return True
        return False if any(fnmatchcase(name, each) for each in self.excluded) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookups:
    """The sources of one project, in their order."""

    sources: tuple[_Source, ...]

    @classmethod
    def read(cls, pyproject: Table, environment: Mapping[str, str]) -> Lookups:
        """Return what ``pyproject`` says; variables in credentials come from ``environment``.

        Credentials with a variable that is not set are left out: the installer may have others.

        Raises:
            LockError: a source is malformed.
        """
        tables = pyproject.table("tool")
        pdm = None if tables is None else tables.table("pdm")
        listed = () if pdm is None else pdm.tables("source")
        return cls(
            sources=tuple(
                _source(each, environment)
                for each in listed
                # Without a URL, it says of the configured index whether it is to be verified.
                if "url" in each.values or each.text("name") != _DEFAULT
            )
        )

    def added(self, entry: Entry) -> Entry:
        """Return ``entry`` with where its package is looked up, if that is not as configured.

        A source that includes a package by its name is the only one for it. Otherwise those that
        do not exclude it count, with the configured index first, unless one of them replaces it.
        """
        package = entry.package
        if not self.sources or package.source is not None:
            return entry
        preferred = [source for source in self.sources if source.prefers(package.name)]
        lookup = _lookup(
            preferred or [s for s in self.sources if s.prefers(package.name) is None],
            default=not preferred and all(s.name != _DEFAULT for s in self.sources),
        )
        if lookup == Lookup():
            return entry
        alone = not lookup.extra_indexes
        return replace(
            entry,
            package=replace(package, index=lookup.index if alone else None, lookup=lookup),
        )


def _lookup(sources: list[_Source], *, default: bool) -> Lookup:
    # The one that replaces the configured index counts for its place.
    ordered = sorted(sources, key=lambda source: source.name != _DEFAULT)
    indexes = [source.location for source in ordered if not source.is_page]
    return Lookup(
        index=None if default or not indexes else indexes[0],
        extra_indexes=tuple(indexes if default else indexes[1:]),
        find_links=tuple(source.location for source in ordered if source.is_page),
        no_index=not default and not indexes,
        trusted_hosts=tuple(
            dict.fromkeys(each.host for each in ordered if each.host and not each.verified)
        ),
    )


def _source(table: Table, environment: Mapping[str, str]) -> _Source:
    is_page = table.text("type") == _FIND_LINKS

    def location(text: str) -> str:
        if is_page and is_local(text):
            if text.startswith(_PROJECT_ROOT):
                return local_path(text.removeprefix(_PROJECT_ROOT).lstrip("/") or ".")
            return local_path(text)
        return parse_url(_expanded(text, environment))

    return _Source(
        name=table.text("name") or "",
        location=table.require("url", location),
        host=table.require("url", lambda text: "" if is_local(text) else host_of(location(text))),
        is_page=is_page,
        verified=table.values.get("verify_ssl") is not False,
        included=table.parse_each("include_packages", str),
        excluded=table.parse_each("exclude_packages", str),
    )


def _expanded(text: str, environment: Mapping[str, str]) -> str:
    """Replace the variables of user and password, percent-encoded, and of nothing else."""
    match = _USER_INFO.fullmatch(text)
    if match is None:
        return text
    if any(name not in environment for name in _VARIABLE.findall(match[2])):
        return f"{match[1]}{match[3]}"
    user_info = _VARIABLE.sub(lambda found: quote(environment[found[1]], safe=""), match[2])
    return f"{match[1]}{user_info}@{match[3]}"

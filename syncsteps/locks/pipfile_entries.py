"""One entry of a Pipfile.lock: a pin, a repository, a file or a directory; and its index."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

from syncsteps.locks.locations import (
    file_says,
    host_of,
    is_archive,
    is_local,
    local_path,
    repository,
)
from syncsteps.locks.model import Archive, Directory, Lookup, Package
from syncsteps.locks.values import (
    VCS_TYPES,
    file_name_of,
    parse_hash,
    parse_marker,
    parse_name,
    parse_revision,
    parse_subdirectory,
    parse_url,
    parse_version,
    quoted,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from packaging.markers import Marker
    from packaging.version import Version

    from syncsteps.locks.fields import Table
    from syncsteps.locks.model import Hash, Vcs

__all__ = ["EntryReader"]

T = TypeVar("T")

_PIN = re.compile(r"={2,3}\s*(.+)")
_IN_GROUP = re.compile(r'"[^"]*" in dependency_groups')
_VARIABLE = re.compile(r"'?\$\{([A-Za-z_][A-Za-z0-9_]*)\}'?|\$([A-Za-z_][A-Za-z0-9_]*)")
_USER_INFO = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://)([^/?#]*)@(.*)")
# git@HOST:PATH, as ssh takes it and no URL writes it.
_SSH_SHORT = re.compile(r"(?:ssh://)?([A-Za-z0-9_.-]+@[A-Za-z0-9.-]+):(?![0-9]+/)(.+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryReader:
    """Reads entries, which all stand in one lock.

    ``sources`` are the tables of ``_meta.sources``, ``environment`` is where the variables in
    addresses come from, and ``project_name`` tells the name of the project in a directory.
    """

    sources: tuple[Table, ...]
    environment: Mapping[str, str]
    project_name: Callable[[str], str | None]

    def read(self, name: str, entry: Table, *, group: str) -> Package:
        """Return the package ``name`` that ``entry`` of a group is, with the entry's own marker.

        A version of ``*`` pins nothing: it becomes no version, and such a package cannot be
        installed. What lies in a directory or a wheel goes by the name it has there, since Pipenv
        lets the lock call it anything (early versions wrote a part of a digest).

        Raises:
            LockError: something in it is malformed, or an address's variable is not set.
        """
        return replace(self._package(name, entry), marker=_marker(entry, group))

    def _package(self, name: str, entry: Table) -> Package:
        # Of several, Pipenv takes the first of these.
        kind = next((key for key in (*VCS_TYPES, "file", "path") if key in entry.values), None)
        if kind is None:
            index, lookup = self._index(entry)
            return Package(
                name=name,
                version=entry.parse("version", _pin),
                index=index,
                lookup=lookup,
                hashes=entry.parse_each("hashes", parse_hash),
            )
        if kind in VCS_TYPES:
            return Package(name=name, source=self._vcs(entry, kind))
        text = entry.require(kind, str)
        if not is_local(text):
            url = self._address(text.partition("#")[0], entry, kind, parse_url)
            return _archive(name, entry, kind, url=url)
        path = entry.require(kind, local_path)
        if is_archive(path):
            return _archive(name, entry, kind, path=path)
        found = self.project_name(path)
        return Package(
            name=entry.require(kind, lambda _: parse_name(found)) if found else name,
            source=Directory(
                path=path,
                editable=entry.flag("editable"),
                subdirectory=entry.parse("subdirectory", parse_subdirectory),
            ),
        )

    def _vcs(self, entry: Table, kind: str) -> Vcs:
        text = entry.require(kind, str).removeprefix(f"{kind}+").partition("#")[0]
        text = _SSH_SHORT.sub(r"ssh://\1/\2", text) if _SSH_SHORT.fullmatch(text) else text
        return self._address(
            text,
            entry,
            kind,
            partial(
                repository,
                kind,
                subdirectory=entry.parse("subdirectory", parse_subdirectory),
                revision=entry.parse("ref", parse_revision) or "",
            ),
        )

    def _index(self, entry: Table) -> tuple[str | None, Lookup | None]:
        """Return the address of the entry's index; without one it is the first source's.

        Beside it is what the source says of certificates, if that is that they do not matter.
        """
        name = entry.text("index")
        if name is None:
            source = self.sources[0] if self.sources else None
        else:
            source = next((each for each in self.sources if each.text("name") == name), None)
            # Some versions of Pipenv wrote the address in place of the name.
            source = source or next((s for s in self.sources if s.text("url") == name), None)
            if source is None:
                raise entry.error(f"_meta.sources has no source {quoted(name)}", key="index")
        if source is None:
            return None, None
        url = self._address(source.require("url", str), source, "url", parse_url)
        if source.values.get("verify_ssl") is not False:
            return url, None
        host = self._address(source.require("url", str), source, "url", host_of)
        return url, Lookup(index=url, trusted_hosts=(host,))

    def _address(self, text: str, table: Table, key: str, parser: Callable[[str], T]) -> T:
        """Return what ``parser`` makes of an address whose variables have been replaced."""
        names = [braced or plain for braced, plain in _VARIABLE.findall(text)]
        unset = [name for name in names if name not in self.environment]
        if unset:
            raise table.error(
                f"the environment variable {unset[0]} is not set",
                key=key,
                hint=f"set {unset[0]}, or write its value into the Pipfile and lock again",
            )
        try:
            return parser(self._expanded(text))
        except ValueError as error:
            if not names:
                raise table.error(str(error), key=key) from error
            # The error would show a variable's value, which may be a secret.
            raise table.error(
                f"{quoted(text)} is not a URL once its variables are replaced", key=key
            ) from None

    def _expanded(self, text: str) -> str:
        """Replace variables; what they put into user and password is percent-encoded."""
        match = _USER_INFO.fullmatch(text)
        if match is None or not _VARIABLE.search(match[2]):
            return self._replaced(text)
        user, colon, password = self._replaced(match[2]).partition(":")
        user_info = f"{quote(user, safe='')}{colon}{quote(password, safe='')}"
        return f"{match[1]}{user_info}@{self._replaced(match[3])}"

    def _replaced(self, text: str) -> str:
        return _VARIABLE.sub(lambda match: self.environment[match[1] or match[2]], text)


def _pin(text: str) -> Version | None:
    if text in {"*", ""}:
        return None
    pin = _PIN.fullmatch(text)
    if pin is None:
        raise ValueError(f"{quoted(text)} is not pinned by ==")
    return parse_version(pin[1])


def _marker(entry: Table, group: str) -> Marker | None:
    marker = None
    for key in ("markers", "os_markers"):
        if entry.text(key):
            condition = entry.require(key, lambda text: _condition(text, group))
            marker = condition if marker is None else marker & condition
    return marker


def _condition(text: str, group: str) -> Marker:
    """Return a marker in which every condition on groups is the one that the category makes.

    Where Pipenv reads a pylock.toml of its own, conditions of that get into the Pipfile.lock, such
    as ``'dev' in dependency_groups``. It takes them for true: the category says it all.
    """
    marker = parse_marker(text)
    if "dependency_groups" not in text:
        return marker
    return parse_marker(_IN_GROUP.sub(f'"{group}" in dependency_groups', str(marker)))


def _archive(
    name: str, entry: Table, kind: str, *, url: str | None = None, path: str | None = None
) -> Package:
    filename = entry.require(kind, lambda _: file_name_of(url or path or ""))
    found, version = file_says(filename)
    return Package(
        name=found if found and filename.endswith(".whl") else name,
        version=version,
        source=Archive(
            url=url,
            path=path,
            hashes=_of_one_file(entry.parse_each("hashes", parse_hash)),
            subdirectory=entry.parse("subdirectory", parse_subdirectory),
        ),
    )


def _of_one_file(hashes: tuple[Hash, ...]) -> tuple[Hash, ...]:
    """Return ``hashes`` if one file can have them all.

    Where an index has a release of this name and version, Pipenv writes down the hashes of all its
    files, of which this one may or may not be one. It never compares them itself.
    """
    algorithms = [each.algorithm for each in hashes]
    return hashes if len(set(algorithms)) == len(algorithms) else ()

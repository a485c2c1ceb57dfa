"""The last check of every value before it becomes a part of a line that an installer parses."""

from __future__ import annotations

import os.path
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from packaging.utils import is_normalized_name

from syncsteps.errors import SelectionError
from syncsteps.locks.values import quoted

if TYPE_CHECKING:
    from syncsteps.locks.model import Archive, Hash, Package, Sdist, Vcs, Wheel

__all__ = [
    "VcsSource",
    "checked_hash",
    "checked_marker",
    "checked_name",
    "checked_subdirectory",
    "checked_text",
    "checked_url",
    "checked_vcs",
    "every_file",
    "file_url",
    "local_path",
    "location_url",
    "subdirectory_fragment",
]

_FILE_SCHEMES = frozenset({"https", "http", "file"})
_VCS_SCHEMES = frozenset({"https", "http", "ssh", "git", "file"})
_VCS_TYPES = frozenset({"git", "hg", "svn", "bzr"})
# Most of RFC 3986's characters and "%" stay. Among those that do not: quotes, ";" and backslashes,
# which end or continue a line's token, and "$", "{", "}", since installers replace ${NAME} by the
# variable of that name, which would send a secret to the URL's host.
_URL_SAFE = "%:/?[]@!&()*+,=-._~"
_HASH = re.compile(r"[a-z0-9_]+:[0-9a-f]+")
# These are compiled when they are first needed, which few exports do.
_REVISION = r"[A-Za-z0-9][A-Za-z0-9._/+-]*"
# No "#" after a space, which begins a comment, and no " -", which begins an option.
_PLAIN_MARKER = r"(?:[\w.,:+*!=<>~/@()'\"-]|(?<! ) (?!-))*"
_PLAIN_PATH = r"[\w./+~@=-]+"
_HINT = "the lock is damaged or was tampered with; lock again"


def checked_name(package: Package) -> str:
    """Return the package's name if it is a normalized one (PEP 503).

    Raises:
        SelectionError: it is not.
    """
    name = package.name
    if not (name.isascii() and is_normalized_name(name)) or checked_text(name, of="a name") != name:
        raise SelectionError(f"{quoted(name)} is not a normalized package name", hint=_HINT)
    return name


def checked_text(text: str, *, of: str) -> str:
    """Return ``text`` if it is printable throughout and not empty, so that it stays on its line.

    Raises:
        SelectionError: it is not; ``of`` says in the message what it is.
    """
    if not text or not text.isprintable():
        raise SelectionError(f"{of} is empty or has control characters: {quoted(text)}", hint=_HINT)
    return text


def checked_hash(value: Hash) -> str:
    """Return the hash as ``algorithm:digest``.

    Raises:
        SelectionError: it has characters that no hash has.
    """
    text = str(value)
    if _HASH.fullmatch(text) is None:
        raise SelectionError(f"{quoted(text)} is not a hash", hint=_HINT)
    return text


def checked_marker(marker: str, *, of: str) -> str:
    """Return ``marker`` if an installer reads it as a whole at the end of a requirement's line.

    Raises:
        SelectionError: it would end, begin or change something else there.
    """
    if re.fullmatch(_PLAIN_MARKER, marker) is None:
        raise SelectionError(
            f"the marker of {of} cannot be written in a requirements file: {quoted(marker)}",
            hint="export a pylock.toml instead, if the lock's markers are what they should be",
        )
    return marker


def checked_url(url: str, *, of: str, schemes: frozenset[str] = _FILE_SCHEMES) -> str:
    """Return ``url``, percent-encoded where a line or a token would end, without a fragment.

    Raises:
        SelectionError: it has control characters, is no URL, or its scheme is not in ``schemes``.
    """
    checked_text(url, of=f"the URL of {of}")
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise SelectionError(f"the URL of {of} is not one: {quoted(url)}", hint=_HINT) from error
    if parts.scheme not in schemes or not (parts.netloc or parts.scheme == "file"):
        raise SelectionError(
            f"the URL of {of} does not start with {', '.join(sorted(schemes))}: {quoted(url)}",
            hint=_HINT,
        )
    return quote(url.partition("#")[0], safe=_URL_SAFE)


def local_path(path: str, *, root: Path, of: str) -> Path:
    """Return ``path`` as an absolute one; relative ones start from ``root``.

    Raises:
        SelectionError: it has control characters.
    """
    checked_text(path, of=f"the path of {of}")
    return Path(os.path.normpath(root.absolute() / path))


def file_url(path: str, *, root: Path, of: str) -> str:
    """Return the ``file:`` URL of `local_path`; errors as there."""
    return local_path(path, root=root, of=of).as_uri()


def location_url(file: Wheel | Sdist | Archive, *, root: Path, of: str) -> str | None:
    """Return where ``file`` is, or None where the lock does not say.

    Raises:
        SelectionError: its URL or path is not one.
    """
    if file.path is not None:
        return file_url(file.path, root=root, of=of)
    return None if file.url is None else checked_url(file.url, of=of)


def checked_subdirectory(subdirectory: str | None, *, of: str) -> str | None:
    """Return a subdirectory of a source, which is a relative POSIX path, or None.

    Raises:
        SelectionError: it has control characters, or leaves the tree that it is in.
    """
    if subdirectory is None:
        return None
    checked_text(subdirectory, of=f"the subdirectory of {of}")
    if subdirectory.startswith("/") or ".." in subdirectory.split("/"):
        raise SelectionError(
            f"the subdirectory of {of} leads out of its source: {quoted(subdirectory)}", hint=_HINT
        )
    return subdirectory


def subdirectory_fragment(subdirectory: str | None, *, of: str) -> str:
    """Return ``#subdirectory=…`` for the end of a URL, or nothing.

    Raises:
        SelectionError: as `checked_subdirectory`, or for a character that ends or changes a URL:
            installers take the fragment as it is, so that it cannot be percent-encoded.
    """
    checked = checked_subdirectory(subdirectory, of=of)
    if checked is None:
        return ""
    if re.fullmatch(_PLAIN_PATH, checked) is None:
        raise SelectionError(
            f"the subdirectory of {of} cannot be written in a requirements file: {quoted(checked)}",
            hint="rename it without spaces, quotes and signs, or export a pylock.toml",
        )
    return f"#subdirectory={checked}"


@dataclass(frozen=True, slots=True, kw_only=True)
class VcsSource:
    """A commit of a repository, each part checked; ``url`` has no prefix, revision or fragment."""

    type: str
    url: str
    commit: str
    subdirectory: str | None


def checked_vcs(vcs: Vcs, *, of: str) -> VcsSource:
    """Return ``vcs`` with every part of it checked.

    Raises:
        SelectionError: it names no commit, or a part of it is not what it should be.
    """
    if vcs.type not in _VCS_TYPES:
        raise SelectionError(
            f"the kind of repository of {of} is unknown: {quoted(vcs.type)}", hint=_HINT
        )
    url = checked_url(vcs.url.removeprefix(f"{vcs.type}+"), of=of, schemes=_VCS_SCHEMES)
    if vcs.commit_id is None:
        raise SelectionError(
            f"the lock names no commit of the repository of {of}",
            hint="a branch or a tag can change: lock it to a full commit",
        )
    if re.fullmatch(_REVISION, vcs.commit_id) is None:
        raise SelectionError(f"the commit of {of} is not one: {quoted(vcs.commit_id)}", hint=_HINT)
    return VcsSource(
        type=vcs.type,
        url=url,
        commit=vcs.commit_id,
        subdirectory=checked_subdirectory(vcs.subdirectory, of=of),
    )


def every_file(package: Package) -> tuple[Wheel | Sdist, ...]:
    """Return all the files that the lock names for ``package``, the sdist first."""
    return (*((package.sdist,) if package.sdist is not None else ()), *package.wheels)

"""Where a package lies that is required directly: a file, a directory or a repository."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    parse_sdist_filename,
    parse_wheel_filename,
)

from syncsteps.locks.model import Vcs
from syncsteps.locks.values import (
    file_name_of,
    is_url,
    parse_commit,
    parse_path,
    parse_revision,
    parse_url,
    parse_vcs_url,
    split_url,
)

if TYPE_CHECKING:
    from packaging.version import Version

__all__ = [
    "disk_path",
    "file_says",
    "host_of",
    "is_archive",
    "is_local",
    "local_path",
    "repository",
]

_ARCHIVES = (".whl", ".tar.gz", ".tgz", ".zip", ".tar.bz2", ".tar.xz", ".tar")
_DRIVE = re.compile(r"/[A-Za-z]:")
_ON_DISK = re.compile(r"(?:(?:git|hg|svn|bzr)\+)?(?=file:)", re.IGNORECASE)  # as git+file:///path


def is_archive(location: str) -> bool:
    """Return whether a path or an address names a file that can be installed, by its suffix."""
    return location.lower().endswith(_ARCHIVES)


def is_local(location: str) -> bool:
    """Return whether ``location`` is of this machine's disk: a path, or a ``file:`` URL."""
    return not is_url(location) or location.startswith("file:")


def local_path(location: str) -> str:
    """Return the path that a path or a ``file:`` URL means, with slashes and without ``./``.

    Raises:
        ValueError: it is empty, has control characters, or cannot be told from an option.
    """
    if location.startswith("file:"):
        location = unquote(
            split_url(parse_url(location)).path if is_url(location) else location[5:]
        )
        if _DRIVE.match(location):
            location = location[1:]
    return posixpath.normpath(parse_path(location).replace("\\", "/"))


def disk_path(url: str) -> str | None:
    """Return the path on this machine's disk that a URL means, None where it means no file.

    That of a file on another host starts with ``//``, as such paths do.
    """
    on_disk = _ON_DISK.match(url)
    if on_disk is None:
        return None
    parts = split_url(url[on_disk.end() :])
    path = unquote(parts.path)
    if parts.netloc.lower() not in {"", "localhost"}:
        return f"//{parts.netloc}{path}"
    return path[1:] if _DRIVE.match(path) else path


def host_of(url: str) -> str:
    """Return the host of ``url``, with its port if it has one, and without credentials.

    Raises:
        ValueError: the URL has a host that is none.
    """
    return split_url(url).netloc.rpartition("@")[2]


def repository(kind: str, address: str, *, subdirectory: str | None, revision: str = "") -> Vcs:
    """Return the repository of this ``kind`` at ``address``, which may end in ``@REVISION``.

    ``revision`` counts for more than that of the address. It is a commit where it cannot move: a
    full commit of git's, and anything that the others have.

    Raises:
        ValueError: the address or the revision is malformed.
    """
    parts = split_url(parse_vcs_url(address))
    path, at, inline = parts.path.rpartition("@")
    if not at:
        path, inline = parts.path, ""
    revision = revision or inline
    return Vcs(
        type=kind,
        url=parts._replace(path=path).geturl(),
        commit_id=_commit(kind, parse_revision(revision)) if revision else None,
        requested_revision=revision or None,
        subdirectory=subdirectory,
    )


def _commit(kind: str, revision: str) -> str | None:
    if kind != "git":
        return revision
    try:
        return parse_commit(revision)
    except ValueError:
        return None


def file_says(location: str) -> tuple[str | None, Version | None]:
    """Return the name and the version in the file name of a wheel or an sdist, as far as it tells.

    Raises:
        ValueError: the location does not end in a file's name.
    """
    filename = file_name_of(location)
    try:
        if filename.endswith(".whl"):
            return parse_wheel_filename(filename)[:2]
        return parse_sdist_filename(filename)
    except (InvalidWheelFilename, InvalidSdistFilename):
        return None, None

"""The digest of a source tree: whether a local project is still what was built."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

__all__ = ["WHEELHOUSE_MANIFEST", "source_digest", "source_files"]

# What makes a directory a wheelhouse: one that lies in a project is no part of it.
WHEELHOUSE_MANIFEST = "syncsteps-wheelhouse.json"

_LEFT_OUT = frozenset(
    {
        ".bzr",
        ".cache",
        ".direnv",
        ".eggs",
        ".git",
        ".hg",
        ".hypothesis",
        ".idea",
        ".ipynb_checkpoints",
        ".mypy_cache",
        ".nox",
        ".pytest_cache",
        ".ruff_cache",
        ".svn",
        ".tox",
        ".vscode",
        "__pycache__",
        "htmlcov",
        "node_modules",
    }
)
_LEFT_OUT_AT_THE_TOP = frozenset({"build", "dist"})  # further down these are packages' names
_FILES_LEFT_OUT = (".pyc", ".pyo", ".swp", "~")
_NAMES_LEFT_OUT = (".coverage", ".DS_Store")
_CHUNK = 1 << 20


def source_digest(directory: Path, *, reports: Collection[str] = ()) -> str:
    """Return the SHA-256, in hex, over the files of the project in ``directory``.

    It covers the sorted relative paths, the content, and whether a file can be executed; of a
    symbolic link what it points to, not what lies there. What the work on a project leaves behind
    is left out: version control, caches, virtual environments, wheelhouses, ``build`` and ``dist``
    at the top, ``*.egg-info``, ``.nox``, ``.tox``, byte code, coverage data, editors' files. So are
    ``reports``, the absolute paths of the files and directories that this run itself writes to.

    Raises:
        OSError: the directory or a file in it cannot be read.
    """
    if not directory.is_dir():
        raise NotADirectoryError(20, "not a directory", str(directory))
    digest = hashlib.sha256()
    for relative, path in sorted(_files(str(directory), "")):
        if reports and _is_report(path, reports):
            continue
        kind, content = _content(path)
        name = os.fsencode(relative)
        # Lengths first, so that no two trees write the same bytes.
        digest.update(b"%s %d %d\n" % (kind, len(name), len(content)))
        digest.update(name + content)
    return digest.hexdigest()


def source_files(directory: Path, *, reports: Collection[str] = ()) -> dict[str, str]:
    """Return a digest of each file that `source_digest` covers, by its path relative to there.

    Paths have ``/``; of a directory that is not there, no files. ``reports`` as there.

    Raises:
        OSError: something that is there cannot be read.
    """
    if not directory.is_dir():
        return {}
    found = {}
    for relative, path in sorted(_files(str(directory), "")):
        if reports and _is_report(path, reports):
            continue
        kind, content = _content(path)
        found[relative] = hashlib.sha256(b"%s %s" % (kind, content)).hexdigest()
    return found


def _is_report(path: str, reports: Collection[str]) -> bool:
    place = os.path.abspath(path)  # noqa: PTH100 - links stay
    return place in reports or place.startswith(tuple(f"{report}{os.sep}" for report in reports))


def _content(path: str) -> tuple[bytes, bytes]:
    # A large file stands in by its own digest, so that it is never held in memory whole.
    if os.path.islink(path):  # noqa: PTH114 - `Path` for each of many thousand files is slow
        return b"link", os.fsencode(os.readlink(path))  # noqa: PTH115 - as above
    with open(path, "rb") as file:  # noqa: PTH123 - as above
        executable = os.fstat(file.fileno()).st_mode & 0o111
        content = hashlib.sha256()
        while chunk := file.read(_CHUNK):
            content.update(chunk)
    return b"program" if executable else b"file", content.digest()


def _files(directory: str, prefix: str) -> Iterator[tuple[str, str]]:
    with os.scandir(directory) as entries:
        for entry in entries:
            relative = f"{prefix}{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                if not _left_out(entry, top=not prefix):
                    yield from _files(entry.path, f"{relative}/")
            elif (entry.is_symlink() or entry.is_file()) and not (
                entry.name.endswith(_FILES_LEFT_OUT) or entry.name.startswith(_NAMES_LEFT_OUT)
            ):
                yield relative, entry.path


def _left_out(entry: os.DirEntry[str], *, top: bool) -> bool:
    return (
        entry.name in _LEFT_OUT
        or (top and entry.name in _LEFT_OUT_AT_THE_TOP)
        or entry.name.endswith(".egg-info")
        or os.path.lexists(os.path.join(entry.path, "pyvenv.cfg"))  # noqa: PTH118 - as above
        or os.path.lexists(os.path.join(entry.path, WHEELHOUSE_MANIFEST))  # noqa: PTH118 - as above
    )

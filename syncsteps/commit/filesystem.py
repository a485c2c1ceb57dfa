"""The file operations of a commit, each a single step that a test can let fail."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import filecmp
import os
import shutil
import stat
import sys
import unicodedata
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["REAL", "FileSystem", "Kind", "fold", "move", "remove_tree"]

_ABSENT = (FileNotFoundError, NotADirectoryError)
_KEPT_DIRECTORY = frozenset({errno.ENOTEMPTY, errno.EEXIST, errno.EBUSY})
_DIRECTORY_MODE = 0o755
_FILE_MODE = 0o644


class Kind(Enum):
    """What a name stands for, without following a symbolic link."""

    FILE = "file"
    LINK = "symbolic link"
    DIRECTORY = "directory"
    OTHER = "special file"


_FILE = Kind.FILE  # asking for a member takes time


class FileSystem:
    """The real file system. Every method may raise OSError."""

    def kind(self, path: Path) -> Kind | None:
        """Return what ``path`` is, or None where there is nothing."""
        try:
            mode = path.lstat().st_mode
        except _ABSENT:
            return None
        if stat.S_ISREG(mode):
            return Kind.FILE
        if stat.S_ISLNK(mode):
            return Kind.LINK
        return Kind.DIRECTORY if stat.S_ISDIR(mode) else Kind.OTHER

    def kinds(self, directory: str) -> dict[str, Kind]:
        """Return what each name in ``directory`` is; nothing where that does not exist."""
        try:
            with os.scandir(directory) as entries:
                return {
                    # Most are files, of which there can be tens of thousands.
                    entry.name: _FILE
                    if entry.is_file(follow_symlinks=False)
                    else _kind_of_other(entry)
                    for entry in entries
                }
        except _ABSENT:
            return {}

    def mode(self, path: Path) -> int:
        """Return the permissions of what is there."""
        return stat.S_IMODE(path.lstat().st_mode)

    def set_mode(self, path: Path, mode: int) -> None:
        """Set the permissions of a file or a directory."""
        path.chmod(mode)

    def is_as_made(self, path: str) -> bool:
        """Whether ``path`` is a directory as `make_directory` makes them."""
        return os.lstat(path).st_mode == stat.S_IFDIR | _DIRECTORY_MODE

    def may_change(self, directory: Path) -> bool:
        """Whether this process may add and remove names in ``directory``."""
        effective = os.access in os.supports_effective_ids
        return os.access(directory, os.W_OK | os.X_OK, effective_ids=effective)

    def names(self, directory: Path) -> tuple[str, ...]:
        """Return the sorted names in ``directory``, none where it does not exist."""
        try:
            return tuple(sorted(entry.name for entry in directory.iterdir()))
        except _ABSENT:
            return ()

    def read(self, path: Path) -> bytes:
        """Return the content of a file."""
        return path.read_bytes()

    def same(self, one: Path, other: Path) -> bool:
        """Whether two names stand for the same: files of one content, or links to one target."""
        kinds = {self.kind(one), self.kind(other)}
        if kinds == {Kind.LINK}:
            return one.readlink() == other.readlink()
        return kinds == {Kind.FILE} and filecmp.cmp(one, other, shallow=False)

    def write(self, path: Path, content: bytes) -> None:
        """Write a file of mode 0644 that must not exist yet, and wait until it is on the disk."""
        with path.open("xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        path.chmod(_FILE_MODE)

    def make_directory(self, path: Path) -> None:
        """Make one directory of mode 0755, whatever the umask is."""
        path.mkdir()
        path.chmod(_DIRECTORY_MODE)

    def rename(self, source: Path, target: Path) -> None:
        """Rename ``source``; a file or a link at ``target`` is replaced by a file or a link."""
        source.replace(target)

    def copy(self, source: Path, target: Path) -> None:
        """Copy a file or a link with its mode, times and owner, and wait until it is stored."""
        shutil.copyfile(source, target, follow_symlinks=False)
        if sys.platform != "win32":
            status = source.lstat()
            # Only root can give files away; for others the copy is theirs, as a new file would be.
            with contextlib.suppress(PermissionError):
                os.chown(target, status.st_uid, status.st_gid, follow_symlinks=False)
        shutil.copystat(source, target, follow_symlinks=False)
        if not target.is_symlink():
            _sync(target, os.O_RDONLY if sys.platform != "win32" else os.O_RDWR)

    def remove(self, path: Path) -> None:
        """Remove a file or a symbolic link, if it is there."""
        with contextlib.suppress(*_ABSENT):
            path.unlink()

    def remove_directory(self, path: Path) -> None:
        """Remove a directory, if it is there and empty."""
        try:
            path.rmdir()
        except _ABSENT:
            return
        except OSError as error:
            if error.errno not in _KEPT_DIRECTORY:
                raise

    def sync_directory(self, path: Path) -> None:
        """Wait until the names in ``path`` are on the disk, where a directory can be synced."""
        if sys.platform != "win32":
            _sync(path, os.O_RDONLY | os.O_DIRECTORY)

    def flush(self, directory: Path) -> None:
        """Wait until all that was written to the file system of ``directory`` is on the disk.

        One call for thousands of files: an fsync of each would cost more than installing them.
        """
        if sys.platform == "linux":
            descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
            try:
                # The standard library has only os.sync, which waits for every disk of the machine.
                if ctypes.CDLL(None, use_errno=True).syncfs(descriptor) != 0:
                    number = ctypes.get_errno()
                    raise OSError(number, os.strerror(number), str(directory))
            finally:
                os.close(descriptor)
        elif sys.platform != "win32":
            os.sync()


REAL = FileSystem()


def move(source: Path, target: Path, *, temporary: Callable[[], Path], files: FileSystem) -> None:
    """Rename ``source`` to ``target``, by way of a copy where they are on two file systems.

    ``temporary`` gives the copy's name while it is not whole, beside ``target``. Cut off at any
    point, at least one of ``source`` and ``target`` is whole, and on the disk.
    """
    try:
        files.rename(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
    else:
        return
    partial = temporary()
    files.remove(partial)
    files.copy(source, partial)
    files.rename(partial, target)
    files.sync_directory(target.parent)
    files.remove(source)


def fold(path: str) -> str:
    """Return what is equal for two names that a file system may take for one and the same."""
    return path.lower() if path.isascii() else unicodedata.normalize("NFC", path).casefold()


def remove_tree(path: Path, files: FileSystem) -> None:
    """Remove ``path`` and all that is below it, following no link."""
    if files.kind(path) is not Kind.DIRECTORY:
        files.remove(path)
        return
    for name in files.names(path):
        remove_tree(path / name, files)
    files.remove_directory(path)


def _kind_of_other(entry: os.DirEntry[str]) -> Kind:
    if entry.is_symlink():
        return Kind.LINK
    return Kind.DIRECTORY if entry.is_dir(follow_symlinks=False) else Kind.OTHER


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

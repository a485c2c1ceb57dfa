"""A file system on which any single operation of a commit can fail, or be the last one."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING, Literal, TypeVar

from syncsteps.commit.filesystem import FileSystem, Kind

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_T = TypeVar("_T")

__all__ = ["Crash", "Fault", "Faulty", "Folding", "snapshot", "write"]


class Crash(BaseException):
    """The process has been killed: once it is raised, no operation has an effect any more."""


Fault = Crash | KeyboardInterrupt | OSError


class Faulty(FileSystem):
    """The real file system until operation number ``at`` (from 0), which raises ``fault``.

    With ``when`` "after", the operation has been done when the fault is raised; with "during", a
    write or a copy has left half of a file. ``mounts`` are directories between which a rename
    fails with EXDEV, every time. ``count`` is how many operations there were.
    """

    def __init__(
        self,
        *,
        at: int | None = None,
        fault: Fault | None = None,
        when: Literal["before", "during", "after"] = "before",
        mounts: tuple[Path, ...] = (),
    ) -> None:
        self.at = at
        self.fault = fault
        self.when = when
        self.mounts = mounts
        self.count = 0
        self.dead = False

    def kind(self, path: Path) -> Kind | None:
        return self._step(lambda: super(Faulty, self).kind(path))

    def kinds(self, directory: str) -> dict[str, Kind]:
        return self._step(lambda: super(Faulty, self).kinds(directory))

    def mode(self, path: Path) -> int:
        return self._step(lambda: super(Faulty, self).mode(path))

    def set_mode(self, path: Path, mode: int) -> None:
        self._step(lambda: super(Faulty, self).set_mode(path, mode))

    def is_as_made(self, path: str) -> bool:
        return self._step(lambda: super(Faulty, self).is_as_made(path))

    def may_change(self, directory: Path) -> bool:
        return self._step(lambda: super(Faulty, self).may_change(directory))

    def names(self, directory: Path) -> tuple[str, ...]:
        return self._step(lambda: super(Faulty, self).names(directory))

    def read(self, path: Path) -> bytes:
        return self._step(lambda: super(Faulty, self).read(path))

    def same(self, one: Path, other: Path) -> bool:
        return self._step(lambda: FileSystem().same(one, other))

    def write(self, path: Path, content: bytes) -> None:
        half = content[: len(content) // 2]
        self._step(lambda: super(Faulty, self).write(path, content), lambda: path.write_bytes(half))

    def make_directory(self, path: Path) -> None:
        self._step(lambda: super(Faulty, self).make_directory(path), path.mkdir)

    def rename(self, source: Path, target: Path) -> None:
        def rename() -> None:
            if self._mount(source) != self._mount(target):
                raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), str(source))
            super(Faulty, self).rename(source, target)

        self._step(rename)

    def copy(self, source: Path, target: Path) -> None:
        self._step(
            lambda: super(Faulty, self).copy(source, target), lambda: target.write_bytes(b"half")
        )

    def remove(self, path: Path) -> None:
        self._step(lambda: super(Faulty, self).remove(path))

    def remove_directory(self, path: Path) -> None:
        self._step(lambda: super(Faulty, self).remove_directory(path))

    def sync_directory(self, path: Path) -> None:
        # Not really: a test would only wait for the disk.
        self._step(lambda: self._is_directory(path))

    def flush(self, directory: Path) -> None:
        self._step(lambda: self._is_directory(directory))

    def _is_directory(self, path: Path) -> None:
        if not path.is_dir():
            raise NotADirectoryError(str(path))

    def _mount(self, path: Path) -> Path | None:
        return next((mount for mount in self.mounts if mount in path.parents), None)

    def _step(self, operation: Callable[[], _T], partly: Callable[[], object] | None = None) -> _T:
        if self.dead:
            raise Crash
        number = self.count
        self.count += 1
        if number != self.at or self.fault is None:
            return operation()
        self.dead = isinstance(self.fault, Crash)
        if self.when == "after":
            operation()
        elif self.when == "during" and partly is not None:
            partly()
        raise self.fault


class Folding(Faulty):
    """A file system on which upper and lower case are the same, as macOS and Windows have it."""

    def kind(self, path: Path) -> Kind | None:
        return super().kind(self._real(path))

    def rename(self, source: Path, target: Path) -> None:
        real = self._real(target)
        super().rename(self._real(source), target)
        if real != target:
            real.unlink()  # the one name for both is the new one

    def remove(self, path: Path) -> None:
        super().remove(self._real(path))

    @staticmethod
    def _real(path: Path) -> Path:
        if os.path.lexists(path) or not path.parent.is_dir():
            return path
        same = (p for p in path.parent.iterdir() if p.name.lower() == path.name.lower())
        return next(same, path)


def write(path: Path, content: str = "", *, mode: int = 0o644) -> Path:
    """Write a file with its directories, of exactly ``mode``; return ``path``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    path.chmod(mode)
    return path


def snapshot(*roots: Path) -> dict[str, tuple[int, bytes]]:
    """Every name below ``roots``: its type and mode, and its content or its link's target."""
    found = {}
    for root in roots:
        for path in sorted(root.rglob("*")):
            mode = path.lstat().st_mode
            content = b""
            if stat.S_ISLNK(mode):
                mode, content = stat.S_IFLNK, os.fsencode(path.readlink())
            elif stat.S_ISREG(mode):
                content = path.read_bytes()
            found[str(path)] = (mode, content)
    return found

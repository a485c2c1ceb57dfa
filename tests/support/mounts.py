"""File systems of a test's own, in a mount namespace that ends with the test."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast, final

from syncsteps.processes import run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

__all__ = ["Mounts", "missing_mounts"]

_PROGRAMS = ("mkfs.ext4", "mount", "nsenter", "umount", "unshare")
_UNSHARE = ("unshare", "--mount", "--propagation", "private")


def missing_mounts() -> str | None:
    """Why nothing can be mounted here, or None."""
    if sys.platform != "linux":
        return "mount namespaces need Linux"
    if os.geteuid() != 0:
        return "mounting needs root"
    missing = [name for name in _PROGRAMS if shutil.which(name) is None]
    if missing:
        return f"not installed: {', '.join(missing)} (apt-get install e2fsprogs util-linux)"
    done = run([*_UNSHARE, "mount", "-t", "tmpfs", "none", "/mnt"])
    return f"nothing can be mounted here: {done.stderr.strip()}" if done.status else None


@final
class Mounts:
    """A context manager: a mount namespace, held by a process that ends when this one does.

    So nothing stays mounted, not even if the tests are killed.
    """

    def __init__(self) -> None:
        self._holder: subprocess.Popen[str] | None = None

    def __enter__(self) -> Mounts:
        self._holder = subprocess.Popen(
            [*_UNSHARE, "sh", "-c", "echo ready && exec cat"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        assert cast("IO[str]", self._holder.stdout).readline() == "ready\n"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._holder is not None:
            self._holder.communicate(timeout=60)

    def command(
        self, command: Sequence[str | Path], directory: Path = Path("/")
    ) -> list[str | Path]:
        """The command line that runs ``command`` inside, in ``directory``, as its own process."""
        return [
            "nsenter", f"--mount=/proc/{self._id}/ns/mnt", "--",
            "/bin/sh", "-c", 'cd "$0" && exec "$@"', directory, *command,
        ]  # fmt: skip

    def check(self, *command: str | Path) -> str:
        """Run a command inside and return its output; an AssertionError unless it succeeds."""
        done = run(self.command(command), timeout=300)
        assert done.status == 0, f"{command} ended with {done.status}: {done.stderr}"
        return done.stdout

    def seen(self, path: Path) -> Path:
        """A path that is ``path`` inside, for those who are outside."""
        return Path(f"/proc/{self._id}/root", path.relative_to("/"))

    def tmpfs(self, place: Path) -> None:
        """Mount an empty tmpfs at ``place``, which is made outside if need be."""
        place.mkdir(parents=True, exist_ok=True)
        self.check("mount", "-t", "tmpfs", "none", place)

    def ext4(self, place: Path, *, size: int, image: Path) -> None:
        """Mount a new ext4 of ``size`` MiB, in the file ``image``, at ``place``."""
        with image.open("xb") as stream:
            stream.truncate(size << 20)
        # Nothing is kept back for root, so that what is free is free for all.
        done = run(["mkfs.ext4", "-q", "-F", "-m", "0", image], timeout=120)
        assert done.status == 0, done.stderr
        place.mkdir(parents=True, exist_ok=True)
        self.check("mount", "-o", "loop", image, place)

    def overlay(self, place: Path, *, lower: Path, upper: Path, work: Path) -> None:
        """Mount ``upper`` over ``lower`` at ``place``, as a container's file system is."""
        place.mkdir(parents=True, exist_ok=True)
        layers = f"lowerdir={lower},upperdir={upper},workdir={work}"
        self.check("mount", "-t", "overlay", "none", "-o", layers, place)

    def unmount(self, place: Path) -> None:
        """Take away what is mounted at ``place``."""
        self.check("umount", place)

    @property
    def _id(self) -> int:
        assert self._holder is not None, "not entered"
        return self._holder.pid

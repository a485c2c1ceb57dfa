"""Where an interpreter of a test lies, and how it gets back to what it was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from syncsteps.processes import run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.support.mounts import Mounts

__all__ = ["LayeredPlace", "LinkedPlace", "Place"]

_COPY_PARTS = """
parts='bin include share lib/python3.*/site-packages lib/python3.*/.syncsteps'
set -e
[ -d "$1" ] || exec cp -al "$0" "$1"
(cd "$1" && rm -rf $parts)
cd "$0"
for part in $parts; do
    [ ! -e "$part" ] || cp -al "$part" "$1/$part"
done
"""


class Place(Protocol):
    """A prefix, which can be kept as it is now and brought back to that any number of times."""

    @property
    def prefix(self) -> Path:
        """The prefix, as the processes that work on it see it."""

    def command(
        self, command: Sequence[str | Path], directory: Path | None = None
    ) -> list[str | Path]:
        """The command line that runs ``command`` where `prefix` is there."""

    def seen(self, path: Path) -> Path:
        """A path of the prefix, as this process sees it."""

    def keep(self) -> None:
        """Remember the prefix as it is now."""

    def reset(self) -> None:
        """Bring back the prefix that was kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedPlace:
    """A directory; what is kept of it are hard links beside it, so files must not be edited.

    The standard library, which nothing is to change, is kept once and never brought back.
    """

    prefix: Path
    mounts: Mounts | None = None

    def command(
        self, command: Sequence[str | Path], directory: Path | None = None
    ) -> list[str | Path]:
        """See `Place`."""
        directory = directory or self.prefix.parent
        if self.mounts is None:
            return ["/bin/sh", "-c", 'cd "$0" && exec "$@"', directory, *command]
        return self.mounts.command(command, directory)

    def seen(self, path: Path) -> Path:
        """See `Place`."""
        return path if self.mounts is None else self.mounts.seen(path)

    def keep(self) -> None:
        """See `Place`."""
        self._copy(self.prefix, self._kept)

    def reset(self) -> None:
        """See `Place`."""
        self._copy(self._kept, self.prefix)

    @property
    def _kept(self) -> Path:
        return self.prefix.with_name(f"{self.prefix.name}-kept")

    def _copy(self, source: Path, target: Path) -> None:
        script: list[str | Path] = ["/bin/sh", "-c", _COPY_PARTS, source, target]
        done = run(self.command(script, self.prefix.parent), timeout=300)
        assert done.status == 0, done.stderr


@dataclass(frozen=True, slots=True, kw_only=True)
class LayeredPlace:
    """An overlay over an interpreter, as a container sees its image; kept is the upper layer.

    ``store``, inside of ``mounts``, holds the layers; it is on a file system that can be an upper
    one.
    """

    prefix: Path
    store: Path
    mounts: Mounts

    def begin(self, template: Path) -> None:
        """Make ``template`` the lower layer, under an empty one."""
        self.mounts.check("mkdir", "-p", self.store / "upper", self.store / "work")
        self.mounts.check("cp", "-a", template, self.store / "lower")
        self._mount()

    def sink(self) -> None:
        """Make all that is there now the lower layer, under an empty one."""
        self.mounts.check("cp", "-a", self.prefix, self.store / "whole")
        self.mounts.unmount(self.prefix)
        script = 'cd "$0" && rm -rf upper lower work && mkdir upper work && mv whole lower'
        self.mounts.check("/bin/sh", "-c", script, self.store)
        self._mount()

    def command(
        self, command: Sequence[str | Path], directory: Path | None = None
    ) -> list[str | Path]:
        """See `Place`."""
        return self.mounts.command(command, directory or self.prefix.parent)

    def seen(self, path: Path) -> Path:
        """See `Place`."""
        return self.mounts.seen(path)

    def keep(self) -> None:
        """See `Place`."""
        self._replace("upper", "kept")

    def reset(self) -> None:
        """See `Place`."""
        self._replace("kept", "upper")

    def _replace(self, source: str, target: str) -> None:
        script = 'cd "$0" && rm -rf work "$2" && mkdir work && cp -al "$1" "$2"'
        self.mounts.unmount(self.prefix)
        self.mounts.check("/bin/sh", "-c", script, self.store, source, target)
        self._mount()

    def _mount(self) -> None:
        self.mounts.overlay(
            self.prefix,
            lower=self.store / "lower",
            upper=self.store / "upper",
            work=self.store / "work",
        )

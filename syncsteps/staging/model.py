"""What lies unpacked aside, ready to be swapped in."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from syncsteps.interpreter.model import Interpreter
    from syncsteps.locks.model import Lock
    from syncsteps.selection.model import Selection

__all__ = [
    "Clash",
    "Listener",
    "Progress",
    "Stage",
    "StageOptions",
    "StagedDistribution",
    "StagedFile",
    "Stager",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedFile:
    """A file aside (``source``) and where it belongs (``target``); size in bytes.

    Both paths are absolute, and text: there can be tens of thousands.
    """

    source: str
    target: str
    sha256: str
    size: int
    mode: int

    @property
    def is_bytecode(self) -> bool:
        """Whether the interpreter would make this file by itself, and may replace it."""
        if not self.target.endswith(".pyc"):
            return False
        return self.target.rpartition(os.sep)[0].endswith(f"{os.sep}__pycache__")


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedDistribution:
    """A distribution that is unpacked aside; its files in the order of their targets.

    ``metadata`` is its staged ``.dist-info`` directory. ``RECORD`` in it is already the one that
    will be true in the target, and scripts already have the target's shebang. Two distributions
    may list the same file, if its content is the same in both.
    """

    name: str
    version: str
    metadata: Path
    files: tuple[StagedFile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """A file that two staged distributions bring with different content, which is ``winner``'s.

    Both are normalized names; ``target`` is where the file belongs.
    """

    loser: str
    winner: str
    target: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A directory aside. ``site`` are its site directories, to be put first on ``sys.path``.

    ``full`` are directories in it that hold nothing but files of ``distributions``, at any depth,
    as long as nobody but this process writes there. ``spoilt`` are distributions of which the
    installer's cache had other content than their wheel, so that it was fetched again.
    """

    root: Path
    site: tuple[Path, ...]
    distributions: tuple[StagedDistribution, ...]
    clashes: tuple[Clash, ...] = ()
    full: tuple[Path, ...] = ()
    spoilt: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StageOptions:
    """How staging may work.

    ``source`` says where files come from: ``lock`` or ``index``. ``shared`` allows staged files to
    be hard links into the installer's cache: fast, but whoever writes into one writes into both.
    ``jobs`` is how many installers may work at once, where one of them does one thing at a time.
    ``builds`` allows an installer to build what is no wheel. ``fresh`` takes nothing that the
    installer has kept.
    """

    source: str = "lock"
    shared: bool = True
    jobs: int = 1
    builds: bool = True
    fresh: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How many packages of ``total`` are fetched and unpacked; sizes in bytes.

    ``size`` is what is fetched, ``of`` all that will be, None where the lock does not tell.
    ``partly`` says that some are fetched without a word, so that there may be more of them.
    """

    fetched: int
    unpacked: int
    total: int
    size: int
    of: int | None = None
    partly: bool = False


class Listener(Protocol):
    """Something that makes progress out of what installers say and leave."""

    def look_into(self, prefixes: Sequence[Path]) -> None:
        """Learn where the installers unpack."""

    def line(self, number: int, text: str) -> None:
        """Take a line of the installer ``number``."""

    def tick(self) -> None:
        """Look, since nothing has been said for a while."""


class Stager(Protocol):
    """Something that fetches, builds and unpacks a selection into an empty directory."""

    @property
    def name(self) -> str:
        """What the installer is called."""

    def stage(
        self,
        selection: Selection,
        *,
        lock: Lock,
        interpreter: Interpreter,
        directory: Path,
        requests: Path,
        options: StageOptions,
        on_line: Callable[[str], None],
        listener: Listener | None = None,
    ) -> None:
        """Fill ``directory`` as an installation prefix with exactly ``selection``.

        ``requests`` is an empty directory for the files that tell the installer what to install.
        ``on_line`` gets each line of the installer's output, secrets redacted; so does
        ``listener``.

        Raises:
            StagingError: the installer failed; its last lines are in the error's details.
        """

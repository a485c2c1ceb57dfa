"""What lies unpacked aside, ready to be swapped in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from syncsteps.interpreter.model import Interpreter
    from syncsteps.locks.model import Lock
    from syncsteps.selection.model import Selection

__all__ = ["Clash", "Stage", "StageOptions", "StagedDistribution", "StagedFile", "Stager"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedFile:
    """A file aside (``source``) and where it belongs (``target``); size in bytes."""

    source: Path
    target: Path
    sha256: str
    size: int
    mode: int

    @property
    def is_bytecode(self) -> bool:
        """Whether the interpreter would make this file by itself, and may replace it."""
        return self.target.suffix == ".pyc" and self.target.parent.name == "__pycache__"


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
    """A directory aside. ``site`` are its site directories, to be put first on ``sys.path``."""

    root: Path
    site: tuple[Path, ...]
    distributions: tuple[StagedDistribution, ...]
    clashes: tuple[Clash, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StageOptions:
    """How staging may work.

    ``source`` says where files come from: ``lock`` or ``index``. ``shared`` allows staged files to
    be hard links into the installer's cache: fast, but whoever writes into one writes into both.
    ``builds`` allows an installer to build what is no wheel.
    """

    source: str = "lock"
    shared: bool = True
    builds: bool = True


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
    ) -> None:
        """Fill ``directory`` as an installation prefix with exactly ``selection``.

        ``requests`` is an empty directory for the files that tell the installer what to install.
        ``on_line`` gets each line of the installer's output, secrets redacted.

        Raises:
            StagingError: the installer failed; its last lines are in the error's details.
        """

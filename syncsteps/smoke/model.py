"""What is to be imported of a distribution, and what importing it showed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Candidate", "ImportResult", "SmokeTarget", "Verdict"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SmokeTarget:
    """A distribution to import: its name, and its ``.dist-info`` where it was unpacked.

    ``own`` says that it is the project's own: built from a directory that the lock names.
    """

    name: str
    metadata: Path
    own: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What to try of one distribution, in this order.

    ``modules`` are to be imported, each, and objects of them to be loaded (``module:attribute``);
    ``optional`` are normalized names of distributions and modules that may be missing. ``deeper``
    are modules below, of which only those fail that are broken: for all that they say themselves,
    they may be optional. ``objects`` are to be loaded, too, unless what they name was never there;
    ``statements`` are to be executed. ``timeout`` is in seconds for all of it,
    None where it is the run's; ``environment`` are variables beside the run's.
    """

    name: str
    modules: tuple[str, ...]
    optional: tuple[str, ...]
    deeper: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    statements: tuple[str, ...] = ()
    timeout: float | None = None
    environment: tuple[tuple[str, str], ...] = ()

    @property
    def tries(self) -> bool:
        """Whether there is anything to try."""
        return bool(self.modules or self.deeper or self.objects or self.statements)


class Verdict(Enum):
    """How the imports of one distribution ended."""

    OK = "ok"
    NOTHING = "nothing to import"
    FAILED = "failed"
    CRASHED = "crashed"
    TIMED_OUT = "timed out"
    EXITED = "exited"

    @property
    def good(self) -> bool:
        """Whether the distribution may be installed."""
        return self in {Verdict.OK, Verdict.NOTHING}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportResult:
    """The verdict on one distribution.

    ``module`` is the first that failed, ``exception`` its type and message on one line, ``frames``
    the last frames of the traceback (or the child's last words), innermost last. With ``OK``,
    ``module`` and ``exception`` are of a module that was excused: it is there, and asks for an
    optional dependency or for a project's configuration. Seconds of wall time.
    """

    distribution: str
    verdict: Verdict
    modules: tuple[str, ...] = ()
    module: str = ""
    exception: str = ""
    frames: tuple[str, ...] = ()
    seconds: float = 0.0
    tolerated: bool = False

    @property
    def stops(self) -> bool:
        """Whether a sync must not go on."""
        return not (self.verdict.good or self.tolerated)

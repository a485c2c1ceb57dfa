"""What importing a distribution showed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["ImportResult", "SmokeTarget", "Verdict"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SmokeTarget:
    """A distribution to import: its name, and its ``.dist-info`` where it was unpacked."""

    name: str
    metadata: Path


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

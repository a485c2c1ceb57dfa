"""What is imported of a distribution, and what importing it showed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "Candidate",
    "ImportResult",
    "SideEffects",
    "SmokeTarget",
    "Timing",
    "Verdict",
]


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
    def steps(self) -> tuple[str, ...]:
        """All that there is to try, in order."""
        return (*self.modules, *self.deeper, *self.objects, *self.statements)


class Verdict(Enum):
    """How the imports of one distribution ended."""

    OK = "ok"
    NOTHING = "nothing to import"
    FLAKY = "flaky"
    NEEDS_DISPLAY = "needs a display or a GPU"
    FAILED = "failed"
    MISSING_LIBRARY = "missing system library"
    MISSING_MODULE = "missing Python module"
    CRASHED = "crashed"
    TIMED_OUT = "timed out"
    EXITED = "exited"

    @property
    def good(self) -> bool:
        """Whether the distribution may be installed.

        What needs a display or a GPU may: the step itself takes the display away, and a build has
        no driver, which comes with the machine that runs the image.
        """
        return self in {Verdict.OK, Verdict.NOTHING, Verdict.FLAKY, Verdict.NEEDS_DISPLAY}

    @property
    def remarkable(self) -> bool:
        """Whether something is to be said of it, though it may be good."""
        return self not in {Verdict.OK, Verdict.NOTHING}


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long one step took, in seconds of wall time: a module, an entry point, a statement."""

    step: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SideEffects:
    """What importing a distribution did besides.

    ``written`` are files in its throwaway home, in that for temporary files, or where it ran, as
    ``~/…``, ``$TMPDIR/…``, ``./…``; ``environment`` the variables and ``builtins`` the names there
    that it changed; ``path`` what it added to ``sys.path``; ``startup`` its ``.pth`` files that do
    something at each start of Python. ``threads`` and ``processes`` ran on; ``moved`` is whether it
    changed the working directory.
    """

    written: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    builtins: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    startup: tuple[str, ...] = ()
    threads: int = 0
    processes: int = 0
    moved: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportResult:
    """The verdict on one distribution.

    ``module`` is the first that failed, ``exception`` its type and message on one line, ``frames``
    the last frames of the traceback (or the child's last words), innermost last; ``advice`` what to
    do. With ``OK``, ``module`` and ``exception`` are of a module that was excused: it is there, and
    asks for an optional dependency or for a project's configuration. With ``FLAKY`` they are of the
    attempt that failed.

    ``library`` is the shared library that is missing and ``needed_by`` the file that needs it, if
    that is known; ``missing`` the Python module that was not found; ``doubts`` say which libraries
    may be missing, and why that need not matter. ``timings`` are of what was
    imported. ``seconds`` of wall time, of the whole process; ``memory`` is its peak, in bytes, 0
    where it is not known. ``forked``: in a fork of a process that had loaded the standard library,
    else in a fresh one. ``network`` is ``none``, ``allowed``, or why it could not be taken away.
    """

    distribution: str
    verdict: Verdict
    modules: tuple[str, ...] = ()
    module: str = ""
    exception: str = ""
    frames: tuple[str, ...] = ()
    advice: str = ""
    library: str = ""
    needed_by: str = ""
    missing: str = ""
    doubts: tuple[str, ...] = ()
    seconds: float = 0.0
    memory: int = 0
    timings: tuple[Timing, ...] = ()
    effects: SideEffects = SideEffects()
    forked: bool = False
    network: str = "allowed"
    tolerated: bool = False

    @property
    def stops(self) -> bool:
        """Whether a sync must not go on."""
        return not (self.verdict.good or self.tolerated)

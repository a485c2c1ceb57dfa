"""Findings, and the facts that rules look at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from syncsteps.interpreter.model import Interpreter
    from syncsteps.locks.model import Lock
    from syncsteps.locks.staleness import Staleness
    from syncsteps.plan import Plan
    from syncsteps.selection.model import Selection
    from syncsteps.settings import Settings
    from syncsteps.staging.model import Stage

__all__ = [
    "Facts",
    "Finding",
    "Obstacle",
    "Problem",
    "Rule",
    "Severity",
    "StagedFacts",
    "StartupCode",
]


class Severity(Enum):
    """How much a finding matters: only an error keeps a sync from going on."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that a rule may look at; nothing else, so that rules need no system to run on."""

    lock: Lock
    selection: Selection
    interpreter: Interpreter
    plan: Plan
    staleness: Staleness
    settings: Settings
    owners: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """For each distribution that is replaced: the other projects that have a say in it."""
    tool_home: Path | None = None
    """The directory that the running syncsteps was imported from; None where that is no matter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """Files that ``coming`` would put where ``owner``, which stays, has others.

    Both are normalized names; ``locked`` says whether the lock names ``owner`` as well.
    """

    coming: str
    owner: str
    targets: tuple[Path, ...]
    locked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StartupCode:
    """What `site` would run at each start: a line of a .pth file, or a module (``number`` 0).

    ``target`` is where the file belongs.
    """

    distribution: str
    target: Path
    number: int = 0
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedFacts:
    """What a rule may look at once everything that comes lies unpacked aside."""

    interpreter: Interpreter
    plan: Plan
    stage: Stage
    obstacles: tuple[Obstacle, ...] = ()
    startup: tuple[StartupCode, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a rule found: ``message`` says what, ``hint`` what to do.

    ``subject`` is the package or the file that it is about, or empty.
    """

    code: str
    severity: Severity
    message: str
    hint: str
    subject: str = ""
    exit_code: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What a rule's check yields: one thing that is wrong.

    ``exit_code`` is one that takes the place of the rule's.
    """

    message: str
    hint: str
    subject: str = ""
    exit_code: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule: ``code`` and ``title`` name it, ``why`` says why it matters (for ``explain``).

    ``exit_code`` is the status of a sync that it stops: 3 where the lock is at fault, 4 where it is
    the interpreter that refuses.
    """

    code: str
    title: str
    why: str
    severity: Severity
    exit_code: int
    check: Callable[[Facts], Iterator[Problem]] | None = None
    prove: Callable[[StagedFacts], Iterator[Problem]] | None = None

"""What a run tells whoever watches it, as it goes, and what it comes to at the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from syncsteps.check import Drift
    from syncsteps.errors import SyncstepsError
    from syncsteps.interpreter.model import Interpreter
    from syncsteps.locks.model import Lock
    from syncsteps.plan import Plan
    from syncsteps.receipts import Listing, Receipt
    from syncsteps.reproduce.model import Reproduction
    from syncsteps.selection.model import Selection
    from syncsteps.smoke.model import ImportResult
    from syncsteps.staging.model import Progress
    from syncsteps.verify.model import Finding
    from syncsteps.wheelhouse.model import Manifest

    Watcher = Callable[["Event"], None]

__all__ = [
    "AddressesMissing",
    "AskingIndex",
    "Compiled",
    "Event",
    "Fetched",
    "Fetching",
    "Imported",
    "Importing",
    "InnerLine",
    "LockRead",
    "LockSelected",
    "Outcome",
    "Planned",
    "Proven",
    "Recovered",
    "Reproducing",
    "Restaging",
    "Staged",
    "Staging",
    "StagingLine",
    "StagingProgress",
    "Swapping",
    "TargetFound",
    "Verified",
    "Waiting",
    "silent",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetFound:
    """The interpreter that the run is about."""

    interpreter: Interpreter


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """An earlier commit that was cut off has been finished or undone."""

    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Another sync holds the interpreter."""

    state: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class LockRead:
    """The lock has been read, for every platform: nothing is selected for a target."""

    lock: Lock


@dataclass(frozen=True, slots=True, kw_only=True)
class LockSelected:
    """The lock has been read and selected from."""

    lock: Lock
    selection: Selection


@dataclass(frozen=True, slots=True, kw_only=True)
class AskingIndex:
    """An index is being asked where the files of ``total`` releases are."""

    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressesMissing:
    """Some of the lock's files are nowhere; ``left_out`` says which, a sentence for each package.

    What is made goes without them.
    """

    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """Every rule has been asked, but for those with the codes ``unasked``."""

    findings: tuple[Finding, ...]
    unasked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """It is known what will be done; ``dry_run`` says that it will not."""

    plan: Plan
    dry_run: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Staging:
    """An installer has been started for ``total`` distributions."""

    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StagingLine:
    """A line that the installer printed, without secrets."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StagingProgress:
    """How far the installer is; often, so that most of it need not be shown."""

    progress: Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """Everything lies unpacked aside. Size in bytes, time in seconds."""

    total: int
    files: int
    size: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetching:
    """A wheelhouse is to get ``total`` wheels that it does not have, beside ``kept`` others."""

    total: int
    kept: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A wheelhouse has everything now; ``built`` of ``total`` that came are not the lock's own.

    ``size`` is that of all its wheels, in bytes; ``strangers`` are files in it that its manifest
    does not name. Time in seconds.
    """

    total: int
    built: int
    size: int
    strangers: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """The rules on what lies aside have been asked; ``findings`` are those that are new."""

    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Importing:
    """Imports have begun, of ``total`` distributions."""

    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """One distribution has been imported, or not."""

    result: ImportResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Restaging:
    """Importing changed staged files of these distributions, so they are staged once more."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """``total`` modules have byte code now. Time in seconds."""

    total: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Swapping:
    """The commit has begun: ``placed`` files come, ``retired`` files go."""

    placed: int
    retired: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reproducing:
    """A sync begins in a throwaway view ``of`` directories, a prefix or an image.

    ``isolation`` is how it is kept apart, ``reason`` why not in a better way, or empty.
    """

    isolation: str
    of: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InnerLine:
    """A line that the run in a view has written, as it would have without one."""

    text: str


Event = (
    TargetFound
    | Recovered
    | Waiting
    | LockRead
    | LockSelected
    | AskingIndex
    | AddressesMissing
    | Verified
    | Planned
    | Staging
    | StagingLine
    | StagingProgress
    | Staged
    | Fetching
    | Fetched
    | Proven
    | Importing
    | Imported
    | Restaging
    | Compiled
    | Swapping
    | Reproducing
    | InnerLine
)


def silent(_event: Event) -> None:
    """Watch a run and say nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run came to.

    ``changed`` says whether the interpreter was changed. What a verb does not do is empty or None.
    ``target`` is the name of the recorded interpreter that it is about, and empty where that is one
    of this machine. ``unasked`` are the codes of rules that are no matter of a verb of which others
    are. ``refused`` is why nothing could be said of one target of several. ``placed`` files came,
    ``retired`` ones went, and those that came have ``size`` bytes. ``listings`` are the files of
    the receipt's distributions by name, where a document is to have them. Time in seconds.
    """

    verb: str
    interpreter: Interpreter
    seconds: float
    lock: Lock | None = None
    selection: Selection | None = None
    findings: tuple[Finding, ...] = ()
    plan: Plan | None = None
    imports: tuple[ImportResult, ...] = ()
    receipt: Receipt | None = None
    drifts: tuple[Drift, ...] = ()
    wheelhouse: Manifest | None = None
    changed: bool = False
    dry_run: bool = False
    recovered: str = ""
    target: str = ""
    unasked: tuple[str, ...] = ()
    refused: SyncstepsError | None = None
    placed: int = 0
    retired: int = 0
    size: int = 0
    listings: Mapping[str, Listing] = field(default_factory=dict)
    reproduction: Reproduction | None = None

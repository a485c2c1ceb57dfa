"""Whether an interpreter still is what a receipt says: versions, files, hashes. Writes nothing."""

from __future__ import annotations

import base64
import hashlib
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from syncsteps.commit.record import RecordedFile, is_bytecode, read_record
from syncsteps.errors import CheckError
from syncsteps.plan import Install, Keep, Remove
from syncsteps.receipts import tree_digest

if TYPE_CHECKING:
    from pathlib import Path

    from syncsteps.interpreter.model import InstalledDistribution, Interpreter
    from syncsteps.plan import Plan, Replace
    from syncsteps.receipts import Receipt, ReceiptEntry

__all__ = ["Drift", "DriftKind", "check", "installed_digest", "plan_drift"]

_BLOCK = 1 << 20
_EXECUTABLE = 0o111
_ALGORITHMS = frozenset({"sha256", "sha384", "sha512"})


class DriftKind(Enum):
    """In which way a distribution is not what was installed."""

    MISSING = "missing"
    VERSION = "other version"
    CONTENT = "not what is locked"
    SURPLUS = "not in the lock"
    FILE_MISSING = "file missing"
    FILE_MODIFIED = "file modified"
    TREE = "tree changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One difference; ``path`` is the file, or None where it concerns the whole distribution."""

    distribution: str
    kind: DriftKind
    path: Path | None = None
    detail: str = ""

    def __str__(self) -> str:
        where = f" {self.path}" if self.path is not None else ""
        return f"{self.distribution}: {self.kind.value}{where}: {self.detail}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tree:
    digest: str
    missing: tuple[Path, ...]
    modified: tuple[Path, ...]


def check(receipt: Receipt, interpreter: Interpreter) -> tuple[Drift, ...]:
    """Compare each distribution of ``receipt`` with what ``interpreter`` would import.

    Its files are hashed and compared with its RECORD, and all of them, RECORD and executable bits
    included, with the digest in the receipt. Bytecode is left out: the interpreter makes it.
    The findings are in the order of the receipt.

    Raises:
        CheckError: a file is there but cannot be read.
    """

    def compare(entry: ReceiptEntry) -> tuple[Drift, ...]:
        return _compare(entry, interpreter.find(entry.name))

    with ThreadPoolExecutor(max_workers=min(8, (os.cpu_count() or 1) + 2)) as pool:
        return tuple(drift for found in pool.map(compare, receipt.entries) for drift in found)


def plan_drift(plan: Plan) -> tuple[Drift, ...]:
    """Return what a sync would do as differences from the lock, in the order of the plan."""
    return tuple(
        Drift(distribution=action.name, kind=_kind(action), detail=action.reason)
        for action in plan.actions
        if not isinstance(action, Keep)
    )


def _kind(action: Install | Replace | Remove) -> DriftKind:
    if isinstance(action, Remove):
        return DriftKind.SURPLUS
    installed = action.shadows if isinstance(action, Install) else action.installed
    if installed is None:
        return DriftKind.MISSING
    same = installed.version == str(action.selected.package.version)
    return DriftKind.CONTENT if same else DriftKind.VERSION


def installed_digest(distribution: InstalledDistribution) -> str:
    """Return the `tree_digest` of an installed distribution, over the files in its RECORD.

    Raises:
        CheckError: it has no RECORD, or a file cannot be read.
    """
    try:
        return _look(distribution).digest
    except FileNotFoundError as error:
        raise CheckError(
            f"{distribution.name} {distribution.version} has no list of its files: {error}"
        ) from error


def _compare(entry: ReceiptEntry, distribution: InstalledDistribution | None) -> tuple[Drift, ...]:
    def drift(kind: DriftKind, detail: str, path: Path | None = None) -> Drift:
        return Drift(distribution=entry.name, kind=kind, path=path, detail=detail)

    if distribution is None:
        return (drift(DriftKind.MISSING, f"{entry.version} was installed, now there is none"),)
    if distribution.version != entry.version:
        detail = f"{entry.version} was installed, now {distribution.version} is imported"
        return (drift(DriftKind.VERSION, detail, distribution.metadata),)
    try:
        tree = _look(distribution)
    except FileNotFoundError:
        record = distribution.metadata / "RECORD"
        return (drift(DriftKind.FILE_MISSING, "the list of its files is gone", record),)
    found = (
        *(drift(DriftKind.FILE_MISSING, "in RECORD, not there", path) for path in tree.missing),
        *(drift(DriftKind.FILE_MODIFIED, "not as in RECORD", path) for path in tree.modified),
    )
    if found or tree.digest == entry.digest:
        return found
    detail = (
        "its files are those of its RECORD, but RECORD or an executable bit was changed:"
        f" digest {tree.digest}, installed was {entry.digest}"
    )
    return (drift(DriftKind.TREE, detail, distribution.metadata / "RECORD"),)


def _look(distribution: InstalledDistribution) -> _Tree:
    what = f"{distribution.name} {distribution.version}"
    try:
        recorded = read_record(distribution.metadata)
    except ValueError as error:
        raise CheckError(f"{what}: RECORD is not a list of files: {error}") from error
    missing: list[Path] = []
    modified: list[Path] = []
    lines: list[tuple[str, bool, str]] = []
    site = distribution.metadata.parent
    for file in recorded:
        if is_bytecode(file.path):
            continue
        try:
            sha256, as_recorded = _hashes(file)
            executable = bool(stat.S_IMODE(file.path.stat().st_mode) & _EXECUTABLE)
        except (FileNotFoundError, NotADirectoryError):
            missing.append(file.path)
            continue
        except OSError as error:
            raise CheckError(f"{what}: {error}") from error
        if not as_recorded:
            modified.append(file.path)
        lines.append((os.path.relpath(file.path, site).replace(os.sep, "/"), executable, sha256))
    return _Tree(digest=tree_digest(lines), missing=tuple(missing), modified=tuple(modified))


def _hashes(file: RecordedFile) -> tuple[str, bool]:
    """Return the file's SHA-256, in hex, and whether its content has the hash of its RECORD."""
    algorithm, expected = file.hash or ("sha256", "")
    if algorithm not in _ALGORITHMS:
        # The digest in the receipt still tells; only the name of the changed file is lost.
        algorithm, expected = "sha256", ""
    sha256 = hashlib.sha256()
    named = sha256 if algorithm == "sha256" else hashlib.new(algorithm)
    with file.path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            sha256.update(block)
            if named is not sha256:
                named.update(block)
    if not expected:
        return sha256.hexdigest(), True
    encoded = base64.urlsafe_b64encode(named.digest()).rstrip(b"=").decode("ascii")
    return sha256.hexdigest(), encoded == expected.rstrip("=")

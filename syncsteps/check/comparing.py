"""A receipt, held against what an interpreter would import."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from os import cpu_count
from typing import TYPE_CHECKING

from syncsteps.check.drift import Drift, DriftKind, plan_drift
from syncsteps.check.foreign import Claims, foreign_files
from syncsteps.check.tree import look
from syncsteps.errors import CheckError

if TYPE_CHECKING:
    from pathlib import Path

    from syncsteps.interpreter.model import InstalledDistribution, Interpreter
    from syncsteps.plan import Plan
    from syncsteps.receipts import Receipt, ReceiptEntry

__all__ = ["check", "every_drift"]

_THREADS = 8


def check(receipt: Receipt, interpreter: Interpreter, *, hashes: bool = False) -> tuple[Drift, ...]:
    """Compare each distribution of ``receipt`` with what ``interpreter`` would import.

    Its files are compared with its RECORD, and all of them, RECORD and executable bits included,
    with the digest in the receipt. With ``hashes`` every file is read for that, otherwise only
    those whose size or time of modification say that they may have changed (`look`). What lies in
    its directories and nobody lists is told as well. Byte code is left out: the interpreter makes
    it. The findings are in the order of the receipt.

    Raises:
        CheckError: a file or a directory is there but cannot be read.
    """
    claims = Claims(interpreter.distributions)
    there = interpreter.by_name()

    def compare(entry: ReceiptEntry) -> tuple[Drift, ...]:
        installed = next(iter(there.get(entry.name, ())), None)
        return _compare(entry, installed, claims, hashes=hashes)

    # Where files are hashed, other threads go on; the rest is too short for them to matter.
    with ThreadPoolExecutor(max_workers=min(_THREADS, cpu_count() or 1)) as pool:
        return tuple(drift for found in pool.map(compare, receipt.entries) for drift in found)


def every_drift(
    receipt: Receipt | None, interpreter: Interpreter, *, plan: Plan, hashes: bool = False
) -> tuple[Drift, ...]:
    """Return how ``interpreter`` differs from ``receipt``, if there is one, and then from the lock.

    What the lock makes of it is ``plan``; of a distribution that already differs from the receipt,
    that is not told as well.

    Raises:
        CheckError: as `check`.
    """
    found = check(receipt, interpreter, hashes=hashes) if receipt is not None else ()
    known = {drift.distribution for drift in found}
    return (*found, *(drift for drift in plan_drift(plan) if drift.distribution not in known))


def _compare(
    entry: ReceiptEntry,
    distribution: InstalledDistribution | None,
    claims: Claims,
    *,
    hashes: bool,
) -> tuple[Drift, ...]:
    def drift(kind: DriftKind, detail: str, path: Path | None = None) -> Drift:
        return Drift(distribution=entry.name, kind=kind, path=path, detail=detail)

    if distribution is None:
        return (drift(DriftKind.MISSING, f"{entry.version} was installed, now there is none"),)
    if distribution.version != entry.version:
        detail = f"{entry.version} was installed, now {distribution.version} is imported"
        return (drift(DriftKind.VERSION, detail, distribution.metadata),)
    record = distribution.metadata / "RECORD"
    try:
        tree = look(distribution, hashes=hashes)
    except FileNotFoundError:
        return (drift(DriftKind.FILE_MISSING, "the list of its files is gone", record),)
    try:
        foreign = foreign_files(tree.files, site=distribution.metadata.parent, claims=claims)
    except OSError as error:
        raise CheckError(f"{distribution.name} {distribution.version}: {error}") from error
    found = (
        *(drift(DriftKind.FILE_MISSING, "in RECORD, not there", path) for path in tree.missing),
        *(drift(DriftKind.FILE_MODIFIED, "not as in RECORD", path) for path in tree.modified),
        *(drift(DriftKind.FILE_FOREIGN, "no distribution lists it", path) for path in foreign),
    )
    if tree.missing or tree.modified or tree.digest == entry.digest:
        return found
    detail = (
        "its files are those of its RECORD, but RECORD or an executable bit was changed:"
        f" digest {tree.digest}, installed was {entry.digest}"
    )
    return (*found, drift(DriftKind.TREE, detail, record))

"""Who installed what: one receipt for each project that was synced into an interpreter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from syncsteps.interpreter.model import Interpreter

__all__ = ["Receipt", "ReceiptEntry", "state_directory"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptEntry:
    """One distribution of a receipt.

    ``source`` is what was chosen: a file's name, a URL without credentials, ``git+URL@COMMIT`` or a
    directory relative to the project. ``hash`` is the lock's hash of the chosen file
    (``sha256:…``), or for a directory the digest of its content when it was built, or empty.
    ``digest`` is the SHA-256 of the installed tree of this distribution, in hex.
    """

    name: str
    version: str
    source: str
    hash: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What one project put into an interpreter, and from which lock.

    ``project`` names the project, ``lock`` is the lock's file name, ``lock_digest`` its SHA-256 in
    hex. ``digest`` is the SHA-256 over the entries' digests: equal trees have equal digests.
    """

    project: str
    lock: str
    lock_digest: str
    python: str
    entries: tuple[ReceiptEntry, ...]
    digest: str


def state_directory(interpreter: Interpreter) -> Path:
    """Return the directory beside ``purelib`` that holds receipts, the journal and the stage."""
    return interpreter.scheme.purelib.parent / ".syncsteps"

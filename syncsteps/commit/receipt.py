"""The receipt as a part of the commit: it comes and goes with the files that it describes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncsteps.commit.model import Placement
from syncsteps.receipts import receipt_path, to_json

if TYPE_CHECKING:
    from pathlib import Path

    from syncsteps.receipts import Receipt

__all__ = ["stage_receipt"]

_FILE_MODE = 0o644


def stage_receipt(receipt: Receipt, *, stage: Path, state: Path) -> Placement:
    """Write ``receipt`` into the directory ``stage`` and return where it belongs in ``state``.

    The target is also to be in the change's ``retire``: an earlier receipt may lie there.

    Raises:
        OSError: it cannot be written.
    """
    source = stage / "receipt.json"
    source.write_bytes(to_json(receipt).encode("ascii"))
    source.chmod(_FILE_MODE)
    return Placement(source=source, target=receipt_path(state, receipt.project))

"""Every file of what a receipt names, as its digest is made of them."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from syncsteps.check.tree import look
from syncsteps.errors import CheckError
from syncsteps.receipts import staged_listing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from syncsteps.interpreter.model import Interpreter
    from syncsteps.receipts import Listing, Receipt
    from syncsteps.staging import StagedDistribution

__all__ = ["list_files"]


def list_files(
    receipt: Receipt, interpreter: Interpreter, *, staged: Sequence[StagedDistribution] = ()
) -> Mapping[str, Listing]:
    """Return the files of each distribution that ``receipt`` names, by its name.

    Of those that were ``staged`` they are what was put in place, of the others what is there; what
    cannot be read there is left out.
    """
    came = {each.name: each for each in staged}
    found: dict[str, Listing] = {}
    for entry in receipt.entries:
        installed = interpreter.find(entry.name)
        if entry.name in came:
            found[entry.name] = staged_listing(came[entry.name])
        elif installed is not None:
            with contextlib.suppress(CheckError, OSError):
                found[entry.name] = look(installed, hashes=False).listing
    return found

"""The files of a sync: how many came and went, and each of what its receipt names."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

from syncsteps.errors import CheckError
from syncsteps.receipts import staged_listing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from syncsteps.events import Outcome
    from syncsteps.execution import Done
    from syncsteps.interpreter.model import Interpreter
    from syncsteps.receipts import Listing, Receipt
    from syncsteps.settings import Settings
    from syncsteps.staging import StagedDistribution

__all__ = ["list_files", "with_files"]


def with_files(outcome: Outcome, settings: Settings, done: Done | None = None) -> Outcome:
    """Return ``outcome`` with the files of what was ``done``, if anything was.

    All that the receipt names are listed only where a document is to have them.
    """
    staged = done.staged.distributions if done is not None else ()
    if done is not None:
        outcome = replace(
            outcome,
            placed=len(done.change.place),
            retired=len(done.change.retire),
            size=sum(file.size for each in staged for file in each.files),
        )
    if not settings.json or outcome.receipt is None or outcome.dry_run:
        return outcome
    listings = list_files(outcome.receipt, outcome.interpreter, staged=staged)
    return replace(outcome, listings=listings)


def list_files(
    receipt: Receipt, interpreter: Interpreter, *, staged: Sequence[StagedDistribution] = ()
) -> Mapping[str, Listing]:
    """Return the files of each distribution that ``receipt`` names, by its name.

    Of those that were ``staged`` they are what was put in place, of the others what is there; what
    cannot be read there is left out.
    """
    from syncsteps.check.tree import look  # noqa: PLC0415 - few runs write a document

    came = {each.name: each for each in staged}
    there = interpreter.by_name()
    found: dict[str, Listing] = {}
    for entry in receipt.entries:
        if entry.name in came:
            found[entry.name] = staged_listing(came[entry.name])
        elif entry.name in there:
            with contextlib.suppress(CheckError, OSError):
                found[entry.name] = look(there[entry.name][0], hashes=False).listing
    return found

"""What is said of a reproduction: where it is done, what differs, and the last line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncsteps.report.plain import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from syncsteps.events import Outcome, Reproducing
    from syncsteps.reproduce.model import Difference, Reproduction

__all__ = ["difference_lines", "found_lines", "reproduced_line", "reproducing_line"]

_MOST_FILES = 20
_WORDS = (
    ("install", "installed"),
    ("replace", "replaced"),
    ("remove", "removed"),
    ("keep", "kept"),
)
_MEGABYTE = 1_000_000


def reproducing_line(event: Reproducing) -> str:
    """Return what is said when a sync begins in a view."""
    where = {
        "overlay": f"in a layer over {event.of}",
        "copy": f"in a copy of {event.of}",
    }.get(event.isolation, f"in a container of {event.of}, by {event.isolation}")
    reason = f" ({event.reason})" if event.reason else ""
    return f"reproducing {where}{reason}: the system stays as it is"


def found_lines(found: Reproduction, *, verbose: bool) -> tuple[str, ...]:
    """Return the lines of each difference, and one for what else is not the same."""
    lines = [line for each in found.differences for line in difference_lines(each, verbose=verbose)]
    return (*lines, *(f"note: {remark}" for remark in found.remarks))


def difference_lines(difference: Difference, *, verbose: bool = False) -> tuple[str, ...]:
    """Return what is to be said of one, with its files: 20 of them unless ``verbose``."""
    return tuple(_lines(difference, verbose=verbose))


def _lines(difference: Difference, *, verbose: bool) -> Iterator[str]:
    values = ((difference.there, "there"), (difference.here, "here"))
    sides = ", ".join(f"{value} {side}" for value, side in values if value)
    yield f"differs: {difference.distribution}: {difference.kind.value}: {sides}"
    shown = difference.files if verbose else difference.files[:_MOST_FILES]
    yield from (f"  {file}" for file in shown)
    left = len(difference.files) - len(shown)
    if left:
        yield f"  and {left} more (--verbose)"


def reproduced_line(outcome: Outcome, found: Reproduction) -> str:
    """Return the last line: whether it is the same, what was changed in the view, the digests."""
    actions = [str(action.get("action")) for action in found.plan]
    counts = [(actions.count(action), word) for action, word in _WORDS]
    said = [f"{number} {word}" for number, word in counts if number] or ["nothing to do"]
    if outcome.placed or outcome.retired:
        size = f"{outcome.size / _MEGABYTE:.1f} MB"
        said.append(f"{counted(range(outcome.placed), 'file')} in ({size}), {outcome.retired} out")
    if outcome.imports:
        good = sum(result.verdict.good for result in outcome.imports)
        said.append(f"{good} of {len(outcome.imports)} import")
    result = "done"
    if found.against:
        result = "not reproduced" if found.differences else f"reproduced, as {found.against} says"
    tree = f"; tree sha256:{outcome.receipt.digest}" if outcome.receipt is not None else ""
    system = f"; the system is untouched, sha256:{found.untouched}" if found.untouched else ""
    return f"{result}: {', '.join(said)} in {outcome.seconds:.1f} s{system}{tree}"

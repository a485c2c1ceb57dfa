"""What came out of a view: the inner run's lines, and its document, as values again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from syncsteps import errors
from syncsteps.errors import InterpreterError, SyncstepsError
from syncsteps.receipts import from_json, tree_digest, with_digests
from syncsteps.reproduce.model import Evidence, Tree
from syncsteps.reproduce.standard import listings_of
from syncsteps.smoke.model import ImportResult, SideEffects, Timing, Verdict
from syncsteps.verify.model import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Relay", "error_in", "evidence_in", "findings_in", "imports_in"]

_ERROR_LINE = re.compile(r"error ERR\d{3}: ")


class Relay:
    """Passes on the lines of the inner run, but for those that the outer one writes itself.

    These are the first (with ``known``: the target has been told), the last, and the error.
    """

    def __init__(self, tell: Callable[[str], None], *, known: bool) -> None:
        self._tell = tell
        self._left_out = ("target: ", "done: ") if known else ("done: ",)
        self._ended = False
        self.lines: list[str] = []

    def __call__(self, line: str) -> None:
        """Pass on ``line``, or not."""
        self.lines.append(line)
        self._ended = self._ended or _ERROR_LINE.match(line) is not None
        if not self._ended and not line.startswith(self._left_out):
            self._tell(line)


def error_in(document: Mapping[str, Any]) -> SyncstepsError | None:
    """Return the error that the inner run ended with, of its own kind, or None."""
    told = document.get("error")
    if told is None:
        return None
    kinds: dict[str, type[SyncstepsError]] = {
        kind.code: kind for kind in (getattr(errors, name) for name in errors.__all__)
    }
    kind = kinds.get(told["code"], InterpreterError)
    return kind(told["message"], hint=told["hint"], details=told["details"])


def findings_in(document: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Return what the rules found in the inner run."""
    return tuple(
        Finding(
            code=row["code"],
            severity=Severity(row["severity"]),
            subject=row["subject"],
            message=row["message"],
            hint=row["hint"],
        )
        for row in document["findings"]
    )


def imports_in(document: Mapping[str, Any]) -> tuple[ImportResult, ...]:
    """Return the verdicts of the inner run."""
    return tuple(_import(row) for row in document["imports"])


def _import(row: Mapping[str, Any]) -> ImportResult:
    plain = ("module", "exception", "advice", "library", "needed_by", "missing", "seconds")
    more = ("memory", "forked", "network", "tolerated")
    effects: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in row["effects"].items()
    }
    return ImportResult(
        distribution=row["distribution"],
        verdict=Verdict(row["verdict"]),
        modules=tuple(row["modules"]),
        frames=tuple(row["frames"]),
        doubts=tuple(row["doubts"]),
        timings=tuple(Timing(step=t["step"], seconds=t["seconds"]) for t in row["timings"]),
        effects=SideEffects(**effects),
        **{name: row[name] for name in (*plain, *more)},
    )


def evidence_in(document: Mapping[str, Any], told: Mapping[str, Any]) -> Evidence | None:
    """Return what the inner run has left, from its document and from what was collected after it.

    None where it left no receipt: there was nothing of the lock to be put in place.

    Raises:
        CheckError: it is damaged.
        KeyError, TypeError, ValueError: likewise.
    """
    if not told["receipt"]:
        return None
    trees = {
        name: Tree(
            listing=listing,
            scripts=tuple(
                (path, text.encode("latin-1"))
                for path, text in told["trees"].get(name, {}).get("scripts", ())
            ),
            record=told["trees"].get(name, {}).get("record", ""),
        )
        for name, listing in listings_of(document).items()
    }
    receipt = from_json(told["receipt"], file="the receipt in the view")
    return Evidence(
        # What was there before may not be any more what the receipt says.
        receipt=with_digests(receipt, {n: tree_digest(t.listing) for n, t in trees.items()}),
        executable=document["interpreter"]["executable"],
        trees=trees,
    )

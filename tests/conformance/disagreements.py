"""The table of cases in which an oracle is wrong, each with its evidence; it has to match exactly.

A difference that is not in the table fails, and so does an entry of the table that a compared case
does not show any more: then the oracle was mended, or syncsteps is wrong now.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomli

from tests.conformance.compare import Difference

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.conformance.compare import Compared

__all__ = ["TABLE", "Disagreement", "read_table", "unexplained"]

TABLE = Path(__file__).with_name("disagreements.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """What one oracle says otherwise of one lock, for these requests and targets (globs).

    ``oracle`` is a glob too, of the name with its version. ``ours`` and ``theirs`` are the pins
    that only one side has, as a `Difference` has them; ``why`` is the evidence.
    """

    lock: str
    oracle: str
    requests: tuple[str, ...]
    targets: tuple[str, ...]
    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    why: str

    def covers(self, lock: str, oracle: str, request: str, target: str) -> bool:
        """Return whether the case is one that the entry speaks of."""
        return (
            self.lock == lock
            and fnmatchcase(oracle, self.oracle)
            and any(fnmatchcase(request, glob) for glob in self.requests)
            and any(fnmatchcase(target, glob) for glob in self.targets)
        )


def read_table(path: Path = TABLE) -> tuple[Disagreement, ...]:
    """Return the entries of the table.

    Raises:
        TypeError: an entry lacks a key, or has one too many.
        ValueError: an entry has no evidence.
    """
    document = tomli.loads(path.read_text(encoding="utf-8"))
    entries = []
    for row in document.get("disagreement", []):
        fields: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in row.items()
        }
        entry = Disagreement(**fields)
        if not entry.why.strip():
            raise ValueError(f"{path.name}: an entry for {entry.lock} has no evidence")
        entries.append(entry)
    return tuple(entries)


def unexplained(result: Compared, table: Sequence[Disagreement]) -> tuple[Difference, ...]:
    """Return the differences of ``result`` that are not exactly what ``table`` says of their cases.

    A case in which the table expects a difference that is not there is returned as one with what
    was expected on the sides, and ``said`` telling so.
    """
    found = {(each.request, each.target): each for each in result.differences}
    wrong = []
    for case in result.seen:
        expected = [e for e in table if e.covers(result.lock, result.oracle, *case)]
        difference = found.get(case)
        ours, theirs = _all(e.ours for e in expected), _all(e.theirs for e in expected)
        if difference is None and expected:
            wrong.append(
                Difference(
                    lock=result.lock,
                    oracle=result.oracle,
                    request=case[0],
                    target=case[1],
                    ours=ours,
                    theirs=theirs,
                    said="this disagreement is in the table, and is not there any more",
                )
            )
        elif difference is not None and (difference.ours, difference.theirs) != (ours, theirs):
            wrong.append(difference)
    return tuple(wrong)


def _all(sides: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(sorted({pin for side in sides for pin in side}))

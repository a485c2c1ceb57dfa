"""The table of popular distributions: what is to be imported of each, and what comes of it."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

__all__ = ["POPULAR", "Popular", "read_popular"]

POPULAR = Path(__file__).parents[1] / "data" / "popular.tsv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Popular:
    """One distribution, as somebody has looked at it by hand.

    ``verdict`` is what importing it comes to on a system without ``needs``: shared libraries that
    are not in its wheels. Each is a tuple of names of which one will do. ``says`` is a part of the
    message where one is missing.
    """

    name: str
    version: str
    verdict: str
    modules: tuple[str, ...]
    below: tuple[str, ...]
    needs: tuple[tuple[str, ...], ...]
    says: str


def read_popular() -> tuple[Popular, ...]:
    """Return the rows of the table, in its order."""
    with POPULAR.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", restval="")
        return tuple(
            Popular(
                name=row["name"],
                version=row["version"],
                verdict=row["verdict"],
                modules=tuple(row["modules"].split()),
                below=tuple(row["below"].split()),
                needs=tuple(tuple(each.split("|")) for each in row["needs"].split()),
                says=row["says"],
            )
            for row in rows
        )

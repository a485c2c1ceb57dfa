"""Directories that a commit can rename as a whole, in place of each of their files."""

from __future__ import annotations

import os
from collections import defaultdict
from typing import TYPE_CHECKING

from syncsteps.commit.filesystem import FileSystem, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from syncsteps.commit.journal import Batch
    from syncsteps.commit.listing import Listing

__all__ = ["whole_directories"]


def whole_directories(
    directories: Iterable[str], place: Iterable[Batch], listing: Listing, files: FileSystem
) -> dict[str, str]:
    """Return which of the new ``directories`` may be renamed from where they were staged.

    Keys are targets, values sources; no target lies in another. Such a source holds exactly the
    files that ``place`` has for the target, under their names, all the way down, and its
    directories have the mode that those of a commit have.

    Raises:
        OSError: a staged directory cannot be looked into.
    """
    new = set(directories)
    batches: defaultdict[str, list[Batch]] = defaultdict(list)
    for batch in place:
        batches[batch.target].append(batch)
    inner: defaultdict[str, list[str]] = defaultdict(list)
    for directory in new:
        parent, _, name = directory.rpartition(os.sep)
        inner[parent].append(name)
    sources: dict[str, str] = {}
    for target in sorted(new, key=len, reverse=True):
        source = _source_of(target, batches[target], inner[target], sources)
        if source is not None and _is_exactly(
            source, batches[target], inner[target], listing, files
        ):
            sources[target] = source
    return {t: s for t, s in sources.items() if t.rpartition(os.sep)[0] not in sources}


def _source_of(
    target: str, batches: Iterable[Batch], inner: Iterable[str], sources: Mapping[str, str]
) -> str | None:
    """Return the one directory that all in ``target`` comes from under its name, or None."""
    found: set[str | None] = {None if batch.originals else batch.source for batch in batches}
    for name in inner:
        parent, _, own = sources.get(f"{target}{os.sep}{name}", "").rpartition(os.sep)
        found.add(parent if own == name else None)
    return found.pop() if len(found) == 1 else None


def _is_exactly(
    source: str,
    batches: Iterable[Batch],
    inner: Iterable[str],
    listing: Listing,
    files: FileSystem,
) -> bool:
    there = listing.names(source)
    wanted = set(inner).union(*(batch.names for batch in batches))
    return (
        there.keys() == wanted
        # That what comes is files, has been made sure of before.
        and all(there[name] is Kind.DIRECTORY for name in inner)
        and files.is_as_made(source)
    )

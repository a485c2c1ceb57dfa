"""Planning a commit: a change, checked against what is there, as a journal. Writes nothing."""
# ruff: noqa: PTH100, PTH118, PTH120 - `Path` takes too long for tens of thousands of files

from __future__ import annotations

import itertools
import os
import secrets
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from syncsteps.commit.filesystem import REAL, FileSystem, Kind
from syncsteps.commit.journal import Batch, Journal
from syncsteps.commit.listing import Listing
from syncsteps.commit.territory import Territory
from syncsteps.commit.whole import whole_directories
from syncsteps.errors import CommitError, InterpreterError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from syncsteps.commit.model import Change, Coming

__all__ = ["Draft", "draw_up"]

_MOST_SHOWN = 5
_NO_NAMES = frozenset({"", ".", ".."})
# Asking an enumeration for a member takes longer than all else that is done with most files.
_FILE, _LINK = Kind.FILE, Kind.LINK


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A commit that can be begun.

    ``whole`` are the new directories that can be renamed instead of each file in them: targets, and
    where they were staged.
    """

    journal: Journal
    whole: Mapping[str, str]


def draw_up(
    change: Change, *, state: Path, roots: tuple[Path, ...], files: FileSystem = REAL
) -> Draft:
    """Check ``change`` against what is there, and return it as a journal. Writes nothing.

    Raises:
        CommitError: something would be changed outside of ``roots``, overwritten, or cannot be.
        InterpreterError: this process may not write to a directory that is to be changed.
        OSError: what is there cannot be looked at.
    """
    everywhere = (*roots, state)
    listing = Listing(files)
    retire = _retire(change.retire, Territory(everywhere), listing)
    gone = frozenset(retire)
    territory = Territory(everywhere, gone=gone)
    place = _place(change, territory, listing)
    directories = _directories(place, gone, files)
    emptied = _refuse_overwriting(place, gone, directories, listing, files)
    journal = Journal(
        nonce=secrets.token_hex(4),
        retire=tuple(map(Path, retire)),
        emptied=tuple((Path(path), files.mode(Path(path))) for path in emptied),
        directories=directories,
        place=place,
        remove_empty=_remove_empty(change, map(Path, retire), territory),
    )
    _refuse_unwritable(journal, files)
    return Draft(journal=journal, whole=whole_directories(directories, place, listing, files))


def _retire(paths: Iterable[Path], territory: Territory, listing: Listing) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for path in paths:
        location = _locate(os.fspath(path), territory)
        kind = listing.kind(location)
        if kind is None:
            continue
        if kind is not _FILE and kind is not _LINK:
            raise CommitError(f"{path} is to be removed, but it is a {kind.value}, not a file")
        found[location] = None
    return tuple(found)


def _place(change: Change, territory: Territory, listing: Listing) -> tuple[Batch, ...]:
    """Return what comes by the directories that it comes from and goes to, outer ones first."""
    sources: defaultdict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for each in change.place:
        origin, _, own = os.fspath(each.source).rpartition(os.sep)
        parent, _, name = os.fspath(each.target).rpartition(os.sep)
        sources[parent, origin][name] = own
    batches = []
    full = tuple(map(os.fspath, change.full))
    for (parent, origin), names in sources.items():
        known = listing.take(origin, names.values(), below=full)
        originals = tuple(names.values())
        batch = Batch(
            source=origin if known else os.path.abspath(origin or os.sep),
            target=_directory(parent, names, territory),
            names=tuple(names),
            originals=() if originals == tuple(names) else originals,
        )
        if not known:
            _refuse_unmovable(batch, listing)
        batches.append(batch)
    batches.sort(key=lambda batch: batch.target)
    if sum(map(len, _names(batches).values())) != len(change.place):
        raise _double(change.place, territory)
    return tuple(batches)


def _directory(parent: str, names: Collection[str], territory: Territory) -> str:
    """Return where ``parent`` really lies, in which ``names`` may be placed."""
    odd = _NO_NAMES.intersection(names)
    name = min(odd) if odd else next(iter(names))
    return _locate(f"{parent}{os.sep}{name}", territory).rpartition(os.sep)[0] or os.sep


def _names(batches: Iterable[Batch]) -> Mapping[str, set[str]]:
    """Return the names of what comes into each directory."""
    names: defaultdict[str, set[str]] = defaultdict(set)
    for batch in batches:
        names[batch.target].update(batch.names)
    return names


def _refuse_unmovable(batch: Batch, listing: Listing) -> None:
    there = listing.names(batch.source).items()
    movable = {name for name, kind in there if kind is _FILE or kind is _LINK}
    for name in sorted(set(batch.originals or batch.names) - movable):
        path = os.path.join(batch.source, name)
        raise CommitError(f"{path} is to be placed, but it is not a file")


def _double(coming: Iterable[Coming], territory: Territory) -> CommitError:
    sources: defaultdict[str, list[str]] = defaultdict(list)
    for each in coming:
        sources[territory.locate(os.fspath(each.target))].append(os.fspath(each.source))
    target, found = next(item for item in sources.items() if len(item[1]) > 1)
    return CommitError(f"two files are to be placed at {target}: {' and '.join(found)}")


def _locate(path: str, territory: Territory) -> str:
    try:
        location = territory.locate(path)
    except ValueError as error:
        raise CommitError(f"nothing was changed: {error}") from error
    if not territory.holds(location):
        where = f"{path}" if location == path else f"{path} (which is {location})"
        raise CommitError(
            f"{where} is outside of the interpreter's directories, so it is not touched",
            details=[f"interpreter's directory: {root}" for root in territory.roots],
        )
    return location


def _directories(
    place: Iterable[Batch], gone: frozenset[str], files: FileSystem
) -> tuple[str, ...]:
    """Return the directories that are to be made, outer ones first."""
    missing: dict[str, bool] = {}

    def is_missing(path: str) -> bool:
        found = missing.get(path)
        if found is None:
            parent = os.path.dirname(path)
            if path in gone or (parent != path and is_missing(parent)):
                found = True
            else:
                kind = files.kind(Path(path))
                if kind is not None and kind is not Kind.DIRECTORY:
                    target = os.path.join(batch.target, batch.names[0])
                    raise CommitError(f"{target} cannot be placed: {path} is a {kind.value}")
                found = kind is None
            missing[path] = found
        return found

    for batch in place:
        is_missing(batch.target)
    found = (path for path, is_new in missing.items() if is_new)
    return tuple(sorted(found, key=lambda path: (path.count(os.sep), path)))


def _refuse_overwriting(
    place: Iterable[Batch],
    gone: frozenset[str],
    directories: Iterable[str],
    listing: Listing,
    files: FileSystem,
) -> tuple[str, ...]:
    """Return the directories that go before a file can come, inner ones first."""
    new = frozenset(directories)
    names = _names(place)
    for path in new:
        parent, name = os.path.split(path)
        if name in names.get(parent, ()):
            raise CommitError(f"{path} is to be both a file and a directory")
    emptied: list[str] = []
    for directory in names.keys() - new:
        for name in sorted(names[directory]):
            emptied += _making_way(directory, name, gone, listing, files)
    for directory in names.keys() & set(emptied):
        target = os.path.join(directory, min(names[directory]))
        raise CommitError(f"{target} is to lie in a directory in whose place a file comes")
    return tuple(emptied)


def _making_way(
    directory: str, name: str, gone: frozenset[str], listing: Listing, files: FileSystem
) -> list[str]:
    """Return the directories that go for a file to come, inner ones first.

    Raises:
        CommitError: something else is in its way.
    """
    target = os.path.join(directory, name)
    found = "" if target in gone else _in_the_way(directory, name, listing, files)
    if not found or os.path.join(directory, found) in gone:
        return []
    kind = listing.names(directory)[found]
    inside = _emptied(target, gone, listing) if found == name else None
    if kind is Kind.DIRECTORY and inside is not None:
        return inside
    raise CommitError(
        f"{target} is in the way: a {kind.value} that no distribution to be removed owns",
        hint="find out what put it there; syncsteps does not overwrite it",
    )


def _emptied(directory: str, gone: frozenset[str], listed: Listing) -> list[str] | None:
    """Return ``directory`` and those below it, inner ones first, if all their files are gone.

    None where something else is in one of them, or nothing at all: then it is somebody's.
    """
    found: list[str] = []
    names = listed.names(directory)
    if not names:
        return None
    for name, kind in names.items():
        path = f"{directory}{os.sep}{name}"
        inside = _emptied(path, gone, listed) if kind is Kind.DIRECTORY else []
        if inside is None or (kind is not Kind.DIRECTORY and path not in gone):
            return None
        found += inside
    return [*found, directory]


def _in_the_way(directory: str, name: str, listing: Listing, files: FileSystem) -> str:
    """Return the name in ``directory`` that ``name`` would be put over, empty for none.

    It can have another case, on a file system to which that makes no difference.
    """
    if name in listing.names(directory):
        return name
    other = listing.alike(directory, name)
    return other if other and files.kind(Path(directory, name)) is not None else ""


def _remove_empty(change: Change, retire: Iterable[Path], territory: Territory) -> tuple[Path, ...]:
    tops = frozenset(Path(territory.directory(os.fspath(top))) for top in change.remove_empty)
    stops = tops | frozenset(map(Path, territory.roots))
    located = (territory.locate(os.fspath(path)) for path in change.made)
    made = {Path(path) for path in located if territory.holds(path)}
    candidates: set[Path] = set()
    for inner in {path.parent for path in retire}:
        above = (inner, *inner.parents)
        candidates.update(itertools.takewhile(lambda path: path in made, above))
        chain = tuple(itertools.takewhile(lambda path: path not in stops, above))
        end = chain[-1].parent if chain else inner
        if end in tops or not tops.isdisjoint(end.parents):
            candidates.update(chain)
    return tuple(sorted(candidates, key=lambda path: (-len(path.parts), path)))


def _refuse_unwritable(journal: Journal, files: FileSystem) -> None:
    """Make sure of what a rename needs, so that a half of the change is not begun in vain."""
    changed = (
        *map(os.fspath, journal.retire),
        *journal.directories,
        *(os.fspath(path) for path, _ in journal.emptied),
    )
    parents = {os.path.dirname(path) for path in changed}
    parents |= {batch.target for batch in journal.place}
    parents -= set(journal.directories)
    closed = [path for path in sorted(parents) if not files.may_change(Path(path))]
    if closed:
        raise InterpreterError(
            f"nothing was changed: this user may not write to {closed[0]}"
            + (f" and {len(closed) - 1} other directories" if len(closed) > 1 else ""),
            hint="run as the user who owns them, or as root",
            details=closed[:_MOST_SHOWN],
        )

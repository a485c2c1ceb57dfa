"""Planning a commit: a change, checked against what is there, as a journal. Writes nothing."""

from __future__ import annotations

import itertools
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from syncsteps.commit.filesystem import REAL, FileSystem, Kind, fold
from syncsteps.commit.journal import Journal
from syncsteps.commit.listing import Listing
from syncsteps.commit.territory import Territory
from syncsteps.errors import CommitError, InterpreterError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from syncsteps.commit.model import Change, Placement

__all__ = ["draw_up"]

_MOVABLE = frozenset({Kind.FILE, Kind.LINK})
_MOST_SHOWN = 5


def draw_up(
    change: Change, *, state: Path, roots: tuple[Path, ...], files: FileSystem = REAL
) -> Journal:
    """Check ``change`` against what is there, and return it as a journal. Writes nothing.

    Raises:
        CommitError: something would be changed outside of ``roots``, overwritten, or cannot be.
        InterpreterError: this process may not write to a directory that is to be changed.
        OSError: what is there cannot be looked at.
    """
    everywhere = (*roots, state)
    retire = _retire(change.retire, Territory(everywhere), files)
    gone = frozenset(map(os.fspath, retire))
    territory = Territory(everywhere, gone=frozenset(retire))
    place = _place(change.place, territory, files)
    directories = _directories(place, gone, files)
    emptied = _refuse_overwriting(place, gone, directories, files)
    journal = Journal(
        nonce=secrets.token_hex(4),
        retire=retire,
        emptied=tuple((Path(path), files.mode(Path(path))) for path in emptied),
        directories=tuple(Path(path) for path in directories),
        place=place,
        remove_empty=_remove_empty(change, retire, territory),
    )
    _refuse_unwritable(journal, files)
    return journal


def _retire(paths: Iterable[Path], territory: Territory, files: FileSystem) -> tuple[Path, ...]:
    found: dict[str, Path] = {}
    listed = Listing(files)
    for path in paths:
        location = _locate(path, territory)
        kind = listed.kind(os.fspath(location))
        if kind is None:
            continue
        if kind not in _MOVABLE:
            raise CommitError(f"{path} is to be removed, but it is a {kind.value}, not a file")
        found[os.fspath(location)] = location
    return tuple(found.values())


def _place(
    placements: Iterable[Placement], territory: Territory, files: FileSystem
) -> tuple[tuple[str, str], ...]:
    sources: dict[str, str] = {}
    parents: dict[str, str] = {}
    listed = Listing(files)
    for placement in placements:
        parent, _, name = os.fspath(placement.target).rpartition(os.sep)
        if parent not in parents or name == "..":
            parents[parent] = os.fspath(_locate(placement.target, territory).parent)
        target = f"{parents[parent]}{os.sep}{name}"
        source = os.fspath(placement.source)
        if not os.path.isabs(source):  # noqa: PTH117 - `Path` is slow for so many
            source = os.fspath(placement.source.absolute())
        other = sources.setdefault(target, source)
        if other is not source:
            raise CommitError(f"two files are to be placed at {target}: {other} and {source}")
        if listed.kind(source) not in _MOVABLE:
            raise CommitError(f"{source} is to be placed, but it is not a file")
    return tuple((source, target) for target, source in sources.items())


def _locate(path: Path, territory: Territory) -> Path:
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
    place: Iterable[tuple[str, str]], gone: frozenset[str], files: FileSystem
) -> tuple[str, ...]:
    there: set[str] = set()
    missing: set[str] = set()
    for _, target in place:
        path = target.rpartition(os.sep)[0]
        while path not in there and path not in missing:
            kind = None if path in gone else files.kind(Path(path))
            if kind is Kind.DIRECTORY:
                there.add(path)
                break
            if kind is not None:
                raise CommitError(f"{target} cannot be placed: {path} is a {kind.value}")
            missing.add(path)
            path = path.rpartition(os.sep)[0]
    return tuple(sorted(missing, key=lambda path: (path.count(os.sep), path)))


def _refuse_overwriting(
    place: Iterable[tuple[str, str]],
    gone: frozenset[str],
    directories: Iterable[str],
    files: FileSystem,
) -> tuple[str, ...]:
    """Return the directories that go before a file can come, inner ones first."""
    new = frozenset(directories)
    listed = Listing(files)
    emptied: list[str] = []
    for _, target in place:
        if target in new:
            raise CommitError(f"{target} is to be both a file and a directory")
        parent, _, name = target.rpartition(os.sep)
        if target in gone or parent in new:
            continue
        found = _in_the_way(parent, name, listed.names(parent), files)
        if found and f"{parent}{os.sep}{found}" not in gone:
            kind = listed.names(parent)[found]
            inside = _emptied(target, gone, listed) if found == name else None
            if kind is Kind.DIRECTORY and inside is not None:
                emptied += inside
                continue
            raise CommitError(
                f"{target} is in the way: a {kind.value} that no distribution to be removed owns",
                hint="find out what put it there; syncsteps does not overwrite it",
            )
    for _, target in place:
        if emptied and target.rpartition(os.sep)[0] in emptied:
            raise CommitError(f"{target} is to lie in a directory in whose place a file comes")
    return tuple(emptied)


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


def _in_the_way(parent: str, name: str, names: dict[str, Kind], files: FileSystem) -> str:
    """Return the name in ``parent`` that ``name`` would be put over, empty for none.

    It can have another case, on a file system to which that makes no difference.
    """
    if name in names:
        return name
    folded = fold(name)
    other = next((each for each in names if fold(each) == folded), "")
    return other if other and files.kind(Path(parent, name)) is not None else ""


def _remove_empty(change: Change, retire: Iterable[Path], territory: Territory) -> tuple[Path, ...]:
    tops = frozenset(territory.locate(top / "name").parent for top in change.remove_empty)
    stops = tops | frozenset(territory.roots)
    made = {path for path in map(territory.locate, change.made) if territory.holds(path)}
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
    new = {os.fspath(path) for path in journal.directories}
    directories = (*journal.directories, *(path for path, _ in journal.emptied))
    changed = (*map(os.fspath, (*journal.retire, *directories)), *_targets(journal))
    parents = {path.rpartition(os.sep)[0] or os.sep for path in changed} - new
    closed = [path for path in sorted(parents) if not files.may_change(Path(path))]
    if closed:
        raise InterpreterError(
            f"nothing was changed: this user may not write to {closed[0]}"
            + (f" and {len(closed) - 1} other directories" if len(closed) > 1 else ""),
            hint="run as the user who owns them, or as root",
            details=closed[:_MOST_SHOWN],
        )


def _targets(journal: Journal) -> Iterable[str]:
    return (target for _, target in journal.place)

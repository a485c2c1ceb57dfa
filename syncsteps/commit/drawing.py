"""Planning a commit: a change, checked against what is there, as a journal. Writes nothing."""

from __future__ import annotations

import itertools
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from syncsteps.commit.filesystem import REAL, FileSystem, Kind, fold
from syncsteps.commit.journal import Journal
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
    directories = _directories((target for _, target in place), gone, files)
    _refuse_overwriting(place, gone, directories, files)
    journal = Journal(
        nonce=secrets.token_hex(4),
        retire=retire,
        directories=tuple(Path(path) for path in directories),
        place=place,
        remove_empty=_remove_empty(change, retire, territory),
    )
    _refuse_unwritable(journal, files)
    return journal


def _retire(paths: Iterable[Path], territory: Territory, files: FileSystem) -> tuple[Path, ...]:
    found: dict[Path, None] = {}
    for path in paths:
        location = _locate(path, territory)
        kind = files.kind(location)
        if kind is None:
            continue
        if kind not in _MOVABLE:
            raise CommitError(f"{path} is to be removed, but it is a {kind.value}, not a file")
        found[location] = None
    return tuple(found)


def _place(
    placements: Iterable[Placement], territory: Territory, files: FileSystem
) -> tuple[tuple[Path, Path], ...]:
    pairs: list[tuple[Path, Path]] = []
    sources: dict[str, Path] = {}
    staged: dict[str, dict[str, Kind]] = {}
    for placement in placements:
        target = _locate(placement.target, territory)
        source = placement.source if placement.source.is_absolute() else placement.source.absolute()
        other = sources.setdefault(os.fspath(target), source)
        if other is not source:
            raise CommitError(f"two files are to be placed at {target}: {other} and {source}")
        parent, name = os.path.split(source)
        if parent not in staged:
            staged[parent] = files.kinds(Path(parent))
        if staged[parent].get(name) not in _MOVABLE:
            raise CommitError(f"{source} is to be placed, but it is not a file")
        pairs.append((source, target))
    return tuple(pairs)


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
    targets: Iterable[Path], gone: frozenset[str], files: FileSystem
) -> tuple[str, ...]:
    there: set[str] = set()
    missing: set[str] = set()
    for target in targets:
        path = os.path.dirname(target)  # noqa: PTH120 - there are many thousand
        while path not in there and path not in missing:
            kind = None if path in gone else files.kind(Path(path))
            if kind is Kind.DIRECTORY:
                there.add(path)
                break
            if kind is not None:
                raise CommitError(f"{target} cannot be placed: {path} is a {kind.value}")
            missing.add(path)
            path = os.path.dirname(path)  # noqa: PTH120 - as above
    return tuple(sorted(missing, key=lambda path: (path.count(os.sep), path)))


def _refuse_overwriting(
    place: Iterable[tuple[Path, Path]],
    gone: frozenset[str],
    directories: Iterable[str],
    files: FileSystem,
) -> None:
    new = frozenset(directories)
    there: dict[str, _Names] = {}
    for _, path in place:
        target = os.fspath(path)
        if target in new:
            raise CommitError(f"{target} is to be both a file and a directory")
        parent, name = os.path.split(target)
        if target in gone or parent in new:
            continue
        if parent not in there:
            there[parent] = _Names(Path(parent), files)
        found = there[parent].find(name)
        if found is not None and f"{parent}{os.sep}{found}" not in gone:
            raise CommitError(
                f"{target} is in the way: a {there[parent].kinds[found].value} that no distribution"
                " to be removed owns",
                hint="find out what put it there; syncsteps does not overwrite it",
            )


class _Names:
    """The names in a directory, of a file system that may not tell upper from lower case."""

    def __init__(self, directory: Path, files: FileSystem) -> None:
        self.kinds = files.kinds(directory)
        self._folded = {fold(name): name for name in self.kinds}
        self._directory = directory
        self._files = files

    def find(self, name: str) -> str | None:
        """Return the name that there is for ``name``, in whatever case; None for nothing."""
        if name in self.kinds:
            return name
        other = self._folded.get(fold(name))
        if other is None or self._files.kind(self._directory / name) is None:
            return None
        return other


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
    changed = (*journal.retire, *journal.directories, *(target for _, target in journal.place))
    parents = {os.path.dirname(path) for path in changed} - new  # noqa: PTH120 - many thousand
    closed = [path for path in sorted(parents) if not files.may_change(Path(path))]
    if closed:
        raise InterpreterError(
            f"nothing was changed: this user may not write to {closed[0]}"
            + (f" and {len(closed) - 1} other directories" if len(closed) > 1 else ""),
            hint="run as the user who owns them, or as root",
            details=closed[:_MOST_SHOWN],
        )

"""The swap: plan it without a write, write it down, do it, record it; or undo it."""

from __future__ import annotations

import itertools
import secrets
from typing import TYPE_CHECKING

from syncsteps.commit.filesystem import REAL, FileSystem, Kind, move
from syncsteps.commit.journal import Journal, JournalDirectory
from syncsteps.commit.model import Outcome
from syncsteps.commit.recovery import finish, flush_all, pending, settle
from syncsteps.commit.territory import Territory
from syncsteps.errors import CommitError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from syncsteps.commit.model import Change, Placement, Recovery

__all__ = ["commit", "draw_up"]

_MOVABLE = frozenset({Kind.FILE, Kind.LINK})


def commit(
    change: Change, *, state: Path, roots: tuple[Path, ...], files: FileSystem = REAL
) -> None:
    """Do all of ``change``, or nothing of it.

    ``state`` is the interpreter's state directory; it must exist, and the caller must hold the
    interpreter's lock. Nothing outside ``roots`` and ``state`` is changed, links resolved. Modes
    are kept, new directories get 0755. Whatever kills this process, and where the system can sync
    (not Windows) even a loss of power, `recover` afterwards brings back the old state or completes
    the new one.

    Any exception rolls back first. A KeyboardInterrupt is raised again after that, or, when it
    came too late, after the commit has been completed.

    Raises:
        CommitError: the old state is back, or was never left.
        RecoveryError: the commit failed, and so did undoing it; the journal is still there.
    """
    try:
        if pending(state, files=files):
            raise CommitError(
                f"an earlier commit was cut off and has not been recovered: {state}",
                hint="run 'syncsteps recover'",
            )
        journal = draw_up(change, state=state, roots=roots, files=files)
    except OSError as error:
        raise CommitError(f"the commit cannot begin, nothing was changed: {error}") from error
    if not journal.retire and not journal.place:
        return
    directory = JournalDirectory.of(state)
    try:
        _carry_out(journal, directory, (*roots, state), files)
        directory.record(files)
    except BaseException as error:
        recovery = _settle_firmly(state, roots=roots, files=files)
        if not isinstance(error, Exception):
            raise
        if recovery is None or recovery.outcome is not Outcome.FINISHED:
            raise CommitError(
                f"the commit failed and was rolled back, nothing is changed: {error}",
                hint="remove the cause and sync again",
            ) from error
    else:
        _finish_firmly(journal, state=state, roots=roots, files=files)


def draw_up(
    change: Change, *, state: Path, roots: tuple[Path, ...], files: FileSystem = REAL
) -> Journal:
    """Check ``change`` against what is there, and return it as a journal. Writes nothing.

    Raises:
        CommitError: something would be changed outside of ``roots``, overwritten, or cannot be.
        OSError: what is there cannot be looked at.
    """
    everywhere = (*roots, state)
    retire = _retire(change.retire, Territory(everywhere), files)
    territory = Territory(everywhere, gone=frozenset(retire))
    place = _place(change.place, territory, files)
    gone = frozenset(retire)
    directories = _directories((target for _, target in place), gone, files)
    _refuse_overwriting([target for _, target in place], gone, frozenset(directories), files)
    return Journal(
        nonce=secrets.token_hex(4),
        retire=retire,
        directories=directories,
        place=place,
        remove_empty=_remove_empty(change.remove_empty, retire, territory),
    )


def _carry_out(
    journal: Journal, directory: JournalDirectory, roots: tuple[Path, ...], files: FileSystem
) -> None:
    directory.begin(journal, files)
    files.make_directory(directory.retired)
    for number, path in enumerate(journal.retire):
        copy = directory.retired / str(number)
        move(path, copy, temporary=copy.with_suffix(".tmp"), files=files)
    for path in journal.directories:
        files.make_directory(path)
    for number, (source, target) in enumerate(journal.place):
        move(source, target, temporary=journal.placing(number), files=files)
    flush_all(roots, files)


def _settle_firmly(state: Path, *, roots: tuple[Path, ...], files: FileSystem) -> Recovery | None:
    try:
        return settle(state, roots=roots, files=files)
    except KeyboardInterrupt:
        # A second Ctrl-C out of impatience; one more of them, and the next start recovers.
        settle(state, roots=roots, files=files)
        raise


def _finish_firmly(
    journal: Journal, *, state: Path, roots: tuple[Path, ...], files: FileSystem
) -> None:
    try:
        finish(journal, JournalDirectory.of(state), files)
    except OSError:
        settle(state, roots=roots, files=files)
    except BaseException:
        _settle_firmly(state, roots=roots, files=files)
        raise


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
    sources: dict[Path, Path] = {}
    for placement in placements:
        target = _locate(placement.target, territory)
        if target in sources:
            raise CommitError(
                f"two files are to be placed at {target}: {sources[target]} and {placement.source}"
            )
        if files.kind(placement.source) not in _MOVABLE:
            raise CommitError(f"{placement.source} is to be placed, but it is not a file")
        sources[target] = placement.source.absolute()
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
    targets: Iterable[Path], gone: frozenset[Path], files: FileSystem
) -> tuple[Path, ...]:
    there: set[Path] = set()
    missing: set[Path] = set()
    for target in targets:
        for path in target.parents:
            if path in there or path in missing:
                break
            kind = None if path in gone else files.kind(path)
            if kind is Kind.DIRECTORY:
                there.add(path)
                break
            if kind is not None:
                raise CommitError(f"{target} cannot be placed: {path} is a {kind.value}")
            missing.add(path)
    return tuple(sorted(missing, key=lambda path: (len(path.parts), path)))


def _refuse_overwriting(
    targets: Sequence[Path],
    gone: frozenset[Path],
    directories: frozenset[Path],
    files: FileSystem,
) -> None:
    for target in targets:
        if target in directories:
            raise CommitError(f"{target} is to be both a file and a directory")
        if target in gone or target.parent in directories:
            continue
        kind = files.kind(target)
        if kind is not None:
            raise CommitError(
                f"{target} is in the way: a {kind.value} that no distribution to be removed owns",
                hint="find out what put it there; syncsteps does not overwrite it",
            )


def _remove_empty(
    below: Iterable[Path], retire: Iterable[Path], territory: Territory
) -> tuple[Path, ...]:
    tops = frozenset(territory.locate(top / "name").parent for top in below)
    stops = tops | frozenset(territory.roots)
    candidates: set[Path] = set()
    for inner in {path.parent for path in retire}:
        chain = tuple(itertools.takewhile(lambda path: path not in stops, (inner, *inner.parents)))
        end = chain[-1].parent if chain else inner
        if end in tops or not tops.isdisjoint(end.parents):
            candidates.update(chain)
    return tuple(sorted(candidates, key=lambda path: (-len(path.parts), path)))

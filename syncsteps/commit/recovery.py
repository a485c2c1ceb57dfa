"""Undo or finish a commit that was cut off, by its journal."""

from __future__ import annotations

import errno
import functools
import os
from pathlib import Path
from typing import TYPE_CHECKING

from syncsteps.commit.filesystem import REAL, FileSystem, Kind, fold, move, remove_tree
from syncsteps.commit.journal import Journal, JournalDirectory, JournalFormatError
from syncsteps.commit.model import Outcome, Recovery
from syncsteps.commit.territory import Territory
from syncsteps.errors import RecoveryError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["STAGE_PREFIX", "pending", "recover", "settle", "unsettled"]

STAGE_PREFIX = "stage-"


def pending(state: Path, *, files: FileSystem = REAL) -> bool:
    """Whether ``state`` holds the journal of a commit that was cut off."""
    return files.kind(JournalDirectory.of(state).path) is not None


def unsettled(state: Path, *, files: FileSystem = REAL) -> bool:
    """Whether ``state`` holds anything that `recover` would see to.

    That can also be the journal or the stage of a sync that is running: who holds the lock knows.
    """
    return pending(state, files=files) or any(
        name.startswith(STAGE_PREFIX) for name in files.names(state)
    )


def recover(state: Path, *, roots: tuple[Path, ...], files: FileSystem = REAL) -> Recovery | None:
    """Bring an interpreter back to exactly the old state, or on to exactly the new one.

    ``state`` is the interpreter's state directory, ``roots`` the directories that a commit may
    change. Before the commit record was written the old state comes back, after it the new one is
    completed. Staging directories in ``state`` are removed: only the holder of the interpreter's
    lock makes one, and the caller holds that lock now, so none of them is in use.

    Returns None where there was nothing to do, and then nothing has been touched. May be cut off
    and called again.

    Raises:
        RecoveryError: the journal cannot be understood, or what it asks for cannot be done.
            Nothing that is still needed has been removed.
    """
    recovery = settle(state, roots=roots, files=files)
    try:
        stages = tuple(state / name for name in files.names(state) if name.startswith(STAGE_PREFIX))
        for stage in stages:
            remove_tree(stage, files)
    except OSError as error:
        raise RecoveryError(
            f"a staging directory of an earlier sync cannot be removed: {error}",
            hint=f"remove {state / STAGE_PREFIX}* by hand",
        ) from error
    if not stages:
        return recovery
    if recovery is None:
        return Recovery(outcome=Outcome.CLEARED, stages=stages)
    return Recovery(outcome=recovery.outcome, files=recovery.files, stages=stages)


def settle(state: Path, *, roots: tuple[Path, ...], files: FileSystem = REAL) -> Recovery | None:
    """Do what `recover` does, but leave staging directories alone.

    Raises:
        RecoveryError: as `recover`.
    """
    directory = JournalDirectory.of(state)
    try:
        names = set(files.names(directory.path))
        if files.kind(directory.path) is None:
            return None
        _refuse_strangers(directory, names)
        if directory.committed.name in names:
            journal = _read(directory.committed, (*roots, state), files)
            finish(journal, directory, files)
            return Recovery(outcome=Outcome.FINISHED, files=journal.total)
        if directory.journal.name in names:
            journal = _read(directory.journal, (*roots, state), files)
            restored = _undo(journal, directory, roots=(*roots, state), files=files)
            return Recovery(outcome=Outcome.UNDONE, files=restored)
        if files.names(directory.retired):
            raise RecoveryError(
                f"{directory.retired} holds files of the interpreter, but no journal says which",
                hint="move them back by hand, then remove the directory",
            )
        directory.clear(files)
    except OSError as error:
        raise RecoveryError(
            f"the interrupted commit in {directory.path} cannot be recovered: {error}",
            hint="remove the cause, then run 'syncsteps recover'",
            details=_whereabouts(directory),
        ) from error
    return Recovery(outcome=Outcome.CLEARED)


def finish(journal: Journal, directory: JournalDirectory, files: FileSystem) -> None:
    """Clear away what a recorded commit no longer needs."""
    for path in journal.remove_empty:
        files.remove_directory(path)
    directory.clear(files)


def _undo(
    journal: Journal, directory: JournalDirectory, *, roots: tuple[Path, ...], files: FileSystem
) -> int:
    """Restore the old state; return how many files were brought back.

    What is found at a path that the commit wanted to change is its own doing exactly if all that
    it had to retire first, on the way down to that path and at the path itself, has been retired
    and has not been brought back yet; but for a file that somebody else has put there since, while
    the one that was to come is still where it was staged. So this may be cut off and started again
    anywhere.
    """
    away = {
        path: number
        for number, path in enumerate(journal.retire)
        if files.kind(directory.retired / str(number)) is not None
    }
    # Where case does not matter, the file that comes can have the name of one that is still there.
    waiting = {fold(str(path)) for path in journal.retire if path not in away}

    @functools.cache
    def ours(path: Path) -> bool:
        return fold(str(path)) not in waiting and (path.parent == path or ours(path.parent))

    _remove_what_came(journal, ours, files)
    for path, _ in reversed(journal.emptied):
        kind = files.kind(path)
        if kind is None:
            files.make_directory(path)
        elif kind is not Kind.DIRECTORY:
            raise NotADirectoryError(errno.ENOTDIR, "Somebody has put this here", str(path))
    for path, number in reversed(away.items()):
        move(
            directory.retired / str(number),
            path,
            temporary=functools.partial(journal.restoring, number),
            files=files,
        )
    for path, mode in journal.emptied:
        files.set_mode(path, mode)
    for name in files.names(directory.retired):
        files.remove(directory.retired / name)
    files.remove_directory(directory.retired)
    flush_all(roots, files)
    files.remove(directory.journal)
    files.sync_directory(directory.path)
    directory.clear(files)
    return len(away)


def _remove_what_came(journal: Journal, ours: Callable[[Path], bool], files: FileSystem) -> None:
    for number, origin, place in reversed(tuple(journal.placements())):
        source, target = Path(origin), Path(place)
        if ours(target):
            files.remove(journal.placing(number, target))
            if _was_placed(source, target, files):
                files.remove(target)
    for path in map(Path, reversed(journal.directories)):
        if ours(path):
            # Whoever has imported something in the meantime has left this there.
            remove_tree(path / "__pycache__", files)
            files.remove_directory(path)


def _was_placed(source: Path, target: Path, files: FileSystem) -> bool:
    """Whether what is at ``target`` came from ``source``: by a rename, or by a copy of it."""
    if files.kind(target) is Kind.DIRECTORY:  # in its place a file was to come
        return False
    return files.kind(source) is None or files.same(source, target)


def flush_all(roots: Iterable[Path], files: FileSystem) -> None:
    """Wait until everything below ``roots`` is on the disk: once for each that is its own mount."""
    devices = set()
    for root in roots:
        if files.kind(root) is None:
            continue
        device = root.stat().st_dev
        if device not in devices:
            devices.add(device)
            files.flush(root)


def _read(path: Path, roots: tuple[Path, ...], files: FileSystem) -> Journal:
    directory = JournalDirectory(path=path.parent)
    try:
        journal = Journal.load(files.read(path))
        _refuse_outside(journal, roots)
    except JournalFormatError as error:
        raise RecoveryError(
            f"the journal of an interrupted commit, {path}, cannot be understood: {error}",
            hint="the version of syncsteps that wrote it can recover it",
            details=_whereabouts(directory),
        ) from error
    return journal


def _refuse_outside(journal: Journal, roots: tuple[Path, ...]) -> None:
    emptied = {os.fspath(path) for path, _ in journal.emptied}
    retire = set(map(os.fspath, journal.retire))
    territory = Territory(roots, gone=emptied | retire)
    for path in (
        *retire,
        *emptied,
        *journal.directories,
        *(target for _, _, target in journal.placements()),
        *map(os.fspath, journal.remove_empty),
    ):
        try:
            location = territory.locate(path)
        except ValueError as error:
            raise JournalFormatError(str(error)) from error
        if location != path:
            raise JournalFormatError(f"{path} lies at {location} now: a directory became a link")
        if not territory.holds(location):
            raise JournalFormatError(f"{path} is outside of this interpreter's directories")


def _refuse_strangers(directory: JournalDirectory, names: set[str]) -> None:
    known = {
        directory.journal.name,
        directory.unfinished.name,
        directory.committed.name,
        directory.retired.name,
    }
    strange = sorted(names - known)
    both = {directory.journal.name, directory.committed.name} <= names
    if strange or both:
        what = "both a journal and a commit record" if both else f"{', '.join(strange)}"
        raise RecoveryError(
            f"{directory.path} holds {what}, which no commit leaves behind",
            hint="look at what lies there and move it away, then run 'syncsteps recover'",
            details=_whereabouts(directory),
        )


def _whereabouts(directory: JournalDirectory) -> tuple[str, ...]:
    return (
        f"{directory.retired}: the files that were moved away; N is the N-th of 'retire' (from 0)",
        f"{directory.journal} or {directory.committed}: what was to be done",
    )

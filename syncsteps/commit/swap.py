"""The swap: write down what is planned, do it, record it; or undo it."""

from __future__ import annotations

import errno
import functools
import os
from pathlib import Path
from typing import TYPE_CHECKING

from syncsteps.commit.drawing import draw_up
from syncsteps.commit.filesystem import REAL, FileSystem, move
from syncsteps.commit.journal import JournalDirectory
from syncsteps.commit.model import Outcome
from syncsteps.commit.recovery import finish, flush_all, pending, settle
from syncsteps.errors import CommitError

if TYPE_CHECKING:
    from syncsteps.commit.drawing import Draft
    from syncsteps.commit.journal import Batch, Journal
    from syncsteps.commit.model import Change, Recovery

__all__ = ["commit"]


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
        InterpreterError: this process may not write everywhere; the old state was never left.
        RecoveryError: the commit failed, and so did undoing it; the journal is still there.
    """
    try:
        if pending(state, files=files):
            raise CommitError(
                f"an earlier commit was cut off and has not been recovered: {state}",
                hint="run 'syncsteps recover'",
            )
        draft = draw_up(change, state=state, roots=roots, files=files)
    except OSError as error:
        raise CommitError(f"the commit cannot begin, nothing was changed: {error}") from error
    journal = draft.journal
    if not journal.retire and not journal.place:
        return
    directory = JournalDirectory.of(state)
    try:
        _carry_out(draft, directory, (*roots, state), files)
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


def _carry_out(
    draft: Draft, directory: JournalDirectory, roots: tuple[Path, ...], files: FileSystem
) -> None:
    journal = draft.journal
    directory.begin(journal, files)
    files.make_directory(directory.retired)
    for number, path in enumerate(journal.retire):
        copy = directory.retired / str(number)
        move(path, copy, temporary=functools.partial(copy.with_suffix, ".tmp"), files=files)
    for path, _ in journal.emptied:
        files.remove_directory(path)
    filled = _make_directories(draft, files)
    first = 0
    for batch in journal.place:
        if batch.target not in filled:
            _place(batch, journal, first, files)
        first += len(batch.names)
    flush_all(roots, files)


def _place(batch: Batch, journal: Journal, first: int, files: FileSystem) -> None:
    """Put each file of ``batch`` in its place; ``first`` is the number of its first placement."""
    for number, (source, place) in enumerate(batch.files(), start=first):
        target = Path(place)
        if files.kind(target) is not None:
            raise FileExistsError(errno.EEXIST, "Somebody has just put this here", place)
        temporary = functools.partial(journal.placing, number, target)
        move(Path(source), target, temporary=temporary, files=files)


def _make_directories(draft: Draft, files: FileSystem) -> set[str]:
    """Make the journal's directories, by a rename where one brings all that belongs in it.

    Returns those that are filled by that. Where directories cannot be renamed (EXDEV: another file
    system, or the lower layer of an overlay), they are made, and their files come one by one.
    """
    filled: set[str] = set()
    for target in draft.journal.directories:
        source = draft.whole.get(target)
        above = target.rpartition(os.sep)[0]
        if above in filled or (source and _rename(Path(source), Path(target), files)):
            filled.add(target)
        else:
            files.make_directory(Path(target))
    return filled


def _rename(source: Path, target: Path, files: FileSystem) -> bool:
    try:
        files.rename(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        return False
    return True


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

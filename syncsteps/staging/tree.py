"""Reading what an installer left aside into a stage that is ready for the target."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from syncsteps.errors import StagingError
from syncsteps.staging.clashes import settle
from syncsteps.staging.entry_points import write_scripts
from syncsteps.staging.finish import finish, prepare_files
from syncsteps.staging.layout import placer
from syncsteps.staging.model import Clash, Stage
from syncsteps.staging.notes import write_notes
from syncsteps.staging.spoilt import find_spoilt, take_anew
from syncsteps.staging.unpacked import check_selection, find_files, find_unpacked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from syncsteps.interpreter.model import Interpreter
    from syncsteps.locks.model import Lock
    from syncsteps.selection.model import Selection
    from syncsteps.staging.finish import Digest
    from syncsteps.staging.unpacked import Unpacked

__all__ = ["read_stage"]


def read_stage(
    directory: Path,
    *,
    interpreter: Interpreter,
    selection: Selection,
    lock: Lock,
    alone: Callable[[str], AbstractContextManager[Path]],
    anew: Callable[[str], AbstractContextManager[Path]] | None = None,
) -> Stage:
    """Return what lies under ``directory``, an installation prefix, made ready for the target.

    Made ready means that it does not show which installer did the work: the files that are not the
    wheel's own (see `write_notes`, `write_scripts`) say what ``lock`` and ``selection``, which is
    from it, say. Other scripts name the target's executable too, modes are 0644 and 0755, and
    RECORD tells exactly what is there, sorted, by the paths that will be true in the target. Files
    may be hard links into an installer's cache: what is changed is written anew, never in place.
    Byte code is left behind. Of a file that several distributions bring, the content is that of the
    last by name: ``alone`` stages one distribution, by its name, and gives the prefix that it is
    in. ``anew`` does the same without the installer's cache: what is not as its wheel has it is
    replaced, unless the wheel's RECORD is wrong.

    Raises:
        StagingError: what is there is not exactly ``selection``; a file is nobody's, or is a link;
            RECORD leads out of the prefix; reading or writing failed.
    """
    try:
        return _read_stage(directory, interpreter, selection, lock, alone, anew)
    except OSError as error:
        raise StagingError(
            f"what was staged cannot be made ready: {error.strerror or error}",
            hint="Free space on the target's file system, or look at its permissions.",
            details=[f"file: {error.filename}"] if error.filename else (),
        ) from error


def _read_stage(
    directory: Path,
    interpreter: Interpreter,
    selection: Selection,
    lock: Lock,
    alone: Callable[[str], AbstractContextManager[Path]],
    anew: Callable[[str], AbstractContextManager[Path]] | None,
    known: Mapping[str, Digest] | None = None,
) -> Stage:
    """Do what `read_stage` does; ``known`` are digests of files that need not be read again."""
    contents = find_files(directory)
    found = find_unpacked(directory, contents.files)
    check_selection(found, selection)
    clashes = settle(directory, found, alone=alone)
    selected = {item.name: item for item in selection.packages}
    sites = tuple(dict.fromkeys(one.site for one in found))

    def files_of(one: Unpacked) -> tuple[str, ...]:
        files = write_notes(directory, one, selected[one.name], lock=lock)
        return write_scripts(directory, one, files, interpreter=interpreter)

    def targets_of(one: Unpacked) -> dict[str, str]:
        place = placer(base=one.site.base, sites=sites, pure=one.pure, scheme=interpreter.scheme)
        return {path: place(path) for path in files_of(one)}

    targets = [targets_of(one) for one in found]
    merged = {path: target for files in targets for path, target in files.items()}
    _check_targets(merged)
    digests = prepare_files(directory, merged, interpreter=interpreter, known=known or {})
    differing = {} if anew is None else find_spoilt(found, digests)
    spoilt = [
        one
        for one in found
        if anew is not None
        and one.name in differing
        and take_anew(directory, one, differing[one.name], anew=anew)
    ]
    if spoilt:
        # What they say of themselves may have been other things, too.
        changed = {path for one in spoilt for path, _ in one.files}
        sound = {path: digest for path, digest in digests.items() if path not in changed}
        again = _read_stage(directory, interpreter, selection, lock, alone, None, sound)
        return replace(again, spoilt=tuple(sorted(one.name for one in spoilt)))
    distributions = [
        finish(directory, one, targets=files, digests=digests)
        for one, files in zip(found, targets, strict=True)
    ]
    return Stage(
        root=directory,
        site=tuple(directory / site.path for site in sites),
        distributions=tuple(sorted(distributions, key=lambda one: one.name)),
        clashes=tuple(
            Clash(loser=loser, winner=winner, target=Path(merged[path]))
            for path, loser, winner in clashes
        ),
        full=tuple(directory / top for top in contents.full),
    )


def _check_targets(targets: Mapping[str, str]) -> None:
    seen: dict[str, str] = {}
    for path, target in targets.items():
        other = seen.setdefault(target, path)
        if other != path:
            raise StagingError(
                f"{other} and {path} were both staged for {target}",
                hint="A wheel that brings one of them as a data file is at fault; leave it out.",
            )

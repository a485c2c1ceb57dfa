"""From staged and retired distributions to one change, with what they share with others."""

from __future__ import annotations

import hashlib
import itertools
import os
from pathlib import Path
from typing import TYPE_CHECKING

from syncsteps.commit.listing import Listing
from syncsteps.commit.model import Change
from syncsteps.commit.record import mentions, record_lines
from syncsteps.commit.retire import commit_roots, installed_files, prunable
from syncsteps.errors import InterpreterError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from syncsteps.interpreter.model import InstalledDistribution, Interpreter
    from syncsteps.staging.model import StagedDistribution, StagedFile

__all__ = ["assemble", "new_directories", "obstacles", "retired_files"]


def assemble(
    staged: Sequence[StagedDistribution],
    retired: Sequence[InstalledDistribution],
    *,
    interpreter: Interpreter,
    directories: Iterable[str] = (),
) -> Change:
    """Return the change that puts ``staged`` in and takes ``retired`` away.

    A file that a distribution which stays lists as well (a namespace's ``__init__.py``) stays. A
    staged file that is there already with the same content is left as it is, whoever owns it. Byte
    code that is there already is replaced. ``directories`` are those that syncs have made (as
    `new_directories` names them): they go if they are left empty.

    Raises:
        CommitError: there is no telling which files a retired distribution has.
        InterpreterError: another file is in the way; nothing has been changed.
    """
    retire = retired_files(retired, interpreter)
    # Two staged distributions may bring the same file, with the same content.
    files = {file.target: file for each in staged for file in each.files}
    there = {path: files[path] for path in Listing().those_there(files)}
    same = {path for path, file in there.items() if path not in retire and _same(file)}
    # Byte code in the way is a cache, whoever made it, of what comes or of what once was there.
    retire |= {path for path, file in there.items() if path not in same and file.is_bytecode}
    # Where a directory stands of which something goes, planning tells whether all of it does.
    goes = retire | same | _above(retire)
    in_the_way = [file for path, file in there.items() if path not in goes]
    if in_the_way:
        raise _collision(in_the_way, staged, interpreter)
    return Change(
        retire=tuple(map(Path, sorted(retire))),
        place=tuple(file for path, file in files.items() if path not in same),
        remove_empty=prunable(interpreter),
        made=tuple(interpreter.scheme.data / name for name in directories),
    )


def new_directories(change: Change, *, interpreter: Interpreter) -> tuple[str, ...]:
    """Return the directories that ``change`` makes where it may not remove every empty one.

    They are those below the data directory, but in no library: relative to it, with ``/``, sorted.
    """
    data, own = interpreter.scheme.data, frozenset(prunable(interpreter))
    libraries = tuple(os.path.join(path, "") for path in own)  # noqa: PTH118 - text
    targets = (os.fspath(each.target) for each in change.place)
    outside = {path.rpartition(os.sep)[0] for path in targets if not path.startswith(libraries)}
    found: set[Path] = set()
    for parent in map(Path, outside):
        above = (parent, *parent.parents)
        if own.isdisjoint(above):
            inside = itertools.takewhile(lambda path: path != data, above)
            if data in above:
                found.update(path for path in inside if not path.exists())
    return tuple(sorted(path.relative_to(data).as_posix() for path in found))


def obstacles(
    staged: Sequence[StagedDistribution],
    retired: Sequence[InstalledDistribution],
    *,
    interpreter: Interpreter,
) -> dict[tuple[str, str], tuple[Path, ...]]:
    """Return the files with which `assemble` would find others of installed distributions there.

    They are sorted, by the name of the staged distribution and that of the installed one.

    Raises:
        CommitError: there is no telling which files a retired distribution has.
    """
    listing = Listing()
    there = []
    for each in staged:
        files = {file.target: file for file in each.files}
        there += [(each.name, files[path]) for path in listing.those_there(files)]
    retire = retired_files(retired, interpreter) if there else set()
    other = [
        (name, file.target) for name, file in there if file.target not in retire and not _same(file)
    ]
    if not other:
        return {}
    gone = {distribution.metadata for distribution in retired}
    found = {}
    for owner in interpreter.distributions:
        listed = set() if owner.metadata in gone else _listed([owner])
        for name in {name for name, target in other if target in listed}:
            targets = {target for comer, target in other if comer == name}
            found[name, owner.name] = tuple(map(Path, sorted(targets & listed)))
    return dict(sorted(found.items()))


def _above(paths: Iterable[str]) -> set[str]:
    """Return every directory above one of ``paths``."""
    found: set[str] = set()
    for path in paths:
        parent = path.rpartition(os.sep)[0]
        while parent and parent not in found:
            found.add(parent)
            parent = parent.rpartition(os.sep)[0]
    return found


def retired_files(retired: Sequence[InstalledDistribution], interpreter: Interpreter) -> set[str]:
    """Return the files that go with ``retired``: those that nothing that stays lists as well.

    Raises:
        CommitError: there is no telling which files a retired distribution has.
    """
    retire = {
        os.fspath(path)
        for distribution in retired
        for path in installed_files(distribution, interpreter=interpreter)
    }
    if retire:
        gone = {distribution.metadata for distribution in retired}
        staying = [d for d in interpreter.distributions if d.metadata not in gone]
        # Whoever lists one of these files, by whatever way round, has this part of its path.
        roots = tuple(os.path.join(root, "") for root in commit_roots(interpreter))  # noqa: PTH118
        tell_tales = {_below(path, roots) for path in retire}
        retire -= _listed(d for d in staying if mentions(d.metadata, tell_tales))
    return retire


def _below(path: str, roots: tuple[str, ...]) -> str:
    """Return the first name in ``path`` below the innermost of ``roots``, or its last."""
    inner = max((root for root in roots if path.startswith(root)), key=len, default="")
    name, found, _ = path[len(inner) :].partition(os.sep)
    return name if inner and found else path.rpartition(os.sep)[2]


def _listed(distributions: Iterable[InstalledDistribution]) -> set[str]:
    """Return every file that ``distributions`` list."""
    return {path for distribution in distributions for path in _recorded(distribution)}


def _recorded(distribution: InstalledDistribution) -> list[str]:
    """Return the files in a distribution's RECORD; none where it has no readable one."""
    try:
        return [line.path for line in record_lines(distribution.metadata)]
    except (OSError, ValueError):
        return []


def _same(file: StagedFile) -> bool:
    """Whether a regular file with this content is in place already."""
    target = Path(file.target)
    if target.is_symlink() or not target.is_file() or target.stat().st_size != file.size:
        return False
    return hashlib.sha256(target.read_bytes()).hexdigest() == file.sha256


def _collision(
    files: Sequence[StagedFile],
    staged: Sequence[StagedDistribution],
    interpreter: Interpreter,
) -> InterpreterError:
    targets = {file.target for file in files}
    comers = {each.name for each in staged if any(file.target in targets for file in each.files)}
    owners = {d.name for d in interpreter.distributions if _listed([d]) & targets}
    owner = f"of {', '.join(sorted(owners))}" if owners else "of no distribution that is known"
    shown = sorted(targets)
    return InterpreterError(
        f"{', '.join(sorted(comers))} would overwrite {len(shown)} files {owner}:"
        " nothing has been changed",
        details=[*shown[:5], *(["…"] if len(shown) > 5 else [])],  # noqa: PLR2004 - enough to see
        hint="remove what is in the way, or lock only one of the two distributions",
    )

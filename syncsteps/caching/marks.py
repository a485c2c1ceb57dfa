"""What the file system says of a path without its content being read: equal marks, equal content.

This is for the way that has to be quick, and imports nothing that Python has not imported itself.
"""

# To import pathlib takes as long as all the rest of a run that has nothing to do.
# ruff: noqa: PTH116, PTH120

from __future__ import annotations

import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    Mark = tuple[int, ...] | None
    Marks = tuple[tuple[str, Mark], ...]

__all__ = ["GRANULARITY", "mark", "mark_all", "unchanged", "unsettled"]

GRANULARITY = 2_000_000_000
"""Nanoseconds: the coarsest clock of a file system."""

_MTIME, _CTIME = 6, 7


def mark(path: str, *, follow: bool = False) -> Mark:
    """Return what changes whenever ``path`` does, or None where it leads nowhere.

    The change time is part of it: unlike the time of modification, nobody can set it. (On Windows
    it is the time of creation, which tells a file that has been put in another's place.) It is not
    part of the mark of a file that has several names, as uv gives them to what is in its cache:
    each new name, in whatever place, changes it. The mark of a directory says which names are in
    it, and nothing of what these stand for.
    """
    try:
        found = os.stat(path, follow_symlinks=follow)
    except (OSError, ValueError):
        return None
    linked = found.st_nlink > 1 and stat.S_ISREG(found.st_mode)
    return (
        found.st_mode,
        found.st_ino,
        found.st_dev,
        found.st_uid,
        found.st_gid,
        found.st_size,
        found.st_mtime_ns,
        0 if linked else found.st_ctime_ns,
    )


def mark_all(paths: Iterable[str]) -> tuple[Marks, Marks, Marks]:
    """Return the marks of ``paths`` themselves, of what the links among them lead to, and around.

    Those around are of the directories in which a path would be that leads nowhere: whether it
    still does, it says itself; these say only whether it has done so for some time. Where a file is
    in the way (as a zip file is, of what lies in it), that counts as one of ``paths``.
    """
    own: dict[str, Mark] = {}
    behind: dict[str, Mark] = {}
    around: dict[str, Mark] = {}
    for path in paths:
        if path in own:
            continue
        found = own[path] = mark(path)
        if found is not None and stat.S_ISLNK(found[0]):
            found = behind[path] = mark(path, follow=True)
        if found is None:
            above, of_above = _nearest(path)
            among = of_above is None or stat.S_ISDIR(of_above[0])
            (around if among else own)[above] = of_above
    return tuple(own.items()), tuple(behind.items()), tuple(around.items())


def _nearest(path: str) -> tuple[str, Mark]:
    """Return the nearest thing above ``path`` that is there, and the mark of what it leads to."""
    above = os.path.dirname(path)
    while (found := mark(above, follow=True)) is None and os.path.dirname(above) != above:
        above = os.path.dirname(above)
    return above, found


def unsettled(marks: Marks, *, before: int) -> list[str]:
    """Return the paths that were changed at ``before``, after it, or soon before it.

    It is in ns since the epoch. What was changed within one tick of the file system's clock may
    change again without another mark.
    """
    latest = before - GRANULARITY
    return [
        path
        for path, found in marks
        if found is not None and max(found[_MTIME], found[_CTIME]) >= latest
    ]


def unchanged(own: Marks, behind: Marks) -> bool:
    """Return whether each path still has its mark; the two are the first of `mark_all`."""
    return all(mark(path) == found for path, found in own) and all(
        mark(path, follow=True) == found for path, found in behind
    )

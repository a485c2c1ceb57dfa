"""Directories that stand in for installed ones and lack what will be retired."""

from __future__ import annotations

import contextlib
import os
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["stand_ins"]


def stand_ins(
    hidden: Iterable[Path], *, site: Iterable[Path], directory: Path
) -> tuple[tuple[Path, Path], ...]:
    """Return the installed directories that have a stand-in, each with it.

    ``site`` are installed site directories, ``hidden`` files that shall not be found in them: their
    modules, their ``.pth`` files, their metadata. A stand-in is a directory of links to all that is
    left, one for each entry, below ``directory``. Directories with nothing to hide need none.

    Raises:
        OSError: a link cannot be made.
    """
    files = [os.fspath(path) for path in hidden]
    found = []
    for number, installed in enumerate(dict.fromkeys(site)):
        below = os.path.join(installed, "")  # noqa: PTH118 - text
        within = [file.removeprefix(below) for file in files if file.startswith(below)]
        if within:
            stand_in = directory / str(number)
            _link(installed, stand_in, within)
            found.append((installed, stand_in))
    return tuple(found)


def _link(source: Path, target: Path, hidden: list[str]) -> None:
    """Make ``target`` have links to what is in ``source``, but for the paths ``hidden`` in it."""
    target.mkdir()
    below: dict[str, list[str]] = defaultdict(list)
    for path in hidden:
        name, _, rest = path.partition(os.sep)
        below[name].append(rest)
    with os.scandir(source) as entries:
        for entry in entries:
            inside = below.get(entry.name)
            if inside is None:
                (target / entry.name).symlink_to(entry.path)
            elif entry.is_dir() and "" not in inside:
                _link(Path(entry.path), target / entry.name, inside)
    if source.name != "__pycache__":
        with contextlib.suppress(OSError):
            # What is left of a package that goes is no namespace: without files, there is nothing.
            target.rmdir()

"""A selection in parts that several pips stage side by side, and what they staged in one place."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from syncsteps.errors import StagingError
from syncsteps.locks.model import Archive, Wheel
from syncsteps.selection.model import Pinned
from syncsteps.staging.inputs import is_protected
from syncsteps.staging.lookups import lookup_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from syncsteps.locks.model import Lock, Lookup
    from syncsteps.selection.model import Chosen, Selected, Selection

__all__ = ["gather", "split"]

# In bytes of a wheel, since that is what is known. Measured: what pip does for a package whatever
# its size takes as long as unpacking this much; its start, as unpacking ten times as much.
_EACH = 100_000
_LEAST = 2_000_000
_UNKNOWN = 200_000
# An environment of its own, and whatever a backend does there.
_BUILD = 20_000_000
# More pips than this wait for the disk, and for each other.
_MOST = 8


def split(
    selection: Selection, *, lock: Lock, follow: bool, jobs: int
) -> tuple[tuple[Selected, ...], ...]:
    """Return the packages of ``selection`` in at most ``jobs`` parts, of about the same cost.

    One after the other the parts have the order in which a single pip would install: by place to
    look (see `write_groups`), those with hashes before the rest, and by name backwards, as its
    resolver gives what nothing depends on. So of a file that several packages bring, what the
    later part has is what would have been left. Little work stays in one part: a pip takes a while
    to start.

    Raises:
        SelectionError: as `lookup_of` raises it.
    """
    ordered = _in_order(selection, lock=lock, follow=follow)
    costs = [_cost(item.chosen) for item in ordered]
    total = sum(costs)
    count = max(1, min(jobs, _MOST, total // _LEAST))
    parts: list[list[Selected]] = [[] for _ in range(count)]
    before = 0
    for item, cost in zip(ordered, costs, strict=True):
        # Where its middle lies, so that a large one at a border goes to the side of its most part.
        parts[(2 * before + cost) * count // (2 * total)].append(item)
        before += cost
    return tuple(tuple(part) for part in parts if part)


def _in_order(selection: Selection, *, lock: Lock, follow: bool) -> list[Selected]:
    places: dict[Lookup | None, int] = {None: 0}

    def rank(item: Selected) -> tuple[int, bool]:
        lookup = lookup_of(item, root=lock.root, follow=follow)
        return places.setdefault(lookup, len(places)), not is_protected(item)

    ranks = {item.name: rank(item) for item in selection.packages}
    backwards = sorted(selection.packages, key=lambda item: item.name, reverse=True)
    return sorted(backwards, key=lambda item: ranks[item.name])


def _cost(chosen: Chosen) -> int:
    match chosen:
        case Wheel(size=size):
            return _EACH + (_UNKNOWN if size is None else size)
        case Pinned():
            return _EACH + _UNKNOWN
        case Archive(size=size) if _is_wheel(chosen):
            return _EACH + (_UNKNOWN if size is None else size)
        case _:
            return _EACH + _BUILD


def _is_wheel(archive: Archive) -> bool:
    place = (archive.url or archive.path or "").partition("#")[0]
    return place.partition("?")[0].endswith(".whl")


def gather(prefixes: Sequence[Path], directory: Path) -> None:
    """Move all that lies in ``prefixes`` into ``directory``, of which each is a part or a sibling.

    The result is that of installing them there one after the other: a later file takes the place
    of an earlier one. Whatever is there once is moved as a whole.

    Raises:
        StagingError: something is a file in one of them, and a directory in another.
        OSError: a move failed.
    """
    for prefix in prefixes:
        _move_into(os.fspath(prefix), os.fspath(directory), "")


def _move_into(source: str, target: str, path: str) -> None:
    with os.scandir(source) as found:
        entries = list(found)
    for entry in entries:
        place = os.path.join(target, entry.name)  # noqa: PTH118 - `Path` for each file is slow
        inner = f"{path}{entry.name}"
        if not os.path.lexists(place):
            os.rename(entry.path, place)  # noqa: PTH104 - as above
            continue
        is_directory = os.path.isdir(place) and not os.path.islink(place)  # noqa: PTH112, PTH114
        if entry.is_dir(follow_symlinks=False) != is_directory:
            raise StagingError(
                f"{inner} is a file of one distribution, and a directory of another",
                hint="They cannot be installed together: leave one of them out.",
            )
        if is_directory:
            _move_into(entry.path, place, f"{inner}/")
        else:
            os.replace(entry.path, place)  # noqa: PTH105 - as above

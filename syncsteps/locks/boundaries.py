"""What of a lock lies outside of its project: paths, and URLs of this machine's disk."""

from __future__ import annotations

import os.path
from pathlib import Path
from typing import TYPE_CHECKING

from syncsteps.errors import SelectionError
from syncsteps.locks.locations import disk_path
from syncsteps.locks.model import Archive, Directory, Sdist, Vcs, Wheel
from syncsteps.locks.values import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from syncsteps.locks.model import Lock

__all__ = ["HINT", "leaves", "outside", "refuse_outside"]

HINT = "pass --allow-outside, or set allow-outside in [tool.syncsteps], if that is meant"


def leaves(path: str, *, root: Path) -> bool:
    """Return whether ``path``, which may start from ``root``, lies outside of it.

    Only the texts count: no link is followed, and the disk is not asked.
    """
    base = os.path.abspath(root)  # noqa: PTH100 - `Path.resolve` would ask the disk
    return not Path(os.path.abspath(Path(base, path))).is_relative_to(base)  # noqa: PTH100 - so


def outside(part: object, *, root: Path) -> tuple[str, str] | None:
    """Return the place of ``part`` of a lock that is outside of ``root``, after its key.

    The key is that of PEP 751, ``path`` or ``url``. None: there is no such place. What another host
    has lies outside of nothing, unless it is a file of its disk, as in ``file://host/share``.
    """
    if not isinstance(part, Wheel | Sdist | Archive | Vcs | Directory):
        return None
    path = None if isinstance(part, Vcs) else part.path
    if isinstance(part, Directory) and part.subdirectory:
        path = f"{part.path}/{part.subdirectory}"
    if path is not None and leaves(path, root=root):
        return "path", path
    url = None if isinstance(part, Directory) else part.url
    on_disk = None if url is None else disk_path(url)
    if url is None or on_disk is None or not leaves(on_disk, root=root):
        return None
    return "url", url


def refuse_outside(name: str, parts: Iterable[object], *, lock: Lock, root: Path) -> None:
    """Refuse the package ``name`` of ``lock`` if one of its ``parts`` is outside of ``root``.

    Raises:
        SelectionError: one does.
    """
    for part in parts:
        found = outside(part, root=root)
        if found is not None:
            key, location = found
            raise SelectionError(
                f"{lock.path.name}, package {name!r}, key {key!r}: {quoted(location)} is outside of"
                " the project's directory",
                hint=HINT,
            )

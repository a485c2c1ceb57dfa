"""A selection as pylock.toml (PEP 751), for the one interpreter that it was made for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NoReturn

from packaging import pylock
from packaging.version import Version

from syncsteps.errors import SelectionError
from syncsteps.export.pylock_entries import Places, package_entry
from syncsteps.export.toml import to_toml
from syncsteps.export.values import checked_name, every_file
from syncsteps.locks.boundaries import refuse_outside
from syncsteps.locks.model import Sdist, Wheel
from syncsteps.selection.model import Pinned

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from syncsteps.locks.model import Lock
    from syncsteps.selection.model import Selected, Selection

__all__ = ["checked_document", "refuse_pin", "to_pylock"]


def to_pylock(
    selection: Selection,
    *,
    lock: Lock,
    root: Path,
    base: Path | None = None,
    files: Literal["chosen", "all"] = "chosen",
    allow_outside: bool = False,
) -> str:
    """Return ``selection`` as the text of a pylock.toml, lock version 1.0.

    Packages are sorted by name and carry no markers: the file is for the interpreter of the
    selection, and ``files="all"`` only adds the other files of the same packages. Relative paths
    of the lock start from ``root``; they are written relative to ``base``, the directory that the
    text is for, or else absolute.
    ``allow_outside`` allows places on this machine's disk outside of the lock's root.

    Raises:
        SelectionError: the lock lacks something that PEP 751 demands (a file's name, its place, its
            hashes, a commit), a value is not what it should be, or a place is outside of the lock's
            root.
    """
    if not allow_outside:
        for item in selection.packages:
            others = every_file(item.package) if files == "all" else ()
            refuse_outside(item.name, (item.chosen, *others), lock=lock, root=root)
    document = pylock.Pylock(
        lock_version=Version("1.0"),
        requires_python=lock.requires_python,
        created_by="syncsteps",
        packages=[
            _package(item, Places(root=root, base=base), everything=files == "all")
            for item in sorted(selection.packages, key=lambda item: item.name)
        ],
    )
    return to_toml(checked_document(document, lock=lock))


def checked_document(document: pylock.Pylock, *, lock: Lock) -> Mapping[str, Any]:
    """Return ``document`` as tables, if it is what PEP 751 demands.

    Raises:
        SelectionError: it is not; ``lock`` is what it was made from.
    """
    tables = document.to_dict()
    try:
        # What `validate` does, which makes tables of its own for it.
        pylock.Pylock.from_dict(tables)
    except pylock.PylockValidationError as error:
        raise SelectionError(
            f"{lock.path.name} cannot be written as pylock.toml: {error}",
            hint="export it as requirements.txt instead",
        ) from error
    return tables


def refuse_pin(name: str) -> NoReturn:
    """Raise SelectionError for a package of which no file is known."""
    raise SelectionError(
        f"the lock pins {name} and names no file of it, which a pylock.toml has to, nor could one"
        " be found by a hash",
        hint="export it as requirements.txt instead",
    )


def _package(item: Selected, places: Places, *, everything: bool) -> pylock.Package:
    package, chosen = item.package, item.chosen
    if isinstance(chosen, Pinned):
        refuse_pin(checked_name(package))
    if isinstance(chosen, Wheel | Sdist):
        files = every_file(package) if everything else (chosen,)
        return package_entry(package, source=None, files=files, places=places)
    return package_entry(package, source=chosen, files=(), places=places)

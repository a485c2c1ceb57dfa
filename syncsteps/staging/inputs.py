"""The files that tell an installer what to install: a part with hashes, and one that has none."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from syncsteps.export import to_pylock, to_requirements
from syncsteps.locks.model import Archive, Directory, Sdist, Wheel

if TYPE_CHECKING:
    from pathlib import Path

    from syncsteps.locks.model import Lock
    from syncsteps.selection.model import Selected, Selection

__all__ = ["Inputs", "write_inputs"]

# The same as in the requirements files: what is weaker protects nothing.
_STRONG = frozenset({"sha256", "sha384", "sha512"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """The files to hand to an installer, None for a part that has nothing in it.

    ``rebuilt`` names the packages that come from a directory: what an installer's cache holds of
    them may be older than the directory's content.
    """

    hashed: Path | None
    unhashed: Path | None
    rebuilt: tuple[str, ...]


def write_inputs(
    selection: Selection, *, lock: Lock, directory: Path, source: str, pylock: bool
) -> Inputs:
    """Write ``selection`` into ``directory`` as an installer reads it.

    With ``source`` ``lock`` each file is named by the lock's own URL or path where it has one, with
    ``index`` by name and version. ``pylock`` allows the hashed part to be a ``pylock.toml``, which
    is written when the lock tells where every one of its files lies. Whether files may lie outside
    of the project is no question here: one of the rules on the lock has settled it before.

    Raises:
        SyncstepsError: something in the lock must not be written into such a file.
        OSError: the directory cannot be written to.
    """
    origin: Literal["index", "lock"] = "lock" if source == "lock" else "index"
    texts = to_requirements(
        selection,
        lock=lock,
        root=lock.root,
        files="chosen",
        source=origin,
        allow_outside=True,
    )
    hashed = tuple(item for item in selection.packages if _protected(item))
    path = None
    if pylock and origin == "lock" and hashed and all(_located(item) for item in hashed):
        path = directory / "pylock.toml"
        part = replace(selection, packages=hashed)
        text = to_pylock(part, lock=lock, root=lock.root, allow_outside=True)
        path.write_text(text, encoding="utf-8")
    elif texts.hashed:
        path = directory / "hashed.txt"
        path.write_text(texts.hashed, encoding="utf-8")
    rest = None
    if texts.unhashed:
        rest = directory / "unhashed.txt"
        rest.write_text(texts.unhashed, encoding="utf-8")
    return Inputs(
        hashed=path,
        unhashed=rest,
        rebuilt=tuple(
            item.name for item in selection.packages if isinstance(item.chosen, Directory)
        ),
    )


def _protected(item: Selected) -> bool:
    return any(value.algorithm in _STRONG for value in item.hashes)


def _located(item: Selected) -> bool:
    chosen = item.chosen
    return isinstance(chosen, Wheel | Sdist | Archive) and (chosen.url or chosen.path) is not None

"""The files that tell an installer what to install: a part with hashes, and one that has none."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from syncsteps.export import to_pylock, to_requirements
from syncsteps.locks.model import Archive, Directory, Sdist, Wheel
from syncsteps.staging.lookups import lookup_of, pip_lines

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from syncsteps.locks.model import Lock, Lookup
    from syncsteps.selection.model import Selected, Selection

__all__ = ["Inputs", "is_protected", "write_groups", "write_inputs"]

# The same as in the requirements files: what is weaker protects nothing.
_STRONG = frozenset({"sha256", "sha384", "sha512"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """The files to hand to an installer, None for a part that has nothing in it.

    ``rebuilt`` names the packages that come from a directory: what an installer's cache holds of
    them may be older than the directory's content. ``lookup`` is where the files are looked up,
    ``directory`` where the files here lie.
    """

    hashed: Path | None
    unhashed: Path | None
    rebuilt: tuple[str, ...]
    directory: Path
    lookup: Lookup | None = None

    @property
    def parts(self) -> tuple[tuple[Path, bool], ...]:
        """The files that there are, each with whether it is the hashed one."""
        both = ((self.hashed, True), (self.unhashed, False))
        return tuple((path, hashed) for path, hashed in both if path is not None)


def write_groups(
    selection: Selection,
    *,
    lock: Lock,
    directory: Path,
    source: str,
    pylock: bool,
    follow: bool,
    explicit: Collection[str] = (),
) -> Iterator[Inputs]:
    """Write ``selection`` into ``directory`` in parts whose files are looked up at the same place.

    The first is what an installer looks up where it is configured to, if there is any of that. The
    others have folders of their own. See `write_inputs`, and for ``follow`` and ``explicit``
    `lookup_of`.

    Raises:
        SyncstepsError, OSError: as `write_inputs`.
    """
    groups: dict[Lookup | None, list[Selected]] = {None: []}
    for item in selection.packages:
        lookup = lookup_of(item, root=lock.root, follow=follow, explicit=explicit)
        groups.setdefault(lookup, []).append(item)
    for number, (lookup, items) in enumerate(groups.items()):
        if not items:
            continue
        folder = directory if lookup is None else directory / f"index-{number}"
        folder.mkdir(exist_ok=True)
        yield write_inputs(
            replace(selection, packages=tuple(items)),
            lock=lock,
            directory=folder,
            source=source,
            pylock=pylock,
            lookup=lookup,
        )


def write_inputs(
    selection: Selection,
    *,
    lock: Lock,
    directory: Path,
    source: str,
    pylock: bool,
    lookup: Lookup | None = None,
) -> Inputs:
    """Write ``selection`` into ``directory`` as an installer reads it.

    With ``source`` ``lock`` each file is named by the lock's own URL or path where it has one, with
    ``index`` by name and version. ``pylock`` is for uv, and allows the hashed part to be a
    ``pylock.toml``, which is written when the lock tells where every one of its files lies. For
    pip, the files say themselves where to look (``lookup``) and with which settings to build.
    Whether files may lie outside of the project is no question here: one of the rules on the lock
    has settled it before.

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
        config_settings=not pylock,
    )
    head = "" if pylock else pip_lines(lookup)
    hashed = tuple(item for item in selection.packages if is_protected(item))
    path = None
    if pylock and origin == "lock" and hashed and all(_located(item) for item in hashed):
        path = directory / "pylock.toml"
        part = replace(selection, packages=hashed)
        text = to_pylock(part, lock=lock, root=lock.root, allow_outside=True)
        path.write_text(text, encoding="utf-8")
    elif texts.hashed:
        path = directory / "hashed.txt"
        path.write_text(head + texts.hashed, encoding="utf-8")
    rest = None
    if texts.unhashed:
        rest = directory / "unhashed.txt"
        rest.write_text(head + texts.unhashed, encoding="utf-8")
    return Inputs(
        hashed=path,
        unhashed=rest,
        rebuilt=tuple(
            item.name for item in selection.packages if isinstance(item.chosen, Directory)
        ),
        directory=directory,
        lookup=lookup,
    )


def is_protected(item: Selected) -> bool:
    """Return whether the lock has a hash that protects ``item``; such go into the hashed part."""
    return any(value.algorithm in _STRONG for value in item.hashes)


def _located(item: Selected) -> bool:
    chosen = item.chosen
    return isinstance(chosen, Wheel | Sdist | Archive) and (chosen.url or chosen.path) is not None

"""A selection as requirements files: one with hashes, one for what cannot carry any."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from syncsteps.errors import SelectionError
from syncsteps.export.values import (
    checked_hash,
    checked_name,
    checked_text,
    checked_vcs,
    every_file,
    file_url,
    location_url,
    subdirectory_fragment,
)
from syncsteps.locks.model import Archive, Directory, Vcs
from syncsteps.selection.model import Pinned

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from syncsteps.locks.model import Hash, Lock
    from syncsteps.selection.model import Selected, Selection

__all__ = ["Requirements", "to_requirements"]

# Those that pip and uv both accept for ``--hash``; a weaker one does not protect a file.
_STRONG = frozenset({"sha256", "sha384", "sha512"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirements:
    """The texts of two requirements files; either may be empty.

    ``hashed`` is for ``--require-hashes``, which installers apply to a whole file or not at all;
    ``unhashed`` has what no hash can be given for: repositories, directories, and files for which
    the lock has none that installers accept.
    """

    hashed: str
    unhashed: str


def to_requirements(
    selection: Selection,
    *,
    lock: Lock,
    root: Path,
    files: Literal["all", "chosen"] = "all",
    source: Literal["index", "lock"] = "index",
    annotate: bool = False,
) -> Requirements:
    """Return ``selection`` as requirements files for ``pip install -r`` and ``uv pip install -r``.

    Entries are sorted by name and carry neither markers nor extras: they are for the one
    interpreter of the selection, to be installed with ``--no-deps``. Paths become absolute
    ``file:`` URLs; relative ones start from ``root``. What is required by URL or path stays so.

    Args:
        selection: what was selected from ``lock``.
        lock: the lock, named in errors.
        root: the directory that the lock's relative paths start from.
        files: whose hashes to write: of ``all`` the files that the lock has for a package, so that
            the text is a lock for other interpreters too, or of the ``chosen`` one, so that no
            other can be installed.
        source: ``index`` writes ``name==version``; ``lock`` writes ``name @ URL`` of the chosen
            file where the lock has its URL, so that no index is asked.
        annotate: add ``# via`` comments that name what requires each package.

    Git LFS is not expressed: an installer fetches LFS files according to its own settings (uv:
    ``UV_GIT_LFS``).

    Raises:
        SelectionError: a value could not be written without changing its meaning or its line, or a
            repository has no commit.
    """
    texts: dict[bool, list[str]] = {True: [], False: []}
    for item in sorted(selection.packages, key=lambda item: item.name):
        requirement = _requirement(item, root=root, source=source, lock=lock)
        # A URL is one file: another file's hash says nothing about it.
        hashes = _hashes(item, everything=files == "all" and " @ " not in requirement)
        lines = [requirement, *(f"--hash={value}" for value in hashes)]
        text = " \\\n    ".join(lines) + "\n"
        if annotate and item.required_by:
            text += (
                f"    # via {checked_text(', '.join(item.required_by), of='what requires it')}\n"
            )
        texts[bool(hashes)].append(text)
    return Requirements(hashed="".join(texts[True]), unhashed="".join(texts[False]))


def _requirement(item: Selected, *, root: Path, source: str, lock: Lock) -> str:
    name = checked_name(item.package)
    location = _location(item, name=name, root=root, source=source)
    if location is not None:
        return f"{name} @ {location}"
    if item.package.version is None:
        raise SelectionError(
            f"{lock.path.name} gives neither a version nor a place for {name}",
            hint="lock again with a version, or require it by URL",
        )
    return f"{name}=={item.package.version}"


def _location(item: Selected, *, name: str, root: Path, source: str) -> str | None:
    chosen = item.chosen
    if isinstance(chosen, Vcs):
        return _vcs_url(chosen, name=name)
    if isinstance(chosen, Directory):
        fragment = subdirectory_fragment(chosen.subdirectory, of=name)
        return file_url(chosen.path, root=root, of=name) + fragment
    if isinstance(chosen, Pinned):
        return None
    if isinstance(chosen, Archive):
        location = location_url(chosen, root=root, of=name)
        if location is None:
            raise SelectionError(f"the lock gives neither a URL nor a path for {name}")
        return location + subdirectory_fragment(chosen.subdirectory, of=name)
    if source == "lock" or chosen.path is not None:
        return location_url(chosen, root=root, of=name)
    return None


def _vcs_url(vcs: Vcs, *, name: str) -> str:
    source = checked_vcs(vcs, of=name)
    fragment = subdirectory_fragment(source.subdirectory, of=name)
    return f"{source.type}+{source.url}@{source.commit}{fragment}"


def _hashes(item: Selected, *, everything: bool) -> list[str]:
    hashes: Iterable[Hash] = item.hashes
    if everything:
        hashes = (*hashes, *(value for file in every_file(item.package) for value in file.hashes))
    return sorted({checked_hash(value) for value in hashes if value.algorithm in _STRONG})

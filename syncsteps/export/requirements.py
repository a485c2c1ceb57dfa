"""A selection as requirements files: one with hashes, one for what cannot carry any."""

from __future__ import annotations

import re
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
from syncsteps.locks.boundaries import refuse_outside
from syncsteps.locks.model import Archive, Directory, Vcs
from syncsteps.selection.model import Pinned

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from syncsteps.locks.model import Hash, Lock, Package, Source
    from syncsteps.selection.model import Selected, Selection

__all__ = [
    "Requirements",
    "format_options",
    "requirement_lines",
    "setting_options",
    "source_location",
    "strong_hashes",
    "to_requirements",
]

# Those that pip and uv both accept for ``--hash``; a weaker one does not protect a file.
_STRONG = frozenset({"sha256", "sha384", "sha512"})
_QUOTING = re.compile(r"[\"'\\]|\$\{|\s#")


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
    allow_outside: bool = False,
    config_settings: bool = True,
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
        allow_outside: write also what lies outside of the lock's root, on this machine's disk.
        config_settings: write the lock's settings for builds behind the entries, where pip reads
            them and uv refuses them.

    Where the lock allows only wheels or only sdists of a package, the text begins with an option
    that says so. Git LFS is not expressed: an installer fetches LFS files according to its own
    settings (uv: ``UV_GIT_LFS``).

    Raises:
        SelectionError: a value could not be written without changing its meaning or its line, a
            repository has no commit, or a place is outside of the lock's root.
    """
    texts: dict[bool, list[str]] = {True: [], False: []}
    options: dict[bool, list[str]] = {True: [], False: []}
    for item in sorted(selection.packages, key=lambda item: item.name):
        requirement = _requirement(item, root=root, source=source, lock=lock)
        if " @ " in requirement and not allow_outside:
            refuse_outside(item.name, (item.chosen,), lock=lock, root=root)
        # A URL is one file: another file's hash says nothing about it.
        hashes = _hashes(item, everything=files == "all" and " @ " not in requirement)
        required_by = item.required_by if annotate else ()
        settings = setting_options(item.package) if config_settings else ()
        texts[bool(hashes)].append(
            requirement_lines(requirement, hashes, required_by, options=settings)
        )
        # With a URL, the file is chosen already.
        if " @ " not in requirement:
            options[bool(hashes)] += format_options(item.package)
    return Requirements(
        hashed="".join([*options[True], *texts[True]]),
        unhashed="".join([*options[False], *texts[False]]),
    )


def requirement_lines(
    requirement: str,
    hashes: Iterable[str],
    required_by: Iterable[str] = (),
    *,
    options: Iterable[str] = (),
) -> str:
    """Return the lines of one entry: a requirement, its hashes, and what requires it as a comment.

    ``options`` are further ones that stand behind it.

    Raises:
        SelectionError: what requires it has control characters.
    """
    lines = [requirement, *options, *(f"--hash={value}" for value in hashes)]
    text = " \\\n    ".join(lines) + "\n"
    comment = ", ".join(required_by)
    if comment:
        text += f"    # via {checked_text(comment, of='what requires it')}\n"
    return text


def format_options(package: Package) -> list[str]:
    """Return the line that rules out a kind of files of ``package``, if the lock does."""
    if package.only is None:
        return []
    option = "--only-binary" if package.only == "wheels" else "--no-binary"
    return [f"{option} {checked_name(package)}\n"]


def setting_options(package: Package) -> list[str]:
    """Return the options that stand behind ``package`` for its build, as pip reads them.

    Raises:
        SelectionError: one could not be written without changing its meaning.
    """
    return [_setting(*each) for each in package.config_settings]


def strong_hashes(hashes: Iterable[Hash]) -> list[str]:
    """Return those of ``hashes`` that installers accept, as ``algorithm:digest``, sorted.

    Raises:
        SelectionError: one has characters that no hash has.
    """
    return sorted({checked_hash(value) for value in hashes if value.algorithm in _STRONG})


def source_location(source: Source, *, name: str, root: Path) -> str:
    """Return the URL of what does not come from an index, for the right side of an ``@``.

    Raises:
        SelectionError: a part of it is not what it should be, or there is neither URL nor path.
    """
    if isinstance(source, Vcs):
        checked = checked_vcs(source, of=name)
        fragment = subdirectory_fragment(checked.subdirectory, of=name)
        return f"{checked.type}+{checked.url}@{checked.commit}{fragment}"
    fragment = subdirectory_fragment(source.subdirectory, of=name)
    if isinstance(source, Directory):
        return file_url(source.path, root=root, of=name) + fragment
    location = location_url(source, root=root, of=name)
    if location is None:
        raise SelectionError(f"the lock gives neither a URL nor a path for {name}")
    return location + fragment


def _setting(key: str, value: str) -> str:
    text = checked_text(f"{key}={value}", of="a setting for a build")
    if _QUOTING.search(text):
        raise SelectionError(
            f"the setting {text!r} cannot be written in a requirements file",
            hint="set it without quotes, backslashes and variables",
        )
    return f'--config-settings="{text}"'


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
    if isinstance(chosen, Pinned):
        return None
    if isinstance(chosen, Archive | Directory | Vcs):
        return source_location(chosen, name=name, root=root)
    if source == "lock" or chosen.path is not None:
        return location_url(chosen, root=root, of=name)
    return None


def _hashes(item: Selected, *, everything: bool) -> list[str]:
    if not everything:
        return strong_hashes(item.hashes)
    package = item.package
    of_files = (value for file in every_file(package) for value in file.hashes)
    return strong_hashes((*item.hashes, *package.hashes, *of_files))

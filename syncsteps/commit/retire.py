"""Which files go when an installed distribution goes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from syncsteps.commit.record import read_record
from syncsteps.commit.territory import Territory
from syncsteps.errors import CommitError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from syncsteps.interpreter.model import InstalledDistribution, Interpreter

__all__ = ["commit_roots", "installed_files", "prunable"]


def commit_roots(interpreter: Interpreter) -> tuple[Path, ...]:
    """Return the directories that a commit into ``interpreter`` may change."""
    scheme = interpreter.scheme
    return tuple(
        dict.fromkeys((scheme.purelib, scheme.platlib, scheme.scripts, scheme.headers, scheme.data))
    )


def prunable(interpreter: Interpreter) -> tuple[Path, ...]:
    """Return the directories below which what retiring leaves empty may go.

    Not the data directory: what lies there, such as ``share/man/man1``, belongs to the system. Of
    that only those go that a receipt names as made by a sync.
    """
    scheme = interpreter.scheme
    return tuple(dict.fromkeys((scheme.purelib, scheme.platlib, scheme.headers)))


def installed_files(
    distribution: InstalledDistribution, *, interpreter: Interpreter
) -> tuple[Path, ...]:
    """Return the files of ``distribution`` that are there, its bytecode and metadata included.

    They come from RECORD, or for a legacy ``.egg-info`` directory from ``installed-files.txt``.
    Paths are absolute and sorted.

    Raises:
        CommitError: there is no list of its files, it cannot be read, or it names a file outside
            of the interpreter's directories.
    """
    listed = _listed(distribution)
    scheme = interpreter.scheme
    territory = Territory(
        (
            distribution.location,
            distribution.metadata.parent,
            *commit_roots(interpreter),
            interpreter.prefix,
        )
    )
    texts = map(os.fspath, listed)
    outside = sorted(path for path in texts if not territory.holds(territory.locate(path)))
    if outside:
        raise CommitError(
            f"{distribution.name} {distribution.version} lists files outside of the interpreter's"
            f" directories, so it is not removed: {', '.join(outside[:3])}",
            hint=f"look at {distribution.metadata}; the interpreter's files are in {scheme.data}",
        )
    paths = {*listed, *_bytecode(listed), *_below(distribution.metadata)}
    return tuple(sorted(path for path in paths if path.is_symlink() or path.is_file()))


def _listed(distribution: InstalledDistribution) -> tuple[Path, ...]:
    metadata = distribution.metadata
    source = metadata / ("installed-files.txt" if distribution.legacy else "RECORD")
    what = f"{distribution.name} {distribution.version} cannot be removed"
    try:
        if not distribution.legacy:
            return tuple(file.path for file in read_record(metadata))
        lines = source.read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise CommitError(
            f"{what}: it has no list of its files ({source} does not exist)",
            hint="remove it with what installed it, a system package manager or its setup.py",
        ) from error
    except (OSError, ValueError) as error:
        raise CommitError(f"{what}: {source} cannot be read: {error}") from error
    return tuple(Path(os.path.normpath(metadata / line)) for line in lines if line)


def _bytecode(paths: Iterable[Path]) -> Iterator[Path]:
    """Every compiled form of the modules among ``paths``, whichever interpreter made it."""
    modules: dict[Path, set[str]] = {}
    for path in paths:
        if path.suffix == ".py":
            modules.setdefault(path.parent / "__pycache__", set()).add(path.stem)
    for cache, stems in modules.items():
        if not cache.is_dir():
            continue
        for path in cache.iterdir():
            if path.suffix == ".pyc" and path.name.partition(".")[0] in stems:
                yield path


def _below(directory: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(directory):
        for name in names:
            yield Path(parent) / name

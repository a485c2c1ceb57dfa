"""RECORD, a distribution's list of its files (the standard on recording installed projects)."""

from __future__ import annotations

import csv
import os
import posixpath
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = [
    "RecordLine",
    "RecordedFile",
    "is_bytecode",
    "mentions",
    "read_record",
    "record_lines",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedFile:
    """One line of RECORD: the file's absolute path, its hash as ``(algorithm, base64)`` if any."""

    path: Path
    hash: tuple[str, str] | None = None


class RecordLine(NamedTuple):
    """One line of RECORD as text, of which there can be tens of thousands.

    ``path`` is absolute, ``name`` relative to the directory that holds the ``.dist-info``, with
    ``/``; in neither is a ``..`` that could be taken out. ``size`` is in bytes; None and empty
    where RECORD does not tell.
    """

    path: str
    name: str
    algorithm: str
    digest: str
    size: int | None


def read_record(metadata: Path) -> tuple[RecordedFile, ...]:
    """Return the files that ``metadata/RECORD`` lists, ``..`` taken out of their paths.

    Raises:
        OSError: there is no RECORD, or it cannot be read.
        ValueError: it is not UTF-8 or not CSV.
    """
    return tuple(
        RecordedFile(
            path=Path(line.path), hash=(line.algorithm, line.digest) if line.digest else None
        )
        for line in record_lines(metadata)
    )


def record_lines(metadata: Path) -> tuple[RecordLine, ...]:
    """Return the lines of ``metadata/RECORD``.

    Raises:
        OSError: there is no RECORD, or it cannot be read.
        ValueError: it is not UTF-8 or not CSV.
    """
    try:
        return tuple(_lines(metadata))
    except csv.Error as error:
        raise ValueError(str(error)) from error


def mentions(metadata: Path, names: Iterable[str]) -> bool:
    """Whether ``metadata/RECORD`` may list a path that has one of ``names`` in it.

    Reading its lines takes far longer, and of those that stay hardly any shares a file with those
    that go. What cannot be read mentions everything: who reads the lines finds out why.
    """
    try:
        content = (metadata / "RECORD").read_bytes()
    except OSError:
        return True
    doubled = (name.replace('"', '""') for name in names)  # as CSV has a quotation mark
    return any(name.encode("utf-8", "surrogateescape") in content for name in doubled)


def is_bytecode(path: Path) -> bool:
    """Whether ``path`` is a compiled module that the interpreter makes and replaces by itself."""
    return path.suffix == ".pyc" and path.parent.name == "__pycache__"


def _lines(metadata: Path) -> Iterator[RecordLine]:
    site = os.fspath(metadata.parent)
    with (metadata / "RECORD").open(encoding="utf-8", newline="") as stream:
        for row in csv.reader(stream):
            if not row or not row[0]:
                continue
            name = row[0]
            if os.sep == "/" and name[0] != "/" and posixpath.normpath(name) == name:
                below = not name.startswith("../")
                path = f"{site}/{name}" if below else posixpath.normpath(f"{site}/{name}")
            else:
                path = os.path.normpath(metadata.parent / name)
                name = os.path.relpath(path, site).replace(os.sep, "/")
            algorithm, _, digest = (row[1] if len(row) > 1 else "").partition("=")
            size = row[2] if len(row) > 2 else ""  # noqa: PLR2004 - path, hash, size
            yield RecordLine(
                path, name, algorithm.lower(), digest, int(size) if size.isdecimal() else None
            )

"""RECORD, a distribution's list of its files (the standard on recording installed projects)."""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["RecordedFile", "is_bytecode", "read_record"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedFile:
    """One line of RECORD: the file's absolute path, its hash as ``(algorithm, base64)`` if any."""

    path: Path
    hash: tuple[str, str] | None = None


def read_record(metadata: Path) -> tuple[RecordedFile, ...]:
    """Return the files that ``metadata/RECORD`` lists, ``..`` taken out of their paths.

    Raises:
        OSError: there is no RECORD, or it cannot be read.
        ValueError: it is not UTF-8 or not CSV.
    """
    try:
        return tuple(_lines(metadata))
    except csv.Error as error:
        raise ValueError(str(error)) from error


def is_bytecode(path: Path) -> bool:
    """Whether ``path`` is a compiled module that the interpreter makes and replaces by itself."""
    return path.suffix == ".pyc" and path.parent.name == "__pycache__"


def _lines(metadata: Path) -> Iterator[RecordedFile]:
    with (metadata / "RECORD").open(encoding="utf-8", newline="") as stream:
        for row in csv.reader(stream):
            if not row or not row[0]:
                continue
            algorithm, _, digest = (row[1] if len(row) > 1 else "").partition("=")
            yield RecordedFile(
                path=Path(os.path.normpath(metadata.parent / row[0])),
                hash=(algorithm.lower(), digest) if digest else None,
            )

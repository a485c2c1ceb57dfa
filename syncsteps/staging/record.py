"""RECORD files, as the core metadata's specification of installed projects describes them."""

from __future__ import annotations

import binascii
import csv
import io
import operator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["RecordEntry", "format_record", "parse_record", "record_hash"]

_FIELDS = 3
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


class RecordEntry(NamedTuple):
    """A line, of which there can be tens of thousands.

    ``path`` has ``/``, ``hash`` is as in ``sha256=…``; None and empty where not recorded.
    """

    path: str
    hash: str = ""
    size: int | None = None


def parse_record(text: str) -> tuple[RecordEntry, ...]:
    """Return the lines of a RECORD; blank ones are skipped, backslashes read as slashes.

    Raises:
        ValueError: a line does not have one to three fields, or its size is no number.
    """
    entries = []
    try:
        rows = list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error as error:
        raise ValueError(str(error)) from error
    for number, row in enumerate(rows, start=1):
        if not row:
            continue
        if len(row) > _FIELDS or not row[0]:
            raise ValueError(f"line {number} is not a path, a hash and a size: {row!r}")
        path, digest, size = row if len(row) == _FIELDS else (*row, "", "")[:_FIELDS]
        entries.append(RecordEntry(path.replace("\\", "/"), digest, int(size) if size else None))
    return tuple(entries)


def format_record(entries: Iterable[RecordEntry]) -> str:
    """Return the text of a RECORD, its lines sorted by path."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerows(sorted(entries, key=operator.attrgetter("path")))  # None is written as nothing
    return buffer.getvalue()


def record_hash(sha256: bytes) -> str:
    """Return a SHA-256 as RECORD writes it: URL-safe base64 without padding."""
    digest = binascii.b2a_base64(sha256, newline=False).translate(_URL_SAFE, b"=")
    return f"sha256={digest.decode('ascii')}"

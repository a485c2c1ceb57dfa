"""How much a lock may ask of whoever reads it: more than real ones do, less than hurts.

The largest locks of real projects have about 350 packages, 1.5 MB, 35,000 values, and markers of
2,000 characters. Ten thousand packages of that kind are within these limits. A parser needs many
times a file's size where it is made of tiny tables, and most where one key has many parts.
"""

from __future__ import annotations

import re

from syncsteps.errors import LockError

__all__ = [
    "LARGEST_FILE",
    "LONGEST_KEY",
    "LONGEST_LINE",
    "LONGEST_TEXT",
    "MOST_FILES",
    "MOST_VALUES",
    "check_json",
    "check_lines",
    "check_size",
    "check_toml",
]

LARGEST_FILE = 64 * 2**20  # bytes
MOST_VALUES = 1_000_000  # keys, tables and arrays of a document, or lines of a requirements file
LONGEST_KEY = 6  # parts of a dotted key; no known lock has more than four
LONGEST_TEXT = 100_000  # characters of one value
LONGEST_LINE = 1_000_000  # characters of a requirement with the hashes of all its files
MOST_FILES = 100  # that a requirements file includes

_HINT = "this is no lock that a tool wrote; if one did, please report it"
_LINE_ENDS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"  # those of str.splitlines
_PART = r"(?:[\w-]+|\"[^\"\n]*\"|'[^'\n]*')"
_MANY_DOTS = re.compile(rf"\.(?:[^.\n]*\.){{{LONGEST_KEY - 1}}}")  # in one line, as such a key has
_DEEP_KEY = re.compile(rf"[\n\[{{,][ \t]*{_PART}(?:[ \t]*\.[ \t]*{_PART}){{{LONGEST_KEY}}}")


def check_size(content: bytes, *, file: str) -> None:
    """Refuse a file of more than `LARGEST_FILE` bytes.

    Raises:
        LockError: ``content``, which may be its beginning only, is longer than that.
    """
    if len(content) > LARGEST_FILE:
        raise LockError(
            f"expected at most {LARGEST_FILE // 2**20} MiB, found more", file=file, hint=_HINT
        )


def check_toml(text: str, *, file: str) -> None:
    """Refuse a TOML document that has more values than a lock, or keys of too many parts.

    Raises:
        LockError: it has.
    """
    # An array costs little, and a table's header, which begins alike, the more: "[" counts twice.
    _check_count(text, "=[[{", "values", file)
    match = _DEEP_KEY.search(f"\n{text}") if _MANY_DOTS.search(text) else None
    if match is not None:
        line = text.count("\n", 0, match.start()) + 1  # which is one further than in `text`
        raise LockError(
            f"a key has more than {LONGEST_KEY} parts", file=file, table=f"line {line}", hint=_HINT
        )


def check_json(text: str, *, file: str) -> None:
    """Refuse a JSON document that has more values than a lock.

    Raises:
        LockError: it has.
    """
    _check_count(text, ":[{", "values", file)


def check_lines(text: str, *, file: str) -> None:
    """Refuse a requirements file that has more lines than a lock.

    Raises:
        LockError: it has.
    """
    _check_count(text, _LINE_ENDS, "lines", file)


def _check_count(text: str, marks: str, what: str, file: str) -> None:
    if len(text) > MOST_VALUES and sum(map(text.count, marks)) > MOST_VALUES:
        raise LockError(
            f"expected at most {MOST_VALUES:,} {what}, found more", file=file, hint=_HINT
        )

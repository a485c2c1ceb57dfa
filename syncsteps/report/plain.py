"""Text of others, made fit for one line of a terminal or a log."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["QUOTE", "counted", "plain"]

# Before lines that others have written: CI systems obey some that begin in their own way.
QUOTE = "  | "

_COLOUR = re.compile(r"\x1b\[[0-9;:]*m")
_BREAK = r"\s*[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]\s*"  # seldom needed, compiled then


def plain(text: str) -> str:
    r"""Return ``text`` as one line that a terminal can only show.

    Locks, installers and modules decide what is in it. Colours go, a line break becomes a space,
    and what else is not printable (control characters, marks that change the direction of writing,
    lone surrogates) is shown as an escape such as ``\x1b``.
    """
    text = _COLOUR.sub("", text.rstrip()).replace("\t", "    ")
    if text.isprintable():
        return text
    return "".join(map(_shown, re.sub(_BREAK, " ", text)))


def counted(items: Iterable[object], noun: str) -> str:
    """Return how many items there are, in words: ``no files``, ``1 file``, ``2 files``."""
    number = len(tuple(items))
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def _shown(character: str) -> str:
    return character if character.isprintable() else ascii(character)[1:-1]

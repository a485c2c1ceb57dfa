"""Where results go: standard output or a file, and what is said if they cannot."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from syncsteps.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "give_up_on_standard_output",
    "is_stream",
    "print_text",
    "require_places",
    "write",
]


def is_stream(target: str) -> bool:
    """Return whether ``target`` is standard output (``-``), a device or a pipe: no file to keep."""
    path = Path(target)
    return target == "-" or (path.exists() and not path.is_file())


def write(target: str, text: str) -> None:
    """Write ``text`` to the file ``target``, or to standard output if that is ``-``.

    Raises:
        SettingsError: it cannot be written there.
    """
    if target == "-":
        print_text(text)
        return
    try:
        Path(target).write_text(text, encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"cannot write {target}: {error.strerror}") from error


def print_text(text: str) -> None:
    """Write ``text`` to standard output.

    Raises:
        SettingsError: standard output is closed, or nobody takes what is written to it.
    """
    if sys.stdout is None:
        raise SettingsError("cannot write to standard output: it is closed")
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        raise SettingsError(f"cannot write to standard output: {error.strerror}") from error


def require_places(targets: Sequence[str]) -> None:
    """Make sure that all ``targets`` can be written, before anything is done that they tell of.

    Raises:
        SettingsError: one cannot, or two of them are the same.
    """
    found: set[str] = set()
    for target in targets:
        place = target if is_stream(target) else str(Path(target).resolve())
        if place in found:
            where = "standard output" if target == "-" else target
            raise SettingsError(
                f"two outputs are to be written to {where}", hint="name a file for each of them"
            )
        found.add(place)
        _require_place(target)


def _require_place(target: str) -> None:
    if target == "-":
        return
    path = Path(target)
    if path.is_dir():
        raise SettingsError(f"cannot write {target}: it is a directory")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        why = "this user may not" if path.parent.is_dir() else f"there is no {path.parent}"
        raise SettingsError(f"cannot write {target}: {why}")


def give_up_on_standard_output() -> None:
    """Drop what nobody takes; at its end the interpreter would try once more, and complain."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

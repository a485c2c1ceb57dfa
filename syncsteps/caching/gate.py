"""The first thing that a run asks is whether all is as it was when its like came to an end.

Then that run's answer is this one's, and neither the target is started nor the lock read. Any
doubt, and nothing is answered. It imports nothing that Python has not imported itself, as far as
that goes: to import `argparse` alone takes longer.
"""

# As in `marks`.
# ruff: noqa: PTH109, PTH116, PTH118, PTH123

from __future__ import annotations

import marshal
import os
import stat
import sys
import time

from syncsteps.caching.marks import unchanged
from syncsteps.caching.places import named_directory, usual_directory
from syncsteps.caching.store import digest, read
from syncsteps.version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import TextIO

    from syncsteps.caching.marks import Marks

__all__ = ["ANSWERS", "UNHEARD", "Question", "answer", "ask", "pack"]

ANSWERS = "answers"
"""The directory in the cache that answers are in."""

_VERBS = frozenset({"sync", "install", "export"})
UNHEARD = frozenset({"_", "OLDPWD", "PWD", "SHLVL"})
"""Variables that say where a shell is and how deep, which is known anyway or does not matter."""


class Question:
    """One run: everything that it was told, by the name of its answer in the cache.

    ``named`` is the cache directory as flag or variable name it, empty for the usual one;
    ``directory`` is where the answer is. ``moment`` is when the run began, in ns since the epoch,
    ``started`` the same by `time.perf_counter`.
    """

    __slots__ = ("directory", "moment", "name", "named", "started")

    def __init__(self, *, name: str, named: str, directory: str, moment: int) -> None:
        self.name = name
        self.named = named
        self.directory = directory
        self.moment = moment
        self.started = time.perf_counter()


def ask(argv: Sequence[str], environment: Mapping[str, str]) -> Question | None:
    """Return the question that the run with these arguments is; None if none may be answered."""
    moment = time.time_ns()
    if not argv or argv[0] not in _VERBS or sys.stdout is None or sys.stderr is None:
        return None
    try:
        working = os.getcwd()
    except OSError:
        return None
    named = named_directory(argv, environment, working=working)
    if named is None:
        return None
    directory = named or _written(working) or usual_directory(environment)
    return Question(
        name=digest(_told(argv, environment, working)).hex(),
        named=named,
        directory=os.path.join(directory, ANSWERS) if directory else "",
        moment=moment,
    )


def _told(argv: Sequence[str], environment: Mapping[str, str], working: str) -> bytes:
    """Return everything that reaches a run without its looking: locks expand any variable.

    Of the environment there may be secrets in it: it is only ever kept as a digest.
    """
    told = (
        __version__,
        sys.version,
        sys.executable,
        sys.path,
        tuple(argv),
        working,
        sorted(item for item in environment.items() if item[0] not in UNHEARD),
        [(stream.isatty(), stream.encoding, stream.errors) for stream in (sys.stdout, sys.stderr)],
        os.geteuid() if hasattr(os, "geteuid") else None,
        tuple(os.uname()) if hasattr(os, "uname") else None,
        os.cpu_count(),
    )
    return ascii(told).encode("ascii")


def _written(working: str) -> str:
    """Return the cache directory that a pyproject.toml here seems to name, empty if none.

    Reading it as TOML takes too long. A mistake only means that nothing is found there: every
    answer shows for itself whether it still holds.
    """
    try:
        with open(os.path.join(working, "pyproject.toml"), "rb") as file:
            content = file.read()
    except OSError:
        return ""
    for line in content.splitlines() if b"cache-dir" in content else ():
        key, _, value = line.partition(b"=")
        if key.strip() == b"cache-dir":
            return os.path.join(working, os.fsdecode(value.strip().strip(b"\"'")))
    return ""


def pack(
    *,
    said: tuple[str, str],
    outputs: Sequence[tuple[str, str | None]],
    marks: tuple[Marks, Marks],
    access: Sequence[tuple[str, bool]],
) -> bytes:
    """Return an answer as it is kept.

    ``said`` is what went to standard error, before and after the time that the run took (all of it
    before, if it did not say that). ``outputs`` are pairs of where to (``-`` is standard output)
    and what, None for a file that must not be there. They hold for as long as ``marks`` do, the
    first two of `mark_all`, and the paths in ``access`` can be written to, or not.
    """
    return marshal.dumps((said, tuple(outputs), marks, tuple(access)))


def answer(question: Question) -> int | None:
    """Give the answer to ``question``, if there is one that holds, and return the exit code.

    None says that there is none, or that it could not be written where it goes: the long way finds
    out why.
    """
    payload = read(question.directory, question.name) if question.directory else None
    if payload is None:
        return None
    try:
        # Nobody else can have written it, and its digest is right.
        (before, after), outputs, (own, behind), access = marshal.loads(payload)  # noqa: S302
        if not unchanged(own, behind) or not all(map(_as_it_was, access)):
            return None
        if not all(map(_can_take, outputs)):
            return None
        for target, text in outputs:
            _write(target, text)
        if after:
            took = time.perf_counter() - question.started
            before = f"{before}in {took:.1f} s{after}"
        _put(sys.stderr, before)
    except (OSError, ValueError, TypeError, EOFError):
        return None
    return 0


def _as_it_was(access: tuple[str, bool]) -> bool:
    path, writable = access
    return os.access(path, os.W_OK | os.X_OK) == writable


def _can_take(output: tuple[str, str | None]) -> bool:
    """Return whether a target is standard output, a file, or nothing yet; not a device or pipe."""
    target, text = output
    if target == "-":
        return True
    if text is None:
        return not os.path.lexists(target)
    try:
        return stat.S_ISREG(os.stat(target).st_mode)
    except FileNotFoundError:
        return True


def _write(target: str, text: str | None) -> None:
    if target == "-":
        _put(sys.stdout, text or "")
    elif text is not None:
        with open(target, "w", encoding="utf-8") as file:
            file.write(text)


def _put(stream: TextIO | None, text: str) -> None:
    if stream is not None:
        stream.write(text)
        stream.flush()

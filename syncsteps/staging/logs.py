"""The whole output of an installer, kept where a person can read it after a failure."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING

from syncsteps.errors import StagingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["logged"]

# An error shows that many lines at most.
_SHOWN_LINES = 20
# As long as a log is no longer than that, it stays in memory.
_IN_MEMORY = 1 << 20


@contextlib.contextmanager
def logged(on_line: Callable[[str], None]) -> Iterator[Callable[[str], None]]:
    """Run a block that hands an installer's lines, secrets redacted, to what this gives.

    They are passed on to ``on_line``. If the block fails as installers do, and there are more of
    them than an error shows, they are kept: in a file in the directory for temporary ones that only
    this user can read.

    Raises:
        StagingError: the block's own, which then names that file.
    """
    with tempfile.SpooledTemporaryFile(
        max_size=_IN_MEMORY, mode="w+", encoding="utf-8", errors="replace"
    ) as lines:
        length = 0

        def listen(line: str) -> None:
            nonlocal length
            length += 1
            # That a disk is full is no reason to end what is written about.
            with contextlib.suppress(OSError):
                lines.write(f"{line}\n")
            on_line(line)

        try:
            yield listen
        except StagingError as error:
            if length <= _SHOWN_LINES or (kept := _keep(lines)) is None:
                raise
            raise StagingError(
                error.message,
                hint=f"{error.hint} All {length} lines of the installer are in {kept}.",
                details=error.details,
            ) from error


def _keep(lines: IO[str]) -> Path | None:
    """Write ``lines`` into a file of their own and return it, or None if none can be written."""
    try:
        descriptor, name = tempfile.mkstemp(prefix="syncsteps-", suffix=".log")
    except OSError:
        return None
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as file:
            lines.seek(0)
            shutil.copyfileobj(lines, file)
    except OSError:  # a part of it would take room where there is none
        Path(name).unlink()
        return None
    return Path(name)

"""The time stamps of staged files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from syncsteps.staging.finish import detach

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["stamp"]


def stamp(files: Iterable[str], *, epoch: int) -> None:
    """Let each of ``files`` have been changed ``epoch`` seconds after the beginning of 1970.

    What is a hard link becomes a file of its own first: a time stamp is the same for all its names.

    Raises:
        OSError: a file is not there, or belongs to somebody else.
    """
    for file in files:
        status = os.lstat(file)
        if status.st_nlink > 1:
            detach(file, mode=status.st_mode & 0o7777)
        os.utime(file, (epoch, epoch))

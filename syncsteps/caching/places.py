"""Where the cache is, and whether what is there can be trusted: it decides what root does.

This is for the way that has to be quick, and imports nothing that Python has not imported itself.
"""

# As in `marks`.
# ruff: noqa: PTH116, PTH117, PTH118, PTH120

from __future__ import annotations

import os
import stat
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["is_ours", "named_directory", "refusal", "usual_directory"]

_OTHERS = stat.S_IWGRP | stat.S_IWOTH
_OFF = frozenset({"", "0", "false", "no", "off"})


def named_directory(
    argv: Sequence[str], environment: Mapping[str, str], *, working: str
) -> str | None:
    """Return the directory that flag or variable name: empty for the usual one, None for none.

    Relative ones are relative to ``working``. What the settings say besides is not known here.
    """
    off = environment.get("SYNCSTEPS_NO_CACHE", "").lower() not in _OFF
    if off or "--no-cache" in argv:
        return None
    named = environment.get("SYNCSTEPS_CACHE_DIR", "")
    for number, argument in enumerate(argv):
        if argument == "--cache-dir":
            named = "".join(argv[number + 1 : number + 2])
        elif argument.startswith("--cache-dir="):
            named = argument.partition("=")[2]
    return os.path.join(working, named) if named else ""


def usual_directory(environment: Mapping[str, str], *, platform: str = sys.platform) -> str:
    """Return the directory for caches that the conventions of ``platform`` give, empty for none.

    ``platform`` is as in `sys.platform`. Where no home is named (as in many image builds) there is
    none.
    """
    home = environment.get("HOME", "")
    named = environment.get("XDG_CACHE_HOME", "")
    if platform == "win32":
        home, below = environment.get("LOCALAPPDATA", ""), "syncsteps/Cache"
    elif platform == "darwin":
        below = "Library/Caches/syncsteps"
    elif os.path.isabs(named):  # the XDG Base Directory Specification ignores relative ones
        home, below = named, "syncsteps"
    else:
        below = ".cache/syncsteps"
    return os.path.join(home, *below.split("/")) if os.path.isabs(home) else ""


def is_ours(status: os.stat_result) -> bool:
    """Return whether only this user (and the system's) can change a file or directory.

    On Windows, where a mode says nothing of that, what is in a user's folders is the user's.
    """
    if not hasattr(os, "geteuid"):
        return True
    return status.st_uid == os.geteuid() and not status.st_mode & _OTHERS


def refusal(directory: str) -> str:
    """Return why nothing is to be written to ``directory``, or read from it; empty if all is well.

    A directory that is not there yet is judged by the one in which it would be made: a cache of
    root's in the home of another user would be in that user's way.
    """
    place = directory
    while not os.path.lexists(place) and os.path.dirname(place) != place:
        place = os.path.dirname(place)
    try:
        status = os.stat(place)
    except (OSError, ValueError) as error:
        return f"{place} cannot be used: {error}"
    if not stat.S_ISDIR(status.st_mode):
        return f"{place} is no directory"
    if place == directory:
        return "" if is_ours(status) else f"others than this user can write to {place}"
    if hasattr(os, "geteuid") and status.st_uid != os.geteuid():
        return f"{place} belongs to another user"
    return ""

"""Whether a directory lies in the top layer of a container, and so in the image that is built."""

from __future__ import annotations

import os
import re
from pathlib import Path

__all__ = ["is_layer", "type_of_mount"]

_MOUNTS = Path("/proc/self/mounts")
_LAYERED = frozenset({"aufs", "fuse.fuse-overlayfs", "overlay"})
_ESCAPED = re.compile(r"\\([0-7]{3})")


def is_layer(directory: str, *, mounts: Path = _MOUNTS) -> bool:
    """Return whether ``directory``, which need not exist, is on a file system of layers.

    A volume or a cache that is mounted into a container is not. ``mounts`` is the list of what is
    mounted, as Linux has it (fstab(5)); where there is none, there are no layers.
    """
    try:
        listed = mounts.read_text("utf-8", "surrogateescape")
    except OSError:
        return False
    return type_of_mount(os.path.realpath(directory), listed) in _LAYERED


def type_of_mount(path: str, listed: str) -> str:
    """Return the type of the file system that an absolute ``path`` is on, by the list of mounts."""
    best, kind = -1, ""
    for line in listed.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:  # noqa: PLR2004 - what, where, of which type
            continue
        place = _ESCAPED.sub(lambda match: chr(int(match[1], 8)), fields[1])
        # Of several at one place, the last one lies on top.
        if len(place) >= best and f"{path}/".startswith(place.rstrip("/") + "/"):
            best, kind = len(place), fields[2]
    return kind

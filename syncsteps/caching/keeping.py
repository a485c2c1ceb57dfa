"""Where something is kept for later runs, if anywhere."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from syncsteps.caching.marks import mark_all
from syncsteps.caching.mounts import is_layer
from syncsteps.caching.places import usual_directory

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncsteps.caching.marks import Marks
    from syncsteps.settings import Settings

__all__ = ["LOCKS", "PROBES", "code_marks", "keeping_directory", "looking_directory"]

LOCKS = "locks"
"""The directory in the cache that locks are in, as they were read."""

PROBES = "probes"
"""The directory in the cache that what probes have found is in."""


def keeping_directory(settings: Settings, environment: Mapping[str, str], kind: str) -> str:
    """Return the directory to keep things of a ``kind`` in, empty for nowhere.

    What lies in a layer of a container goes into the image, where it is of no use and makes no two
    builds the same. So nothing is kept there, nor where SOURCE_DATE_EPOCH asks for the same build
    again, unless a directory has been named for it.
    """
    directory = looking_directory(settings, environment, kind)
    if not directory or settings.cache_dir:
        return directory
    return "" if environment.get("SOURCE_DATE_EPOCH") or is_layer(directory) else directory


def looking_directory(settings: Settings, environment: Mapping[str, str], kind: str) -> str:
    """Return the directory to look for things of a ``kind`` in, empty for none."""
    if settings.no_cache:
        return ""
    named = settings.cache_dir
    # Text, as in the question that a run is; and links stay.
    top = os.path.abspath(named) if named else usual_directory(environment)  # noqa: PTH100
    return os.path.join(top, kind) if top else ""  # noqa: PTH118


def code_marks(folder: str) -> Marks:
    """Return the marks of the modules in a ``folder`` of this package, or of the zip file it is in.

    What they have made of something holds as long as they are the same: a checkout has the same
    version from one commit to the next.
    """
    directory = str(Path(__file__).parent.parent / folder)
    try:
        names = sorted(name for name in os.listdir(directory) if name.endswith(".py"))  # noqa: PTH208
    except OSError:
        names = [""]
    own, _, _ = mark_all(os.path.join(directory, name) for name in names)  # noqa: PTH118 - text
    return own

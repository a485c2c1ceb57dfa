"""SOURCE_DATE_EPOCH: the time that files are to show, in place of the clock's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from syncsteps.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["source_date_epoch"]

_NAME = "SOURCE_DATE_EPOCH"
# What the headers of archives can hold: the year 2106.
_LATEST = 2**32 - 1


def source_date_epoch(environment: Mapping[str, str]) -> int | None:
    """Return what the variable says, in seconds since 1970; None where it is not set, or empty.

    It follows the specification of reproducible-builds.org, version 1.1.

    Raises:
        SettingsError: it is not a whole number of seconds, in digits alone.
    """
    text = environment.get(_NAME, "")
    if not text:
        return None
    if not re.fullmatch(r"[0-9]+", text) or len(text) > len(str(_LATEST)) or int(text) > _LATEST:
        raise SettingsError(
            f"{_NAME}={text!r}: expected whole seconds since 1970 in digits, {_LATEST} at the most",
            hint="set it as `date +%s` or `git log -1 --format=%ct` print it, or unset it",
        )
    return int(text)

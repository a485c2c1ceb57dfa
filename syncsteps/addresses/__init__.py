"""The addresses of a lock's files, where the lock has none: an index is asked for them, by uv."""
# ruff: noqa: TC004 - the names of __all__ are there, only later

from __future__ import annotations

from typing import TYPE_CHECKING

from syncsteps.late import import_late

if TYPE_CHECKING:
    from syncsteps.addresses.asking import UvAsker
    from syncsteps.addresses.merging import Located, locate
    from syncsteps.addresses.questions import Question, questions_of

__all__ = ["Located", "Question", "UvAsker", "locate", "questions_of"]

import_late(
    __name__,
    {
        "syncsteps.addresses.asking": ("UvAsker",),
        "syncsteps.addresses.merging": ("Located", "locate"),
        "syncsteps.addresses.questions": ("Question", "questions_of"),
    },
)

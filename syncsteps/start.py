"""Where the command line starts: an answer that still holds comes before everything else.

Nothing is imported here that only the long way needs.
"""

from __future__ import annotations

import os
import sys

from syncsteps.caching.gate import answer, ask

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

__all__ = ["entry_point"]


def entry_point() -> NoReturn:
    """Run the command line and end the process with its exit code."""
    question = ask(sys.argv[1:], os.environ)
    status = None if question is None else answer(question)
    if status is not None:
        sys.exit(status)
    witness = None
    if question is not None and hasattr(sys, "addaudithook"):
        from syncsteps.caching.witness import Witness  # noqa: PLC0415 - for the long way

        witness = Witness()
        witness.watch()
    from syncsteps import cli  # noqa: PLC0415 - as above

    cli.entry_point(question, witness)

"""Where a run starts: an answer that still holds comes before everything else.

Nothing is imported here that only the long way needs.
"""

from __future__ import annotations

import os
import sys

from syncsteps.caching.gate import answer, ask

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

    from syncsteps.caching.gate import Question
    from syncsteps.caching.recording import Recording

__all__ = ["entry_point", "keep_garbage", "main"]

_GARBAGE_THRESHOLD = 50_000


def entry_point() -> NoReturn:
    """Run the command line and end the process with its exit code."""
    question = ask(sys.argv[1:], os.environ)
    status = None if question is None else answer(question)
    if status is not None:
        sys.exit(status)
    keep_garbage()
    recording = _recording(question)
    from syncsteps import cli  # noqa: PLC0415 - for the long way

    cli.entry_point(recording)


def keep_garbage() -> None:
    """Look for garbage seldom from now on, and at the end of the process not at all.

    What a run allocates it keeps to its end: to look for garbage all the time takes about a tenth
    of an export, and of reading what is staged.
    """
    if sys.implementation.name == "cpython":
        import atexit  # noqa: PLC0415 - as above
        import gc  # noqa: PLC0415 - as above

        gc.set_threshold(_GARBAGE_THRESHOLD)
        atexit.register(gc.freeze)


def main(argv: Sequence[str]) -> int:
    """Do what `syncsteps.cli.main` does with these arguments here, or what an earlier run came to.

    Returned is the exit code.
    """
    question = ask(argv, os.environ)
    status = None if question is None else answer(question)
    if status is not None:
        return status
    recording = _recording(question)
    from syncsteps import cli  # noqa: PLC0415 - as above

    return cli.main(argv, recording=recording)


def _recording(question: Question | None) -> Recording | None:
    """Return what keeps the answer to ``question``, and watch from now on what it depends on."""
    if question is None or not hasattr(sys, "addaudithook"):
        return None
    from syncsteps.caching.witness import Witness  # noqa: PLC0415 - as above

    witness = Witness()
    witness.watch()
    from syncsteps.caching.recording import Recording  # noqa: PLC0415 - as above

    return Recording(question, witness, stream=sys.stderr)

"""One swap in a process of its own, which can be killed: the data are those of a real sync.

``python -m tests.support.swap_child capture FILE ARGUMENT…`` runs syncsteps with the arguments up
to the moment of its commit, writes into FILE what it was about to commit, and ends there as if it
had been killed: all that it staged is still there. ``… commit FILE`` does that commit, and
``… recover FILE`` recovers from it. Both say "ready" when everything but that has been done, and
end with the exit code of what went wrong.
"""

from __future__ import annotations

import os
import pickle
import sys
from pathlib import Path
from typing import Any, NoReturn

from syncsteps.commit import commit, interpreter_lock, recover
from syncsteps.errors import SyncstepsError

__all__ = ["READY"]

READY = "ready\n"


def _capture(file: Path, arguments: list[str]) -> int:
    # Not at the top: a swap does without them, and is started hundreds of times.
    from syncsteps import execution  # noqa: PLC0415
    from syncsteps.cli import main  # noqa: PLC0415

    def stop(*positional: object, **named: object) -> NoReturn:
        file.write_bytes(pickle.dumps((positional, named)))
        os._exit(0)

    vars(execution)["commit"] = stop
    main(arguments)
    sys.stderr.write("there was nothing to commit\n")
    return 1


def _work(verb: str, file: Path) -> int:
    positional, named = _load(file)
    state: Path = named["state"]
    with interpreter_lock(state, timeout=0, on_wait=_unexpected):
        os.write(1, READY.encode())
        try:
            if verb == "commit":
                commit(*positional, **named)
            else:
                recover(state, roots=named["roots"])
        except SyncstepsError as error:
            sys.stderr.write(f"{error}\n")
            return error.exit_code
    return 0


def _load(file: Path) -> tuple[tuple[Any, ...], dict[str, Any]]:
    positional, named = pickle.loads(file.read_bytes())  # noqa: S301 - written by a test
    return positional, named


def _unexpected() -> NoReturn:
    raise AssertionError("somebody holds the lock of a throwaway interpreter")


if __name__ == "__main__":
    if sys.argv[1] == "capture":
        sys.exit(_capture(Path(sys.argv[2]), sys.argv[3:]))
    sys.exit(_work(sys.argv[1], Path(sys.argv[2])))

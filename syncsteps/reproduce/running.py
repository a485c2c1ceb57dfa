"""One sync in a view: started, listened to, and what it left brought back."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from syncsteps.errors import InterpreterError
from syncsteps.events import InnerLine
from syncsteps.processes import attached, run
from syncsteps.reproduce.inner import Relay, error_in
from syncsteps.reproduce.order import inner_options
from syncsteps.reproduce.view import BOOT

if TYPE_CHECKING:
    from pathlib import Path

    from syncsteps.events import Watcher
    from syncsteps.reproduce.view import View
    from syncsteps.settings import Settings

__all__ = ["Ran", "own_path", "run_sync"]

_INTERRUPTED = 130
_LAST_LINES = 10
# For an inner run to throw away what it has in other places, such as installers' directories.
_GRACE = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a sync that ended well left: its document, and what was collected after it."""

    document: dict[str, Any]
    collected: dict[str, Any]


def own_path() -> tuple[str, ...]:
    """Return where this process imports from, for another one of the same Python."""
    return tuple(entry or os.getcwd() for entry in sys.path)  # noqa: PTH109 - a text, as the others


def run_sync(
    view: View, settings: Settings, *, work: Path, on_event: Watcher, known: bool, shell: bool
) -> Ran:
    """Run `sync` in ``view``, and then with ``shell`` the user's shell, on this terminal.

    ``work`` is the work directory of the view as it is here. ``known`` says that the target has
    been told already.

    Raises:
        InterpreterError: the view cannot be had (a MeansMissingError), or no sync begins in it.
        SyncstepsError: the one that the sync ended with.
        KeyboardInterrupt: it was interrupted.
    """
    orders = {
        "path": list(view.path),
        "copy": view.copy,
        "uv": view.uv,
        "variables": dict(view.passed),
        "directory": view.directory,
        "options": [*inner_options(settings), *view.options, f"--json={view.work}/report.json"],
        "report": f"{view.work}/report.json",
        "evidence": f"{view.work}/evidence.json",
        "shell": shell,
    }
    (work / "orders.json").write_text(json.dumps(orders), encoding="ascii")
    plain = ("-B",) if sys.dont_write_bytecode else ()
    command = view.command(["-I", *plain, "-c", BOOT, f"{view.work}/orders.json"], shell)
    relay = Relay(lambda text: on_event(InnerLine(text=text)), known=known)
    try:
        if shell:
            status = attached(command, view.variables)
        else:
            done = run(command, environment=view.variables, on_line=relay, grace=_GRACE)
            status = done.status
    except OSError as error:
        raise InterpreterError(f"cannot start {command[0]}: {error.strerror}") from error
    refused = view.refused()
    if refused is not None:
        raise refused
    return _result(status, view, relay, work)


def _result(status: int, view: View, relay: Relay, work: Path) -> Ran:
    if status == _INTERRUPTED:
        raise KeyboardInterrupt
    document = _read(work / "report.json")
    error = error_in(document) if document is not None else None
    if error is not None:
        raise error
    collected = _read(work / "evidence.json")
    if status or document is None or collected is None:
        raise InterpreterError(
            f"the run in the view ({view.isolation}) ended with {status}, and without a result",
            hint=view.hint,
            details=relay.lines[-_LAST_LINES:],
        )
    return Ran(document=document, collected=collected)


def _read(file: Path) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found

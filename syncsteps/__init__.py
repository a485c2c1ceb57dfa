"""Put a project's lock file into the system Python, without ever breaking it.

The functions below are the steps, one for each verb of the command line, which is a thin layer on
them, as are the nox sessions (`syncsteps.nox_sessions`) and tox's plugin. They are for a noxfile's
own sessions, for tests, for what starts a worker. Each takes `Settings` and returns a value, mostly
an `Outcome`. None prints anything or ends the process: what goes wrong is raised, as one of the
errors of `syncsteps.errors`, all of them a `SyncstepsError`. What happens on the way is told to
``on_event``, as one of the values of `syncsteps.events`; an exception that it raises ends the run,
and leaves the interpreter as it was, unless the swap has begun, which then is undone or finished.

Example:
    >>> from pathlib import Path
    >>> from syncsteps import Settings, sync
    >>> outcome = sync(Settings(directory=Path("service")))
    >>> [action.name for action in outcome.plan.actions]
    ['alpha', 'beta']

The directory ``service`` has a lock that names two distributions, and the target is the ``python3``
that comes first on PATH; so it is in the examples below.
"""

# ruff: noqa: TC004 - the names of __all__ are there, only later

from __future__ import annotations

from syncsteps.late import import_late
from syncsteps.version import __version__

TYPE_CHECKING = False  # to import `typing` takes a third of a run that has nothing to do
if TYPE_CHECKING:
    from syncsteps.check import Drift, DriftKind
    from syncsteps.errors import SyncstepsError
    from syncsteps.events import Event, Outcome
    from syncsteps.exporting import export, inspect
    from syncsteps.fetching import fetch
    from syncsteps.interpreter.model import InstalledDistribution, Interpreter
    from syncsteps.locks.model import Lock, Package
    from syncsteps.matrix import verify_targets
    from syncsteps.pipeline import check, install, recover, smoke, sync, verify
    from syncsteps.plan import Install, Keep, Plan, Remove, Replace
    from syncsteps.receipts import Receipt, ReceiptEntry
    from syncsteps.selection.model import Request, Selected, Selection
    from syncsteps.settings import Settings, load_settings
    from syncsteps.smoke.model import ImportResult, Verdict
    from syncsteps.verify.model import Finding, Severity

__all__ = [
    "Drift",
    "DriftKind",
    "Event",
    "Finding",
    "ImportResult",
    "Install",
    "InstalledDistribution",
    "Interpreter",
    "Keep",
    "Lock",
    "Outcome",
    "Package",
    "Plan",
    "Receipt",
    "ReceiptEntry",
    "Remove",
    "Replace",
    "Request",
    "Selected",
    "Selection",
    "Settings",
    "Severity",
    "SyncstepsError",
    "Verdict",
    "__version__",
    "check",
    "export",
    "fetch",
    "inspect",
    "install",
    "load_settings",
    "recover",
    "smoke",
    "sync",
    "verify",
    "verify_targets",
]

import_late(
    __name__,
    {
        "syncsteps.check": ("Drift", "DriftKind"),
        "syncsteps.errors": ("SyncstepsError",),
        "syncsteps.events": ("Event", "Outcome"),
        "syncsteps.exporting": ("export", "inspect"),
        "syncsteps.fetching": ("fetch",),
        "syncsteps.interpreter.model": ("InstalledDistribution", "Interpreter"),
        "syncsteps.locks.model": ("Lock", "Package"),
        "syncsteps.matrix": ("verify_targets",),
        "syncsteps.pipeline": ("check", "install", "recover", "smoke", "sync", "verify"),
        "syncsteps.plan": ("Install", "Keep", "Plan", "Remove", "Replace"),
        "syncsteps.receipts": ("Receipt", "ReceiptEntry"),
        "syncsteps.selection.model": ("Request", "Selected", "Selection"),
        "syncsteps.settings": ("Settings", "load_settings"),
        "syncsteps.smoke.model": ("ImportResult", "Verdict"),
        "syncsteps.verify.model": ("Finding", "Severity"),
    },
)

"""The target interpreter: found, probed, and kept as a value."""
# ruff: noqa: TC004 - the names of __all__ are there, only later

from __future__ import annotations

from typing import TYPE_CHECKING

from syncsteps.late import import_late

if TYPE_CHECKING:
    from syncsteps.interpreter.find import find_target, resolve, resolving
    from syncsteps.interpreter.model import InstalledDistribution, Interpreter, Libc, Owner, Scheme
    from syncsteps.interpreter.owners import find_owners
    from syncsteps.interpreter.probe import MINIMUM_VERSION, probe, probing
    from syncsteps.interpreter.snapshot import from_json, to_json

__all__ = [
    "MINIMUM_VERSION",
    "InstalledDistribution",
    "Interpreter",
    "Libc",
    "Owner",
    "Scheme",
    "find_owners",
    "find_target",
    "from_json",
    "probe",
    "probing",
    "resolve",
    "resolving",
    "to_json",
]

import_late(
    __name__,
    {
        "syncsteps.interpreter.find": ("find_target", "resolve", "resolving"),
        "syncsteps.interpreter.model": (
            "InstalledDistribution",
            "Interpreter",
            "Libc",
            "Owner",
            "Scheme",
        ),
        "syncsteps.interpreter.owners": ("find_owners",),
        "syncsteps.interpreter.probe": ("MINIMUM_VERSION", "probe", "probing"),
        "syncsteps.interpreter.snapshot": ("from_json", "to_json"),
    },
)

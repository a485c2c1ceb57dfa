"""The target interpreter: found, probed, and kept as a value."""

from __future__ import annotations

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

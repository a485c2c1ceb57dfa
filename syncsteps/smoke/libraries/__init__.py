"""System libraries that compiled files need: which are missing, and which package has them."""
# ruff: noqa: TC004 - the names of __all__ are there, only later

from __future__ import annotations

from typing import TYPE_CHECKING

from syncsteps.late import import_late

if TYPE_CHECKING:
    from syncsteps.smoke.libraries.messages import library_in
    from syncsteps.smoke.libraries.missing import MissingFinder, find_missing
    from syncsteps.smoke.libraries.model import Certainty, MissingLibrary, Supplier, System
    from syncsteps.smoke.libraries.suppliers import indexed_supplier, install_command, supplier
    from syncsteps.smoke.libraries.system import read_system

__all__ = [
    "Certainty",
    "MissingFinder",
    "MissingLibrary",
    "Supplier",
    "System",
    "find_missing",
    "indexed_supplier",
    "install_command",
    "library_in",
    "read_system",
    "supplier",
]

import_late(
    __name__,
    {
        "syncsteps.smoke.libraries.messages": ("library_in",),
        "syncsteps.smoke.libraries.missing": ("MissingFinder", "find_missing"),
        "syncsteps.smoke.libraries.model": ("Certainty", "MissingLibrary", "Supplier", "System"),
        "syncsteps.smoke.libraries.suppliers": ("indexed_supplier", "install_command", "supplier"),
        "syncsteps.smoke.libraries.system": ("read_system",),
    },
)

"""Importing what was staged, before it is let in."""

from syncsteps.smoke.model import ImportResult, SmokeTarget, Verdict
from syncsteps.smoke.names import import_names
from syncsteps.smoke.runner import smoke_imports

__all__ = ["ImportResult", "SmokeTarget", "Verdict", "import_names", "smoke_imports"]

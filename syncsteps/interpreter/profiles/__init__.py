"""Interpreters of images that people use, by name: facts that ship with syncsteps as tables."""

from __future__ import annotations

from syncsteps.interpreter.profiles.names import Architecture, find_profile, profile_names
from syncsteps.interpreter.profiles.tables import Profile
from syncsteps.interpreter.profiles.values import to_interpreter

__all__ = ["Architecture", "Profile", "find_profile", "profile_names", "to_interpreter"]

"""From a lock to markers: what a request comes to on every platform, without an interpreter.

Every entry of a lock gets the condition under which `select` would choose it, as a Boolean function
of the comparisons that the lock's markers make, and each condition becomes one marker.
"""

from __future__ import annotations

from syncsteps.selection.universal.everywhere import select_everywhere, settles_choices
from syncsteps.selection.universal.model import Conditional, Universal

__all__ = ["Conditional", "Universal", "select_everywhere", "settles_choices"]

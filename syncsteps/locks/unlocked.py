"""What the entries of a flat lock require, where no entry of that lock has the name of it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from syncsteps.locks.model import Dependency

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from packaging.markers import Marker

    from syncsteps.locks.model import Package

__all__ = ["absent_names", "with_unlocked"]

# Old versions of poetry and of pip-tools never lock these: they were in every environment then.
_NEVER_LOCKED = frozenset({"distribute", "pip", "setuptools", "wheel"})
_NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")


def absent_names(texts: Iterable[str], known: Collection[str]) -> dict[str, str]:
    """Return those of ``texts`` that begin with a name that is not ``known``, by that name.

    Nearly everything that a lock's entries require is locked, and reading a whole requirement takes
    much longer than reading its name. A text that begins with no name is passed over.
    """
    found = {}
    for text in texts:
        match = _NAME.match(text)
        name = canonicalize_name(match[1]) if match else ""
        if name and name not in known and name not in _NEVER_LOCKED:
            found[name] = text
    return found


def with_unlocked(package: Package, needs: Iterable[tuple[str, Marker | None]]) -> Package:
    """Return ``package`` with what it requires that is not locked: each name, and where it does."""
    unlocked = tuple(Dependency(name=name, marker=marker) for name, marker in needs)
    return replace(package, unlocked=unlocked) if unlocked else package

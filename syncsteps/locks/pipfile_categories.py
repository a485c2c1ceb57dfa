"""The categories of a Pipfile.lock as one list, of which each name applies once at the most."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache, reduce
from operator import and_, or_
from typing import TYPE_CHECKING

from packaging.markers import Marker

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from syncsteps.locks.model import Package

__all__ = ["Use", "merged"]

_COMPARISON = re.compile(
    r'(?P<variable>\w+) (?P<operator>[=!<>]=|[<>]|in|not in) (?P<value>"[^"]*")'
)
_NEGATED = {"==": "!=", "!=": "==", "in": "not in", "not in": "in"}
_NEGATED_ORDER = {"<": ">=", ">=": "<", ">": "<=", "<=": ">"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A package as the category that is ``group`` has it, with the marker that it has there."""

    group: str
    package: Package


def merged(uses: Iterable[Use]) -> Iterator[Package]:
    """Yield each package once, with a marker that says in which groups it applies, and where.

    Categories may be locked at different times, and then differ. Of those that are asked for
    together the first that has a package counts, in the order of ``uses``. (For Pipenv's
    ``requirements`` it is ``default`` before ``develop``, while its ``sync`` installs the one over
    the other.) Where the marker of the first cannot be negated, both apply, which is an
    error of selection.
    """
    by_name: dict[str, list[Use]] = {}
    for use in uses:
        by_name.setdefault(use.package.name, []).append(use)
    for same_name in by_name.values():
        variants: dict[Package, list[Marker]] = {}
        ahead: dict[Package, list[Use]] = {}
        for use in same_name:
            package = replace(use.package, marker=None)
            others = [each for other, its in ahead.items() if other != package for each in its]
            variants.setdefault(package, []).append(_condition(use, others))
            ahead.setdefault(package, []).append(use)
        for package, conditions in variants.items():
            yield replace(package, marker=reduce(or_, conditions))


def _condition(use: Use, ahead: Iterable[Use]) -> Marker:
    marker = use.package.marker
    conditions = [_asked(use.group)] if marker is None else [_asked(use.group), marker]
    for other in ahead:
        # Two spellings of one name in one category are an error, and stay one.
        if other.group != use.group:
            its_marker = other.package.marker
            outside = _outside(other.group, None if its_marker == marker else its_marker)
            conditions += [] if outside is None else [outside]
    return reduce(and_, conditions)


@lru_cache(maxsize=1024)
def _asked(group: str) -> Marker:
    return Marker(f"'{group}' in dependency_groups")


@lru_cache(maxsize=8192)
def _outside(group: str, marker: Marker | None) -> Marker | None:
    """Return where an entry of ``group`` with ``marker`` does not apply; None: hard to say."""
    not_asked = Marker(f"'{group}' not in dependency_groups")
    if marker is None:
        return not_asked
    negated = _negated(marker)
    return None if negated is None else not_asked | negated


def _negated(marker: Marker) -> Marker | None:
    """Return where ``marker``, comparisons joined by ``and``, does not hold; None: hard to say."""
    parts = []
    for text in str(marker).split(" and "):
        comparison = _COMPARISON.fullmatch(text)
        if comparison is None:
            return None
        operators = dict(_NEGATED)
        # A pre-release is neither before its release nor at or after it; this never is one.
        if comparison["variable"] == "python_version":
            operators.update(_NEGATED_ORDER)
        operator = operators.get(comparison["operator"])
        if operator is None:
            return None
        parts.append(f"{comparison['variable']} {operator} {comparison['value']}")
    return Marker(" or ".join(parts))

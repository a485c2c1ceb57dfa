"""What installed distributions require of one another."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.markers import UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from syncsteps.interpreter.model import InstalledDistribution

__all__ = ["extras_of", "required_name", "requirements_of"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def required_name(line: str) -> str:
    """Return the normalized name that a Requires-Dist line begins with, empty if with none."""
    match = _NAME.match(line)
    return canonicalize_name(match[0]) if match else ""


def requirements_of(
    distribution: InstalledDistribution,
    environment: Mapping[str, str],
    *,
    extra: str = "",
    among: Collection[str] | None = None,
) -> Iterator[Requirement]:
    """Yield those requirements of ``distribution`` that apply in ``environment`` (PEP 508).

    They are those of its ``extra``, or without one those that always apply. ``among`` are the
    normalized names that are asked about (None: all). A line that cannot be read is passed over:
    it is other people's metadata, and no installer acts on it either.
    """
    for line in distribution.requires:
        if among is not None and required_name(line) not in among:
            continue
        try:
            requirement = Requirement(line)
            applies = requirement.marker is None or requirement.marker.evaluate(
                {**environment, "extra": extra}
            )
        except (InvalidRequirement, UndefinedComparison, UndefinedEnvironmentName):
            continue
        if applies:
            yield requirement


def extras_of(
    distribution: InstalledDistribution, environment: Mapping[str, str], *, extra: str = ""
) -> Iterator[tuple[str, str]]:
    """Yield the extras that ``distribution`` requires of others: a normalized name and an extra.

    Arguments as for `requirements_of`; extras are normalized as well (PEP 685).
    """
    among = {required_name(line) for line in distribution.requires if "[" in line}
    if among:
        for requirement in requirements_of(distribution, environment, extra=extra, among=among):
            name = canonicalize_name(requirement.name)
            yield from ((name, canonicalize_name(each)) for each in sorted(requirement.extras))

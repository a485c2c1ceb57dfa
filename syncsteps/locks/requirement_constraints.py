"""Constraints (``-c``) of a requirements file: they add nothing, but may contradict a pin."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement

from syncsteps.locks.values import parse_hash, parse_marker, parse_name, quoted

if TYPE_CHECKING:
    from packaging.markers import Marker
    from packaging.specifiers import SpecifierSet

    from syncsteps.locks.model import Hash, Package
    from syncsteps.locks.requirement_lines import Line

__all__ = ["Constraint", "constrained", "read_constraint"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """What ``line`` says of the package ``name``; ``url`` where it is an address instead."""

    line: Line
    name: str
    specifier: SpecifierSet
    marker: Marker | None
    hashes: tuple[Hash, ...]
    url: str | None


def read_constraint(line: Line) -> Constraint | None:
    """Return the constraint that ``line`` is, or None where it only has options.

    Raises:
        LockError: it is none.
    """
    if any(option.name == "--editable" for option in line.options):
        raise line.error("an editable requirement cannot be a constraint")
    if not line.requirement:
        return None
    try:
        requirement = Requirement(line.requirement)
    except (InvalidRequirement, RecursionError):
        raise line.error(
            f"the constraint {quoted(line.requirement)} is not a requirement (PEP 508)"
        ) from None
    try:
        return Constraint(
            line=line,
            name=parse_name(requirement.name),
            specifier=requirement.specifier,
            marker=None if requirement.marker is None else parse_marker(str(requirement.marker)),
            hashes=tuple(parse_hash(each.value) for each in line.options if each.name == "--hash"),
            url=requirement.url,
        )
    except ValueError as error:
        raise line.error(str(error)) from error


def constrained(package: Package, line: Line, constraint: Constraint) -> Package:
    """Return the ``package`` of ``line`` as ``constraint`` leaves it: with its hashes, if any.

    A constraint with a marker only counts for an entry with the same one: no interpreter is known
    here that could tell whether both are true.

    Raises:
        LockError: they contradict each other. The error names both lines.
    """
    if constraint.name != package.name or constraint.marker not in (None, package.marker):
        return package
    if not _agree(package, constraint):
        raise line.error(
            f"{quoted(line.requirement)} contradicts the constraint"
            f" {quoted(constraint.line.requirement)} of {constraint.line.file},"
            f" line {constraint.line.number}",
            hint="correct one of the two, or compile the file again with the constraint",
        )
    if package.source is not None or not constraint.hashes:
        return package
    hashes = tuple(
        each for each in constraint.hashes if not package.hashes or each in package.hashes
    )
    if not hashes:
        raise line.error(
            f"no hash of {package.name} is also one of {constraint.line.file},"
            f" line {constraint.line.number}"
        )
    return replace(package, hashes=hashes)


def _agree(package: Package, constraint: Constraint) -> bool:
    if constraint.url is not None:
        # pip takes the file from there then, in place of the pin's.
        return package.source is not None
    if package.version is None:
        return True
    return constraint.specifier.contains(package.version, prereleases=True)

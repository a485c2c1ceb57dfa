"""Rules on what is there already: does it belong to somebody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from syncsteps.plan import Install, Remove, Replace
from syncsteps.verify.model import Facts, Problem, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from syncsteps.interpreter.model import InstalledDistribution, Owner

__all__ = ["RULES"]

_MOST_NAMES = 4


def _owned(facts: Facts) -> Iterator[Problem]:
    """Yield each distribution of a system package manager that would go or be hidden."""
    there, allowed = facts.interpreter.by_name(), _allowed(facts)
    for action in facts.plan.actions:
        if not isinstance(action, Install | Replace) or action.name in allowed:
            continue
        for found in there.get(action.name, ()):
            if found.owner is not None:
                verb = "replace" if _goes(action, found) else "shadow"
                yield Problem(
                    subject=action.name,
                    message=f"{action.name} {action.selected.package.version or ''}".rstrip()
                    + f" would {verb} {found.version} in {found.location}, of {found.owner}"
                    + _needed(found.owner),
                    hint=f"lock {action.name} at {found.version}, or pass --allow-replace"
                    f" {action.name} if what the system runs can live with that",
                )


def _needed(owner: Owner) -> str:
    """Return who needs the package, as a part of a sentence; empty where nobody is known to."""
    if not owner.needed_by:
        return ""
    single = len(owner.needed_by) == 1
    text = f", which {_some(owner.needed_by)} need{'s' if single else ''}"
    if owner.needed_indirectly:
        text += f", and through {'it' if single else 'them'} {_some(owner.needed_indirectly)}"
    return text


def _some(names: Sequence[str]) -> str:
    shown = list(names) if len(names) <= _MOST_NAMES + 1 else list(names[:_MOST_NAMES])
    if len(shown) < len(names):
        shown.append(f"{len(names) - len(shown)} more")
    *others, last = shown
    return f"{', '.join(others)} and {last}" if others else last


def _goes(action: Install | Replace | Remove, found: InstalledDistribution) -> bool:
    return isinstance(action, Replace | Remove) and action.installed.metadata == found.metadata


def _allowed(facts: Facts) -> Collection[str]:
    return frozenset(canonicalize_name(name) for name in facts.settings.allow_replace)


def _other_projects(facts: Facts) -> Iterator[Problem]:
    owners, allowed = dict(facts.owners), _allowed(facts)
    for action in facts.plan.actions:
        if not isinstance(action, Replace) or action.name in allowed:
            continue
        for project in owners.get(action.name, ()):
            yield Problem(
                subject=action.name,
                message=f"{action.name} {action.installed.version} belongs to the sync of"
                f" {project!r}; this lock wants {action.selected.package.version or 'another'}",
                hint=f"lock the same version in both projects, or pass --allow-replace"
                f" {action.name}",
            )


def _hidden(facts: Facts) -> Iterator[Problem]:
    order = {path: number for number, path in enumerate(facts.interpreter.sys_path)}
    purelib = order.get(facts.interpreter.scheme.purelib, len(order))
    for action in facts.plan.actions:
        if isinstance(action, Install) and action.shadows is not None:
            place: Path = action.shadows.location
            if order.get(place, len(order)) < purelib:
                yield Problem(
                    subject=action.name,
                    message=f"{action.name} {action.shadows.version} in {place} comes first on"
                    " sys.path: what is installed would never be imported",
                    hint=f"remove {action.name} from {place} with the tool that installed it",
                )


def _legacy(facts: Facts) -> Iterator[Problem]:
    for found in facts.plan.retired:
        if found.legacy:
            yield Problem(
                subject=found.name,
                message=f"{found.name} {found.version} in {found.location} was installed without"
                " a RECORD of its files (distutils, or an egg): it cannot be removed safely",
                hint=f"remove {found.name} with the tool that installed it",
            )


RULES = (
    Rule(
        code="SYS001",
        title="a distribution of the system would be replaced or shadowed",
        why="Programs of the operating system import the version that apt, rpm, apk or conda"
        " installed. Another one in front of it, or in its place, can break them: first of all the"
        " packages that need it, by what the system's own database says. Those that need it only"
        " through others are named as well.",
        severity=Severity.ERROR,
        exit_code=4,
        check=_owned,
    ),
    Rule(
        code="SYS002",
        title="a distribution of another project would be replaced",
        why="Two projects in one interpreter share each distribution; this one's lock and the"
        " other one's disagree.",
        severity=Severity.ERROR,
        exit_code=4,
        check=_other_projects,
    ),
    Rule(
        code="SYS003",
        title="another copy comes first on sys.path",
        why="Python imports the first copy that it finds; the one from the lock would lie unused.",
        severity=Severity.ERROR,
        exit_code=4,
        check=_hidden,
    ),
    Rule(
        code="SYS004",
        title="a distribution without a list of its files",
        why="Without a RECORD nobody knows which files to take away, and what stays behind would"
        " mix with the new version.",
        severity=Severity.ERROR,
        exit_code=4,
        check=_legacy,
    ),
)

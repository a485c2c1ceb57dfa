"""Rules on versions: what would fit no more, go back, or lie there twice."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from syncsteps.plan import Install, Keep, Remove, Replace
from syncsteps.requirements import extras_of, requirements_of
from syncsteps.verify.model import Facts, Problem, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from packaging.requirements import Requirement

    from syncsteps.interpreter.model import InstalledDistribution

__all__ = ["RULES"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """What happens to a name: the version that is imported before and after, None for none.

    ``unknown``: something comes, and only its build will tell its version.
    """

    before: str
    after: str | None
    unknown: bool
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Needing:
    """An installed distribution that stays, or one of its extras, which ``asked_by`` needs."""

    found: InstalledDistribution
    extra: str = ""
    asked_by: str = ""


def _broken(facts: Facts) -> Iterator[Problem]:
    """Yield each requirement that is met now, of what stays, and would not be met any more."""
    changes = _changes(facts)
    if not changes:
        return
    environment = dict(facts.interpreter.environment)
    for needing in _needing(facts):
        for requirement in _requirements(needing, environment, among=changes):
            change = changes[canonicalize_name(requirement.name)]
            if _met(requirement, change.before) and not (
                change.unknown or _met(requirement, change.after)
            ):
                yield _breakage(needing, requirement, change)


def _requirements(
    needing: _Needing, environment: Mapping[str, str], *, among: Collection[str]
) -> Iterator[Requirement]:
    """Yield what is required: of an extra, only what is not required without it."""
    always: set[str] = set()
    if needing.extra:
        always = {str(each) for each in requirements_of(needing.found, environment, among=among)}
    for each in requirements_of(needing.found, environment, extra=needing.extra, among=among):
        if str(each) not in always:
            yield each


def _breakage(needing: _Needing, requirement: Requirement, change: _Change) -> Problem:
    found = needing.found
    name = canonicalize_name(requirement.name)
    owner = f" of {found.owner}" if found.owner else ""
    wanted = f"{name}{requirement.specifier}"
    keep = f"lock {wanted}" if change.after is not None else f"add {wanted} to the project"
    extra, asked = "", ""
    if needing.extra:
        extra, asked = f"[{needing.extra}]", f" (for {needing.asked_by}, which needs that extra)"
    return Problem(
        subject=name,
        message=f"{found.name}{extra} {found.version}{owner} in {found.location} stays{asked}, and"
        f" needs {wanted}: {change.before} is there, and {change.cause}",
        hint=f"{keep}, or add {found.name}{extra} to the project so that both are resolved"
        f" together; where nothing uses {found.name}, remove it with the tool that installed it",
    )


def _changes(facts: Facts) -> Mapping[str, _Change]:
    """Return what changes for those who import it, less what may be replaced at any cost."""
    after = {found.name: found.version for found in reversed(_remaining(facts))}
    allowed = {canonicalize_name(name) for name in facts.settings.allow_replace}
    there = facts.interpreter.by_name()
    changes = {}
    # A second copy may be removed beside a replacement, and then what comes decides.
    for action in sorted(facts.plan.actions, key=lambda one: not isinstance(one, Remove)):
        if isinstance(action, Keep) or action.name not in there or action.name in allowed:
            continue
        before = there[action.name][0]
        version = after.get(action.name) if isinstance(action, Remove) else _version(action)
        changes[action.name] = _Change(
            before=before.version,
            after=version,
            unknown=version is None and not isinstance(action, Remove),
            cause=_cause(action, version),
        )
    return changes


def _version(action: Install | Replace) -> str | None:
    version = action.selected.package.version
    return None if version is None else str(version)


def _cause(action: Install | Replace | Remove, version: str | None) -> str:
    if isinstance(action, Remove):
        if version is not None:
            return f"would be removed, which leaves {version} ({action.reason})"
        return f"would be removed ({action.reason})"
    by = action.selected.required_by
    return f"{version} would come for it" + (f" (needed by {', '.join(by)})" if by else "")


def _met(requirement: Requirement, version: str | None) -> bool:
    """Return whether this version would do; what is of no valid version cannot be judged."""
    if version is None:
        return False
    try:
        return requirement.specifier.contains(Version(version), prereleases=True)
    except InvalidVersion:
        return True


def _remaining(facts: Facts) -> list[InstalledDistribution]:
    """Return what is installed and does not go, in the order of ``sys.path``."""
    gone = {found.metadata for found in facts.plan.retired}
    return [found for found in facts.interpreter.distributions if found.metadata not in gone]


def _needing(facts: Facts) -> Iterator[_Needing]:
    """Yield what the lock does not select and stays, and the extras that it needs of others.

    Of each name it is the copy that is imported. An extra may also be one of a distribution that
    the lock names without it, and that is there already.
    """
    coming = {action.name for action in facts.plan.actions if isinstance(action, Install | Replace)}
    selected = coming | {keep.name for keep in facts.plan.kept}
    there = {found.name: found for found in reversed(_remaining(facts)) if found.name not in coming}
    environment = dict(facts.interpreter.environment)
    waiting = [
        _Needing(found=found)
        for found in _remaining(facts)
        if found.name not in selected and there[found.name] is found
    ]
    seen: set[tuple[str, str]] = set()
    while waiting:
        needing = waiting.pop(0)
        yield needing
        for name, extra in extras_of(needing.found, environment, extra=needing.extra):
            if name in there and (name, extra) not in seen:
                seen.add((name, extra))
                asked_by = needing.found.name
                waiting.append(_Needing(found=there[name], extra=extra, asked_by=asked_by))


def _downgraded(facts: Facts) -> Iterator[Problem]:
    there = facts.interpreter.by_name()
    for action in facts.plan.actions:
        if not isinstance(action, Install | Replace) or action.name not in there:
            continue
        before = there[action.name][0]
        after = action.selected.package.version
        if after is None or not _later(before.version, after):
            continue
        verb = "replaced" if isinstance(action, Replace) else "hidden"
        yield Problem(
            subject=action.name,
            message=f"{action.name} {before.version} in {before.location} would be {verb} by the"
            f" older {after}",
            hint=f"see that nothing else here counts on {action.name} {before.version}, or lock it"
            " at that version",
        )


def _later(text: str, version: Version) -> bool:
    try:
        return Version(text) > version
    except InvalidVersion:
        return False


def _doubled(facts: Facts) -> Iterator[Problem]:
    """Yield each selected name of which several copies will lie on ``sys.path``, and which wins.

    Copies of a package manager's that something new hides are passed over: SYS001 tells of them.
    """
    remaining: defaultdict[str, list[InstalledDistribution]] = defaultdict(list)
    for one in _remaining(facts):
        remaining[one.name].append(one)
    order = {path: number for number, path in enumerate(facts.interpreter.sys_path)}
    purelib = facts.interpreter.scheme.purelib
    for action in facts.plan.actions:
        others: Sequence[InstalledDistribution] = remaining.get(action.name, ())
        if isinstance(action, Keep):
            first, where = action.installed.version, action.installed.location
            others = [found for found in others if found.metadata != action.installed.metadata]
        elif isinstance(action, Remove):
            continue
        else:
            first, where = _version(action) or "the new one", purelib
            others = [found for found in others if found.owner is None]
        last = len(order)
        hidden = [one for one in others if order.get(one.location, last) >= order.get(where, last)]
        if hidden:
            copies = ", ".join(f"{one.version} in {one.location}" for one in hidden)
            yield Problem(
                subject=action.name,
                message=f"{action.name} will be there {len(hidden) + 1} times: {first} in {where}"
                f" is imported, and hides {copies}",
                hint="remove what is hidden with the tool that installed it, if nothing needs it",
            )


RULES = (
    Rule(
        code="SYS005",
        title="an installed distribution that stays would break",
        why="What is installed and is not in the lock goes on to import what the lock changes. A"
        " version that its Requires-Dist rules out, or nothing at all, breaks the programs that"
        " use it, and nobody who runs them has asked for that.",
        severity=Severity.ERROR,
        exit_code=4,
        check=_broken,
    ),
    Rule(
        code="SYS006",
        title="an installed distribution is downgraded",
        why="Whatever was installed after the newer version may use what only that one has, also"
        " where its Requires-Dist does not say so.",
        severity=Severity.WARNING,
        exit_code=4,
        check=_downgraded,
    ),
    Rule(
        code="SYS007",
        title="a distribution is there more than once",
        why="Python imports the first copy that it finds on sys.path. A hidden one is no harm until"
        " the first is removed, or a module that only the hidden one has is imported from it.",
        severity=Severity.NOTE,
        exit_code=4,
        check=_doubled,
    ),
)

"""Whether a lock still is what the project asks for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from packaging.dependency_groups import DependencyGroupResolver
from packaging.errors import ExceptionGroup
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from syncsteps.locks.model import Declared
from syncsteps.locks.staleness_pdm import pdm_hashes
from syncsteps.locks.staleness_pipfile import pipfile_hashes
from syncsteps.locks.staleness_poetry import poetry_hashes
from syncsteps.locks.values import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from syncsteps.locks.model import Lock

__all__ = ["Staleness", "staleness"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Staleness:
    """Whether a lock is stale: it is where there are ``reasons``, one sentence each.

    ``known`` is false where that cannot be told, and ``note`` says why.
    """

    known: bool
    reasons: tuple[str, ...] = ()
    note: str = ""


class _UnreadableError(Exception):
    """The project's requirements cannot be told from its pyproject.toml; the text says why."""


def staleness(
    lock: Lock,
    pyproject: Mapping[str, Any] | None,
    *,
    pipfile: Mapping[str, Any] | None = None,
) -> Staleness:
    """Hold ``lock`` against ``pyproject``, the project's pyproject.toml (None: it has none).

    A pdm.lock and a poetry.lock record a hash of what they were made from in pyproject.toml; a
    Pipfile.lock that of ``pipfile``, which it is held against instead.

    A uv.lock records what the project in its directory declared: its requirements, by extra and
    by group, each with its extras and its version specifier. Those are compared, and markers are
    not. The other members of a workspace are not looked at. Formats that do not record what they
    were made from are not known to be stale or current.
    """
    if lock.format == "Pipfile.lock":
        return _by_hash(lock, pipfile, "Pipfile", pipfile_hashes)
    if lock.format == "pdm.lock":
        return _by_hash(lock, pyproject, "pyproject.toml", pdm_hashes)
    if lock.format == "poetry.lock":
        return _by_hash(lock, pyproject, "pyproject.toml", poetry_hashes)
    if lock.layout == "flat":
        return _unknown(f"a {lock.format} does not record what it was made from")
    return _by_declarations(lock, pyproject)


def _by_declarations(lock: Lock, pyproject: Mapping[str, Any] | None) -> Staleness:
    if pyproject is None:
        return _unknown("there is no pyproject.toml beside it")
    recorded = _recorded(lock)
    if recorded is None:
        return _unknown("it does not record what the project declared")
    try:
        name, declared = _declared(pyproject, project_expected=lock.project is not None)
    except _UnreadableError as error:
        return _unknown(str(error))
    if name != lock.project:
        reason = f"it locks {lock.project or 'no project'}, and pyproject.toml is that of {name}"
        return Staleness(known=True, reasons=(reason,))
    sources = _names_with_sources(pyproject)
    return Staleness(known=True, reasons=_differences(name, recorded, declared, sources))


def _by_hash(
    lock: Lock,
    content: Mapping[str, Any] | None,
    file: str,
    hashes: Callable[[Mapping[str, Any]], tuple[str, ...]],
) -> Staleness:
    """Compare the hash in ``lock`` with those that its tool's versions make of ``content``."""
    if content is None:
        return _unknown(f"there is no {file} beside it")
    if lock.content_hash is None:
        return _unknown("it does not record what it was made from")
    try:
        current = hashes(content)
    except ValueError as error:
        return _unknown(str(error))
    if lock.content_hash in current:
        return Staleness(known=True)
    reason = f"{file} has changed since (its hash is {current[0]}, recorded is {lock.content_hash})"
    return Staleness(known=True, reasons=(reason,))


def _differences(
    project: str | None,
    recorded: tuple[Declared, ...],
    declared: tuple[Declared, ...],
    sources: set[str],
) -> tuple[str, ...]:
    # Where a source stands in for an index, the specifier is not recorded.
    direct = {item.name for item in (*recorded, *declared) if item.specifier is None} | sources
    locked = _comparable(recorded, direct)
    current = _comparable(declared, direct)
    # uv has recorded a project's use of its own extras both as it is and as what it stands for.
    if locked == _comparable(_flattened(project, declared), direct):
        return ()
    return (
        *(
            f"pyproject.toml asks for {text}, the lock does not"
            for text in _texts(current - locked)
        ),
        *(
            f"the lock asks for {text}, pyproject.toml does not"
            for text in _texts(locked - current)
        ),
    )


def _unknown(note: str) -> Staleness:
    return Staleness(known=False, note=note)


def _recorded(lock: Lock) -> tuple[Declared, ...] | None:
    if lock.project is None:
        return lock.declared if lock.members else None
    return next(
        (
            package.declared
            for package in lock.packages
            if package.name == lock.project and package.local
        ),
        None,
    )


def _declared(
    pyproject: Mapping[str, Any], *, project_expected: bool
) -> tuple[str | None, tuple[Declared, ...]]:
    project = pyproject.get("project")
    declared: list[Declared] = []
    name = None
    if isinstance(project, dict):
        name = canonicalize_name(_string(project.get("name"), "project.name"))
        dynamic = {"dependencies", "optional-dependencies"}.intersection(
            _strings(project.get("dynamic", []), "project.dynamic")
        )
        if dynamic:
            raise _UnreadableError(f"the project's {min(dynamic)} are dynamic")
        declared += _requirements(project.get("dependencies", []), "project.dependencies")
        for extra, texts in _tables(project, "optional-dependencies"):
            declared += _requirements(texts, f"the extra {extra}", extra=canonicalize_name(extra))
    elif project_expected:
        raise _UnreadableError("pyproject.toml has no [project] table")
    declared += _grouped(pyproject)
    return name, tuple(declared)


def _grouped(pyproject: Mapping[str, Any]) -> Iterator[Declared]:
    groups = dict(_tables(pyproject, "dependency-groups"))
    try:
        resolver = DependencyGroupResolver(groups)
        resolved = [(group, resolver.resolve(group)) for group in groups]
    except (ExceptionGroup, LookupError, TypeError, ValueError) as error:
        raise _UnreadableError(f"its dependency groups cannot be read: {error}") from error
    for group, requirements in resolved:
        for requirement in requirements:
            yield _one(requirement, group=canonicalize_name(group))
    legacy = _uv(pyproject).get("dev-dependencies", [])
    yield from _requirements(legacy, "tool.uv.dev-dependencies", group="dev")


def _requirements(
    texts: object, where: str, *, extra: str | None = None, group: str | None = None
) -> Iterator[Declared]:
    for text in _strings(texts, where):
        try:
            requirement = Requirement(text)
        except (InvalidRequirement, RecursionError) as error:
            raise _UnreadableError(
                f"{where} has {quoted(text)}, which is no requirement"
            ) from error
        yield _one(requirement, extra=extra, group=group)


def _one(
    requirement: Requirement, *, extra: str | None = None, group: str | None = None
) -> Declared:
    return Declared(
        name=canonicalize_name(requirement.name),
        extras=tuple(sorted(map(canonicalize_name, requirement.extras))),
        specifier=None if requirement.url else requirement.specifier,
        extra=extra,
        group=group,
    )


def _tables(table: Mapping[str, Any], key: str) -> Iterable[tuple[str, Any]]:
    value = table.get(key, {})
    if not isinstance(value, dict):
        raise _UnreadableError(f"its {key} are no table")
    return value.items()


def _string(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise _UnreadableError(f"{where} is no string")
    return value


def _strings(value: object, where: str) -> list[str]:
    if not isinstance(value, list):
        raise _UnreadableError(f"{where} is no array")
    return [_string(item, where) for item in value]


def _uv(pyproject: Mapping[str, Any]) -> Mapping[str, Any]:
    tool = pyproject.get("tool")
    table = tool.get("uv") if isinstance(tool, dict) else None
    return table if isinstance(table, dict) else {}


def _names_with_sources(pyproject: Mapping[str, Any]) -> set[str]:
    sources = _uv(pyproject).get("sources")
    return {canonicalize_name(name) for name in sources} if isinstance(sources, dict) else set()


def _comparable(declared: Iterable[Declared], direct: set[str]) -> set[Declared]:
    return {replace(item, specifier=None) if item.name in direct else item for item in declared}


def _flattened(project: str | None, declared: tuple[Declared, ...]) -> Iterator[Declared]:
    """Yield ``declared`` with each reference to the project's own extras replaced by those."""
    for item in declared:
        if item.name != project or item.group is not None:
            yield item
            continue
        reached: set[str] = set()
        waiting = set(item.extras)
        while waiting:
            extra = waiting.pop()
            reached.add(extra)
            for other in declared:
                if other.extra == extra and other.name == project:
                    waiting |= set(other.extras) - reached
        yield from (
            replace(other, extra=item.extra)
            for other in declared
            if other.extra in reached and other.name != project
        )


def _texts(declared: Iterable[Declared]) -> list[str]:
    return sorted(map(_text, declared))


def _text(item: Declared) -> str:
    extras = f"[{','.join(item.extras)}]" if item.extras else ""
    place = f" in the extra {item.extra}" if item.extra else ""
    place = f" in the group {item.group}" if item.group else place
    return f"{item.name}{extras}{item.specifier or ''}{place}"

"""What a project's pyproject.toml declares, as uv reads it into its lock."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from packaging.dependency_groups import DependencyGroupResolver
from packaging.errors import ExceptionGroup
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from syncsteps.locks.values import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from packaging.markers import Marker
    from packaging.specifiers import SpecifierSet

    from syncsteps.locks.staleness.sources import Placed, Sources

__all__ = [
    "Project",
    "UnreadableError",
    "Wanted",
    "flattened",
    "read_project",
    "read_wanted",
    "strings",
    "tool_uv",
]


class UnreadableError(Exception):
    """What a project declares cannot be told from its pyproject.toml; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A requirement that a pyproject.toml declares; ``markers`` all have to hold."""

    name: str
    extras: tuple[str, ...]
    specifier: SpecifierSet
    placed: Placed
    markers: tuple[Marker, ...] = ()
    extra: str | None = None
    group: str | None = None

    @property
    def direct(self) -> bool:
        """Whether it may come from elsewhere than an index, so that its specifier is not kept."""
        source = self.placed.source
        return not self.placed.known or (source is not None and source.kind != "index")


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """The names of a project, and its requirements; ``extras`` and ``groups`` with empty ones."""

    name: str | None
    wanted: tuple[Wanted, ...]
    extras: frozenset[str]
    groups: frozenset[str]


def read_project(
    pyproject: Mapping[str, Any],
    sources_of: Callable[[str | None], Sources],
    *,
    project_expected: bool,
) -> Project:
    """Return what ``pyproject`` declares; ``sources_of`` has the sources of the project's name.

    Raises:
        UnreadableError: it is malformed or dynamic, or has no project where one is expected.
    """
    project = pyproject.get("project")
    name = None
    if isinstance(project, dict):
        name = canonicalize_name(_string(project.get("name"), "project.name"))
        dynamic = {"dependencies", "optional-dependencies"}.intersection(
            strings(project.get("dynamic", []), "project.dynamic")
        )
        if dynamic:
            raise UnreadableError(f"the project's {min(dynamic)} are dynamic")
    elif project_expected:
        raise UnreadableError("pyproject.toml has no [project] table")
    else:
        project = {}
    sources = sources_of(name)
    wanted = list(read_wanted(project.get("dependencies", []), "project.dependencies", sources))
    extras = set()
    for written, texts in _tables(project, "optional-dependencies"):
        extra = canonicalize_name(written)
        extras.add(extra)
        wanted += read_wanted(texts, f"the extra {written}", sources, extra=extra)
    groups: set[str] = set()
    for group, requirements in _grouped(pyproject):
        groups.add(group)
        for requirement in requirements:
            wanted += _each(requirement, sources, group=group)
    return Project(
        name=name, wanted=tuple(wanted), extras=frozenset(extras), groups=frozenset(groups)
    )


def _grouped(pyproject: Mapping[str, Any]) -> Iterator[tuple[str, Iterable[Requirement]]]:
    groups = dict(_tables(pyproject, "dependency-groups"))
    try:
        resolver = DependencyGroupResolver(groups)
        resolved = [(canonicalize_name(group), resolver.resolve(group)) for group in groups]
    except (ExceptionGroup, LookupError, TypeError, ValueError) as error:
        raise UnreadableError(f"its dependency groups cannot be read: {error}") from error
    yield from resolved
    legacy = tool_uv(pyproject).get("dev-dependencies")
    if legacy is not None:
        yield "dev", list(_parsed(legacy, "tool.uv.dev-dependencies"))


def read_wanted(
    texts: object, where: str, sources: Sources, *, extra: str | None = None
) -> Iterator[Wanted]:
    """Yield the requirements that the array ``texts`` declares; ``where`` is its name.

    Raises:
        UnreadableError: it is none, or something in it is no requirement.
    """
    for requirement in _parsed(texts, where):
        yield from _each(requirement, sources, extra=extra)


def _parsed(texts: object, where: str) -> Iterator[Requirement]:
    for text in strings(texts, where):
        yield _requirement(text, where)


def _requirement(text: str, where: str) -> Requirement:
    try:
        return Requirement(text)
    except (InvalidRequirement, RecursionError) as error:
        raise UnreadableError(f"{where} has {quoted(text)}, which is no requirement") from error


def _each(
    requirement: Requirement,
    sources: Sources,
    *,
    extra: str | None = None,
    group: str | None = None,
) -> Iterator[Wanted]:
    for placed in sources.places(requirement, extra=extra, group=group):
        markers = (requirement.marker, placed.marker)
        yield Wanted(
            name=canonicalize_name(requirement.name),
            extras=tuple(sorted(map(canonicalize_name, requirement.extras))),
            specifier=requirement.specifier,
            placed=placed,
            markers=tuple(marker for marker in markers if marker is not None),
            extra=extra,
            group=group,
        )


def flattened(project: Project) -> Iterator[Wanted]:
    """Yield the requirements with each use of the project's own extras replaced by what it is."""
    for item in project.wanted:
        if item.name != project.name or item.group is not None:
            yield item
            continue
        reached: set[str] = set()
        waiting = set(item.extras)
        while waiting:
            extra = waiting.pop()
            reached.add(extra)
            for other in project.wanted:
                if other.extra == extra and other.name == project.name:
                    waiting |= set(other.extras) - reached
        yield from (
            replace(other, extra=item.extra, markers=(*item.markers, *other.markers))
            for other in project.wanted
            if other.extra in reached and other.name != project.name
        )


def _tables(table: Mapping[str, Any], key: str) -> Iterable[tuple[str, Any]]:
    value = table.get(key, {})
    if not isinstance(value, dict):
        raise UnreadableError(f"its {key} are no table")
    return value.items()


def _string(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise UnreadableError(f"{where} is no string")
    return value


def strings(value: object, where: str) -> list[str]:
    """Return ``value``, the array of strings that is called ``where``.

    Raises:
        UnreadableError: it is something else.
    """
    if not isinstance(value, list):
        raise UnreadableError(f"{where} is no array")
    return [_string(item, where) for item in value]


def tool_uv(pyproject: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the ``[tool.uv]`` of ``pyproject``, empty where there is none."""
    tool = pyproject.get("tool")
    table = tool.get("uv") if isinstance(tool, dict) else None
    return table if isinstance(table, dict) else {}

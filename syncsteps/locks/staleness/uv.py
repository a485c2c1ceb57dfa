"""Whether a uv.lock still is what the projects of its workspace ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from syncsteps.locks.model import Directory
from syncsteps.locks.staleness.markers import releases_around
from syncsteps.locks.staleness.project import UnreadableError, read_project, strings, tool_uv
from syncsteps.locks.staleness.requirements import requirement_changes
from syncsteps.locks.staleness.settings import setting_changes
from syncsteps.locks.staleness.sources import Sources
from syncsteps.locks.staleness.workspace import member_directories

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from syncsteps.locks.model import Lock, Package
    from syncsteps.locks.staleness.workspace import Workspace

__all__ = ["uv_changes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Member:
    """A project of the workspace: its directory, its file's name and content, and its package.

    The package is None for a root that is no project. ``nested``: as in `Workspace`.
    """

    directory: str
    file: str
    pyproject: Mapping[str, Any]
    package: Package | None
    nested: bool = False


def uv_changes(
    lock: Lock, pyproject: Mapping[str, Any], workspace: Workspace
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what has changed since ``lock`` was made, and what of it cannot be told.

    Each is a sentence that names the file. ``pyproject`` is the root's.
    """
    root = next((p for p in lock.packages if p.name == lock.project and p.local), None)
    members = [_Member(directory="", file="pyproject.toml", pyproject=pyproject, package=root)]
    directories = member_directories(lock)
    by_directory = {directories[p.name]: p for p in lock.packages if p.name in directories}
    for directory, content in workspace.files.items():
        package = by_directory.get(directory)
        if package is not None and directory != ".":
            members.append(
                _Member(
                    directory=directory,
                    file=f"{directory}/pyproject.toml",
                    pyproject=content,
                    package=package,
                    nested=directory in workspace.nested,
                )
            )
    complete = {member.directory or "." for member in members} >= set(directories.values())
    unknown: list[str] = []
    changes = [*_membership(lock, workspace), *_pythons(lock, members, complete=complete)]
    for member in members:
        changes += _project(lock, member, pyproject, unknown)
    root_sources = Sources(tool_uv(pyproject), {}, directory="", local=lock.members)
    tables = [(member.file, _name(member.pyproject), member.pyproject) for member in members]
    changes += setting_changes(lock, tables, root_sources, complete=complete)
    return tuple(dict.fromkeys(changes)), tuple(dict.fromkeys(unknown))


def _membership(lock: Lock, workspace: Workspace) -> Iterator[str]:
    """Yield which projects have come into the workspace, and which have left it."""
    if workspace.members is None:
        return
    directories = member_directories(lock)
    for directory in sorted(workspace.members):
        content = workspace.files.get(directory, {})
        name = _name(content)
        managed = tool_uv(content).get("managed", True)
        if name is not None and managed is True and name not in lock.members:
            yield (
                f"{directory}/pyproject.toml is that of {name}, a member of the workspace that the"
                " lock does not have"
            )
    for name, directory in directories.items():
        inside = directory in workspace.files and directory not in workspace.members
        if inside and directory != ".":
            yield f"the lock has the member {name}, and pyproject.toml does not count {directory}"


def _pythons(lock: Lock, members: list[_Member], *, complete: bool) -> Iterator[str]:
    """Yield how the versions of Python that the projects allow differ from the lock's.

    uv compares the first and the last that all of them allow. Where projects are missing, more
    may be allowed by those that are here.
    """
    if lock.requires_python is None:
        return
    texts = {}
    for member in members:
        project = member.pyproject.get("project")
        text = project.get("requires-python") if isinstance(project, dict) else None
        if isinstance(text, str):
            texts[member.file] = text
    try:
        wanted = [SpecifierSet(text) for text in texts.values()]
    except InvalidSpecifier:
        return
    if not wanted:
        return
    releases = releases_around((*texts.values(), str(lock.requires_python)))
    ours = [r for r in releases if all(each.contains(r, prereleases=True) for each in wanted)]
    locked = [r for r in releases if lock.requires_python.contains(r, prereleases=True)]
    ends = [(found[0], found[-1]) if found else None for found in (ours, locked)]
    narrower = bool(set(_bounded(locked, ours)))
    if ends[0] == ends[1] or not (complete or narrower):
        return
    said = " and ".join(f"{file} asks for Python {text}" for file, text in texts.items())
    yield f"{said}, the lock is for Python {lock.requires_python}"


def _bounded(locked: list[str], ours: list[str]) -> Iterator[str]:
    """Yield the releases of ``locked`` before the first or after the last of ``ours``."""
    if not ours:
        yield from locked
        return
    first, last = Version(ours[0]), Version(ours[-1])
    yield from (release for release in locked if not first <= Version(release) <= last)


def _project(
    lock: Lock, member: _Member, root: Mapping[str, Any], unknown: list[str]
) -> Iterator[str]:
    package = member.package
    if package is None:
        name, recorded = None, lock.declared if lock.members else None
    else:
        name, recorded = package.name, package.declared
    found = _name(member.pyproject)
    if found is not None and found != name:
        yield f"it locks {name or 'no project'}, and {member.file} is that of {found}"
        return
    if package is not None:
        yield from _entry(lock, member, package)
    if recorded is None:
        unknown.append(_unrecorded(member))
        return

    def sources_of(own: str | None) -> Sources:
        local = {*lock.members, *([own] if own else [])}
        return Sources(
            tool_uv(member.pyproject),
            tool_uv(root),
            directory=member.directory,
            local=local,
            inherited=not member.nested,
        )

    try:
        project = read_project(member.pyproject, sources_of, project_expected=name is not None)
    except UnreadableError as error:
        unknown.append(_prefixed(member, str(error)))
        return
    yield from requirement_changes(lock, package, recorded, project, file=member.file)


def _unrecorded(member: _Member) -> str:
    if member.package is None or not member.directory:
        return "it does not record what the project declared"
    return f"it does not record what {member.file} declared"


def _prefixed(member: _Member, text: str) -> str:
    return f"{member.file}: {text}" if member.directory else text


def _entry(lock: Lock, member: _Member, package: Package) -> Iterator[str]:
    """Yield how the project's version, kind and default groups differ from its entry's."""
    project = member.pyproject.get("project")
    if not isinstance(project, dict):
        return
    yield from _version(member, package, project)
    own = tool_uv(member.pyproject)
    packaged = own.get("package")
    if packaged is None and "build-system" in member.pyproject:
        # Without one it is a package too, if another project of the workspace needs it.
        packaged = True
    virtual = isinstance(package.source, Directory) and package.source.virtual
    if isinstance(packaged, bool) and packaged == virtual:
        kinds = ("is not to be installed itself", "is a package that is installed itself")
        yield f"by {member.file} {package.name} {kinds[packaged]}, by the lock it {kinds[virtual]}"
    if lock.recorded is None or not lock.recorded.own_default_groups:
        return
    groups = own.get("default-groups", ["dev"])
    recorded = package.default_groups or (("dev",) if package.default_groups is None else ())
    if groups != "all":
        try:
            groups = tuple(map(canonicalize_name, strings(groups, "tool.uv.default-groups")))
        except UnreadableError:
            return
    if (set(groups), groups == "all") != (set(recorded), recorded == "all"):
        yield (
            f"the default-groups of {member.file} are {_listed(groups)}, those of the lock"
            f" {_listed(recorded)}"
        )


def _listed(groups: str | tuple[str, ...]) -> str:
    return groups if isinstance(groups, str) else ", ".join(sorted(groups)) or "none"


def _version(member: _Member, package: Package, project: Mapping[str, Any]) -> Iterator[str]:
    dynamic = project.get("dynamic")
    written = project.get("version")
    if isinstance(dynamic, list) and "version" in dynamic:
        # Older locks have the version that was current for dynamic ones, too.
        return
    if not isinstance(written, str):
        return
    try:
        version = Version(written)
    except InvalidVersion:
        return
    if package.version is None:
        # A lock that leaves out metadata may leave out versions with it.
        if package.declared:
            yield f"{member.file} has version {written}, for the lock it is dynamic"
    elif package.version != version:
        yield f"{member.file} has version {written}, the lock {package.version}"


def _name(pyproject: Mapping[str, Any]) -> str | None:
    project = pyproject.get("project")
    name = project.get("name") if isinstance(project, dict) else None
    return canonicalize_name(name) if isinstance(name, str) else None

"""One entry of a requirements file: a pin, an address, a repository or a path."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from packaging.requirements import InvalidRequirement, Requirement

from syncsteps.locks.locations import file_says, is_archive, is_local, local_path, repository
from syncsteps.locks.model import Archive, Directory, Package
from syncsteps.locks.values import (
    VCS_TYPES,
    parse_digest,
    parse_hash,
    parse_marker,
    parse_name,
    parse_subdirectory,
    parse_url,
    parse_version,
    quoted,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from packaging.markers import Marker
    from packaging.version import Version

    from syncsteps.locks.model import Hash, Source
    from syncsteps.locks.requirement_lines import Line

__all__ = ["read_entry"]

_VCS = re.compile(rf"({'|'.join(VCS_TYPES)})\+(.*)")
_EXTRAS = re.compile(r"\[[^\[\]]*\]$")
_MARKER_START = re.compile(r"(?<=\s);|;(?=\s)")
_SETTINGS = "--config-settings"
# They would end or change the word that an installer reads it from.
_UNSAFE_IN_SETTING = re.compile(r"[\"'\\]|\$\{|\s#")
_NAMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\s*(?:\[[^\[\]]*\]\s*)?@")

_NOT_A_LOCK = (
    "a requirements file is a lock only where every entry is pinned: make one with"
    " `uv pip compile --generate-hashes` or `pip-compile --generate-hashes`"
)


def read_entry(line: Line, project_name: Callable[[str], str | None]) -> Package | None:
    """Return the package that ``line`` asks for, or None where it only has options.

    ``project_name`` tells the name of the project in a directory, which an entry such as ``-e .``
    leaves out.

    Raises:
        LockError: it is not pinned, or cannot be read.
    """
    editable = [option.value for option in line.options if option.name == "--editable"]
    if not line.requirement and not editable:
        return None
    _check_options(line)
    try:
        hashes = _hashes(line)
        settings = tuple(
            _setting(option.value) for option in line.options if option.name == _SETTINGS
        )
        if line.requirement:
            package = _requirement(line.requirement, hashes, project_name)
        else:
            target, marker = _without_marker(editable[0])
            package = _direct(target, "", marker, hashes, project_name, editable=True)
    except ValueError as error:
        raise line.error(str(error), hint=_NOT_A_LOCK if "pinned" in str(error) else "") from error
    return replace(package, config_settings=settings)


def _check_options(line: Line) -> None:
    allowed = {"--hash", _SETTINGS, *(() if line.requirement else ("--editable",))}
    names = [option.name for option in line.options]
    refused = [name for name in names if name not in allowed]
    if refused:
        raise line.error(
            f"the option {refused[0]} cannot stand behind a requirement here",
            hint="no current pip has it: write --config-settings in its place, or take it out"
            if refused[0] == "--global-option"
            else "write it on a line of its own, or take it out",
        )
    if names.count("--editable") > 1:
        raise line.error("one line has two editable requirements")


def _setting(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key or _UNSAFE_IN_SETTING.search(text):
        raise ValueError(
            f"the setting {quoted(text)} is not KEY=VALUE without quotes, backslashes and ${{…}}"
        )
    return key, value


def _hashes(line: Line) -> tuple[Hash, ...]:
    hashes = [parse_hash(option.value) for option in line.options if option.name == "--hash"]
    return tuple(dict.fromkeys(hashes))


def _requirement(
    text: str, hashes: tuple[Hash, ...], project_name: Callable[[str], str | None]
) -> Package:
    if not _NAMED.match(text) and _is_location(text):
        target, marker = _without_marker(text)
        return _direct(target, "", marker, hashes, project_name)
    try:
        requirement = Requirement(text)
    except (InvalidRequirement, RecursionError):
        raise ValueError(f"{quoted(text)} is not a requirement (PEP 508)") from None
    name = parse_name(requirement.name)
    marker = None if requirement.marker is None else parse_marker(str(requirement.marker))
    if requirement.url is not None:
        return _direct(requirement.url, name, marker, hashes, project_name)
    pins = [*requirement.specifier]
    if len(pins) != 1 or pins[0].operator not in {"==", "==="} or pins[0].version.endswith(".*"):
        raise ValueError(f"{quoted(text)} is not pinned by ==, so this file is not a lock")
    return Package(name=name, version=parse_version(pins[0].version), hashes=hashes, marker=marker)


def _is_location(text: str) -> bool:
    target = text.partition(";")[0].rstrip()
    return (
        "/" in target
        or "\\" in target
        or target.startswith((".", "file:"))
        or is_archive(_EXTRAS.sub("", target))
    )


def _without_marker(text: str) -> tuple[str, Marker | None]:
    target, *marker = _MARKER_START.split(text, maxsplit=1)
    return target.rstrip(), parse_marker(marker[0].strip()) if marker else None


def _direct(
    target: str,
    name: str,
    marker: Marker | None,
    hashes: tuple[Hash, ...],
    project_name: Callable[[str], str | None],
    *,
    editable: bool = False,
) -> Package:
    """Return the package at an address or a path; ``name`` is empty where the entry has none."""
    location, fragment = _fragment(target)
    source: Source
    version: Version | None = None
    if vcs := _VCS.fullmatch(location):
        source = repository(vcs[1], vcs[2], subdirectory=_subdirectory(fragment))
        found = None
    else:
        local = is_local(location)
        place = local_path(location) if local else parse_url(location)
        if local and not is_archive(place):
            source = Directory(path=place, editable=editable, subdirectory=_subdirectory(fragment))
            found = None if name or "egg" in fragment else project_name(place)
        else:
            source = Archive(
                url=None if local else place,
                path=place if local else None,
                hashes=tuple(dict.fromkeys((*hashes, *_fragment_hashes(fragment)))),
                subdirectory=_subdirectory(fragment),
            )
            found, version = file_says(place)
    name = name or fragment.get("egg", "").partition("[")[0] or found or ""
    if not name:
        raise ValueError(
            f"cannot tell the name of the package at {quoted(target)}; write NAME @ in front of it"
        )
    return Package(name=parse_name(name), version=version, source=source, marker=marker)


def _fragment(target: str) -> tuple[str, dict[str, str]]:
    location, _, fragment = _EXTRAS.sub("", target).partition("#")
    return location, dict(parse_qsl(fragment))


def _fragment_hashes(fragment: dict[str, str]) -> list[Hash]:
    others = {"egg", "subdirectory"}
    return [parse_digest(key, value) for key, value in fragment.items() if key not in others]


def _subdirectory(fragment: dict[str, str]) -> str | None:
    text = fragment.get("subdirectory")
    return None if text is None else parse_subdirectory(text)

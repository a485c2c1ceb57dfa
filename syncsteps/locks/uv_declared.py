"""What a uv.lock says about the files that it was made from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from packaging.specifiers import SpecifierSet

from syncsteps.locks.model import Declared, DeclaredSource, Recorded
from syncsteps.locks.uv_sources import KINDS
from syncsteps.locks.values import (
    is_url,
    parse_marker,
    parse_name,
    parse_path,
    parse_specifier,
    parse_url,
    parse_vcs_url,
    without_credentials,
)

if TYPE_CHECKING:
    from syncsteps.locks.fields import Table

__all__ = ["read_declared", "read_default_groups", "read_recorded"]

_DIRECT = tuple(kind for kind in KINDS if kind != "registry")
_EXTRA = re.compile(r"\bextra\s*==\s*['\"]([^'\"]+)['\"]")
# The first revisions that record extras and groups without requirements, and default groups.
_WITH_EMPTY, _WITH_DEFAULTS = 1, 5


def read_declared(row: Table, *, group: str | None = None) -> Declared:
    """Return a requirement of a package's metadata or of the manifest.

    Raises:
        LockError: something in it is missing or malformed.
    """
    kind = next((key for key in _DIRECT if key in row.values), None)
    specifier = row.parse("specifier", parse_specifier)
    marker = row.parse("marker", parse_marker)
    extras = set(_EXTRA.findall(row.text("marker") or "")) if group is None else set()
    place = kind or ("index" if isinstance(row.values.get("index"), str) else None)
    location = (
        None
        if place is None
        else row.parse(place, _parse_repository if place == "git" else _parse_place)
    )
    return Declared(
        name=row.require("name", parse_name),
        extras=tuple(sorted(row.parse_each("extras", parse_name))),
        specifier=None if kind else specifier or SpecifierSet(),
        extra=min(extras) if extras else None,
        group=group,
        marker=marker,
        source=(
            None
            if place is None or location is None
            else DeclaredSource(kind=place, location=location)
        ),
    )


def _parse_place(text: str) -> str:
    # Whoever compares it takes no notice of credentials.
    return without_credentials(parse_url(text) if is_url(text) else parse_path(text))


def _parse_repository(text: str) -> str:
    return without_credentials(parse_vcs_url(text))


def read_default_groups(entry: Table) -> tuple[str, ...] | Literal["all"] | None:
    """Return the groups that a package's own project installs by default; None: not recorded.

    Raises:
        LockError: they are malformed.
    """
    found = entry.values.get("default-groups")
    if found is None or found == "all":
        return None if found is None else "all"
    return entry.parse_each("default-groups", parse_name)


def read_recorded(top: Table, manifest: Table, revision: int) -> Recorded:
    """Return what the lock's first lines and its manifest say of the settings.

    Raises:
        LockError: something in it is missing or malformed.
    """

    def requirements(key: str) -> tuple[Declared, ...]:
        return tuple(map(read_declared, manifest.tables(key)))

    return Recorded(
        constraints=requirements("constraints"),
        overrides=requirements("overrides"),
        build_constraints=requirements("build-constraints"),
        excludes=manifest.parse_each("excludes", parse_name),
        required_environments=top.parse_each("required-markers", parse_marker),
        empty_names=revision >= _WITH_EMPTY,
        own_default_groups=revision >= _WITH_DEFAULTS,
    )

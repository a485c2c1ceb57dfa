"""Which indexes uv asks: those that it is configured for, or those of the lock."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from syncsteps.export.toml import to_toml
from syncsteps.staging.lookups import is_closed, uv_table
from syncsteps.staging.uv_settings import is_true, uv_settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from syncsteps.locks.model import Lookup
    from syncsteps.staging.uv_settings import UvSettings

__all__ = ["configured", "environment_for", "explicit_indexes", "settings_for"]

_VARIABLES = frozenset({"UV_DEFAULT_INDEX", "UV_EXTRA_INDEX_URL", "UV_INDEX", "UV_INDEX_URL"})
_KEYS = frozenset({"extra-index-url", "index", "index-url"})
_PAGES = frozenset({"find-links"})


def configured(
    directory: Path,
    environment: Mapping[str, str],
    *,
    source: str,
    misleading: frozenset[str] = frozenset(),
) -> UvSettings:
    """Return the settings of uv for the project in ``directory``; ``misleading`` as there.

    With ``source`` ``index``, an index that a variable names is the configured one, and those that
    the project names for itself do not count beside it.

    Raises:
        StagingError: as `uv_settings`.
    """
    settings = uv_settings(directory, environment, misleading=misleading)
    if source == "index" and any(environment.get(name) for name in _VARIABLES):
        return _with(settings, _without_indexes(settings.table))
    return settings


def explicit_indexes(settings: UvSettings) -> tuple[str, ...]:
    """Return the URLs of the indexes that are asked for nothing but what is pinned to them."""
    listed = settings.table.get("index")
    return tuple(
        str(entry["url"])
        for entry in (listed if isinstance(listed, list) else ())
        if isinstance(entry, dict) and entry.get("explicit") is True and "url" in entry
    )


def settings_for(
    lookup: Lookup | None,
    settings: UvSettings,
    directory: Path,
    environment: Mapping[str, str],
    *,
    misleading: frozenset[str] = frozenset(),
) -> UvSettings:
    """Return ``settings`` of the project in ``directory`` with what ``lookup`` says of indexes.

    Raises:
        StagingError: as `uv_settings`.
    """
    if lookup is None:
        return settings
    exclusive = is_true(environment, "UV_NO_CONFIG")
    if is_closed(lookup) and not exclusive:
        settings = uv_settings(directory, environment, misleading=_KEYS | _PAGES | misleading)
    table = uv_table(lookup, settings.table)
    return replace(_with(settings, table), exclusive=exclusive or settings.exclusive)


def environment_for(lookup: Lookup | None, environment: Mapping[str, str]) -> dict[str, str]:
    """Return ``environment`` without the variables that say something else than ``lookup``."""
    if lookup is None:
        return dict(environment)
    left_out = {"UV_NO_CONFIG"}
    if is_closed(lookup):
        left_out |= _VARIABLES | (set() if lookup.index is None else {"UV_FIND_LINKS"})
    return {name: value for name, value in environment.items() if name.upper() not in left_out}


def _without_indexes(table: Mapping[str, object]) -> dict[str, object]:
    kept = {key: value for key, value in table.items() if key not in _KEYS}
    if isinstance(pip := kept.get("pip"), dict):
        kept["pip"] = {key: value for key, value in pip.items() if key not in _KEYS}
    return kept


def _with(settings: UvSettings, table: Mapping[str, object]) -> UvSettings:
    return replace(settings, table=table, text=to_toml(table))

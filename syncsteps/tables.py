"""Tables of settings that are read from TOML, with errors that name file, table and key."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from syncsteps.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

__all__ = [
    "PACKAGES",
    "nearest",
    "package_tables",
    "read_table",
    "refuse_unknown",
    "require_packages",
]

PACKAGES = "packages"
"""The key of the tables that are about single packages."""


def read_table(value: object, *, where: str) -> dict[str, object]:
    """Return ``value`` as the table that it must be.

    Raises:
        SettingsError: it is something else.
    """
    if not isinstance(value, dict):
        raise SettingsError(f"{where}: expected a table, found {value!r}")
    return value


def refuse_unknown(values: Collection[str], known: Sequence[str], *, where: str) -> None:
    """Make sure that every key is one of ``known``.

    Raises:
        SettingsError: one is not.
    """
    for key in values:
        if key not in known:
            hint = nearest(key, known) or f"known keys: {', '.join(known)}"
            raise SettingsError(f"{where}: unknown key {key!r}", hint=hint)


def package_tables(value: object, *, where: str) -> dict[str, tuple[dict[str, object], str]]:
    """Return the tables of single packages, each with its place, by normalized name (PEP 503).

    Raises:
        SettingsError: one is no table, or two are about the same package.
    """
    tables: dict[str, tuple[dict[str, object], str]] = {}
    for name, said in read_table(value, where=f"{where} {PACKAGES}").items():
        place = f"{where} {PACKAGES}.{name}"
        normalized = re.sub(r"[-_.]+", "-", name).lower()
        if normalized in tables:
            raise SettingsError(f"{place}: {normalized} has two tables", hint="make them one")
        tables[normalized] = (read_table(said, where=place), place)
    return tables


def require_packages(names: Collection[str], known: Collection[str], *, where: str) -> None:
    """Make sure that every package that is spoken of is one of ``known``.

    Raises:
        SettingsError: one is not.
    """
    for name in names:
        if name not in known:
            raise SettingsError(
                f"{where} {PACKAGES}: {name!r} is neither in the lock nor installed",
                hint=nearest(name, known) or "remove its table",
            )


def nearest(text: str, known: Collection[str]) -> str:
    """Return a question for the nearest of ``known``; empty where none is near."""
    import difflib  # noqa: PLC0415 - only a misspelt name needs it

    near = difflib.get_close_matches(text, known, n=1)
    return f"did you mean {near[0]!r}?" if near else ""

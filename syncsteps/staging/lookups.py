"""Where an installer is to look for a package's files, in words that pip and uv each understand."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from syncsteps.export.values import checked_url, file_url
from syncsteps.locks.model import Archive, Directory, Lookup, Vcs
from syncsteps.selection.model import Pinned
from syncsteps.staging.secrets import redact

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from syncsteps.selection.model import Selected

__all__ = [
    "described",
    "is_closed",
    "lookup_of",
    "on_this_disk",
    "pip_lines",
    "same_index",
    "uv_table",
]

_URLS = ("https://", "http://", "file:")
_USER_INFO = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*://)[^/?#]*@")
# What names indexes in uv's settings.
_INDEXES = ("extra-index-url", "index", "index-url")


def lookup_of(
    item: Selected, *, root: Path, follow: bool, explicit: Collection[str] = ()
) -> Lookup | None:
    """Return where ``item`` is to be looked up, None for where the installer looks by itself.

    That is where the lock says, for what it gives no address of; unless ``follow``, only at one of
    the indexes ``explicit``, which nothing else is asked for. Locations are URLs; relative paths
    start from ``root``.

    Raises:
        SelectionError: a URL or a path is not one.
    """
    if _is_located(item, follow=follow):
        return None
    package = item.package
    if not follow:
        if package.index is None or same_index(package.index) not in map(same_index, explicit):
            return None
        return Lookup(index=_location(package.index, root, package.name))
    lookup = package.lookup or Lookup(index=package.index)
    if lookup.index is not None and not lookup.index.startswith(_URLS):
        # A folder that served as an index.
        lookup = replace(lookup, index=None, no_index=True, find_links=(lookup.index,))
    return None if lookup == Lookup() else on_this_disk(lookup, root=root, of=package.name)


def on_this_disk(lookup: Lookup, *, root: Path, of: str) -> Lookup:
    """Return ``lookup`` with URLs alone; relative paths start from ``root``.

    Raises:
        SelectionError: a URL or a path is not one; ``of`` says in the message whose it is.
    """
    return Lookup(
        index=None if lookup.index is None else _location(lookup.index, root, of),
        extra_indexes=tuple(_location(each, root, of) for each in lookup.extra_indexes),
        find_links=tuple(_location(each, root, of) for each in lookup.find_links),
        no_index=lookup.no_index,
        trusted_hosts=lookup.trusted_hosts,
    )


def same_index(url: str) -> str:
    """Return what is equal for two URLs of one index: without credentials and the last slash."""
    return _USER_INFO.sub(r"\1", url).rstrip("/")


def described(lookup: Lookup | None) -> str:
    """Return where files were looked for according to the lock, without secrets; else nothing."""
    if lookup is None:
        return ""
    places = [*((lookup.index,) if lookup.index else ()), *lookup.extra_indexes, *lookup.find_links]
    return redact(", ".join(places))


def is_closed(lookup: Lookup | None) -> bool:
    """Return whether no index that is configured may be asked."""
    return lookup is not None and (lookup.index is not None or lookup.no_index)


def pip_lines(lookup: Lookup | None) -> str:
    """Return the lines of a requirements file that make pip look there, and nowhere else.

    An index in a file replaces those of the command line, of the variables and of configurations.
    """
    if lookup is None:
        return ""
    options = [
        *([("--index-url", lookup.index)] if lookup.index is not None else []),
        *(("--extra-index-url", each) for each in lookup.extra_indexes),
        *(("--find-links", each) for each in lookup.find_links),
        *(("--trusted-host", each) for each in lookup.trusted_hosts),
    ]
    lines = [f"{name} {value}\n" for name, value in options]
    return "".join([*lines, *(["--no-index\n"] if lookup.no_index else [])])


def uv_table(lookup: Lookup, settings: Mapping[str, object]) -> dict[str, object]:
    """Return ``settings`` of uv, less what they say of indexes, so that it looks there alone.

    What these say of the same index (its name, so that credentials are found) still counts.
    """
    table = dict(settings)
    known = _known_indexes(table)
    if is_closed(lookup):
        for key in (*_INDEXES, *(() if lookup.index is None else ("find-links",))):
            table.pop(key, None)
        if isinstance(pip := table.get("pip"), dict):
            dropped = (*_INDEXES, "find-links", "no-index")
            table["pip"] = {key: value for key, value in pip.items() if key not in dropped}
    # uv asks the first index first, as it does of those that pip calls extra ones.
    indexes = [_entry(url, known) for url in lookup.extra_indexes]
    if lookup.index is not None:
        indexes.append({**_entry(lookup.index, known), "default": True})
    rest = table.pop("index", [])
    if indexes or rest:
        table["index"] = [*indexes, *(rest if isinstance(rest, list) else [])]
    for key, values in (
        ("find-links", lookup.find_links),
        ("allow-insecure-host", lookup.trusted_hosts),
    ):
        if values:
            before = table.get(key, [])
            table[key] = [*values, *(before if isinstance(before, list) else [])]
    if lookup.no_index:
        table["no-index"] = True
    return table


def _is_located(item: Selected, *, follow: bool) -> bool:
    chosen = item.chosen
    if isinstance(chosen, Pinned):
        return False
    if isinstance(chosen, Archive | Directory | Vcs) or chosen.path is not None:
        return True
    return follow and chosen.url is not None


def _location(place: str, root: Path, name: str) -> str:
    if place.startswith(_URLS):
        return checked_url(place, of=f"the index of {name}")
    return file_url(place, root=root, of=name)


def _known_indexes(settings: Mapping[str, object]) -> dict[str, Mapping[str, object]]:
    listed = settings.get("index")
    entries = listed if isinstance(listed, list) else []
    return {
        same_index(each["url"]): each
        for each in entries
        if isinstance(each, dict) and isinstance(each.get("url"), str)
    }


def _entry(url: str, known: Mapping[str, Mapping[str, object]]) -> dict[str, object]:
    entry = known.get(same_index(url), {"url": url})
    return {key: value for key, value in entry.items() if key not in {"default", "explicit"}}

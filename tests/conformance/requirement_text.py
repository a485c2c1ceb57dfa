"""Requirements files as other tools export them, read without any of syncsteps' own readers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from packaging.markers import Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.conformance.oracle import Conditional
from tests.conformance.pins import Pin, plain_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

__all__ = ["local_pin", "parse_exported", "parse_requirement", "relative_place"]

_HASH = re.compile(r"\s--hash[= ](\S+)")
_COMMENT = re.compile(r"(^|\s+)#.*$")
_EDITABLE = re.compile(r"(?:-e|--editable)[= ]\s*")
_DIRECT_MARKER = re.compile(r"\s+;\s*|;\s+")


def parse_exported(
    text: str, *, directory: Path, names: Mapping[str, str] | None = None
) -> Conditional:
    """Return the entries of an exported file whose relative paths start from ``directory``.

    ``names`` gives the names of local projects by path, which ``-e ./path`` leaves out. Options
    that stand alone on a line (indexes) are passed over.

    Raises:
        ValueError: a line that is no requirement.
    """
    entries = []
    for line in _logical_lines(text):
        hashes = frozenset(_HASH.findall(line))
        bare = _HASH.sub("", line).strip()
        editable = _EDITABLE.match(bare)
        if editable:
            bare = bare[editable.end() :]
        elif bare.startswith("-"):
            continue
        entries.append(
            parse_requirement(
                bare,
                hashes=hashes,
                place=lambda path: relative_place(path, directory),
                names=names or {},
            )
        )
    return Conditional(entries=tuple(entries))


def _logical_lines(text: str) -> Iterator[str]:
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        stripped = _COMMENT.sub("", line).strip()
        if stripped:
            yield stripped


def parse_requirement(
    text: str,
    *,
    hashes: frozenset[str],
    place: Callable[[str], str],
    names: Mapping[str, str],
) -> tuple[Pin, Marker | None]:
    """Return one requirement, named or not; ``place`` makes a path relative to the lock.

    Raises:
        ValueError: it is none, or not pinned.
    """
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        target, *marker = _DIRECT_MARKER.split(text, maxsplit=1)
        condition = Marker(marker[0]) if marker else None
        return local_pin("", target, hashes=hashes, place=place, names=names), condition
    name = canonicalize_name(requirement.name)
    if requirement.url is not None:
        pin = local_pin(name, requirement.url, hashes=hashes, place=place, names=names)
        return pin, requirement.marker
    pins = [specifier for specifier in requirement.specifier if specifier.operator[:2] == "=="]
    if len(pins) != 1:
        raise ValueError(f"{text!r} is not pinned")
    return Pin(name=name, version=str(Version(pins[0].version)), hashes=hashes), requirement.marker


def local_pin(
    name: str,
    target: str,
    *,
    hashes: frozenset[str],
    place: Callable[[str], str],
    names: Mapping[str, str],
) -> Pin:
    """Return the pin of a URL, a repository or a path; an egg name and a hash in it are used.

    Raises:
        ValueError: its name is nowhere to be had.
    """
    location, _, fragment = target.partition("#")
    parts = dict(part.partition("=")[::2] for part in fragment.split("&") if part)
    if "+" not in location.partition("://")[0] and not location.startswith(("http:", "https:")):
        location = place(location)
    found = name or canonicalize_name(parts.get("egg", "").partition("[")[0]) or names.get(location)
    if not found:
        raise ValueError(f"cannot tell which package {target!r} is")
    if parts.get("subdirectory"):
        location += f"#subdirectory={parts['subdirectory']}"
    return Pin(name=found, place=location, hashes=hashes)


def relative_place(path: str, directory: Path) -> str:
    """Return a path or a file URL as one that is relative to ``directory``, if it lies in there."""
    if path.startswith("file:"):
        path = unquote(urlsplit(path).path)
    root = str(directory)
    if path == root or path.startswith(f"{root}/"):
        path = path[len(root) :].lstrip("/") or "."
    return plain_path(path)

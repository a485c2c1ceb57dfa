"""How an installation prefix is laid out, and where in a target each part of it belongs."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from syncsteps.interpreter.model import Scheme

__all__ = ["SiteDirectory", "find_metadata", "placer"]

# POSIX with uv and pip, Fedora's lib64, Debian's pip (local/, dist-packages), PyPy, Windows.
_METADATA = re.compile(
    r"(?P<site>(?P<base>(?:local/)?)(?:(?P<lib>lib(?:64)?)/(?:python|pypy)\d[^/]*/"
    r"(?:site|dist)-packages|Lib/site-packages))/(?P<info>[^/]+\.dist-info)/METADATA"
)
_SCRIPTS = re.compile(r"(?:bin|Scripts)/(?P<rest>.+)")
_HEADERS = re.compile(r"[iI]nclude/(?:site/)?(?:python|pypy)\d[^/]*/(?P<rest>.+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteDirectory:
    """A site directory of a prefix.

    ``path`` is relative to the prefix, with ``/``. ``base`` is the directory that the other parts
    (scripts, headers, data) are in: empty, or Debian's ``local/``. ``platform`` tells whether the
    prefix keeps this one apart for platform-specific files (``lib64``).
    """

    path: str
    base: str
    platform: bool


def find_metadata(paths: Iterable[str]) -> tuple[tuple[SiteDirectory, str], ...]:
    """Return the site directory and the name of every ``.dist-info`` among ``paths``, sorted.

    ``paths`` are of files, relative to a prefix, with ``/``.
    """
    found = []
    for path in paths:
        match = _METADATA.fullmatch(path)
        if match is not None:
            site = SiteDirectory(
                path=match["site"], base=match["base"], platform=match["lib"] == "lib64"
            )
            found.append((site, match["info"]))
    return tuple(sorted(found, key=lambda item: (item[0].path, item[1])))


def placer(
    *, base: str, sites: Iterable[SiteDirectory], pure: bool, scheme: Scheme
) -> Callable[[str], str]:
    """Return a function that tells where a file of a distribution belongs under ``scheme``.

    It takes the file's path, relative to the prefix, with ``/``, free of ``..``.

    Args:
        base: The base of the distribution; see `SiteDirectory`.
        sites: All the prefix's site directories.
        pure: Root-Is-Purelib of the distribution: decides where the prefix has a single site
            directory, and the target two.
        scheme: The target's.
    """
    sites = tuple(sites)
    split = any(site.platform for site in sites)
    libraries = [
        (
            f"{site.path}/",
            scheme.platlib if (site.platform if split else not pure) else scheme.purelib,
        )
        for site in sites
    ]

    def place(path: str) -> str:
        for inside, root in libraries:
            if path.startswith(inside):
                return _below(root, path[len(inside) :])
        rest = path.removeprefix(base)
        script = _SCRIPTS.fullmatch(rest)
        if script is not None:
            return _below(scheme.scripts, script["rest"])
        header = _HEADERS.fullmatch(rest)
        if header is not None:
            return _below(scheme.headers, header["rest"])
        return _below(scheme.data, rest)

    return place


def _below(root: Path, path: str) -> str:
    return os.path.join(root, path.replace("/", os.sep))  # noqa: PTH118 - `Path` is slow for so many

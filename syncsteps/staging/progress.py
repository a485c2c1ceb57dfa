"""How much of a selection has been fetched and unpacked, from what an installer says and leaves."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from syncsteps.staging.model import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from syncsteps.selection.model import Selected, Selection

__all__ = ["Watch"]

_NAME = r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)"
# pip names what it begins with, and not what it is done with.
_BEGINS = re.compile(rf"Collecting {_NAME}|Processing (?P<path>\S.*)")
_ALL = re.compile(r"Installing collected packages:")
# uv names files that are large or built, and then says that it has them all.
_DONE = re.compile(rf"\s*(?:Downloaded|Built) {_NAME}")
_PREPARED = re.compile(r"Prepared (?P<count>\d+) packages? in ")
_METADATA = (
    "lib*/*/*-packages/*.dist-info",
    "local/lib*/*/*-packages/*.dist-info",
    "Lib/site-packages/*.dist-info",
)


class Watch:
    """Listens to installers that stage ``selection``, each of which has a number.

    ``report`` gets how far they are whenever that has changed.
    """

    def __init__(self, selection: Selection, report: Callable[[Progress], None]) -> None:
        self.report = report
        self._sizes = {item.name: _size(item) for item in selection.packages}
        sizes = [size for size in self._sizes.values() if size is not None]
        self._of = sum(sizes) if len(sizes) == len(self._sizes) else None
        self._fetched: set[str] = set()
        self._prepared = 0
        self._partly = False
        self._begun: dict[int, str] = {}
        self._prefixes: Sequence[Path] = ()
        self._told: Progress | None = None

    def look_into(self, prefixes: Sequence[Path]) -> None:
        """Count what lies unpacked in these prefixes from now on."""
        self._prefixes = prefixes

    def line(self, number: int, text: str) -> None:
        """Take a line of the installer ``number``."""
        if (match := _BEGINS.match(text)) is not None:
            self._end(number)
            name = match["name"] or _name_of(match["path"])
            self._begun[number] = canonicalize_name(name)
        elif _ALL.match(text):
            self._end(number)
        elif (match := _DONE.match(text)) is not None:
            self._partly = True
            self._fetched.add(canonicalize_name(match["name"]))
        elif (match := _PREPARED.match(text)) is not None:
            self._prepared += int(match["count"])
            self._partly = self._prepared < len(self._sizes)
        else:
            return
        self._tell(0)

    def tick(self) -> None:
        """Look for what has been unpacked: of that no installer says a word."""
        self._tell(
            sum(1 for prefix in self._prefixes for part in _METADATA for _ in prefix.glob(part))
        )

    def _end(self, number: int) -> None:
        name = self._begun.pop(number, None)
        if name is not None:
            self._fetched.add(name)

    def _tell(self, unpacked: int) -> None:
        total = len(self._sizes)
        known = self._fetched & self._sizes.keys()
        whole = self._prepared >= total
        progress = Progress(
            fetched=total if whole else min(total, max(len(self._fetched), self._prepared)),
            unpacked=min(total, max(unpacked, self._told.unpacked if self._told else 0)),
            total=total,
            size=(self._of or 0) if whole else sum(self._sizes[name] or 0 for name in known),
            of=self._of,
            partly=self._partly,
        )
        if progress != self._told:
            self._told = progress
            self.report(progress)


def _size(item: Selected) -> int | None:
    return getattr(item.chosen, "size", None)


def _name_of(path: str) -> str:
    """Return the name of the package in a wheel's path; of a directory, that is what stands in."""
    filename = path.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return filename.partition("-")[0] if ".whl" in filename else filename

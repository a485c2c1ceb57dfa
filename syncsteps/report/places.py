"""Where a finding is: the lock's file, as others name it, and the line of the package's entry."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from syncsteps.report.lock_lines import entry_lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncsteps.events import Outcome
    from syncsteps.locks.model import Lock
    from syncsteps.verify.model import Finding

__all__ = ["Places"]


class Places:
    """The places of findings, for who works in the directory ``base``: a repository's root.

    A lock's text is read when the first line in it is asked for.
    """

    def __init__(self, base: Path) -> None:
        self._base = base
        self._lines: dict[Path, Mapping[tuple[str, str], int]] = {}

    def path(self, lock: Lock) -> str:
        """Return the lock's path with forward slashes, relative to the base if it is below it."""
        whole = os.path.abspath(lock.path)  # noqa: PTH100 - links stay
        try:
            relative = os.path.relpath(whole, self._base)
        except ValueError:  # on another drive
            relative = os.pardir
        outside = Path(relative).parts[:1] == (os.pardir,)
        return (whole if outside else relative).replace(os.sep, "/")

    def uri(self, lock: Lock) -> str:
        """Return the same as a reference (RFC 3986): a relative one, or one to ``file:``."""
        path = self.path(lock)
        return Path(path).as_uri() if Path(path).is_absolute() else quote(path)

    def line(self, outcome: Outcome, finding: Finding) -> int | None:
        """Return the line, from 1 on, of the entry that a finding is about.

        None: it is about none, or the entry is written in a way that is not looked for.
        """
        lock, selection = outcome.lock, outcome.selection
        if lock is None or not any(package.name == finding.subject for package in lock.packages):
            return None
        versions = {}
        if selection is not None:
            chosen = [item.package for item in selection.packages]
            chosen += [item.package for item in selection.unavailable]
            versions = {package.name: package.version for package in chosen}
        version = versions.get(finding.subject)
        lines = self._lines_of(lock)
        first = lines.get((finding.subject, ""))
        return lines.get((finding.subject, _canonical(version)), first)

    def _lines_of(self, lock: Lock) -> Mapping[tuple[str, str], int]:
        if lock.path not in self._lines:
            try:
                text = lock.path.read_text(encoding="utf-8-sig")
            except (OSError, UnicodeDecodeError):  # it was there a moment ago
                text = ""
            self._lines[lock.path] = entry_lines(text, lock_format=lock.format)
        return self._lines[lock.path]


def _canonical(version: object) -> str:
    from packaging.utils import canonicalize_version  # noqa: PLC0415 - only where it is asked for

    return "" if version is None else canonicalize_version(str(version))

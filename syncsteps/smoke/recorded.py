"""What the RECORD of a distribution tells of how it has to be imported."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from syncsteps.smoke.model import SmokeTarget

__all__ = ["brings_linked", "compiled_files", "have_bytecode", "sources", "startup_files"]

# What modules of the standard library are linked to.
_LINKED = re.compile(
    r"(?:^|/)lib(?:bz2|crypto|expat|ffi|lzma|mpdec|ssl|uuid|z|zstd)\.so[\d.]*,", re.MULTILINE
)
_STARTUP = re.compile(r"^([^/,\n]+\.pth),", re.MULTILINE)
_COMPILED = re.compile(r'^"?((?:[^,"\n]*/)?[^/,"\n]+\.so(?:\.[\d.]+)?)"?,', re.MULTILINE)
_SOURCE = re.compile(r"^([^,\n]+/)?([^/,\n]+\.py),", re.MULTILINE)
_MODULE = re.compile(r"^([^,\n]+/)?[^/,\n]+\.py,", re.MULTILINE)


def brings_linked(target: SmokeTarget) -> bool:
    """Whether a distribution has its own copy of what the standard library is linked to."""
    return _LINKED.search(_record(target)) is not None


def startup_files(target: SmokeTarget) -> frozenset[str]:
    """Return the names of the ``.pth`` files that a distribution has."""
    return frozenset(_STARTUP.findall(_record(target)))


def compiled_files(target: SmokeTarget) -> tuple[Path, ...]:
    """Return the extension modules and shared libraries that a distribution has."""
    site = target.metadata.parent
    return tuple(site / path for path in _COMPILED.findall(_record(target)))


def sources(target: SmokeTarget) -> Iterator[str]:
    """Yield the text of each module of a distribution that can be read."""
    for parent, name in _SOURCE.findall(_record(target)):
        with contextlib.suppress(OSError, ValueError):
            yield (target.metadata.parent / parent / name).read_text(encoding="utf-8")


def have_bytecode(targets: Sequence[SmokeTarget]) -> bool:
    """Whether most of the distributions that have modules have byte code where they lie."""
    found = []
    for target in targets:
        match = _MODULE.search(_record(target))
        if match:
            directory = target.metadata.parent / (match[1] or "") / "__pycache__"
            found.append(any(directory.glob("*.pyc")))
    return 2 * sum(found) > len(found)


def _record(target: SmokeTarget) -> str:
    try:
        return (target.metadata / "RECORD").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""

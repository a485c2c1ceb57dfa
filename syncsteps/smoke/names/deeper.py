"""Modules to import below the names, where importing the names proves little."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from syncsteps.smoke.names.opening import does_nothing
from syncsteps.smoke.names.recorded import NEVER, is_private, is_test

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from syncsteps.smoke.names.distribution import Distribution
    from syncsteps.smoke.names.tree import Directory

__all__ = ["deeper_modules"]

# How a module in Python opens a shared library, by ctypes or cffi; CDLL(None) is the program.
_OPENER = re.compile(r"\b(ctypes|cffi)\b")
_OPENS = re.compile(r"\b(find_library|CDLL(?!\(None)|cdll|LoadLibrary|dlopen)\b")


def deeper_modules(
    distribution: Distribution, tree: Directory, names: Sequence[str]
) -> tuple[str, ...]:
    """Return the modules below ``names`` that tell whether a distribution works, sorted.

    They are, of each branch of public packages, the compiled modules at the shallowest level that
    has any: ``PyQt5.QtWidgets``, ``PIL._imaging``; and private ones beside the packages, such as
    ``_cffi_backend``. What lies deeper is often loaded only where it can be. And of a package
    without compiled modules whose ``__init__`` does nothing, and of whose modules one opens shared
    libraries, all public modules: ``wand.image``.
    """
    found = {name for name in _extensions(tree) if is_private(name)}
    for top in {name.partition(".")[0] for name in names}:
        if (directory := tree.directories.get(top)) is not None:
            found.update(_compiled(distribution, directory, top))
    for name in names:
        package = tree.find(name)
        if package is not None and not _has_compiled(package):
            found.update(_openers(distribution, package, name))
    return tuple(sorted(found - set(names)))


def _compiled(distribution: Distribution, directory: Directory, dotted: str) -> Iterator[str]:
    here = _extensions(directory)
    own = dotted.rpartition(".")[2]
    if own in here and not does_nothing(distribution.opening_of(dotted)):
        # A package loads the module of its own name by itself, some in a way of their own.
        here.remove(own)
    if here or directory.compiled:
        yield from (f"{dotted}.{name}" for name in here)
        return
    for part, below in directory.directories.items():
        if not is_private(part) and not is_test(part):
            yield from _compiled(distribution, below, f"{dotted}.{part}")


def _extensions(directory: Directory) -> set[str]:
    """Return the compiled modules of a directory, less what loads itself or is no API."""
    return {
        name
        for name in directory.compiled - NEVER
        if not is_test(name) and not name.endswith("__mypyc")
    }


def _openers(distribution: Distribution, package: Directory, dotted: str) -> Iterator[str]:
    if not package.is_package or not does_nothing(distribution.opening_of(dotted)):
        return
    modules = [name for name in package.sources - NEVER if not is_test(name)]
    if any(_opens_library(distribution.source_of(f"{dotted}.{name}")) for name in modules):
        yield from (f"{dotted}.{name}" for name in modules if not is_private(name))


def _opens_library(source: str) -> bool:
    # Most sources have neither word, and looking for them as text takes hardly any time.
    if "ctypes" not in source and "cffi" not in source:
        return False
    opener = _OPENER.search(source)
    return opener is not None and _OPENS.search(source, opener.end()) is not None


def _has_compiled(directory: Directory) -> bool:
    return bool(directory.compiled) or any(map(_has_compiled, directory.directories.values()))

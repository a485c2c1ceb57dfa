"""Names that follow from the files of a distribution."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from syncsteps.smoke.names.tree import Directory, module_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

__all__ = [
    "NEVER",
    "every_module",
    "is_private",
    "is_test",
    "names_in",
    "public_modules",
    "recorded_names",
    "shallowest",
]

NEVER = frozenset({"__init__", "__main__", "conftest", "setup"})
"""Modules that are not to be imported by their own names."""

# Tests and examples need what only their authors have installed; scripts that build or install, and
# directories of scripts, act on being imported. All reach site-packages mostly by mistake.
_NOT_API = frozenset({"benchmark", "benchmarks", "doc", "docs", "example", "examples", "testing"})
_TEST = re.compile(r"_*(tests?|testcapi)(_.*)?|.*_tests?|setup(_.*)?")
_SCRIPT_DIRECTORIES = frozenset(
    {"bin", "build", "ci", "dist", "etc", "lib", "notebooks", "scripts", "share", "tools"}
)


def recorded_names(
    paths: Iterable[str],
    *,
    tags: Sequence[str],
    is_namespace: Callable[[str], bool] = lambda _package: False,
) -> tuple[str, ...]:
    """Return the names that a distribution with these files offers, sorted.

    ``paths`` are those of RECORD: relative to the site directory, with ``/``. They are the
    top-level packages and modules; in a directory without ``__init__`` (PEP 420), and in a package
    for which ``is_namespace(dotted name)`` is true, the shallowest packages below it, or its
    modules if there is no package: a namespace's loose modules are often adapters to software that
    is not there.
    Compiled modules count if an interpreter with ``tags`` loads them, see `module_tree`. Names that
    are private or of tests are left out unless there is nothing else.
    """
    return names_in(module_tree(paths, tags=tags), is_namespace=is_namespace)


def names_in(
    tree: Directory, *, is_namespace: Callable[[str], bool] = lambda _package: False
) -> tuple[str, ...]:
    """Return what `recorded_names` does, of files that are a tree of modules already."""
    names = sorted(set(_walk(tree, is_namespace)))
    tests = {f"{name}tests" for name in names}
    private = [name for name in names if not is_test(name) and name not in tests]
    public = [name for name in private if not is_private(name) and not _is_in_plugins(name)]
    return tuple(public or private or names)


def public_modules(tree: Directory, name: str) -> Iterator[str]:
    """Yield a name and every module below it, but for private ones, tests and scripts."""
    yield name
    directory = tree.find(name)
    if directory is None:
        return
    for module in sorted(directory.modules - NEVER):
        if not is_private(module) and not is_test(module):
            yield f"{name}.{module}"
    for part, below in sorted(directory.directories.items()):
        if below.is_package and not is_private(part) and not is_test(part):
            yield from public_modules(tree, f"{name}.{part}")


def every_module(tree: Directory, prefix: str = "") -> Iterator[str]:
    """Yield every package and module of a tree by its dotted name, in a stable order."""
    for module in sorted(tree.modules - NEVER):
        yield prefix + module
    for part, below in sorted(tree.directories.items()):
        if below.is_package:
            yield prefix + part
        yield from every_module(below, f"{prefix}{part}.")


def is_private(dotted: str) -> bool:
    """Whether a module, or a package that it lies in, has a name that is not for others."""
    # mypyc leaves a library with a hash for its name beside the modules that load it.
    return any(part.startswith("_") or part.endswith("__mypyc") for part in dotted.split("."))


def is_test(dotted: str) -> bool:
    """Whether a module, or a package that it lies in, is of tests, examples or a build."""
    return any(part in _NOT_API or _TEST.fullmatch(part) for part in dotted.split("."))


def _is_in_plugins(dotted: str) -> bool:
    """Whether it lies where another distribution looks for its plug-ins: ``twisted.plugins.x``."""
    return "plugins" in dotted.split(".")[1:-1]


def shallowest(
    directory: Directory, dotted: str, is_namespace: Callable[[str], bool]
) -> Iterator[str]:
    """Yield the nearest regular packages from a directory on; its modules where there is none."""
    if directory.is_package and not is_namespace(dotted):
        yield dotted
        return
    packages = [
        name
        for part, below in directory.directories.items()
        for name in shallowest(below, f"{dotted}.{part}", is_namespace)
    ]
    yield from packages or (f"{dotted}.{module}" for module in directory.modules - NEVER)


def _walk(directory: Directory, is_namespace: Callable[[str], bool]) -> Iterator[str]:
    yield from directory.modules - NEVER
    for name, below in directory.directories.items():
        if below.is_package or name not in _SCRIPT_DIRECTORIES:
            yield from shallowest(below, name, is_namespace)

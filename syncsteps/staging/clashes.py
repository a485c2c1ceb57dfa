"""Files that several staged distributions bring: whose content it shall be, and what that spoils.

An installer leaves the content of whichever distribution it has unpacked last, which with uv is
another one from run to run. Here it is always that of the last one by name.
"""

from __future__ import annotations

import ast
import hashlib
import stat
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from syncsteps.staging.finish import write_anew

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from syncsteps.staging.unpacked import Unpacked

__all__ = ["declares_namespace", "settle"]

_NAMESPACE_MODULES = frozenset({"__future__", "pkg_resources", "pkgutil"})


class _Content(NamedTuple):
    digest: str
    namespace: bool


def settle(
    directory: Path,
    found: Iterable[Unpacked],
    *,
    alone: Callable[[str], AbstractContextManager[Path]],
) -> tuple[tuple[str, str, str], ...]:
    """Give each file of ``directory`` that several bring the content of the last of them by name.

    RECORD's hashes tell where contents differ, since one has already overwritten the other.
    ``alone`` stages the distribution of a name on its own and gives the prefix that it is in.
    Returned are triples, sorted: a file, relative to the prefix, a distribution whose content it
    does not have, and the one whose it has. A package's ``__init__.py`` that in both only declares
    a namespace is none of them, whatever the words.
    """
    claims = _contested(found)
    contents: defaultdict[str, dict[str, _Content]] = defaultdict(dict)
    for name in sorted({name for names in claims.values() for name in names}):
        with alone(name) as prefix:
            for path in [path for path, names in claims.items() if name in names]:
                content = (prefix / path).read_bytes()
                contents[path][name] = _Content(
                    hashlib.sha256(content).hexdigest(),
                    path.endswith("/__init__.py") and declares_namespace(content),
                )
                if name == claims[path][-1]:
                    executable = stat.S_IMODE((prefix / path).stat().st_mode) & 0o111
                    write_anew(directory / path, content, mode=0o755 if executable else 0o644)
    clashes = []
    for path, of_each in contents.items():
        winner = claims[path][-1]
        wins = of_each[winner]
        clashes += [
            (path, name, winner)
            for name, content in of_each.items()
            if content.digest != wins.digest and not (content.namespace and wins.namespace)
        ]
    return tuple(sorted(clashes))


def _contested(found: Iterable[Unpacked]) -> dict[str, Sequence[str]]:
    """Return the files for which RECORDs have different hashes, or none, and whose they are."""
    claims: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for one in found:
        for path, digest in one.files:
            claims[path][one.name] = digest
    return {
        path: sorted(of_each)
        for path, of_each in claims.items()
        if len(of_each) > 1 and (len(set(of_each.values())) > 1 or "" in of_each.values())
    }


def declares_namespace(content: bytes) -> bool:
    """Return whether the source of an ``__init__.py`` does nothing but declare a namespace.

    That is what setuptools' documentation and the packaging guide give for it (pkg_resources,
    pkgutil), and an empty one, each with comments and a docstring.
    """
    try:
        return _only_declares(ast.parse(content).body)
    except (SyntaxError, ValueError, RecursionError):
        return False


def _only_declares(body: Iterable[ast.stmt]) -> bool:
    return all(_declares(statement) for statement in body)


def _declares(statement: ast.stmt) -> bool:
    match statement:
        case ast.Pass() | ast.Expr(value=ast.Constant()):
            return True
        case ast.Import(names=names):
            return all(alias.name in _NAMESPACE_MODULES for alias in names)
        case ast.ImportFrom(module=module):
            return module in _NAMESPACE_MODULES
        case ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=[]):
            parts = (body, orelse, *(handler.body for handler in handlers))
            return all(_only_declares(part) for part in parts)
        case _:
            return _calls(statement)


def _calls(statement: ast.stmt) -> bool:
    match statement:
        case ast.Assign(targets=[ast.Name(id="__path__")], value=ast.Call(func=called)):
            return _last_name(called) == "extend_path"
        case ast.Expr(value=ast.Call(func=called)):
            return _last_name(called) == "declare_namespace"
        case _:
            return False


def _last_name(called: ast.expr) -> str:
    if isinstance(called, ast.Attribute):
        return called.attr
    return called.id if isinstance(called, ast.Name) else ""

"""Whether a distribution does without one of its own modules where that cannot be imported."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["is_guarded"]

# What a missing shared library is raised as, and what that is a kind of.
_CAUGHT = frozenset({"ImportError", "OSError", "Exception", "BaseException"})


def is_guarded(module: str, sources: Iterable[str]) -> bool:
    """Whether every import of a module, by its last name, is in a ``try`` that expects it to fail.

    Without any import of it there is nothing that does without it. What cannot be parsed has none.
    """
    found = [
        guarded
        for source in sources
        if module in source
        for guarded in _imports(_parsed(source), module, guarded=False)
    ]
    return bool(found) and all(found)


def _parsed(source: str) -> ast.AST:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return ast.Module(body=[], type_ignores=[])


def _imports(node: ast.AST, module: str, *, guarded: bool) -> Iterator[bool]:
    """Yield for each import of the module below ``node`` whether it is guarded."""
    if _names(node, module):
        yield guarded
    if isinstance(node, ast.Try):
        inside = guarded or any(_catches(handler) for handler in node.handlers)
        for statement in node.body:
            yield from _imports(statement, module, guarded=inside)
        for other in (*node.handlers, *node.orelse, *node.finalbody):
            yield from _imports(other, module, guarded=guarded)
        return
    for below in ast.iter_child_nodes(node):
        yield from _imports(below, module, guarded=guarded)


def _names(node: ast.AST, module: str) -> bool:
    if isinstance(node, ast.Import):
        return any(alias.name.rpartition(".")[2] == module for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        last = (node.module or "").rpartition(".")[2]
        return last == module or any(alias.name == module for alias in node.names)
    return False


def _catches(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    return any(isinstance(node, ast.Name) and node.id in _CAUGHT for node in ast.walk(handler.type))

"""What the ``__init__.py`` of a package does, as its source says it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["does_nothing", "is_namespace_declaration"]

_DECLARING_MODULES = frozenset({"pkgutil", "pkg_resources", "__future__"})
_DECLARING_CALLS = frozenset({"extend_path", "declare_namespace"})
# They say what the package is, and need nothing of what it does.
_ABOUT = frozenset({"about", "meta", "metadata", "version", "version_info"})


def is_namespace_declaration(source: str) -> bool:
    """Whether an ``__init__.py`` does nothing but declare a namespace package.

    That is the way of pkgutil and of pkg_resources, from before PEP 420: the part of it that
    matters lies in the packages below.
    """
    if not any(name in source for name in _DECLARING_CALLS):
        return False  # without parsing what can be long
    statements = _parse(source)
    return _declares(statements) and all(_belongs(statement) for statement in statements)


def does_nothing(source: str) -> bool:
    """Whether importing a package with this ``__init__.py`` proves nothing of its modules.

    It has no more than text, constants, ``__dunder__`` names and its version, wherever from.
    """
    statements = _parse(source)
    return source.strip() == "" or (bool(statements) and all(map(_is_idle, statements)))


def _parse(source: str) -> Sequence[ast.stmt]:
    try:
        return ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()


def _declares(statements: Iterable[ast.AST]) -> bool:
    calls = (
        node.func
        for statement in statements
        for node in ast.walk(statement)
        if isinstance(node, ast.Call)
    )
    return any(
        (isinstance(call, ast.Name) and call.id in _DECLARING_CALLS)
        or (isinstance(call, ast.Attribute) and call.attr in _DECLARING_CALLS)
        for call in calls
    )


def _belongs(statement: ast.stmt) -> bool:
    """Whether a statement can be part of a namespace declaration."""
    match statement:
        case ast.Expr(value=ast.Constant()) | ast.Pass():
            return True
        case ast.Import(names=names):
            return all(alias.name in _DECLARING_MODULES for alias in names)
        case ast.ImportFrom(module=module):
            return module in _DECLARING_MODULES
        case ast.Assign() | ast.Expr():
            return _declares([statement])
        case ast.Try(body=body, handlers=handlers):
            nested = [*body, *(each for handler in handlers for each in handler.body)]
            return all(_belongs(each) for each in nested)
        case _:
            return False


def _is_idle(statement: ast.stmt) -> bool:
    """Whether a statement leaves all other modules of the package alone."""
    match statement:
        case (
            ast.Pass()
            | ast.Expr(value=ast.Constant())
            | ast.Assign(value=ast.Constant())
            | ast.AnnAssign(value=ast.Constant())
        ):
            return True
        case ast.Import(names=names):
            return all(alias.name in {"sys", "typing"} for alias in names)
        case ast.ImportFrom(module=module):
            return _is_about(module or "")
        case ast.Assign(targets=targets):
            return all(map(_is_dunder, targets))
        case ast.Try(body=body, handlers=handlers):
            nested = [*body, *(each for handler in handlers for each in handler.body)]
            return all(map(_is_idle, nested))
        case _:
            return False


def _is_about(module: str) -> bool:
    if module in {"__future__", "typing", "importlib.metadata", "importlib_metadata"}:
        return True
    return module.rpartition(".")[2].strip("_") in _ABOUT


def _is_dunder(target: ast.expr) -> bool:
    return isinstance(target, ast.Name) and target.id.startswith("__") and target.id.endswith("__")

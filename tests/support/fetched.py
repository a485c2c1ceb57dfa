"""Which of the README's blocks a test module fetches in order to run them, read off its source."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tests.support.readme import Block

__all__ = ["Fetch", "fetches_in"]

_FUNCTIONS = ("code_block", "code_blocks")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """A call by which a test gets its block: ``which`` is its opening, or a language for all."""

    function: str
    section: str
    which: str

    def takes(self, block: Block) -> bool:
        """Whether ``block`` is what the call returns, or is in it."""
        if block.section != self.section:
            return False
        if self.function == "code_blocks":
            return block.language == self.which
        return block.text.startswith(self.which)


def fetches_in(source: str) -> frozenset[Fetch]:
    """Return the fetches that the tests of a module come to, wherever in the module they are.

    Looked at are the functions named ``test_…``, also those of classes, and what they use of the
    module by its name: functions, fixtures, classes, constants, and what those use in turn.

    Raises:
        ValueError: the arguments of a fetch are not two plain strings.
    """
    tree = ast.parse(source)
    known = _definitions(tree.body)
    waiting: list[ast.AST] = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]
    seen: set[str] = set()
    found: set[Fetch] = set()
    while waiting:
        node = waiting.pop()
        found.update(_fetches(node))
        new = _names(node) & known.keys() - seen
        seen |= new
        waiting += [known[name] for name in new]
    return frozenset(found)


def _definitions(body: Iterable[ast.stmt]) -> Mapping[str, ast.AST]:
    found: dict[str, ast.AST] = {}
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found[node.name] = node
        elif isinstance(node, ast.Assign):
            for each in ast.walk(ast.Tuple(elts=node.targets, ctx=ast.Store())):
                if isinstance(each, ast.Name):
                    found[each.id] = node
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found[node.target.id] = node
    return found


def _names(node: ast.AST) -> set[str]:
    """Return the names that a node uses; a test uses its fixtures as arguments."""
    inner = list(ast.walk(node))
    return {each.id for each in inner if isinstance(each, ast.Name)} | {
        each.arg for each in inner if isinstance(each, ast.arg)
    }


def _fetches(node: ast.AST) -> Iterator[Fetch]:
    for call in ast.walk(node):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name)):
            continue
        if call.func.id not in _FUNCTIONS:
            continue
        texts = [
            each.value
            for each in call.args
            if isinstance(each, ast.Constant) and isinstance(each.value, str)
        ]
        if len(texts) != len(call.args) or len(texts) != 2 or call.keywords:
            raise ValueError(f"line {call.lineno}: {call.func.id} is to have two plain strings")
        yield Fetch(function=call.func.id, section=texts[0], which=texts[1])

"""The text of a marker as a tree of comparisons, which `packaging` parses and does not show."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from syncsteps.errors import SelectionError

__all__ = ["Comparison", "Junction", "Operand", "Tree", "parse_tree"]

_TOKEN = re.compile(
    r"\s*(?:(?P<bracket>[()])"
    r"|(?P<operator>===|==|~=|!=|<=|>=|<|>|not\s+in\b|in\b)"
    r"|(?P<word>and\b|or\b)"
    r"|(?P<variable>[A-Za-z_][A-Za-z0-9_.]*)"
    r"|\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)')"
)


@dataclass(frozen=True, slots=True)
class Operand:
    """One side of a comparison: the name of a variable, or a value without its quotes."""

    text: str
    variable: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two operands and an operator (PEP 508), ``not in`` with one space."""

    left: Operand
    operator: str
    right: Operand


@dataclass(frozen=True, slots=True)
class Junction:
    """Trees that all hold (``and``), or of which one does (``or``)."""

    word: Literal["and", "or"]
    parts: tuple[Tree, ...]


Tree = Comparison | Junction


def parse_tree(text: str) -> Tree:
    """Return the tree of ``text``, a marker that `packaging.markers.Marker` has written.

    Raises:
        SelectionError: it is no such text.
    """
    parser = _Parser(text)
    tree = parser.junction()
    parser.expect("")
    return tree


class _Parser:
    """Reads one text from left to right; ``_kind`` and ``_text`` are of the token that is next."""

    def __init__(self, text: str) -> None:
        self._whole = text
        self._position = 0
        self._kind = ""
        self._text = ""
        self._advance()

    def junction(self) -> Tree:
        """Read an ``or`` of ``and``s."""
        alternatives = [self._conjunction()]
        while self._kind == "word" and self._text == "or":
            self._advance()
            alternatives.append(self._conjunction())
        return alternatives[0] if len(alternatives) == 1 else Junction("or", tuple(alternatives))

    def expect(self, text: str) -> None:
        """Pass over the token ``text`` (empty: the end)."""
        if self._text != text or self._kind not in {"bracket", "end"}:
            raise SelectionError(
                f"not a marker: {self._whole!r} (at character {self._position})",
                hint="the lock is damaged; lock again",
            )
        self._advance()

    def _conjunction(self) -> Tree:
        parts = [self._term()]
        while self._kind == "word" and self._text == "and":
            self._advance()
            parts.append(self._term())
        return parts[0] if len(parts) == 1 else Junction("and", tuple(parts))

    def _term(self) -> Tree:
        if self._kind == "bracket":
            self.expect("(")
            tree = self.junction()
            self.expect(")")
            return tree
        left = self._operand()
        operator = " ".join(self._text.split())
        if self._kind != "operator":
            self.expect("an operator")
        self._advance()
        return Comparison(left, operator, self._operand())

    def _operand(self) -> Operand:
        if self._kind not in {"variable", "double", "single"}:
            self.expect("an operand")
        operand = Operand(self._text, self._kind == "variable")
        self._advance()
        return operand

    def _advance(self) -> None:
        match = _TOKEN.match(self._whole, self._position)
        if match is None:
            rest = self._whole[self._position :].strip()
            self._kind, self._text = ("end", "") if not rest else ("unknown", rest)
            return
        self._position = match.end()
        self._kind = match.lastgroup or ""
        self._text = match[self._kind]

"""Markers put together, as texts: poetry's locks say in several places what holds together."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["both", "either", "membership", "negated", "over_extras", "plain_extras"]

_QUOTED = r"""(?:"[^"]*"|'[^']*')"""
_EXTRA = re.compile(
    rf"\bextra\s*(?P<operator>==|!=)\s*(?P<name>{_QUOTED})"
    rf"|(?P<left>{_QUOTED})\s*(?P<left_operator>==|!=)\s*extra\b"
    # Any other value is passed over whole, so that its text is never taken for a comparison.
    rf"|{_QUOTED}"
)
_TOKEN = re.compile(rf"\s*(?P<token>[()]|{_QUOTED}|\bnot\s+in\b|[<>=!~]+|\w+)")
_OPPOSITES = {
    "==": "!=",
    "!=": "==",
    "===": "!=",
    "<": ">=",
    ">=": "<",
    ">": "<=",
    "<=": ">",
    "in": "not in",
    "not in": "in",
}


def both(*texts: str | None) -> str | None:
    """Return the marker that all of ``texts`` hold; None is one that always does."""
    found = [*dict.fromkeys(text for text in texts if text is not None)]
    return " and ".join(map(_enclosed, found)) if len(found) > 1 else next(iter(found), None)


def either(texts: Iterable[str | None]) -> str | None:
    """Return the marker that one of ``texts``, of which there is at least one, holds."""
    found = [*dict.fromkeys(texts)]
    if None in found:
        return None
    return found[0] if len(found) == 1 else " or ".join(_enclosed(str(text)) for text in found)


def _enclosed(text: str) -> str:
    return f"({text})" if re.search(r"\b(?:and|or)\b", text) else text


def membership(names: Iterable[str], variable: str) -> str:
    """Return the marker that one of ``names`` is in ``extras`` or ``dependency_groups``."""
    return " or ".join(f'"{name}" in {variable}' for name in names)


def over_extras(text: str) -> str:
    """Return the marker with each comparison of ``extra`` as one of ``extras`` (PEP 751)."""

    def replaced(match: re.Match[str]) -> str:
        name = _name(match)
        if name is None:
            return match[0]
        return f'"{name}" {"in" if _equal(match) else "not in"} extras'

    return _EXTRA.sub(replaced, text)


def plain_extras(text: str) -> str:
    """Return the marker with the names that ``extra`` is compared with in their normal form."""

    def replaced(match: re.Match[str]) -> str:
        name = _name(match)
        return match[0] if name is None else f'extra {"==" if _equal(match) else "!="} "{name}"'

    return _EXTRA.sub(replaced, text)


def _name(match: re.Match[str]) -> str | None:
    literal = match["name"] or match["left"]
    return None if literal is None else canonicalize_name(literal[1:-1])


def _equal(match: re.Match[str]) -> bool:
    return "==" in (match["operator"], match["left_operator"])


def negated(text: str) -> str:
    """Return the marker that is true exactly where the valid marker ``text`` is not."""
    return _Negation(_TOKEN.findall(text)).whole()


class _Negation:
    """Reads the tokens of a marker by PEP 508's grammar, and writes its opposite."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self._tokens = [*tokens, ""]
        self._position = 0

    def whole(self) -> str:
        parts = [self._conjunction()]
        while self._tokens[self._position] == "or":
            self._position += 1
            parts.append(self._conjunction())
        return " and ".join(map(_enclosed, parts)) if len(parts) > 1 else parts[0]

    def _conjunction(self) -> str:
        parts = [self._part()]
        while self._tokens[self._position] == "and":
            self._position += 1
            parts.append(self._part())
        return " or ".join(map(_enclosed, parts)) if len(parts) > 1 else parts[0]

    def _part(self) -> str:
        if self._next() != "(":
            left = self._tokens[self._position - 1]
            return _opposite(left, " ".join(self._next().split()), self._next())
        inner = self.whole()
        self._position += 1
        return inner

    def _next(self) -> str:
        self._position += 1
        return self._tokens[self._position - 1]


def _opposite(left: str, operator: str, right: str) -> str:
    if operator == "~=":
        prefix = right[1:-1].rpartition(".")[0]
        return f'({left} < {right} or {left} != "{prefix}.*")'
    return f"{left} {_OPPOSITES[operator]} {right}"

"""Version constraints as poetry writes them, in terms of PEP 440: carets, tildes, ``||``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from syncsteps.locks.values import parse_specifier, parse_version, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from packaging.specifiers import Specifier, SpecifierSet
    from packaging.version import Version

    _Writer = Callable[[Specifier], str]

__all__ = ["Constraint", "parse_constraint", "python_markers", "whole_python_markers"]

_OR = re.compile(r"\|\|?")
_ITEM = re.compile(
    r"(?P<operator>\^|~=|~|={1,3}|!=|<>|<=?|>=?)?\s*v?(?P<version>(?:\d+!)?[^\s,|^~=!<>]+)(?:[\s,]+|$)"
)
_ANYTHING = re.compile(r"[xX*](?:\.[xX*])*")
_WILDCARD = re.compile(r"(?:\.\*)+$")
_OPERATORS = {"": "==", "=": "==", "==": "==", "===": "===", "!=": "!=", "<>": "!="}
_WITH_MICRO = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """Which versions are allowed: those in any of the ``alternatives``."""

    alternatives: tuple[SpecifierSet, ...]

    @property
    def everything(self) -> bool:
        """Whether every version is allowed."""
        return any(not len(alternative) for alternative in self.alternatives)

    @property
    def single(self) -> SpecifierSet | None:
        """The constraint as one set of specifiers; None where it takes several."""
        return self.alternatives[0] if len(self.alternatives) == 1 else None

    def allows(self, version: Version) -> bool:
        """Return whether ``version``, which may be a pre-release, is allowed."""
        return any(each.contains(version, prereleases=True) for each in self.alternatives)

    def __str__(self) -> str:
        return "*" if self.everything else " || ".join(map(str, self.alternatives))


@lru_cache(maxsize=4096)
def parse_constraint(text: str) -> Constraint:
    """Return the constraint ``text``, such as ``^1.2``, ``~3.8 || >=3.10,!=3.10.1`` or ``*``.

    Raises:
        ValueError: it is none.
    """
    alternatives = (parse_specifier(",".join(_items(each, text))) for each in _OR.split(text))
    return Constraint(alternatives=tuple(dict.fromkeys(alternatives)))


def _items(alternative: str, whole: str) -> Iterator[str]:
    rest = alternative.strip(", \t")
    position = 0
    while position < len(rest) or not rest:
        match = _ITEM.match(rest, position)
        if match is None:
            raise ValueError(f"{quoted(whole)} is not a version constraint of poetry's")
        yield from _item(match["operator"] or "", match["version"])
        position = match.end()


def _item(operator: str, text: str) -> tuple[str, ...]:
    """Return the specifiers that one part of a constraint stands for."""
    if _ANYTHING.fullmatch(text):
        return ()
    plain = _WILDCARD.sub("", text)
    version = parse_version(plain)
    if operator in _OPERATORS:
        return (f"{_OPERATORS[operator]}{version}{'.*' if plain != text else ''}",)
    if operator == "^":
        return f">={version}", f"<{_bumped(version, _first_that_counts(version))}"
    if operator == "~":
        return f">={version}", f"<{_bumped(version, min(1, len(version.release) - 1))}"
    if operator == "~=":
        return f">={version}", f"<{_bumped(version, max(0, len(version.release) - 2))}"
    # Metadata that is older than PEP 440's final text has ">=3.6.*", which means ">=3.6".
    return (f"{operator}{version}",)


def _first_that_counts(version: Version) -> int:
    """Return the place of the number that a caret keeps: the first that is not zero."""
    significant = version.release[:_WITH_MICRO]
    return next((place for place, number in enumerate(significant) if number), len(significant) - 1)


def _bumped(version: Version, place: int) -> str:
    release = (*version.release[:place], version.release[place] + 1)
    epoch = f"{version.epoch}!" if version.epoch else ""
    return epoch + ".".join(map(str, release))


def python_markers(constraint: Constraint) -> str | None:
    """Return the marker that ``python = "…"`` of a dependency means; None: always true.

    A version without a micro number stands for all of its series only where it is required as such:
    ``3.8`` is any 3.8.x, ``<=3.8`` ends with 3.8.0.
    """
    return _markers(constraint, _of_dependency)


def whole_python_markers(constraint: Constraint) -> str | None:
    """Return the marker that a Python's full version is in ``constraint``; None: always true."""
    return _markers(constraint, _of_full_version)


def _markers(constraint: Constraint, marker: _Writer) -> str | None:
    if constraint.everything:
        return None
    rows = [sorted(map(marker, alternative)) for alternative in constraint.alternatives]
    texts = [" and ".join(row) for row in rows]
    return texts[0] if len(texts) == 1 else " or ".join(f"({text})" for text in texts)


def _of_full_version(specifier: Specifier) -> str:
    return f'python_full_version {specifier.operator} "{specifier.version}"'


def _of_dependency(specifier: Specifier) -> str:
    short = specifier.version.count(".") + 1 < _WITH_MICRO and "*" not in specifier.version
    if short and specifier.operator == "==":
        return f'python_version == "{specifier.version}"'
    return _of_full_version(specifier)

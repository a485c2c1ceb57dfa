"""Boolean functions of ordered atoms as shared decision diagrams, aware of what excludes what.

These are reduced ordered binary decision diagrams (Bryant, 1986): a function is a number, and equal
functions are the same number. In addition, atoms that speak of one variable form a chain, and what
cannot be true together is no part of any function: ``sys_platform == 'linux'`` excludes ``==
'win32'``, and what is not at least Python 3.10 is not at least 3.11 either. With that a
contradiction is `FALSE` and a certainty is `TRUE`, whatever they were put together from.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from syncsteps.errors import SelectionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["FALSE", "TRUE", "Diagram", "Link", "Rule"]

FALSE, TRUE = 0, 1

# Some hundred megabytes, and a hundred times what the largest real locks come to.
_MOST_NODES = 2_000_000


class Rule(enum.Enum):
    """What the atoms of one chain have to do with one another."""

    FREE = "nothing"
    EXCLUSIVE = "at most one is true"
    ORDERED = "if one is false, all that follow are false"


class Link:
    """The place of an atom: the number of its chain, whose atoms follow one another, and its rule.

    Every atom without relations is a chain of its own.
    """

    __slots__ = ("chain", "rule")

    def __init__(self, chain: int, rule: Rule) -> None:
        self.chain = chain
        self.rule = rule


class Diagram:
    """All the functions of the atoms that ``links`` describes, in the order of decision.

    Functions are numbers that have a meaning in this diagram only. A function has a ``level``,
    which is the number of the first atom that it depends on, and one function for each of that
    atom's values.
    """

    def __init__(self, links: Sequence[Link], *, most_nodes: int = _MOST_NODES) -> None:
        self._most_nodes = most_nodes
        self._bottom = len(links)
        # One more, for the two constants, which no chain goes on to.
        self._chains = [link.chain for link in links] + [-1]
        self._rules = [link.rule for link in links] + [Rule.FREE]
        self._levels = [self._bottom, self._bottom]
        self._lows = [FALSE, TRUE]
        self._highs = [FALSE, TRUE]
        self._unique: dict[tuple[int, int, int], int] = {}
        self._conjunctions: dict[tuple[int, int], int] = {}
        self._negations = {FALSE: TRUE, TRUE: FALSE}
        self._supports: dict[int, frozenset[int]] = {FALSE: frozenset(), TRUE: frozenset()}

    def atom(self, level: int) -> int:
        """Return the function that is true where the atom is."""
        return self.node(level, FALSE, TRUE)

    def node(self, level: int, low: int, high: int) -> int:
        """Return the function that is ``high`` where the atom is true, and ``low`` elsewhere.

        Both depend on later atoms only.

        Raises:
            SelectionError: there are too many functions already.
        """
        rule = self._rules[level]
        if rule is Rule.EXCLUSIVE:
            high = self._past(level, high)
            if high == self._past(level, low):
                return low
        elif rule is Rule.ORDERED:
            low = self._past(level, low)
            if low == self._past(level, high):
                return high
        elif low == high:
            return low
        key = (level, low, high)
        found = self._unique.get(key)
        if found is None:
            found = len(self._levels)
            if found >= self._most_nodes:
                raise SelectionError(
                    "the lock's markers are too entangled to be written as one marker for each "
                    "package",
                    hint="export for one target, without --universal",
                )
            self._unique[key] = found
            self._levels.append(level)
            self._lows.append(low)
            self._highs.append(high)
        return found

    def level(self, function: int) -> int:
        """Return the number of the first atom that matters (of a constant: one past the last)."""
        return self._levels[function]

    def cofactors(self, function: int, level: int) -> tuple[int, int]:
        """Return ``function`` where the atom is false and where it is true.

        ``level`` is that of the function, or an earlier one.
        """
        own = self._levels[function]
        if own == level:
            return self._lows[function], self._highs[function]
        if self._chains[own] != self._chains[level]:
            return function, function
        if self._rules[level] is Rule.EXCLUSIVE:
            return function, self._past(level, function)
        if self._rules[level] is Rule.ORDERED:
            return self._past(level, function), function
        return function, function

    def both(self, one: int, other: int) -> int:
        """Return the function that is true where the two are."""
        if one > other:
            one, other = other, one
        if one <= TRUE:
            return other if one == TRUE else FALSE
        if one == other:
            return one
        key = (one, other)
        found = self._conjunctions.get(key)
        if found is None:
            level = min(self._levels[one], self._levels[other])
            low, high = self.cofactors(one, level)
            other_low, other_high = self.cofactors(other, level)
            found = self.node(level, self.both(low, other_low), self.both(high, other_high))
            self._conjunctions[key] = found
        return found

    def negation(self, function: int) -> int:
        """Return the function that is true where this one is not."""
        found = self._negations.get(function)
        if found is None:
            found = self.node(
                self._levels[function],
                self.negation(self._lows[function]),
                self.negation(self._highs[function]),
            )
            self._negations[function] = found
            self._negations[found] = function
        return found

    def either(self, one: int, other: int) -> int:
        """Return the function that is true where one of the two is."""
        if one <= TRUE or other <= TRUE or one == other:
            if TRUE in (one, other):
                return TRUE
            return one or other
        return self.negation(self.both(self.negation(one), self.negation(other)))

    def without(self, one: int, other: int) -> int:
        """Return the function that is true where ``one`` is and ``other`` is not."""
        return self.both(one, self.negation(other))

    def somewhere(self, function: int, levels: frozenset[int]) -> int:
        """Return where ``function`` can be made true by the atoms of ``levels``, given the rest."""
        known: dict[int, int] = {}

        def walk(part: int) -> int:
            if part <= TRUE:
                return part
            if part not in known:
                low, high = walk(self._lows[part]), walk(self._highs[part])
                level = self._levels[part]
                known[part] = (
                    self.either(low, high) if level in levels else self.node(level, low, high)
                )
            return known[part]

        return walk(function)

    def support(self, function: int) -> frozenset[int]:
        """Return the numbers of the atoms that ``function`` depends on."""
        found = self._supports.get(function)
        if found is None:
            found = (
                self.support(self._lows[function])
                | self.support(self._highs[function])
                | {self._levels[function]}
            )
            self._supports[function] = found
        return found

    def copy(self, function: int, into: Diagram, known: dict[int, int]) -> int:
        """Return ``function`` as one of another diagram of the same atoms.

        ``known`` remembers what has been copied into that diagram.
        """
        if function <= TRUE:
            return function
        if function not in known:
            known[function] = into.node(
                self._levels[function],
                self.copy(self._lows[function], into, known),
                self.copy(self._highs[function], into, known),
            )
        return known[function]

    def value(self, function: int, atoms: Mapping[int, bool]) -> bool:
        """Return what ``function`` is where the atoms have these values."""
        while function > TRUE:
            branches = self._highs if atoms[self._levels[function]] else self._lows
            function = branches[function]
        return function == TRUE

    def _past(self, level: int, function: int) -> int:
        """Return ``function`` where the rest of the chain of ``level`` is false."""
        chain = self._chains[level]
        while self._chains[self._levels[function]] == chain:
            function = self._lows[function]
        return function


def all_of(diagram: Diagram, functions: Iterable[int]) -> int:
    """Return the function that is true where all of ``functions`` are."""
    result = TRUE
    for function in functions:
        result = diagram.both(result, function)
    return result

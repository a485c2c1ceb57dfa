"""Where the entries of a lock apply: formulas as functions, what may be ignored, and markers."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from syncsteps.errors import SelectionError
from syncsteps.selection.universal.covers import Covers
from syncsteps.selection.universal.diagrams import FALSE, TRUE, Diagram, Link, Rule
from syncsteps.selection.universal.printing import marker_text
from syncsteps.selection.universal.vocabulary import (
    Asked,
    Leaf,
    atoms_of,
    links_of,
    ordered,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from syncsteps.selection.universal.vocabulary import Atom, Formula

    Meaning = Callable[[Asked], int]

__all__ = ["Conditions"]

# What one function looks at is walked through by recursion, and combining takes the square of it.
_MOST_ATOMS = 700


class Conditions:
    """The functions of the atoms that ``formulas`` have.

    ``diagram`` is where they live. What has been ignored is of no consequence, and markers are the
    shorter for it; the limits are where the lock holds at all.

    Raises:
        SelectionError: there are too many atoms.
    """

    def __init__(self, formulas: Iterable[Formula], further: Iterable[Atom] = ()) -> None:
        found = {atom for formula in formulas for atom in atoms_of(formula)}
        self._atoms = ordered(found.union(further))
        if len(self._atoms) > _MOST_ATOMS:
            raise SelectionError(
                f"the lock's markers make {len(self._atoms)} different comparisons, too many to be "
                "written as one marker for each package",
                hint="export for one target, without --universal",
            )
        self._levels = {atom: level for level, atom in enumerate(self._atoms)}
        self._links = links_of(self._atoms)
        self.diagram = Diagram(self._links)
        self._limits = TRUE
        self._care = TRUE
        self._excluded = FALSE
        self._free = Diagram([Link(level, Rule.FREE) for level in range(len(self._links))])
        self._covers = Covers(self._free)
        self._copied: dict[int, int] = {}
        self._cares: dict[tuple[int, frozenset[int]], int] = {}
        self._texts: dict[tuple[int, int], str] = {}

    def function(self, formula: Formula, meaning: Meaning) -> int:
        """Return ``formula`` as a function; ``meaning`` says what a name that is asked for is."""
        if isinstance(formula, Leaf):
            atom = formula.atom
            function = meaning(atom) if isinstance(atom, Asked) else self.atom(atom)
            return function if formula.positive else self.diagram.negation(function)
        parts = (self.function(part, meaning) for part in formula.parts)
        if formula.word == "and":
            return reduce(self.diagram.both, parts, TRUE)
        return reduce(self.diagram.either, parts, FALSE)

    def atom(self, atom: Atom) -> int:
        """Return where ``atom`` is true: one of the formulas' or of the further ones."""
        return self.diagram.atom(self._levels[atom])

    def limit(self, formulas: Iterable[Formula]) -> None:
        """Take ``formulas`` as the limits: all of them hold where the lock does."""
        for formula in formulas:
            self._limits = self.diagram.both(self._limits, self.function(formula, self.atom))

    def ignore(self, function: int) -> None:
        """Leave out of consideration where ``function`` is true."""
        self._care = self.diagram.without(self._care, function)

    def exclude(self, function: int) -> bool:
        """Take the platforms that may make ``function`` true out of the limits, if some are left.

        Returns whether that has been done.
        """
        asked = [level for level, atom in enumerate(self._atoms) if isinstance(atom, Asked)]
        where = self.diagram.both(function, self.diagram.both(self._care, self._limits))
        where = self.diagram.somewhere(where, frozenset(asked))
        left = self.diagram.without(self._limits, where)
        if left == FALSE:
            return False
        self._limits = left
        self._excluded = self.diagram.either(self._excluded, where)
        return True

    def marker_of_limits(self, environments: Formula) -> str | None:
        """Return the marker of ``environments`` without what has been excluded; None: all."""
        function = self.diagram.without(self.function(environments, self.atom), self._excluded)
        return self.marker(function, limits_stated=False)

    def ever(self, function: int) -> bool:
        """Return whether ``function`` is true anywhere within the limits where it matters."""
        care = self.diagram.both(self._care, self._limits)
        return self.diagram.both(function, care) != FALSE

    def marker(self, function: int, *, limits_stated: bool) -> str | None:
        """Return ``function`` as the text of a marker, exact where it matters; None for always.

        With ``limits_stated`` it need not be so outside of the limits.

        Raises:
            SelectionError: it cannot be written.
        """
        care = self.diagram.both(self._care, self._limits) if limits_stated else self._care
        if self.diagram.without(care, function) == FALSE:
            return None
        key = (function, care)
        if key not in self._texts:
            possible = self._possible(care, self.diagram.support(function))
            plain = self._plain(function)
            least = self._free.both(plain, possible)
            most = self._free.either(plain, self._free.negation(possible))
            self._texts[key] = marker_text(self._covers.cover(least, most), self._atoms)
        return self._texts[key]

    def _possible(self, care: int, levels: frozenset[int]) -> int:
        """Return which values the atoms of ``levels`` can have where it matters."""
        key = (care, levels)
        found = self._cares.get(key)
        if found is None:
            free = self._free
            others = self.diagram.support(care) - levels
            possible = reduce(free.both, self._exclusions(levels | others), self._plain(care))
            found = self._cares[key] = free.somewhere(possible, others)
        return found

    def _exclusions(self, levels: frozenset[int]) -> Iterable[int]:
        """Yield what the chains forbid of the atoms of ``levels``, one function for each chain."""
        free = self._free
        chains: dict[int, list[int]] = {}
        for level in sorted(levels):
            if self._links[level].rule is not Rule.FREE:
                chains.setdefault(self._links[level].chain, []).append(level)
        for chain, members in chains.items():
            exclusive = self._links[chain].rule is Rule.EXCLUSIVE
            # From the last one on: what is possible of the rest, and the rest all false.
            possible, none = TRUE, TRUE
            for level in reversed(members):
                low, high = (possible, none) if exclusive else (none, possible)
                possible, none = free.node(level, low, high), free.node(level, none, FALSE)
            yield possible

    def _plain(self, function: int) -> int:
        return self.diagram.copy(function, self._free, self._copied)

"""A Boolean function as few, short alternatives: an irredundant sum of products (Minato, 1993)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncsteps.selection.universal.diagrams import FALSE, TRUE

if TYPE_CHECKING:
    from syncsteps.selection.universal.diagrams import Diagram

__all__ = ["Covers", "Cube"]

Cube = tuple[tuple[int, bool], ...]
"""Atoms by their levels, and what each is to be; all of them at once."""


class Covers:
    """The covers of functions of ``diagram``, which has no chains; it remembers them."""

    def __init__(self, diagram: Diagram) -> None:
        self._diagram = diagram
        self._known: dict[tuple[int, int], tuple[tuple[Cube, ...], int]] = {}

    def cover(self, least: int, most: int) -> tuple[Cube, ...]:
        """Return alternatives that hold wherever ``least`` does, and only where ``most`` does.

        None of them and no part of one can be left out. That some atoms exclude others is said by
        the difference between ``least`` and ``most``.
        """
        return self._between(least, most)[0]

    def _between(self, least: int, most: int) -> tuple[tuple[Cube, ...], int]:
        """Return the alternatives, and the function that they are."""
        if least == FALSE:
            return (), FALSE
        if most == TRUE:
            return ((),), TRUE
        key = (least, most)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._split(least, most)
        return found

    def _split(self, least: int, most: int) -> tuple[tuple[Cube, ...], int]:
        diagram = self._diagram
        level = min(diagram.level(least), diagram.level(most))
        least_low, least_high = diagram.cofactors(least, level)
        most_low, most_high = diagram.cofactors(most, level)
        # What holds on one side and may not hold on the other has to mention the atom.
        lows, low = self._between(diagram.without(least_low, most_high), most_low)
        highs, high = self._between(diagram.without(least_high, most_low), most_high)
        rest = diagram.either(diagram.without(least_low, low), diagram.without(least_high, high))
        commons, common = self._between(rest, diagram.both(most_low, most_high))
        cubes = (
            *(((level, False), *cube) for cube in lows),
            *(((level, True), *cube) for cube in highs),
            *commons,
        )
        function = diagram.node(level, diagram.either(low, common), diagram.either(high, common))
        return cubes, function

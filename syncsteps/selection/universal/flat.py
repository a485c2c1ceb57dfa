"""Flat locks (PEP 751): for every entry, its own marker as a condition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncsteps.selection.flat import asked_of, is_project
from syncsteps.selection.universal.applying import Applying
from syncsteps.selection.universal.conditions import Conditions
from syncsteps.selection.universal.diagrams import FALSE, TRUE
from syncsteps.selection.universal.vocabulary import formula_of_marker

if TYPE_CHECKING:
    from collections.abc import Iterable

    from syncsteps.locks.model import Lock
    from syncsteps.selection.model import Request
    from syncsteps.selection.universal.vocabulary import Asked, Formula

__all__ = ["FlatConditions"]


class FlatConditions:
    """The filter of `matching_packages`, for all environments at once.

    ``settled``: the request's extras and groups are wanted and no others; otherwise every one is a
    variable. ``limits`` are formulas outside of which the lock does not hold.

    Raises:
        SelectionError: an extra or a group that the lock does not have, or a workspace's member.
    """

    def __init__(
        self, lock: Lock, request: Request, *, limits: Iterable[Formula] = (), settled: bool
    ) -> None:
        self._lock = lock
        self._request = request
        self._settled = settled
        asked = asked_of(lock, request)
        self._wanted = {"extras": asked.extras, "dependency_groups": asked.groups}
        limits = tuple(limits)
        markers = {str(p.marker) for p in lock.packages if p.marker is not None}
        self._formulas = {text: formula_of_marker(text) for text in sorted(markers)}
        self.conditions = Conditions((*self._formulas.values(), *limits))
        self.conditions.limit(limits)

    def applying(self) -> tuple[Applying, ...]:
        """Return the entries that apply somewhere, in order.

        Raises:
            SelectionError: a condition is too complicated.
        """
        found: list[Applying] = []
        known: dict[str, int] = {}
        for position, package in enumerate(self._lock.packages):
            if not self._request.project and is_project(self._lock, package):
                continue
            condition = TRUE
            if package.marker is not None:
                text = str(package.marker)
                if text not in known:
                    known[text] = self.conditions.function(self._formulas[text], self._asked)
                condition = known[text]
            if condition != FALSE:
                found.append(Applying(position=position, condition=condition))
        return tuple(found)

    def _asked(self, atom: Asked) -> int:
        if not self._settled:
            return self.conditions.atom(atom)
        return TRUE if atom.name in self._wanted[atom.variable] else FALSE

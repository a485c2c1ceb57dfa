"""Markers of locks, evaluated for the target: extras are sets, and nothing comes from the host."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from packaging.markers import Marker
from packaging.version import InvalidVersion, Version

from syncsteps.errors import SelectionError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MarkerEvaluator", "release_environment"]

_QUOTED = r"""(?:"[^"]*"|'[^']*')"""
_EXTRA = (
    rf"\bextra\s*(?P<op>==|!=)\s*(?P<name>{_QUOTED})"
    rf"|(?P<left>{_QUOTED})\s*(?P<left_op>==|!=)\s*extra\b"
    # Any other value is passed over whole, so that its text is never taken for a comparison.
    rf"|{_QUOTED}"
)


def release_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return ``environment`` with ``python_full_version`` cut to its release, as uv does.

    Forks are written as ``< '3.15'`` and ``>= '3.15'``; by PEP 440 a pre-release of 3.15 satisfies
    neither, and would get no packages at all.
    """
    result = dict(environment)
    full = result.get("python_full_version", "")
    try:
        result["python_full_version"] = Version(full.rstrip("+")).base_version
    except InvalidVersion:
        return result
    return result


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkerEvaluator:
    """Says which markers hold in ``environment`` (the variables of PEP 508, all of them).

    ``extra == 'x'`` is read as ``'x' in extras``: a lock's marker speaks of several extras at once,
    which the single value of PEP 508 cannot express. Results are remembered by the marker's text.
    """

    environment: Mapping[str, str]
    _known: dict[str, bool] = field(default_factory=dict, init=False, repr=False)
    _rewritten: dict[str, Marker] = field(default_factory=dict, init=False, repr=False)

    def holds(
        self,
        marker: Marker | None,
        *,
        where: str,
        extras: frozenset[str] = frozenset(),
        groups: frozenset[str] = frozenset(),
    ) -> bool:
        """Return whether ``marker`` is true with these extras and groups; None always is.

        Raises:
            SelectionError: it cannot be evaluated; ``where`` says in the message whose it is.
        """
        if marker is None:
            return True
        text = str(marker)
        if text in self._known:
            return self._known[text]
        depends_on_request = "extra" in text or "dependency_groups" in text
        try:
            if depends_on_request:
                marker = self._over_sets(text)
            result = marker.evaluate(
                {**self.environment, "extras": extras, "dependency_groups": groups},
                context="lock_file",
            )
        except (ValueError, KeyError, RecursionError) as error:
            raise SelectionError(
                f"the marker of {where} cannot be evaluated: {text} ({error})",
                hint="the lock is damaged, or was written for a newer standard; lock again",
            ) from error
        if not depends_on_request:
            self._known[text] = result
        return result

    def _over_sets(self, text: str) -> Marker:
        if text not in self._rewritten:
            self._rewritten[text] = Marker(re.sub(_EXTRA, _membership, text))
        return self._rewritten[text]


def _membership(match: re.Match[str]) -> str:
    name = match["name"] or match["left"]
    if name is None:
        return match[0]
    operator = "in" if "==" in (match["op"], match["left_op"]) else "not in"
    return f"{name} {operator} extras"

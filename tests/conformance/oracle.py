"""What is asked of a lock's own tool, and what its answer looks like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tests.conformance.pins import Pin

if TYPE_CHECKING:
    from collections.abc import Iterable

    from packaging.markers import Marker

    from syncsteps.interpreter.model import Interpreter
    from syncsteps.locks.model import Lock
    from syncsteps.selection import Request
    from tests.conformance.corpus import Project

__all__ = ["Answer", "Conditional", "Oracle", "Refused"]


class Refused(Exception):  # noqa: N818 - an answer, not a fault
    """The tool cannot or will not select this; the text is what it said."""


class Answer(Protocol):
    """What a tool selects from a lock, for any target."""

    def pins(self, target: Interpreter) -> frozenset[Pin]:
        """Return what is selected for ``target``.

        Raises:
            Refused: nothing can be, for this target.
        """


class Oracle(Protocol):
    """A tool that knows a kind of lock. It is asked once for each request, not for each target."""

    @property
    def name(self) -> str:
        """The tool and its version, as reports and the table of disagreements have it."""

    @property
    def chooses(self) -> bool:
        """Whether it answers with one file for each package, or with the hashes of all."""

    def reads(self, project: Project) -> bool:
        """Return whether the project's lock is of its kind."""

    def prepare(self, project: Project) -> None:
        """Write into the project's folder what the tool needs there beside the lock."""

    def ask(self, project: Project, lock: Lock | None, request: Request) -> Answer | None:
        """Return what the tool selects, or None if it has no way to ask for this.

        ``lock`` is syncsteps' own view of the lock, for names only: what it selects is in question.
        None is a lock that syncsteps cannot read.

        Raises:
            Refused: the tool ends with an error.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditional:
    """An answer that is a list of pins with markers, such as a requirements file."""

    entries: tuple[tuple[Pin, Marker | None], ...]

    def pins(self, target: Interpreter) -> frozenset[Pin]:
        """Return the pins whose markers hold; the same pin listed twice is one with both hashes."""
        environment = dict(target.environment)
        known: dict[str, bool] = {}
        found: dict[tuple[str, str, str], set[str]] = {}
        for pin, marker in self.entries:
            text = str(marker)
            if text not in known:
                known[text] = marker is None or marker.evaluate(dict(environment))
            if known[text]:
                found.setdefault((pin.name, pin.version, pin.place), set()).update(pin.hashes)
        return frozenset(_pins(found.items()))


def _pins(found: Iterable[tuple[tuple[str, str, str], set[str]]]) -> Iterable[Pin]:
    for (name, version, place), hashes in found:
        yield Pin(name=name, version=version, place=place, hashes=frozenset(hashes))

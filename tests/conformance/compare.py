"""One lock against one oracle: every request for every target, and what differs."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from syncsteps.errors import LockError, SelectionError
from syncsteps.locks import read_lock
from syncsteps.selection import Request, select
from tests.conformance.environments import grid, sampled, targets_of
from tests.conformance.oracle import Refused
from tests.conformance.pins import pins_of
from tests.conformance.selections import requests_of, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from syncsteps.interpreter.model import Interpreter
    from syncsteps.locks.model import Lock
    from tests.conformance.corpus import Project
    from tests.conformance.oracle import Answer, Oracle
    from tests.conformance.pins import Pin

__all__ = ["Cases", "Compared", "Difference", "compare"]

_REFUSED = "refused"
# What addresses in the locks refer to; no tool asks there.
_VARIABLES = {"URL": "https://index.invalid/simple"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A case in which the two do not select the same: what each has that the other has not.

    Either side is ``("refused",)`` where it ended with an error and the other did not; ``said`` is
    the text of that error.
    """

    lock: str
    oracle: str
    request: str
    target: str
    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What came of one lock with one oracle.

    ``seen`` are the requests and targets that were compared, by their names, ``refused`` counts
    those in which both end with an error, ``pins`` the packages of all that are equal.
    """

    lock: str
    oracle: str
    refused: int
    pins: int
    differences: tuple[Difference, ...]
    seconds: float
    seen: tuple[tuple[str, str], ...]


def compare(project: Project, oracle: Oracle, *, sample: int | None) -> Compared:
    """Compare the project's lock with ``oracle``; ``sample`` limits the number of requests.

    A sample is spread over all requests, and each of them is seen on one platform for each version,
    the platforms in turn.

    Raises:
        ValueError: the oracle's answer cannot be read.
        OSError: the oracle's program cannot be run.
    """
    oracle.prepare(project)
    cases = Cases(project.name, oracle.name)
    try:
        lock = read_lock(
            project.lock,
            name=project.lock.name,
            environment=_VARIABLES,
            allow_outside=True,  # real locks have siblings of their projects
        )
    except LockError as error:
        _compare_unreadable(project, oracle, error, cases)
        return cases.result()
    requests = requests_of(lock)
    targets = targets_of(lock)
    for number, request in _spread(requests, sample):
        answer = _ask(project, oracle, lock, request)
        if answer is None:
            continue
        for name, target in (targets if sample is None else sampled(targets, number)).items():
            ours = _ours(lock, request, target, chosen=oracle.chooses)
            cases.note(shown(request), name, ours, _theirs(answer, target))
    return cases.result()


def _spread(requests: Sequence[Request], limit: int | None) -> Iterator[tuple[int, Request]]:
    step = 1.0 if limit is None else max(1.0, len(requests) / limit)
    position = 0.0
    while int(position) < len(requests):
        yield int(position), requests[int(position)]
        position += step


def _compare_unreadable(project: Project, oracle: Oracle, error: LockError, cases: Cases) -> None:
    """Compare a lock that syncsteps refuses: the oracle has to refuse it as well."""
    answer = _ask(project, oracle, None, Request())
    if answer is not None:
        for name, target in grid().items():
            cases.note(shown(Request()), name, error, _theirs(answer, target))


class Cases:
    """Counts the cases of one lock with one oracle, and keeps those that differ."""

    def __init__(self, lock: str, oracle: str) -> None:
        self._started = time.monotonic()
        self._lock = lock
        self._oracle = oracle
        self._refused = self._pins = 0
        self._differences: list[Difference] = []
        self._seen: list[tuple[str, str]] = []

    def note(
        self,
        request: str,
        target: str,
        ours: frozenset[Pin] | Exception,
        theirs: frozenset[Pin] | Exception,
    ) -> None:
        """Take one case, by the names of what is asked and of the target; an error is a refusal."""
        self._seen.append((request, target))
        if isinstance(ours, Exception) and isinstance(theirs, Exception):
            self._refused += 1
            return
        if ours == theirs:
            self._pins += 0 if isinstance(ours, Exception) else len(ours)
            return
        said = next((str(side) for side in (ours, theirs) if isinstance(side, Exception)), "")
        self._differences.append(
            Difference(
                lock=self._lock,
                oracle=self._oracle,
                request=request,
                target=target,
                ours=_only(ours, theirs),
                theirs=_only(theirs, ours),
                said=said,
            )
        )

    def result(self) -> Compared:
        """Return the counts, and the seconds since these cases were begun."""
        return Compared(
            lock=self._lock,
            oracle=self._oracle,
            refused=self._refused,
            pins=self._pins,
            differences=tuple(self._differences),
            seconds=time.monotonic() - self._started,
            seen=tuple(self._seen),
        )


def _ask(
    project: Project, oracle: Oracle, lock: Lock | None, request: Request
) -> Answer | Refused | None:
    try:
        return oracle.ask(project, lock, request)
    except Refused as refused:
        return refused


def _ours(
    lock: Lock, request: Request, target: Interpreter, *, chosen: bool
) -> frozenset[Pin] | SelectionError:
    try:
        return pins_of(select(lock, request, target), chosen=chosen)
    except SelectionError as error:
        return error


def _theirs(answer: Answer | Refused, target: Interpreter) -> frozenset[Pin] | Refused:
    if isinstance(answer, Refused):
        return answer
    try:
        return answer.pins(target)
    except Refused as refused:
        return refused


def _only(side: frozenset[Pin] | Exception, other: frozenset[Pin] | Exception) -> tuple[str, ...]:
    if isinstance(side, Exception):
        return (_REFUSED,)
    if isinstance(other, Exception):
        return ()
    return tuple(sorted(str(pin) for pin in side - other))

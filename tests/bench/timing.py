"""Times of whole processes, in pairs: A B A B, so that what else the machine does hits both."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if sys.platform != "win32":
    import resource

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

__all__ = ["SETTLED", "Command", "Pair", "Spent", "compare", "time_of"]

SETTLED = 2.2
"""Seconds after which a change is not one that may have gone unseen, so that answers are kept."""

_TIMEOUT = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Programs to run in a directory, one after the other; the second reads what the first says.

    ``prepare`` is called before each run, and what it takes does not count.
    """

    label: str
    steps: tuple[Sequence[str | Path], ...]
    directory: Path
    environment: Mapping[str, str]
    prepare: Callable[[], None] | None = None


class Spent(NamedTuple):
    """What one run took, in seconds: by the clock, and of processors (on Windows: unknown, 0)."""

    clock: float
    processors: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What two commands took, run by run. Of a busy machine, the processors' time says more."""

    name: str
    labels: tuple[str, str]
    runs: tuple[tuple[Spent, Spent], ...]

    @property
    def medians(self) -> tuple[Spent, Spent]:
        """The medians of each command's own times."""
        first, second = (
            Spent(*map(statistics.median, zip(*times, strict=True)))
            for times in zip(*self.runs, strict=True)
        )
        return first, second

    @property
    def ratios(self) -> Spent:
        """How many times as long as A did B take, in the median of the pairs."""
        return Spent(
            clock=statistics.median(b.clock / a.clock for a, b in self.runs),
            processors=statistics.median(
                b.processors / a.processors if a.processors else 0.0 for a, b in self.runs
            ),
        )

    def as_json(self) -> dict[str, object]:
        """Return the pair as values that JSON has; times in seconds."""
        first, second = ([run._asdict() for run in runs] for runs in zip(*self.runs, strict=True))
        return {
            "name": self.name,
            "runs": dict(zip(self.labels, (first, second), strict=True)),
            "medians": {
                label: median._asdict()
                for label, median in zip(self.labels, self.medians, strict=True)
            },
            "ratios": self.ratios._asdict(),
        }


def time_of(command: Command) -> Spent:
    """Run ``command`` once and return what that took.

    Raises:
        RuntimeError: one of its programs failed; the message has its last lines.
    """
    if command.prepare is not None:
        command.prepare()
    said = b""
    started, used = time.perf_counter(), _of_children()
    for step in command.steps:
        done = subprocess.run(
            [str(part) for part in step],
            cwd=command.directory,
            env=dict(command.environment),
            input=said,
            capture_output=True,
            timeout=_TIMEOUT,
            check=False,
        )
        said = done.stdout
        if done.returncode:
            last = (done.stderr or done.stdout).decode("utf-8", "replace")[-600:]
            raise RuntimeError(f"{command.label}: exit code {done.returncode}: {last.strip()}")
    return Spent(clock=time.perf_counter() - started, processors=_of_children() - used)


def _of_children() -> float:
    if sys.platform == "win32":
        return 0.0
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def compare(name: str, first: Command, second: Command, *, rounds: int, warm: bool = True) -> Pair:
    """Run both ``rounds`` times in turn, where ``warm`` after one run each that does not count.

    Raises:
        RuntimeError: one of them failed.
    """
    for command in (first, second) if warm else ():
        time_of(command)
    return Pair(
        name=name,
        labels=(first.label, second.label),
        runs=tuple((time_of(first), time_of(second)) for _ in range(rounds)),
    )

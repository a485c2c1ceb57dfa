"""Times of whole processes, in pairs: A B A B, so that what else the machine does hits both."""

from __future__ import annotations

import statistics
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["Command", "Pair", "compare", "seconds_of"]

_TIMEOUT = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Programs to run in a directory, one after the other; the second reads what the first says."""

    label: str
    steps: tuple[Sequence[str | Path], ...]
    directory: Path
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Seconds of two commands, run by run; ``ratio`` is the median of how much longer B took."""

    name: str
    labels: tuple[str, str]
    seconds: tuple[tuple[float, float], ...]

    @property
    def medians(self) -> tuple[float, float]:
        """The median of each command's own times."""
        return (
            statistics.median(first for first, _ in self.seconds),
            statistics.median(second for _, second in self.seconds),
        )

    @property
    def ratio(self) -> float:
        """How many times as long as A did B take, in the median of the pairs."""
        return statistics.median(second / first for first, second in self.seconds)

    def as_json(self) -> dict[str, object]:
        """Return the pair as values that JSON has; times in seconds."""
        medians = dict(zip(self.labels, self.medians, strict=True))
        return {
            "name": self.name,
            "labels": self.labels,
            "seconds": self.seconds,
            "medians": medians,
            "ratio": self.ratio,
        }


def seconds_of(command: Command) -> float:
    """Run ``command`` once and return how long that took.

    Raises:
        RuntimeError: one of its programs failed; the message has its last lines.
    """
    said = b""
    started = time.perf_counter()
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
    return time.perf_counter() - started


def compare(name: str, first: Command, second: Command, *, rounds: int) -> Pair:
    """Run both ``rounds`` times in turn, after one run each that does not count.

    Raises:
        RuntimeError: one of them failed.
    """
    for command in (first, second):
        seconds_of(command)
    return Pair(
        name=name,
        labels=(first.label, second.label),
        seconds=tuple((seconds_of(first), seconds_of(second)) for _ in range(rounds)),
    )

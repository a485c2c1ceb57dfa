"""Several programs at once: chains of them, side by side, heard in one thread."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from syncsteps.processes import TICK, started

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from syncsteps.processes import Completed

__all__ = ["Call", "Failure", "run_abreast"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A program to run; what the fields mean is said in `syncsteps.processes.run`."""

    command: Sequence[str | Path]
    environment: Mapping[str, str]
    directory: Path
    umask: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Which program failed, by the numbers of its chain and of its place there, and its status."""

    chain: int
    place: int
    status: int


def run_abreast(
    chains: Sequence[Sequence[Call]],
    *,
    on_line: Callable[[int, str], None],
    on_tick: Callable[[], None] | None = None,
) -> Failure | None:
    """Run the programs of each chain one after the other, and the chains side by side.

    Each line is handed on with the number of its chain as it comes, whole, from this thread;
    ``on_tick`` is called from it where nothing has come for a while. The first program that ends
    with another status than 0 ends them all, and so does an exception that passes through (Ctrl-C
    too): nothing is left running. Returned is that failure, or None.

    Raises:
        OSError: a program cannot be started.
    """
    heard: SimpleQueue[tuple[int, str | None]] = SimpleQueue()
    ends: dict[int, Callable[[], Completed]] = {}
    places = [-1] * len(chains)
    with contextlib.ExitStack() as every:
        # Of its own for each, so that one which has ended is let go of: its number may be given to
        # some other program before the last one ends.
        stacks = [every.enter_context(contextlib.ExitStack()) for _ in chains]

        def start_next(number: int) -> None:
            places[number] += 1
            if places[number] < len(chains[number]):
                call = chains[number][places[number]]
                ends[number] = stacks[number].enter_context(
                    started(
                        call.command,
                        environment=call.environment,
                        directory=call.directory,
                        umask=call.umask,
                        listener=lambda line: heard.put((number, line)),
                    )
                )

        for number in range(len(chains)):
            start_next(number)
        while ends:
            try:
                number, line = heard.get(timeout=TICK)
            except Empty:
                if on_tick is not None:
                    on_tick()
                continue
            if line is not None:
                on_line(number, line.rstrip("\r\n"))
                continue
            status = ends.pop(number)().status
            if status:
                return Failure(chain=number, place=places[number], status=status)
            stacks[number].close()
            start_next(number)
    return None

"""Feeds broken and hostile locks to the readers: `python -m tests.fuzz --count 100000 --seed 0`.

Every input has to become a `Lock`, or a `LockError` that says where, within a time and a memory
limit. The same seed gives the same inputs; `--only N` repeats the input of that number.
`--injections` first puts every hostile text into every field of a whole lock of each format.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from typing import TYPE_CHECKING

from tests.fuzz.injections import inject
from tests.fuzz.judge import Judge, Outcome, kind_of
from tests.fuzz.mutations import make_input
from tests.fuzz.seeds import load_seeds

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from multiprocessing.connection import Connection

    from tests.fuzz.seeds import Seed

__all__ = ["Result", "Run", "main"]

SECONDS = 10.0  # of a processor's time for one input: ten times what the slowest ones take
PATIENCE = 60.0  # seconds for one input on a machine that has other things to do
MEMORY = 2 * 2**30  # bytes of address space for a process, of which Python itself takes the least
_SHOWN_KINDS = 40
_SHOWN_FAULTS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The outcome of the input ``index``, and how many seconds of processor time it took."""

    index: int
    outcome: Outcome
    seconds: float


@dataclass(slots=True, kw_only=True)
class Run:
    """What came of all inputs so far."""

    kinds: Counter[str] = field(default_factory=Counter)
    faulty: list[Result] = field(default_factory=list)
    slowest: Result | None = None
    megabytes: int = 0

    def add(self, result: Result) -> None:
        """Count ``result``; one that took too long is faulty."""
        self.kinds[result.outcome.kind] += 1
        if result.outcome.faults or result.seconds > SECONDS:
            self.faulty.append(result)
        if self.slowest is None or result.seconds > self.slowest.seconds:
            self.slowest = result


class _Worker:
    """A process that reads some of the inputs, and is replaced when it hangs or dies."""

    def __init__(self, seeds: Sequence[Seed], seed: int, indices: Iterable[int]) -> None:
        self._seeds = seeds
        self._seed = seed
        self._waiting = deque(indices)
        self._process: multiprocessing.Process | None = None
        self.connection: Connection | None = None
        self._since = 0.0
        self._start()

    def _start(self) -> None:
        self.connection = None
        if not self._waiting:
            return
        ours, theirs = multiprocessing.Pipe(duplex=False)
        self._process = multiprocessing.Process(
            target=_work, args=(theirs, self._seeds, self._seed, tuple(self._waiting)), daemon=True
        )
        self._process.start()
        theirs.close()
        self.connection = ours
        self._since = time.monotonic()

    def receive(self, run: Run) -> None:
        """Take in what the process has sent, or that it has died."""
        if self.connection is None:
            return
        try:
            result, megabytes = self.connection.recv()
        except EOFError:
            self._give_up("the process died", run)
            return
        self._waiting.popleft()
        self._since = time.monotonic()
        run.add(result)
        run.megabytes = max(run.megabytes, megabytes)
        if not self._waiting:
            self.connection = None

    def check(self, run: Run) -> None:
        """Stop the process if no answer comes."""
        if self.connection is not None and time.monotonic() - self._since > PATIENCE:
            self._give_up("no answer", run)

    def _give_up(self, why: str, run: Run) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
        outcome = Outcome(kind=why, faults=(why,))
        run.add(Result(index=self._waiting.popleft(), outcome=outcome, seconds=PATIENCE))
        self._start()


def _work(
    connection: Connection, seeds: Sequence[Seed], seed: int, indices: tuple[int, ...]
) -> None:
    limited = _limit_memory()
    judge = Judge()
    for index in indices:
        given = make_input(seeds, seed=seed, index=index)
        start = time.process_time()
        outcome = judge.judge(given)
        seconds = time.process_time() - start
        peak = _peak() if limited else 0
        connection.send((Result(index=index, outcome=outcome, seconds=seconds), peak))
    judge.close()
    connection.close()


def _limit_memory() -> bool:
    if sys.platform == "win32":
        return False
    import resource  # noqa: PLC0415 - not on Windows

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    return True


def _peak() -> int:
    """Return the most memory that this process has had, in MB."""
    if sys.platform == "win32":
        return 0
    import resource  # noqa: PLC0415 - not on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (2**20 if sys.platform == "darwin" else 2**10)


def _fuzz(seeds: Sequence[Seed], *, seed: int, count: int, jobs: int) -> Run:
    run = Run()
    workers = [_Worker(seeds, seed, range(job, count, jobs)) for job in range(jobs)]
    while any(worker.connection for worker in workers):
        by_connection = {worker.connection: worker for worker in workers if worker.connection}
        for ready in wait(list(by_connection), timeout=1):
            by_connection[ready].receive(run)  # type: ignore[index]
        for worker in workers:
            worker.check(run)
    return run


def _report(run: Run, *, seeds: Sequence[Seed], seed: int, seconds: float) -> str:
    total = run.kinds.total()
    locks = run.kinds["Lock"]
    counts = f"{locks:,} locks, {total - locks:,} errors, {len(run.faulty)} of all faulty"
    lines = [f"{total:,} inputs of {len(seeds)} seeds, seed {seed}, {seconds:.0f} s: {counts}"]
    shown = run.kinds.most_common(_SHOWN_KINDS)
    lines += [f"{number:9,}  {kind}" for kind, number in shown]
    rest = total - sum(number for _, number in shown)
    if rest:
        lines.append(f"{rest:9,}  of {len(run.kinds) - len(shown)} further kinds")
    if run.slowest is not None:
        given = make_input(seeds, seed=seed, index=run.slowest.index)
        lines.append(
            f"slowest: {run.slowest.seconds * 1000:.0f} ms, input {run.slowest.index} "
            f"({len(given.content):,} bytes of {given.origin}, {run.slowest.outcome.kind}); "
            f"most memory of a process: {run.megabytes} MB"
        )
    return "\n".join([*lines, *_faults(run)]) + "\n"


def _faults(run: Run) -> list[str]:
    """Return one of each kind of fault, with how many there are."""
    alike: defaultdict[str, list[Result]] = defaultdict(list)
    for result in run.faulty:
        what = result.outcome.faults[0] if result.outcome.faults else "too slow"
        # A traceback says at its end what it is.
        alike[kind_of(what.rstrip().rpartition("\n")[2])].append(result)
    lines = []
    for first, *others in list(alike.values())[:_SHOWN_FAULTS]:
        lines.append(
            f"FAULT: input {first.index} ({first.seconds:.1f} s) and {len(others)} like it; "
            f"see it with --only {first.index}"
        )
        lines += [f"    {line}" for fault in first.outcome.faults for line in fault.splitlines()]
    return lines


def _show(seeds: Sequence[Seed], *, seed: int, index: int) -> int:
    given = make_input(seeds, seed=seed, index=index)
    sys.stdout.write(f"{given.filename} of {given.origin}:\n")
    sys.stdout.write(ascii(given.content.decode(errors="replace")).replace("\\n", "\n") + "\n")
    judge = Judge()
    outcome = judge.judge(given)
    judge.close()
    sys.stdout.write("\n".join((outcome.kind, *outcome.faults, "")))
    return 1 if outcome.faults else 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the fuzzer and print what came of it; 1 where something is wrong."""
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=100_000, help="how many inputs")
    parser.add_argument("--seed", type=int, default=0, help="another seed, other inputs")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--only", type=int, help="show and read the input of this number")
    parser.add_argument("--injections", action="store_true", help="also inject into every field")
    options = parser.parse_args(argv)
    seeds = load_seeds()
    if options.only is not None:
        return _show(seeds, seed=options.seed, index=options.only)
    wrong = inject() if options.injections else 0
    start = time.monotonic()
    run = _fuzz(seeds, seed=options.seed, count=options.count, jobs=options.jobs)
    report = _report(run, seeds=seeds, seed=options.seed, seconds=time.monotonic() - start)
    sys.stdout.write(report)
    return 1 if run.faulty or wrong else 0


if __name__ == "__main__":
    sys.exit(main())

"""``python -m tests.conformance``: syncsteps against each lock's own tool, on real locks.

One line for each lock and oracle, then the differences, then the total; the exit code is 1 where
there is a difference that the table of disagreements does not explain, 2 where there are no locks.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from tests.conformance.compare import Compared, compare
from tests.conformance.corpus import corpus_folder, projects_in, unpack
from tests.conformance.disagreements import read_table, unexplained
from tests.conformance.oracles.every import make_oracles
from tests.conformance.oracles.pip_report import PipReport
from tests.conformance.oracles.round_trip import RoundTrip

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.conformance.compare import Difference
    from tests.conformance.corpus import Project
    from tests.conformance.oracle import Oracle
    from tests.conformance.oracles.every import AnyOracle

# How many requests of each lock a sample has, and what is more than any lock has.
_SAMPLE, _EVERY = 10, 100_000
# These look again at cases that another oracle answers for every target: one platform for each
# version is enough.
_SECOND = ("uv * pylock", "uv 0.12.*")
_SHOWN, _SHOWN_PINS = 60, 12


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(arguments: Sequence[str]) -> int:
    """Compare, print, and return the exit code."""
    options = _options(arguments)
    folder = corpus_folder()
    if not folder.is_dir():
        _say(f"no real locks in {folder}: name the folder in SYNCSTEPS_CORPUS")
        return 2
    with tempfile.TemporaryDirectory(prefix="syncsteps-conformance-") as scratch:
        return _compare_all(options, folder, Path(scratch))


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.conformance", description=__doc__)
    parser.add_argument("--all", action="store_true", help="every case, not a sample")
    parser.add_argument("--lock", default="*", help="only locks whose name matches this glob")
    parser.add_argument("--oracle", default="*", help="only oracles whose name matches this glob")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default: 2)")
    parser.add_argument("--tools", type=Path, required=True, help="folder of the pinned tools")
    return parser.parse_args(arguments)


def _compare_all(options: argparse.Namespace, folder: Path, scratch: Path) -> int:
    started = time.monotonic()
    unpack(folder, scratch / "locks")
    projects = [p for p in projects_in(scratch / "locks") if fnmatchcase(p.name, options.lock)]
    oracles = [
        oracle
        for oracle in make_oracles(options.tools, home=scratch / "home", every=options.all)
        if fnmatchcase(oracle.name, options.oracle)
    ]
    if any(isinstance(oracle, RoundTrip) and not oracle.online for oracle in oracles):
        _say(
            "no index answers: locks that do not say where their files are make no round trip, and"
            " pip is not asked what it would install"
        )
    pairs = [(p, o) for p in projects for o in oracles if o.reads(p)]
    for project, oracle in pairs:
        oracle.prepare(project)
    table = read_table()
    results: list[Compared] = []
    wrong: list[Difference] = []
    for result in _run(pairs, every=options.all, jobs=options.jobs):
        unexpected = unexplained(result, table)
        results.append(result)
        wrong += unexpected
        _say(_line(result, unexpected))
    for difference in wrong[:_SHOWN]:
        _say(_described(difference))
    if len(wrong) > _SHOWN:
        _say(f"... and {len(wrong) - _SHOWN} more")
    _say(_total(results, wrong, time.monotonic() - started))
    idle = [f"{result.lock} with {result.oracle}" for result in results if not result.seen]
    if options.oracle == "*":
        idle += [p.name for p in projects if not any(o.reads(p) for o in oracles)]
    if idle:
        _say(f"nothing was compared of {', '.join(idle)}")
    return 1 if wrong or idle or not results else 0


def _run(
    pairs: Sequence[tuple[Project, AnyOracle]], *, every: bool, jobs: int
) -> Iterable[Compared]:
    # The largest locks first, so that none is left over at the end for one process alone; before
    # them what waits for an index.
    ordered = sorted(
        pairs, key=lambda pair: (not isinstance(pair[1], PipReport), -pair[0].lock.stat().st_size)
    )
    with ProcessPoolExecutor(max_workers=jobs) as pool:
        futures = [
            pool.submit(o.compare, p)
            if isinstance(o, PipReport)
            else pool.submit(compare, p, o, sample=_sample(o, every=every))
            for p, o in ordered
        ]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _sample(oracle: Oracle, *, every: bool) -> int | None:
    if not every:
        return _SAMPLE
    return _EVERY if any(fnmatchcase(oracle.name, glob) for glob in _SECOND) else None


def _recorded(result: Compared, unexpected: Sequence[Difference]) -> int:
    return sum(difference not in unexpected for difference in result.differences)


def _line(result: Compared, unexpected: Sequence[Difference]) -> str:
    recorded = _recorded(result, unexpected)
    return (
        f"{result.lock:<58} {result.oracle:<18} {len(result.seen):>6} cases"
        f" {len(unexpected):>4} differences {f'{recorded} recorded' if recorded else '':<14}"
        f"{result.seconds:7.1f} s"
    )


def _described(difference: Difference) -> str:
    lines = [
        f"{difference.lock}, {difference.oracle}: {difference.request}, for {difference.target}"
    ]
    for side, pins in (("syncsteps", difference.ours), (difference.oracle, difference.theirs)):
        lines += [f"    only {side}: {pin}" for pin in pins[:_SHOWN_PINS]]
        if len(pins) > _SHOWN_PINS:
            lines.append(f"    only {side}: {len(pins) - _SHOWN_PINS} more")
    if difference.said:
        lines.append(f"    {difference.said}")
    return "\n".join(lines)


def _total(results: Sequence[Compared], wrong: Sequence[Difference], seconds: float) -> str:
    cases = sum(len(result.seen) for result in results)
    recorded = sum(_recorded(result, wrong) for result in results)
    pins = sum(result.pins for result in results)
    refused = sum(result.refused for result in results)
    return (
        f"{len({result.lock for result in results})} locks, {cases} cases compared"
        f" ({pins} packages; {refused} refused by both), {len(wrong)} differences,"
        f" {recorded} recorded disagreements, {seconds:.0f} s"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

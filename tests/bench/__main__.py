"""``python -m tests.bench``: how long runs take, beside the tools that do the same.

A line for each pair of commands and for each step; ``--json FILE`` writes every single time. It
judges nothing: times are of one machine at one time.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.cases import Bench
from tests.bench.steps import Steps
from tests.support.interpreters import throwaway_interpreter

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.bench.timing import Pair

_CASES = ("exports", "again", "growth", "matrix", "syncs", "commits", "steps")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(arguments: Sequence[str]) -> int:
    """Run what is asked for and return the exit code."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__, allow_abbrev=False)
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"of {', '.join(_CASES)}")
    parser.add_argument("--rounds", type=int, default=11, help="runs of each (default: 11)")
    parser.add_argument("--tools", type=Path, help="where the other tools are, or shall be")
    parser.add_argument("--json", type=Path, help="where to write every time, in seconds")
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.cases) - set(_CASES))
    if unknown or options.rounds < 1:
        parser.error(f"no such case: {', '.join(unknown)}" if unknown else "no rounds")
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        work = Path(scratch).resolve()
        system = throwaway_interpreter(work / "system")
        bench = Bench(
            work=work,
            tools=(options.tools or work / "tools").absolute(),
            python=system,
            rounds=options.rounds,
            say=_say,
        )
        results = list(_told(bench, options.cases or _CASES, system))
    if options.json:
        document = {"python": platform.python_version(), "machine": platform.machine()}
        text = json.dumps({**document, "results": results}, indent=2) + "\n"
        options.json.write_text(text, encoding="utf-8")
    return 0


def _told(bench: Bench, cases: Sequence[str], system: Path) -> Iterator[dict[str, object]]:
    """Run the cases, say each result, and yield it as values that JSON has."""
    for case in cases:
        for result in _results(bench, case, system):
            if isinstance(result, Steps):
                _say(f"{result.name}, step by step:")
                for step, seconds in result.seconds.items():
                    _say(f"  {seconds * 1000:9.1f} ms  {step}")
                yield {"name": result.name, "steps": dict(result.seconds)}
                continue
            first, second = result.medians
            ratios = result.ratios
            _say(
                f"{result.name}: {result.labels[0]} {first.clock * 1000:.0f} ms,"
                f" {result.labels[1]} {second.clock * 1000:.0f} ms:"
                f" {ratios.clock:.2f} times as long"
                f" (of processors {first.processors * 1000:.0f} ms and"
                f" {second.processors * 1000:.0f} ms: {ratios.processors:.2f})"
            )
            yield result.as_json()


def _results(bench: Bench, case: str, system: Path) -> Iterator[Pair | Steps]:
    if case == "exports":
        yield from bench.exports()
    elif case == "again":
        yield from bench.again()
    elif case == "growth":
        yield from bench.growth()
    elif case == "matrix":
        yield from bench.matrix()
    elif case == "syncs":
        yield from bench.syncs(system)
    elif case == "commits":
        yield from bench.commits()
    else:
        yield from bench.steps()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

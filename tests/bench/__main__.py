"""``python -m tests.bench``: how long runs take, beside the tools that do the same.

A line for each pair of commands and for each step; ``--json FILE`` writes every single time. It
judges nothing: times are of one machine at one time. On a disk, the same install can take several
times as long in one directory as in the next; with TMPDIR on a tmpfs, it does not.
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
from tests.bench.imports import import_pairs
from tests.bench.installs import ratio_table
from tests.bench.large import Large, large
from tests.bench.steps import Steps
from tests.support.interpreters import throwaway_interpreter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.bench.timing import Pair

_CASES = (
    "exports",
    "again",
    "growth",
    "matrix",
    "syncs",
    "commits",
    "steps",
    "smoke",
    "installs",
    "large",
)
# What takes long is done only if it is asked for.
_BY_DEFAULT = _CASES[:-3]


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(arguments: Sequence[str]) -> int:
    """Run what is asked for and return the exit code."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__, allow_abbrev=False)
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"of {', '.join(_CASES)}")
    parser.add_argument("--rounds", type=int, default=11, help="runs of each (default: 11)")
    parser.add_argument(
        "--count", type=int, default=50, help="packages of installs, and of smoke (default: 50)"
    )
    parser.add_argument("--site", type=Path, help="of smoke, a directory with installed packages")
    parser.add_argument(
        "--against", action="append", default=[], help="of installs, only ways of such a name"
    )
    parser.add_argument(
        "--size", type=float, default=0.2, help="gigabytes of large, unpacked (default: 0.2)"
    )
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
        results = list(_told(bench, options))
    if options.json:
        document = {"python": platform.python_version(), "machine": platform.machine()}
        text = json.dumps({**document, "results": results}, indent=2) + "\n"
        options.json.write_text(text, encoding="utf-8")
    return 0


def _told(bench: Bench, options: argparse.Namespace) -> Iterator[dict[str, object]]:
    """Run the cases, say each result, and yield it as values that JSON has."""
    for case in options.cases or _BY_DEFAULT:
        pairs: list[Pair] = []
        for result in _results(bench, case, options):
            if isinstance(result, Steps):
                _say(f"{result.name}, step by step:")
                for step, seconds in result.seconds.items():
                    _say(f"  {seconds * 1000:9.1f} ms  {step}")
                yield {"name": result.name, "steps": dict(result.seconds)}
            elif isinstance(result, Large):
                for line in result.lines():
                    _say(line)
                yield result.as_json()
            else:
                _say(_sentence(result))
                pairs.append(result)
                yield result.as_json()
        if case == "installs":
            for line in ratio_table(pairs):
                _say(line)


def _sentence(pair: Pair) -> str:
    first, second = pair.medians
    ratios = pair.ratios
    return (
        f"{pair.name}: {pair.labels[0]} {first.clock * 1000:.0f} ms,"
        f" {pair.labels[1]} {second.clock * 1000:.0f} ms:"
        f" {ratios.clock:.2f} times as long"
        f" (of processors {first.processors * 1000:.0f} ms and"
        f" {second.processors * 1000:.0f} ms: {ratios.processors:.2f})"
    )


def _results(
    bench: Bench, case: str, options: argparse.Namespace
) -> Iterator[Pair | Steps | Large]:
    cases: dict[str, Callable[[], Iterator[Pair | Steps | Large]]] = {
        "exports": bench.exports,
        "again": bench.again,
        "growth": bench.growth,
        "matrix": bench.matrix,
        "syncs": lambda: bench.syncs(bench.python),
        "commits": bench.commits,
        "steps": bench.steps,
        "installs": lambda: bench.installs(options.count, options.against),
        "smoke": lambda: import_pairs(
            bench.work,
            python=bench.python,
            site=options.site,
            count=options.count,
            rounds=options.rounds,
            environment=bench.environment,
        ),
        "large": lambda: large(bench.work, environment=bench.environment, gigabytes=options.size),
    }
    return cases[case]()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

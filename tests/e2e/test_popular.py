"""Popular distributions in one environment of CPython 3.12: every verdict is what it should be."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import uv

from syncsteps.pipeline import inspect
from syncsteps.processes import run
from syncsteps.settings import Settings
from syncsteps.smoke import ImportResult, SmokeTarget, Verdict, smoke_imports
from syncsteps.smoke.candidates import candidate_of
from syncsteps.smoke.policy import SmokePolicy
from tests.support.interpreters import throwaway_interpreter
from tests.support.popular import Popular, read_popular

if TYPE_CHECKING:
    from syncsteps.interpreter.model import Interpreter

pytestmark = [
    pytest.mark.network,
    pytest.mark.enable_socket,
    pytest.mark.skipif(sys.platform != "linux", reason="the table is of Linux"),
]

VERSION = "3.12"
TABLE = read_popular()
LOADABLE = """
import ctypes, json, sys
found = []
for name in json.load(sys.stdin):
    try:
        ctypes.CDLL(name)
    except OSError:
        continue
    found.append(name)
print(json.dumps(found))
"""


@dataclass(frozen=True, kw_only=True)
class Environment:
    """An interpreter with all of the table in it, and the libraries of ``needs`` that it loads."""

    interpreter: Interpreter
    libraries: frozenset[str]

    def target(self, name: str) -> SmokeTarget:
        """Return what is to be imported of a distribution."""
        found = self.interpreter.find(name)
        assert found is not None, name
        return SmokeTarget(name=name, metadata=found.metadata)

    def lacks(self, row: Popular) -> bool:
        """Whether the system is without a library that a distribution needs."""
        return not all(self.libraries.intersection(names) for names in row.needs)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment that uv has just made; the tests are skipped where no index is reached."""
    directory = tmp_path_factory.mktemp("popular")
    python = throwaway_interpreter(directory / "system", VERSION)
    pins = directory / "pins.txt"
    pins.write_text("".join(f"{row.name}=={row.version}\n" for row in TABLE), encoding="utf-8")
    options = ("--no-deps", "--no-build", "--system", "--break-system-packages")
    tool = Path(uv.find_uv_bin())
    command: list[str | Path] = [tool, "pip", "install", "--python", python, *options, "-r", pins]
    done = run(command, timeout=600)
    if done.status and "error sending request" in done.stderr:
        pytest.skip(f"the package index is not reached: {done.stderr.splitlines()[-1]}")
    assert done.status == 0, done.stderr
    settings = Settings(directory=directory, python=str(python), no_cache=True)
    names = sorted({name for row in TABLE for names in row.needs for name in names})
    loaded = run([python, "-I", "-c", LOADABLE], input_text=json.dumps(names), timeout=60)
    return Environment(
        interpreter=inspect(settings, environment=os.environ),
        libraries=frozenset(json.loads(loaded.stdout)),
    )


def test_the_names_are_those_of_the_table(environment: Environment) -> None:
    wrong = []
    for row in TABLE:
        found = candidate_of(
            environment.target(row.name), tags=environment.interpreter.tags, policy=SmokePolicy()
        )
        if (found.modules, found.deeper) != (row.modules, row.below):
            wrong.append(f"{row.name}: {found.modules}, below: {found.deeper}")
    assert wrong == []


def test_no_false_alarm_and_nothing_missed(environment: Environment) -> None:
    results = smoke_imports(
        [environment.target(row.name) for row in TABLE],
        interpreter=environment.interpreter,
        site=(),
        jobs=os.cpu_count() or 1,
        timeout=120.0,
        environment=os.environ,
        on_result=lambda _result: None,
    )
    found = {result.distribution: result for result in results}
    judged = [(row, found[row.name], environment.lacks(row)) for row in TABLE]
    alarms = [told(result) for _, result, lacks in judged if not (lacks or result.verdict.good)]
    missed = [
        f"{told(result)}; expected: {row.verdict}: {row.says}"
        for row, result, lacks in judged
        if lacks and (result.verdict.good or row.says not in result.exception)
    ]
    nothing = {row.name for row in TABLE if row.verdict == Verdict.NOTHING.value}
    figures = f"{len(TABLE)} distributions, {len(alarms)} false alarms, {len(missed)} missed"
    print(figures)  # noqa: T201 - what the proof comes to, for a reader of the log
    assert (alarms, missed) == ([], [])
    assert {r.distribution for r in results if r.verdict is Verdict.NOTHING} == nothing


def told(result: ImportResult) -> str:
    """Return a line on a verdict that is not the expected one."""
    return f"{result.distribution}: {result.verdict.value}: {result.module}: {result.exception}"

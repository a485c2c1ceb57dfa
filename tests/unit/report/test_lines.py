from __future__ import annotations

from dataclasses import replace

import pytest

from syncsteps.report.lines import effect_lines, import_lines, slowest_lines
from syncsteps.smoke.model import ImportResult, SideEffects, Timing, Verdict
from tests.support.runs import BAD, GOOD


def test_what_does_not_import_says_what_to_do() -> None:
    lines = import_lines(BAD)
    assert lines[0].startswith("failed: idna: idna.core does not import: ModuleNotFoundError: ")
    assert lines[-1] == "  what to do: look elsewhere"


@pytest.mark.parametrize("verdict", [each for each in Verdict if each.remarkable])
def test_each_verdict_is_a_sentence(verdict: Verdict) -> None:
    first = import_lines(replace(BAD, verdict=verdict))[0]
    assert first.startswith("warning: " if verdict.good else "failed: ")
    assert " idna.core " in first


def test_effects_are_told_one_a_line() -> None:
    assert effect_lines(BAD) == (
        "writes ~/.idna",
        "changes variables IDNA",
        "leaves 1 thread, 2 processes",
    )
    result = replace(
        GOOD,
        doubts=("libx.so.1 is not there, needed by a.so: it is a plug-in",),
        effects=SideEffects(
            startup=("a.pth imports b",), moved=True, builtins=("_",), path=("/a",)
        ),
    )
    assert effect_lines(result) == (
        "changes builtins _",
        "adds to sys.path /a",
        "at each start of Python, a.pth imports b",
        "may fail: libx.so.1 is not there, needed by a.so: it is a plug-in",
        "changes the working directory",
    )
    assert effect_lines(GOOD) == ()


def test_the_ten_slowest_come_first() -> None:
    results = [
        ImportResult(
            distribution=f"d{number}",
            verdict=Verdict.OK,
            timings=(Timing(step="x", seconds=number), Timing(step="y", seconds=0.5)),
            memory=2_000_000,
        )
        for number in range(12)
    ]
    lines = slowest_lines([GOOD, *results])
    assert lines[0] == "d11: 11.50 s, 2 MB"
    assert len(lines) == 10

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from syncsteps.locks.model import Directory
from syncsteps.staging.progress import Watch
from tests.support.locks import make_wheel_entry
from tests.support.prefixes import select_version, selection_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from syncsteps.selection.model import Selected
    from syncsteps.staging.model import Progress

SIZES = {"anna": 1_000, "bert-two": 20_000, "cleo": 300_000}


def _sized(name: str, size: int | None) -> Selected:
    wheel = replace(make_wheel_entry(f"{name}-1.0-py3-none-any.whl"), size=size)
    return replace(select_version(name), chosen=wheel)


def _watched(
    lines: Iterable[tuple[int, str]], *more: Selected, tick_in: tuple[Path, ...] = ()
) -> list[Progress]:
    """What is told of three wheels and ``more``, of lines and then of one look."""
    told: list[Progress] = []
    watch = Watch(
        selection_of(*(_sized(name, size) for name, size in SIZES.items()), *more), told.append
    )
    for number, line in lines:
        watch.line(number, line)
    if tick_in:
        watch.look_into(tick_in)
        watch.tick()
    return told


def _numbers(told: list[Progress]) -> list[tuple[int, int]]:
    return [(each.fetched, each.size) for each in told]


# As pip 20.3 and 26.3 write them.
PIP = (
    "Looking in indexes: https://index.invalid/simple/",
    "Collecting Bert_Two @ https://index.invalid/bert_two-1.0-py3-none-any.whl (from -r x)",
    "  Using cached bert_two-1.0-py3-none-any.whl (20 kB)",
    "Collecting cleo==1.0",
    "  Downloading https://index.invalid/cleo-1.0-py3-none-any.whl (300 kB)",
    "Processing /project/files/anna-1.0-py3-none-any.whl (from -r x (line 3))",
    "Installing collected packages: cleo, bert-two, anna",
    "Successfully installed anna-1.0 bert-two-1.0 cleo-1.0",
)


def test_pip_has_fetched_one_when_it_begins_the_next() -> None:
    told = _watched((0, line) for line in PIP)
    assert _numbers(told) == [(0, 0), (1, 20_000), (2, 320_000), (3, 321_000)]
    assert {(each.total, each.of, each.partly) for each in told} == {(3, 321_000, False)}


def test_of_several_pips_each_is_at_another_one() -> None:
    lines = [
        (0, "Collecting anna==1.0"),
        (1, "Collecting bert-two==1.0"),
        (0, "Collecting cleo==1.0"),
        (1, "Installing collected packages: bert-two"),
    ]
    assert _numbers(_watched(lines)) == [(0, 0), (1, 1_000), (2, 21_000)]


def test_uv_names_some_and_then_has_all() -> None:
    lines = (
        "Resolved 3 packages in 70ms",
        "   Building anna==1.0",
        "Downloading cleo (293.0KiB)",
        " Downloaded cleo",
        "      Built anna @ file:///project",
        "Prepared 3 packages in 228ms",
        "Installed 3 packages in 3ms",
        " + anna==1.0",
    )
    told = _watched((0, line) for line in lines)
    assert _numbers(told) == [(1, 300_000), (2, 301_000), (3, 321_000)]
    assert [each.partly for each in told] == [True, True, False]


def test_what_is_unpacked_is_counted_where_it_lies(tmp_path: Path) -> None:
    for path in (
        "a/lib/python3.12/site-packages/anna-1.0.dist-info",
        "a/lib/python3.12/site-packages/anna",
        "b/local/lib/python3.12/dist-packages/cleo-1.0.dist-info",
        "b/lib64/python3.12/site-packages/bert_two-1.0.dist-info",
    ):
        (tmp_path / path).mkdir(parents=True)
    told = _watched([(0, PIP[-2])], tick_in=(tmp_path / "a", tmp_path / "b", tmp_path / "none"))
    assert told[-1].unpacked == 3


@pytest.mark.parametrize(
    "other",
    [
        replace(select_version("local"), chosen=Directory(path=".")),
        _sized("local", None),
    ],
)
def test_a_size_that_nobody_knows_leaves_the_sum_open(other: Selected) -> None:
    told = _watched([(0, "Collecting cleo"), (0, "Collecting local")], other)
    assert [each.of for each in told] == [None, None]
    assert told[-1].size == SIZES["cleo"]


def test_nothing_is_told_twice_and_never_more_than_all() -> None:
    lines = [
        (0, line) for line in (*PIP, *PIP, "Processing ./other", "Installing collected packages:")
    ]
    told = _watched(lines)
    assert len(told) == len(set(told))
    assert max(each.fetched for each in told) == 3

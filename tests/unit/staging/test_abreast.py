from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from syncsteps.abreast import Call, Failure
from syncsteps.errors import StagingError
from syncsteps.staging.abreast import Installation, run_installers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ENVIRONMENT = {"INDEX_PASSWORD": "hunter2-s3cret"}


def _installation(name: str, places: str = "") -> Installation:
    call = Call(command=[name], environment=ENVIRONMENT, directory=Path())
    return Installation(call=call, places=places)


def _runner(failure: Failure | None, *lines: tuple[int, str]) -> Callable[..., Failure | None]:
    def run(
        chains: Sequence[Sequence[Call]],
        *,
        on_line: Callable[[int, str], None],
        on_tick: Callable[[], None] | None = None,
    ) -> Failure | None:
        assert [[call.command for call in chain] for chain in chains] == [[["a"], ["b"]], [["c"]]]
        for number, line in lines:
            on_line(number, line)
        if on_tick is not None:
            on_tick()
        return failure

    return run


CHAINS = [[_installation("a"), _installation("b", "https://x.invalid")], [_installation("c")]]


def test_lines_come_without_secrets() -> None:
    lines: list[str] = []
    runner = _runner(None, (0, "with hunter2-s3cret"), (1, "https://me:code@index.invalid/x"))
    run_installers(CHAINS, name="pip", on_line=lines.append, runner=runner)
    assert lines == ["with ***", "https://***@index.invalid/x"]


def test_the_error_is_of_the_chain_that_failed_alone() -> None:
    runner = _runner(
        Failure(chain=1, place=0, status=2),
        (0, "ERROR: No matching distribution found for other==1.0"),
        (1, "ERROR: Failed building wheel for mine"),
    )
    with pytest.raises(StagingError, match="pip failed: mine cannot be built") as caught:
        run_installers(CHAINS, name="pip", on_line=lambda _: None, runner=runner)
    assert caught.value.details == ("ERROR: Failed building wheel for mine",)
    assert "x.invalid" not in caught.value.hint


def test_the_error_tells_where_the_call_that_failed_was_to_look() -> None:
    failure = Failure(chain=0, place=1, status=1)
    runner = _runner(failure, (0, "No matching distribution found for m"))
    with pytest.raises(StagingError) as caught:
        run_installers(CHAINS, name="pip", on_line=lambda _: None, runner=runner)
    assert "The lock says where to look: https://x.invalid" in caught.value.hint


def test_what_cannot_be_started() -> None:
    def run(*_arguments: object, **_options: object) -> Failure | None:
        raise FileNotFoundError(2, "No such file or directory")

    with pytest.raises(StagingError, match="pip cannot be started: No such file") as caught:
        run_installers(CHAINS, name="pip", on_line=lambda _: None, runner=run)
    assert caught.value.details == ("command: a",)


class Listener:
    def __init__(self) -> None:
        self.heard: list[tuple[int, str]] = []
        self.ticks = 0

    def look_into(self, prefixes: Sequence[Path]) -> None:
        raise AssertionError(f"nobody asked for {prefixes}")

    def line(self, number: int, text: str) -> None:
        self.heard.append((number, text))

    def tick(self) -> None:
        self.ticks += 1


def test_a_listener_learns_who_spoke_and_no_secret() -> None:
    listener = Listener()
    runner = _runner(None, (0, "with hunter2-s3cret"), (1, "one"))
    run_installers(CHAINS, name="pip", on_line=lambda _: None, runner=runner, listener=listener)
    assert listener.heard == [(0, "with ***"), (1, "one")]
    assert listener.ticks == 1

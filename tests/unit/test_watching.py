from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest

from syncsteps.events import LockRead, LockSelected, Planned, TargetFound
from syncsteps.plan import Plan
from syncsteps.settings import Settings
from syncsteps.watching import RunWatcher
from tests.support.interpreters import make_interpreter
from tests.support.runs import PLAN, make_outcome
from tests.support.values import make_lock, make_selection

if TYPE_CHECKING:
    from syncsteps.caching.recording import Run

SETTINGS = Settings(directory=Path("/project"))
LOCK = make_lock()
NOTHING = Plan(actions=())


class Heard:
    """A recording that only notes what it is told."""

    def __init__(self) -> None:
        self.outputs: list[tuple[str, str | None]] = []
        self.runs: list[Run] = []
        self.given_up = 0

    def output(self, target: str, text: str | None) -> None:
        self.outputs.append((target, text))

    def may_keep(self, run: Run) -> None:
        self.runs.append(run)

    def give_up(self) -> None:
        self.given_up += 1


def make_watcher(recording: Any, *events: Any) -> RunWatcher:  # noqa: ANN401 - of many types
    watcher = RunWatcher("sync", mock.Mock(), Path("/project"), recording)
    for event in events:
        watcher(event)
    return watcher


def test_what_is_told_goes_on_to_the_console() -> None:
    events = (LockRead(lock=LOCK), Planned(plan=NOTHING, dry_run=False))
    watcher = make_watcher(None, *events)
    assert isinstance(watcher.console, mock.Mock)
    assert watcher.console.mock_calls == [mock.call(event) for event in events]


def test_an_export_may_be_kept_with_what_it_wrote() -> None:
    heard = Heard()
    target = make_interpreter()
    watcher = make_watcher(
        heard,
        TargetFound(interpreter=target),
        LockSelected(lock=LOCK, selection=make_selection()),
    )
    watcher.exported(SETTINGS, [("-", "text"), ("second", None)])
    assert heard.outputs == [("-", "text"), ("second", None)]
    (run,) = heard.runs
    assert (run.lock, run.interpreter, run.with_distributions, run.took) == (
        LOCK,
        target,
        False,
        "",
    )


def test_an_export_for_every_platform_has_no_target() -> None:
    heard = Heard()
    make_watcher(heard, LockRead(lock=LOCK)).exported(SETTINGS, [("-", "text")])
    assert [run.interpreter for run in heard.runs] == [None]


def test_a_run_that_has_nothing_to_do_may_be_kept_with_the_time_that_it_says() -> None:
    heard = Heard()
    watcher = make_watcher(heard, LockRead(lock=LOCK), Planned(plan=NOTHING, dry_run=False))
    watcher.ended(SETTINGS, make_outcome(plan=NOTHING))
    (run,) = heard.runs
    assert (run.with_distributions, run.took, heard.given_up) == (True, "in 1.2 s", 0)


@pytest.mark.parametrize(
    "fields", [{"plan": PLAN}, {"plan": NOTHING, "changed": True}, {"plan": None}]
)
def test_any_other_run_may_not(fields: dict[str, Any]) -> None:
    heard = Heard()
    make_watcher(heard, LockRead(lock=LOCK)).ended(SETTINGS, make_outcome(**fields))
    assert heard.runs == []


def test_where_there_is_something_to_do_nobody_watches_it_being_done() -> None:
    heard = Heard()
    make_watcher(heard, LockRead(lock=LOCK), Planned(plan=PLAN, dry_run=False))
    assert heard.given_up == 1


def test_what_is_told_elsewhere_may_not_be_kept() -> None:
    heard = Heard()
    watcher = make_watcher(heard, LockRead(lock=LOCK))
    watcher.ended(Settings(directory=Path("/project"), json="-"), make_outcome(plan=NOTHING))
    watcher.exported(Settings(directory=Path("/project"), sarif="x"), [("-", "text")])
    assert heard.runs == []


def test_without_a_lock_there_is_nothing_to_keep() -> None:
    heard = Heard()
    make_watcher(heard).ended(SETTINGS, make_outcome(plan=NOTHING))
    assert heard.runs == []

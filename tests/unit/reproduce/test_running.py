from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

from syncsteps.errors import InterpreterError, StagingError
from syncsteps.events import Event, InnerLine
from syncsteps.reproduce.means import MeansMissingError
from syncsteps.reproduce.running import Ran, own_path, run_sync
from syncsteps.reproduce.view import View
from syncsteps.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

WELL = {"error": None, "verb": "sync"}
BAD = {
    "error": {"code": "ERR500", "message": "no index", "hint": "h", "details": ["d"], "x": 1},
}


class Stage:
    """A view in which a program of the test's own runs in place of a sync."""

    def __init__(self, work: Path) -> None:
        self.work = work
        self.events: list[Event] = []
        self.given: list[str] = []
        self.refusal: Exception | None = None

    def run(self, code: str, *, attached: bool = False, **fields: Any) -> Ran:  # noqa: ANN401
        def command(arguments: object, _terminal: bool) -> list[str]:  # noqa: FBT001
            self.given = list(arguments)  # type: ignore[call-overload]
            return [sys.executable, "-c", code]

        view = View(
            isolation="test",
            command=command,
            work=str(self.work),
            path=("/lib",),
            directory="",
            options=("--python=/p",),
            variables=os.environ,
            refused=lambda: self.refusal,
            **fields,
        )
        return run_sync(
            view,
            Settings(directory=self.work, no_project=True),
            work=self.work,
            on_event=self.events.append,
            known=True,
            shell=attached,
        )

    def leave(self, name: str, content: object) -> None:
        (self.work / name).write_text(json.dumps(content), encoding="utf-8")


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def test_what_it_leaves_comes_back(stage: Stage) -> None:
    stage.leave("report.json", WELL)
    stage.leave("evidence.json", {"trees": {}})
    ran = stage.run("print('staging')")
    assert ran == Ran(document=WELL, collected={"trees": {}})
    assert stage.events == [InnerLine(text="staging")]


def test_orders_have_the_settings_and_where_the_tool_is(stage: Stage) -> None:
    stage.leave("report.json", WELL)
    stage.leave("evidence.json", {})
    stage.run("", passed={"A": "b"}, copy=("/a", "/b"))
    orders = json.loads((stage.work / "orders.json").read_text(encoding="utf-8"))
    assert orders["path"] == ["/lib"]
    assert orders["variables"] == {"A": "b"}
    assert orders["copy"] == ["/a", "/b"]
    assert "--no-project" in orders["options"]
    assert orders["options"][-2:] == ["--python=/p", f"--json={stage.work}/report.json"]
    assert stage.given[0] == "-I"
    assert stage.given[-1] == f"{stage.work}/orders.json"


def test_its_error_is_ours(stage: Stage) -> None:
    stage.leave("report.json", BAD)
    with pytest.raises(StagingError, match="no index") as caught:
        stage.run("raise SystemExit(5)")
    assert caught.value.details == ("d",)


def test_a_view_that_was_refused_is_told_first(stage: Stage) -> None:
    stage.refusal = MeansMissingError("no namespaces")
    with pytest.raises(MeansMissingError, match="no namespaces"):
        stage.run("raise SystemExit(125)")


def test_an_interrupted_run_interrupts(stage: Stage) -> None:
    with pytest.raises(KeyboardInterrupt):
        stage.run("raise SystemExit(130)")


@pytest.mark.parametrize("left", [(), ("report.json",)])
def test_a_run_without_a_result_shows_its_last_words(stage: Stage, left: tuple[str, ...]) -> None:
    for name in left:
        stage.leave(name, WELL)
    with pytest.raises(InterpreterError, match="ended with 3, and without a result") as caught:
        stage.run("print('last words'); raise SystemExit(3)")
    assert caught.value.details == ("last words",)


def test_with_a_shell_the_streams_are_the_processs_own(
    stage: Stage, capfd: pytest.CaptureFixture[str]
) -> None:
    stage.leave("report.json", WELL)
    stage.leave("evidence.json", {})
    stage.run("print('on the terminal')", attached=True)
    assert capfd.readouterr().out == "on the terminal\n"
    assert stage.events == []


def test_the_path_of_this_process_has_no_current_directory_in_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", "/lib"])
    assert own_path() == (str(tmp_path), "/lib")

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from syncsteps.cli import main
from syncsteps.errors import CheckError, SettingsError, SmokeError
from syncsteps.events import Event, Outcome, Reproducing
from syncsteps.reproduce import reproducing
from syncsteps.reproduce.means import MeansMissingError
from syncsteps.reproduce.model import Difference, DifferenceKind, Reproduction
from syncsteps.reproduce.reproducing import reproduce
from syncsteps.reproduce.running import Ran
from syncsteps.settings import Settings
from tests.support.interpreters import make_interpreter
from tests.support.targets import write_lock

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from syncsteps.interpreter.model import Interpreter

DOCUMENT: dict[str, Any] = {
    "interpreter": {"executable": "/p"},
    "findings": [],
    "imports": [],
    "plan": [],
    "placed": 0,
    "retired": 0,
    "size": 0,
    "distributions": [],
}
RAN = Ran(document=DOCUMENT, collected={"receipt": "", "trees": {}})


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"isolation": "docker"}, "docker needs an image"),
        ({"isolation": "copy", "image": "x"}, "not for --isolation copy"),
        ({"isolation": "overlay", "image": "x"}, "not for --isolation overlay"),
        ({"isolation": "magic"}, "none of auto, overlay, copy, docker, podman, buildah"),
    ],
)
def test_arguments_that_exclude_each_other_are_refused(
    arguments: Mapping[str, Any], said: str, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match=said):
        reproduce(Settings(directory=tmp_path), **arguments)


def test_a_recorded_interpreter_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="needs the interpreter itself"):
        reproduce(Settings(directory=tmp_path, interpreter=("debian:12",)))


class Ways:
    """Stand-ins for the ways to have a view: which of them was taken, and what fails."""

    def __init__(self, project: Path, interpreter: Interpreter) -> None:
        self.settings = Settings(directory=project)
        self.interpreter = interpreter
        self.taken: list[str] = []
        self.events: list[Event] = []
        self.errors: dict[str, Exception] = {}

    def take(self, name: str) -> Ran:
        self.taken.append(name)
        if name in self.errors:
            raise self.errors[name]
        return RAN

    def reproduce(self, **arguments: Any) -> Outcome:  # noqa: ANN401 - as there
        return reproduce(self.settings, environment={}, on_event=self.events.append, **arguments)


@pytest.fixture
def ways(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ways:
    write_lock(tmp_path, ("idna", "3.10"))
    prefix = tmp_path / "python"
    (prefix / "lib").mkdir(parents=True)
    made = Ways(tmp_path, make_interpreter(prefix))
    monkeypatch.setattr(reproducing, "find_interpreter", lambda *_, **__: made.interpreter)
    run = reproducing._Run  # noqa: SLF001 - the ways themselves are tested with real ones
    monkeypatch.setattr(run, "_in_overlay", lambda _self, _interpreter: made.take("overlay"))

    def copied(self: Any, interpreter: Interpreter, reason: str) -> Ran:  # noqa: ANN401
        self.on_event(Reproducing(isolation="copy", of=str(interpreter.prefix), reason=reason))
        return made.take("copy")

    monkeypatch.setattr(run, "_in_copy", copied)
    return made


def test_an_overlay_comes_first(ways: Ways) -> None:
    outcome = ways.reproduce()
    assert ways.taken == ["overlay"]
    assert outcome.reproduction is not None
    assert outcome.reproduction.isolation == "overlay"
    assert len(outcome.reproduction.untouched) == 64
    assert not outcome.changed


def test_where_there_can_be_no_overlay_a_copy_is_taken(ways: Ways) -> None:
    ways.errors["overlay"] = MeansMissingError("no namespaces")
    outcome = ways.reproduce()
    assert ways.taken == ["overlay", "copy"]
    assert outcome.reproduction is not None
    assert outcome.reproduction.isolation == "copy"
    (told,) = [event for event in ways.events if isinstance(event, Reproducing)]
    assert told.reason == "no namespaces"


def test_an_overlay_that_was_asked_for_is_not_replaced(ways: Ways) -> None:
    ways.errors["overlay"] = MeansMissingError("no namespaces")
    with pytest.raises(MeansMissingError, match="no namespaces"):
        ways.reproduce(isolation="overlay")
    assert ways.taken == ["overlay"]


def test_where_neither_can_be_the_overlay_is_what_to_get(ways: Ways, tmp_path: Path) -> None:
    ways.errors["overlay"] = MeansMissingError("no namespaces")
    ways.interpreter = make_interpreter(tmp_path / "python", executable=tmp_path / "elsewhere")
    with pytest.raises(MeansMissingError, match="no namespaces"):
        ways.reproduce()


def test_a_copy_can_be_asked_for(ways: Ways) -> None:
    ways.reproduce(isolation="copy")
    assert ways.taken == ["copy"]


@pytest.mark.parametrize("error", [None, SmokeError("does not import")])
def test_a_system_that_changes_meanwhile_is_no_proof(
    error: SmokeError | None, ways: Ways, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(name: str) -> Ran:
        (ways.interpreter.prefix / "lib" / name).touch()
        if error is not None:
            raise error
        return RAN

    monkeypatch.setattr(ways, "take", write)
    with pytest.raises(CheckError, match="the system itself has changed meanwhile") as caught:
        ways.reproduce()
    assert str(ways.interpreter.prefix / "lib" / "overlay") in caught.value.details


@pytest.mark.parametrize("isolation", ["overlay", "copy"])
def test_nothing_is_written_to_the_system_before_there_is_a_view(
    isolation: str, ways: Ways
) -> None:
    scratch = ways.interpreter.prefix / "lib"
    before = scratch.stat().st_mtime_ns
    with pytest.raises(SettingsError, match="is one that a sync may write in"):
        ways.reproduce(isolation=isolation, scratch=scratch)
    assert (ways.taken, scratch.stat().st_mtime_ns) == ([], before)


def test_no_byte_code_is_written_meanwhile(ways: Ways, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    seen: list[bool] = []

    def note(_name: str) -> Ran:
        seen.append(sys.dont_write_bytecode)
        return RAN

    monkeypatch.setattr(ways, "take", note)
    ways.reproduce()
    assert seen == [True]
    assert not sys.dont_write_bytecode


def test_the_command_line_hands_everything_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given: dict[str, Any] = {}

    def note(settings: Settings, **arguments: Any) -> Outcome:  # noqa: ANN401
        given.update(arguments, settings=settings)
        found = Reproduction(
            isolation="podman",
            against="r.json",
            differences=(
                Difference(distribution="demo", kind=DifferenceKind.MISSING, there="1.0"),
            ),
        )
        return Outcome(
            verb="reproduce", interpreter=make_interpreter(), seconds=1.0, reproduction=found
        )

    monkeypatch.setattr(reproducing, "reproduce", note)
    options = ["--isolation=podman", "--image=python:3.13", "--against=r.json", "--scratch=s"]
    status = main(
        ["reproduce", *options, "--shell", "--no-project"], environment={}, directory=tmp_path
    )
    assert status == 1
    assert (given["isolation"], given["image"], given["shell"]) == ("podman", "python:3.13", True)
    assert (given["against"], given["scratch"]) == (tmp_path / "r.json", tmp_path / "s")
    assert given["settings"].no_project
    said = capsys.readouterr().err
    assert "differs: demo: missing here: 1.0 there\n" in said
    assert "error ERR120: not reproduced: 1 distribution" in said


def test_a_dry_run_is_no_reproduction(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reproduce", "--dry-run"], environment={}, directory=tmp_path) == 2
    assert "--dry-run" in capsys.readouterr().err

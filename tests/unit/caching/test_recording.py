from __future__ import annotations

import io
import os
import time
from typing import TYPE_CHECKING, Any

import pytest

from syncsteps.caching import recording as module
from syncsteps.caching.gate import Question, answer
from syncsteps.caching.recording import Recording, Run
from syncsteps.caching.witness import Witness
from syncsteps.settings import Settings
from tests.support.interpreters import make_interpreter
from tests.support.values import make_lock

if TYPE_CHECKING:
    from pathlib import Path

HOUR = 3600 * 10**9


def make_recording(cache: Path, *, later: int = HOUR) -> Recording:
    question = Question(
        name="name", named="", directory=str(cache / "answers"), moment=time.time_ns() + later
    )
    return Recording(question, Witness(), stream=io.StringIO())


def make_run(directory: Path, **settings: Any) -> Run:  # noqa: ANN401 - fields of many types
    return Run(
        Settings(directory=directory, **settings),
        lock=make_lock(path=directory / "pylock.toml", root=directory),
        interpreter=make_interpreter(directory / "absent"),
        with_distributions=True,
        took="in 0.5 s",
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    project = tmp_path / "project"
    project.mkdir()
    return project


def test_what_is_kept_is_an_answer(
    tmp_path: Path, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recording = make_recording(tmp_path)
    for text in ("in 0.5 s, it said\n", "done: 1 kept in 0.5 s; tree\n"):
        recording.stream.write(text)
    recording.may_keep(make_run(project, cache_dir=str(tmp_path)))
    assert recording.keep({}) == ""
    question = Question(name="name", named="", directory=str(tmp_path / "answers"), moment=0)
    assert answer(question) == 0
    assert capsys.readouterr().err == "in 0.5 s, it said\ndone: 1 kept in 0.0 s; tree\n"


def test_the_stream_is_the_one_that_was_there() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    question = Question(name="name", named="", directory="", moment=0)
    heard = Recording(question, Witness(), stream=stream).stream
    print("said", file=heard, flush=True)
    assert heard.isatty()
    assert stream.getvalue() == "said\n"


def test_what_changes_something_is_not_kept(tmp_path: Path) -> None:
    assert make_recording(tmp_path).keep({}) == "the same run again may come to something else"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("attribute", "value", "why_not"),
    [
        ("doubts", "os.rename", "os.rename"),
        ("doubts", "socket.connect", "socket.connect"),
        ("written", "/somewhere", "/somewhere"),
    ],
)
def test_what_was_seen_to_be_done_is_a_doubt(
    tmp_path: Path, project: Path, attribute: str, value: str, why_not: str
) -> None:
    witness = Witness()
    getattr(witness, attribute).add(value)
    question = Question(name="n", named="", directory="", moment=time.time_ns() + HOUR)
    recording = Recording(question, witness, stream=io.StringIO())
    recording.may_keep(make_run(project, cache_dir=str(tmp_path / "cache")))
    assert recording.keep({}) == why_not
    assert not (tmp_path / "cache").exists()


def test_what_was_given_up_is_not_kept_whatever_comes_of_it(tmp_path: Path, project: Path) -> None:
    recording = make_recording(tmp_path)
    recording.give_up()
    recording.may_keep(make_run(project, cache_dir=str(tmp_path / "cache")))
    assert recording.keep({}) == "there was something to do"


def test_other_programs_are_a_doubt(tmp_path: Path, project: Path) -> None:
    witness = Witness()
    witness.programs.append(("uv", "pip", "compile"))
    question = Question(name="n", named="", directory="", moment=time.time_ns() + HOUR)
    recording = Recording(question, witness, stream=io.StringIO())
    recording.may_keep(make_run(project, cache_dir=str(tmp_path / "cache")))
    assert recording.keep({}) == "other programs had a part in it"


def test_what_it_wrote_itself_is_none_but_what_is_no_file_is(tmp_path: Path, project: Path) -> None:
    target = tmp_path / "out.txt"
    target.touch()
    recording = make_recording(tmp_path)
    recording._witness.written.add(str(target))  # noqa: SLF001 - what the hook would have seen
    recording.output(str(target), "text")
    recording.output("-", "text")
    recording.may_keep(make_run(project, cache_dir=str(tmp_path / "cache")))
    assert recording.keep({}) == ""
    recording.output(os.devnull, "text")
    assert recording.keep({}) == "it went to what is no file"


def test_what_has_just_been_changed_is_named(tmp_path: Path, project: Path) -> None:
    recording = make_recording(tmp_path / "cache", later=0)
    recording.may_keep(make_run(project, cache_dir=str(tmp_path / "cache")))
    assert recording.keep({}).endswith(" has only just been changed")
    assert not (tmp_path / "cache").exists()


def test_what_depends_on_too_much_is_not_kept(
    tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST_PATHS", 3)
    recording = make_recording(tmp_path)
    recording.may_keep(make_run(project, cache_dir=str(tmp_path / "cache")))
    assert recording.keep({}).startswith("it depends on ")


def test_what_says_more_is_not_kept(tmp_path: Path, project: Path) -> None:
    recording = make_recording(tmp_path)
    recording.may_keep(make_run(project, cache_dir=str(tmp_path / "cache"), verbose=True))
    assert recording.keep({}) != ""
    assert not (tmp_path / "cache").exists()


def test_an_error_of_the_file_system_is_a_reason(
    tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_paths: object) -> None:
        raise OSError("input/output error")

    monkeypatch.setattr(module, "mark_all", fail)
    recording = make_recording(tmp_path)
    recording.may_keep(make_run(project, cache_dir=str(tmp_path / "cache")))
    assert recording.keep({}) == "input/output error"

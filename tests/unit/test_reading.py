from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import pytest

from syncsteps.errors import InterpreterError, LockError, SelectionError
from syncsteps.events import TargetFound
from syncsteps.interpreter import to_json
from syncsteps.reading import (
    find_interpreter,
    looking,
    read_project_lock,
    read_recorded,
    read_selection,
    read_selection_only,
)
from syncsteps.settings import Settings
from tests.support.interpreters import make_interpreter

if TYPE_CHECKING:
    from pathlib import Path

    from syncsteps.events import Event

LOCK = f"demo==1.0 --hash=sha256:{'0' * 64}\n"


def settings(directory: Path, *, python: str = sys.executable, interpreter: str = "") -> Settings:
    return Settings(
        directory=directory,
        lock=str(directory / "requirements.txt"),
        python=python,
        interpreter=(interpreter,) if interpreter else (),
        allow_virtualenv=True,
    )


def test_both_ways_select_the_same_and_only_one_looks_at_what_is_installed(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text(LOCK, encoding="utf-8")
    events: list[Event] = []
    asked = settings(tmp_path)
    found, lock, selection = read_selection_only(asked, environment={}, on_event=events.append)
    whole = find_interpreter(asked, environment={})
    assert (lock, selection) == read_selection(asked, whole, environment={})
    assert [item.name for item in selection.packages] == ["demo"]
    (event,) = events
    assert isinstance(event, TargetFound)
    assert event.interpreter == found
    assert event.interpreter.distributions == ()
    assert whole.distributions
    assert (event.interpreter.tags, event.interpreter.environment) == (
        whole.tags,
        whole.environment,
    )


def test_a_recorded_target_is_as_good(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text(LOCK, encoding="utf-8")
    recorded = make_interpreter(tmp_path)
    (tmp_path / "snapshot.json").write_text(to_json(recorded), encoding="utf-8")
    events: list[Event] = []
    asked = settings(tmp_path, interpreter=str(tmp_path / "snapshot.json"))
    _, _, selection = read_selection_only(asked, environment={}, on_event=events.append)
    assert events == [TargetFound(interpreter=recorded)]
    assert [item.name for item in selection.packages] == ["demo"]


def test_what_is_wrong_with_the_target_is_told_before_what_is_wrong_with_the_lock(
    tmp_path: Path,
) -> None:
    not_python = tmp_path / "python3"
    not_python.write_text("#!/bin/sh\nexit 3\n", encoding="utf-8")
    not_python.chmod(0o755)
    events: list[Event] = []
    broken = settings(tmp_path, python=str(not_python))
    with pytest.raises(InterpreterError, match="not a working Python"):
        read_selection_only(broken, environment={}, on_event=events.append)
    assert events == []
    with pytest.raises(LockError, match="no such file"):
        read_selection_only(settings(tmp_path), environment={}, on_event=events.append)
    assert [type(event) for event in events] == [TargetFound]


def test_the_default_groups_of_the_tool_are_those_of_its_project(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text(
        "version = 1\nrequires-python = '>=3.9'\n[[package]]\nname = 'app'\nversion = '1'\n"
        "source = { virtual = '.' }\n[package.dev-dependencies]\nlint = []\ndev = []\n",
        encoding="utf-8",
    )
    asked = Settings(directory=tmp_path, lock=str(tmp_path / "uv.lock"), default_groups=True)
    with pytest.raises(SelectionError, match=r"pyproject\.toml, which is not there"):
        read_project_lock(asked, environment={})
    (tmp_path / "pyproject.toml").write_text(
        "[tool.uv]\ndefault-groups = ['lint']\n", encoding="utf-8"
    )
    assert read_project_lock(asked, environment={}).default_groups == ("lint",)
    plain = Settings(directory=tmp_path, lock=str(tmp_path / "uv.lock"))
    assert read_project_lock(plain, environment={}).default_groups == ()


def test_a_profile_is_recorded_as_well(tmp_path: Path) -> None:
    found = find_interpreter(settings(tmp_path, interpreter="debian:12@arm64"), environment={})
    assert dict(found.environment)["platform_machine"] == "aarch64"
    assert found.externally_managed is not None
    assert read_recorded("debian:12", machine="arm64") == found
    assert read_recorded("debian:12", machine="x86_64") != found


def test_a_file_comes_before_a_profile_of_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = make_interpreter(tmp_path)
    (tmp_path / "ubi9").write_text(to_json(recorded), encoding="utf-8")
    assert read_recorded("ubi9", machine="x86_64") != recorded
    monkeypatch.chdir(tmp_path)
    assert read_recorded("ubi9", machine="x86_64") == recorded


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("absent.json", "or name a known image such as debian:12"),
        (
            "images.invalid/library/debian:12",
            "or name the image debian:12, without what is before it",
        ),
        ("linux/arm64/ubi9@arm64", "or name the image ubi9@arm64, without what is before it"),
        ("debian:99", "Did you mean debian:1"),
    ],
)
def test_neither_a_file_nor_a_profile(tmp_path: Path, name: str, hint: str) -> None:
    asked = settings(tmp_path, interpreter=name)
    with pytest.raises(InterpreterError, match=name) as caught:
        find_interpreter(asked, environment={})
    assert caught.value.exit_code == 4
    assert hint in caught.value.hint


def test_a_look_begins_before_anybody_waits_for_it(tmp_path: Path) -> None:
    before = time.time_ns()
    with looking(settings(tmp_path), environment={}) as look:
        assert before <= look.moment <= time.time_ns()
        found = look()
    assert found.executable == find_interpreter(settings(tmp_path), environment={}).executable
    missing = settings(tmp_path, python=str(tmp_path / "python"))
    with (
        pytest.raises(InterpreterError, match="no Python interpreter"),
        looking(missing, environment={}),
    ):
        pytest.fail("it has begun")

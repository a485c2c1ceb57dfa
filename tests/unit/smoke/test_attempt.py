from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from syncsteps.errors import InterpreterError, SmokeError
from syncsteps.smoke.attempt import Attempt, ChildSettings, child_environment
from syncsteps.smoke.model import Candidate

SETTINGS = ChildSettings(
    executable=Path("/nowhere/python3"), site=(), timeout=5.0, environment={"PATH": "/bin"}
)
CANDIDATE = Candidate(name="demo", modules=("demo",), optional=())


def test_the_environment_is_what_programs_need_and_nothing_that_steers_them() -> None:
    given = {
        "PATH": "/bin",
        "LANG": "C.UTF-8",
        "LC_ALL": "C",
        "LD_LIBRARY_PATH": "/opt/lib",
        "SystemRoot": r"C:\Windows",
        "HOME": "/home/me",
        "DISPLAY": ":0",
        "PYTHONPATH": "/src",
        "PYTHONSTARTUP": "/rc",
        "TOKEN": "secret",
        "XDG_CONFIG_HOME": "/home/me/.config",
    }
    directory = Path("/throwaway")
    home, temporary = str(directory / "home"), str(directory / "tmp")
    assert child_environment(given, directory) == {
        "PATH": "/bin",
        "LANG": "C.UTF-8",
        "LC_ALL": "C",
        "LD_LIBRARY_PATH": "/opt/lib",
        "SystemRoot": r"C:\Windows",
        "HOME": home,
        "USERPROFILE": home,
        "APPDATA": home,
        "LOCALAPPDATA": home,
        "TMPDIR": temporary,
        "TEMP": temporary,
        "TMP": temporary,
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def test_an_interpreter_that_cannot_be_started_is_named() -> None:
    with pytest.raises(InterpreterError, match="/nowhere/python3 cannot be started: No such"):
        Attempt(CANDIDATE, SETTINGS).run()


def test_what_was_stopped_does_not_start() -> None:
    attempt = Attempt(CANDIDATE, SETTINGS)
    attempt.stop()
    with pytest.raises(SmokeError, match="demo was stopped"):
        attempt.run()


def test_no_room_for_the_throwaway_directory_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: object, **_keywords: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryDirectory", full)
    with pytest.raises(SmokeError, match="No space left on device") as caught:
        Attempt(CANDIDATE, SETTINGS).run()
    assert "TMPDIR" in caught.value.hint

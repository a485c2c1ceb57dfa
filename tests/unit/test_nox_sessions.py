from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from syncsteps import nox_sessions
from syncsteps.nox_sessions import SESSIONS, register, sync_system

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def registry() -> Iterator[dict[str, object]]:
    nox_registry = pytest.importorskip("nox.registry")
    found: dict[str, object] = {}
    with mock.patch.object(nox_registry, "_REGISTRY", found):
        yield found


@pytest.fixture
def runs() -> Iterator[list[list[str]]]:
    """The arguments of what would have been run."""
    found: list[list[str]] = []

    def main(argv: list[str]) -> int:
        found.append(argv)
        return 0

    with mock.patch.object(nox_sessions, "main", main):
        yield found


def make_session(*posargs: str, python: object = False, **options: bool) -> mock.Mock:
    """Return a session of nox with these options of its command line."""
    names = ("no_install", "install_only", "verbose", "forcecolor", "nocolor")
    config = mock.Mock(**{name: options.get(name, False) for name in names})
    return mock.Mock(posargs=list(posargs), python=python, _runner=mock.Mock(global_config=config))


def test_importing_registers_nothing_and_does_not_even_import_nox() -> None:
    code = "import sys, syncsteps.nox_sessions; sys.exit('nox' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_register_gives_every_session_a_line_and_runs_none_by_itself(
    registry: dict[str, mock.Mock],
) -> None:
    register()
    assert list(registry) == [
        "sync_system",
        "export_lock",
        "verify_system",
        "install_system",
        "smoke_imports",
        "check_system",
        "fetch_wheelhouse",
        "reproduce_system",
        "inspect_system",
    ]
    for function in registry.values():
        assert function.python is False
        assert function.default is False
        assert function.func.__doc__.endswith(".")


def test_register_takes_a_choice_and_a_prefix(registry: dict[str, object]) -> None:
    register(only=["sync_system"], prefix="base-")
    assert list(registry) == ["base-sync_system"]
    with pytest.raises(ValueError, match="no such session: sync; there are sync_system"):
        register(only=["sync"])


def test_register_takes_names_tags_and_arguments(
    registry: dict[str, mock.Mock], runs: list[list[str]]
) -> None:
    register(
        only=["sync_system", "verify_system"],
        prefix="base-",
        names={"sync_system": "deps"},
        defaults={"sync_system": ["--no-project"]},
        tags={"verify_system": ["ci"]},
    )
    assert list(registry) == ["base-deps", "base-verify_system"]
    assert registry["base-deps"].tags == []
    assert registry["base-verify_system"].tags == ["ci"]
    registry["base-deps"](make_session("--dry-run"))
    registry["base-verify_system"](make_session())
    assert runs == [["sync", "--no-project", "--dry-run"], ["verify"]]


@pytest.mark.parametrize("argument", ["names", "defaults", "tags"])
def test_an_unknown_session_is_refused_wherever_it_is_named(
    registry: dict[str, object], argument: str
) -> None:
    with pytest.raises(ValueError, match="no such session: sync; there are sync_system"):
        register(**{argument: {"sync": "x"}})  # type: ignore[arg-type]
    assert registry == {}


def test_sessions_are_there_for_each_interpreter_and_lock(
    registry: dict[str, mock.Mock], runs: list[list[str]]
) -> None:
    register(
        only=["sync_system", "inspect_system"],
        pythons={"new": "/opt/python", "3.9": "3.9"},
        locks=["a.txt", "b.txt"],
    )
    found = {
        str(each): each.call_spec
        for each in registry["sync_system"].func.parametrize  # as nox's manifest does
    }
    assert list(found) == ["new, a.txt", "3.9, a.txt", "new, b.txt", "3.9, b.txt"]
    assert [str(each) for each in registry["inspect_system"].func.parametrize] == ["new", "3.9"]
    registry["sync_system"](make_session("--dry-run"), **found["new, b.txt"])
    assert runs == [["sync", "--lock=b.txt", "--python=/opt/python", "--dry-run"]]


def test_a_python_that_is_forced_is_the_target(
    registry: dict[str, mock.Mock], runs: list[list[str]]
) -> None:
    register(only=["verify_system"], pythons=["3.9"])
    registry["verify_system"](make_session(python="3.12"), python="3.9")
    sync_system(make_session(python="3.12"))  # in a session with a Python of its own
    assert runs == [["verify", "--python=3.12"], ["sync"]]


def test_too_old_a_nox_is_told(registry: dict[str, object]) -> None:
    with (
        mock.patch("importlib.metadata.version", return_value="2024.10.9"),
        pytest.raises(SystemExit, match=r"needs nox 2025\.2\.9 or later, and this is nox 2024"),
    ):
        register()
    assert registry == {}


def test_arguments_are_the_verbs_and_a_failure_fails_the_session() -> None:
    session = make_session("--dry-run")
    session.error.side_effect = RuntimeError
    calls = []

    def main(argv: list[str]) -> int:
        calls.append(argv)
        return 4

    with mock.patch.object(nox_sessions, "main", main), pytest.raises(RuntimeError):
        SESSIONS["sync_system"](session, "--no-project")
    assert calls == [["sync", "--no-project"]]
    session.error.assert_called_once_with("syncsteps sync ended with exit code 4")


def test_an_interruption_ends_nox() -> None:
    with (
        mock.patch.object(nox_sessions, "main", return_value=130),
        pytest.raises(KeyboardInterrupt),
    ):
        sync_system(make_session())


def test_verbosity_of_nox_is_the_steps(runs: list[list[str]]) -> None:
    sync_system(make_session(verbose=True), "--dry-run")
    assert runs == [["sync", "--verbose", "--dry-run"]]


@pytest.mark.parametrize(
    ("option", "left_out"),
    [
        ("no_install", {"sync_system", "install_system"}),
        ("install_only", set(SESSIONS) - {"sync_system", "install_system"}),
    ],
)
def test_steps_are_left_out_as_nox_leaves_out_its_own(
    runs: list[list[str]], option: str, left_out: set[str]
) -> None:
    for name, step in SESSIONS.items():
        session = make_session(**{option: True})
        before = len(runs)
        step(session)
        assert (len(runs) == before) is (name in left_out)
        assert session.warn.called is (name in left_out)


@pytest.mark.parametrize(
    ("options", "seen"),
    [
        ({}, {"FORCE_COLOR": "2"}),
        ({"nocolor": True}, {"NO_COLOR": "1"}),
        ({"forcecolor": True}, {"FORCE_COLOR": "1"}),
    ],
)
def test_colours_of_nox_are_the_steps(
    monkeypatch: pytest.MonkeyPatch, options: dict[str, bool], seen: dict[str, str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "2")
    monkeypatch.delenv("NO_COLOR", raising=False)
    found: list[dict[str, str]] = []

    def main(_argv: list[str]) -> int:
        found.append(colours())
        return 0

    def colours() -> dict[str, str]:
        return {
            name: os.environ[name] for name in ("FORCE_COLOR", "NO_COLOR") if name in os.environ
        }

    with mock.patch.object(nox_sessions, "main", main):
        sync_system(make_session(**options))
    assert found == [seen]
    assert colours() == {"FORCE_COLOR": "2"}

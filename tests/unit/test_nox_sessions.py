from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from syncsteps import nox_sessions
from syncsteps.nox_sessions import SESSIONS, register

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def registry() -> Iterator[dict[str, object]]:
    nox_registry = pytest.importorskip("nox.registry")
    found: dict[str, object] = {}
    with mock.patch.object(nox_registry, "_REGISTRY", found):
        yield found


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


def test_arguments_are_the_verbs_and_a_failure_fails_the_session() -> None:
    session = mock.Mock(posargs=["--dry-run"])
    session.error.side_effect = RuntimeError
    calls = []

    def main(argv: list[str]) -> int:
        calls.append(argv)
        return 4

    with mock.patch.object(nox_sessions, "main", main), pytest.raises(RuntimeError):
        SESSIONS["sync_system"](session, "--no-project")
    assert calls == [["sync", "--no-project"]]
    session.error.assert_called_once_with("syncsteps sync ended with exit code 4")

"""A target that has not changed is not asked again what it is, and one that has changed is."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from syncsteps import cli
from tests.support.wheels import make_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.systems import System

pytestmark = pytest.mark.enable_socket
HOUR = 3600 * 10**9


class Counted:
    """A system whose Python notes each of its starts, an hour after its files were made."""

    def __init__(self, system: System, directory: Path) -> None:
        self.system = system
        self.cache = directory / "cache"
        self.site = next(system.prefix.glob("lib/python3*/site-packages"))
        self._starts = directory / "starts"
        self._starts.touch()
        (self.site / "sitecustomize.py").write_text(
            f"with open({str(self._starts)!r}, 'a') as file: file.write('x')\n", encoding="utf-8"
        )

    def run(self, *arguments: str) -> int:
        """Run a verb, and return how often the target was started for it."""
        before = self._starts.stat().st_size
        assert self.system.run(*arguments, "--cache-dir", str(self.cache)) in {0, 1}
        return self._starts.stat().st_size - before


@pytest.fixture
def counted(system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counted:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    later = SimpleNamespace(time_ns=lambda: time.time_ns() + HOUR)
    monkeypatch.setattr(cli, "time", later)
    system.lock([make_wheel(system.index.directory, "alpha", "1.0")])
    return Counted(system, tmp_path)


def test_it_is_asked_once_for_all_verbs(counted: Counted) -> None:
    assert counted.run("verify")
    for verb in (["verify"], ["check"], ["sync", "--dry-run"], ["export"], ["inspect"]):
        assert counted.run(*verb) == 0, verb
    assert counted.run("verify", "--no-cache")


def test_it_says_the_same(counted: Counted, capsys: pytest.CaptureFixture[str]) -> None:
    said = []
    for _ in range(2):
        counted.run("inspect")
        said.append(capsys.readouterr().out)
        counted.run("verify")
    assert "alpha" not in said[0]
    assert [line for line in said[0].splitlines() if "free_space" not in line] == [
        line for line in said[1].splitlines() if "free_space" not in line
    ]


def test_it_is_asked_again_once_something_was_installed(counted: Counted) -> None:
    assert counted.run("verify")
    counted.run("install")
    assert counted.run("verify")
    assert counted.run("verify") == 0
    (counted.site / "beta-1.0.dist-info").mkdir()
    assert counted.run("verify")


def test_what_is_recalled_knows_what_is_installed(counted: Counted) -> None:
    counted.run("verify")
    counted.run("install")
    counted.run("verify")
    before = counted.system.snapshot()
    counted.run("install")
    assert counted.system.snapshot() == before

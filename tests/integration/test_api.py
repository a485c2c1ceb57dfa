"""The library as others call it: it prints nothing, ends nothing, and leaves nothing half done."""

from __future__ import annotations

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import syncsteps
from syncsteps import Event, Outcome, Settings, SyncstepsError
from syncsteps.errors import SmokeError, StagingError
from syncsteps.events import Importing, Swapping, TargetFound
from tests.support.projects import write_requirements
from tests.support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.systems import System

pytestmark = pytest.mark.enable_socket

SETTINGS = Settings(directory=Path("service"))


class Stop(BaseException):
    """Not even an Exception, as SystemExit is none."""


def write_lock(service: System, *versions: str, source: str = "") -> None:
    """Write a lock of alpha and beta of these versions; ``source`` is that of both modules."""
    wheels = [
        make_wheel(service.index.directory, name, version, files={f"{name}.py": source})
        for name, version in zip(("alpha", "beta"), versions, strict=True)
    ]
    write_requirements(Path("service"), wheels)


@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_what_succeeds_says_nothing(
    service: System, installer: str, capfd: pytest.CaptureFixture[str]
) -> None:
    write_lock(service, "1.0", "2.0", source="print('imported')\n")
    settings = Settings(directory=Path("service"), installer=installer)
    assert syncsteps.export(settings).hashed
    assert syncsteps.inspect(settings).implementation
    calls: list[Callable[[Settings], Outcome]] = [
        syncsteps.verify,
        syncsteps.sync,
        syncsteps.install,
        syncsteps.smoke,
        syncsteps.check,
        syncsteps.recover,
    ]
    assert [outcome.verb for outcome in (call(settings) for call in calls) if outcome.changed] == [
        "sync"
    ]
    wheelhouse = Settings(directory=Path("service"), wheelhouse="wheelhouse")
    assert syncsteps.fetch(wheelhouse).wheelhouse
    recorded = Settings(directory=Path("service"), interpreter=("python:3.13-slim", "ubi9"))
    assert len(syncsteps.verify_targets(recorded)) == 2
    assert capfd.readouterr() == ("", "")
    assert service.installed() == {"alpha": "1.0", "beta": "2.0"}


@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_what_fails_raises_says_nothing_and_changes_nothing(
    service: System,
    installer: str,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    settings = Settings(directory=Path("service"), installer=installer)
    before = service.snapshot()
    write_lock(service, "3.0", "3.0", source="import sys\nprint('here')\nsys.exit(3)\n")
    with pytest.raises(SmokeError):
        syncsteps.sync(settings)
    write_lock(service, "4.0", "4.0")
    service.index.corrupt.add("beta-4.0-py3-none-any.whl")
    with pytest.raises(StagingError):
        syncsteps.sync(settings)
    with pytest.raises(StagingError):
        syncsteps.fetch(Settings(directory=Path("service"), wheelhouse="wheelhouse"))
    with pytest.raises(SmokeError):
        syncsteps.smoke(settings)
    nowhere = Settings(directory=Path("service"), python="nowhere/python3")
    for call in (syncsteps.verify, syncsteps.sync, syncsteps.check, syncsteps.recover):
        with pytest.raises(SyncstepsError):
            call(nowhere)
    assert capfd.readouterr() == ("", "")
    assert service.snapshot() == before


@pytest.mark.parametrize("kind", [KeyboardInterrupt, RuntimeError, Stop])
def test_a_callback_that_raises_leaves_the_interpreter_as_it_was(
    service: System, kind: type[BaseException]
) -> None:
    write_lock(service, "1.0", "1.0")
    syncsteps.sync(SETTINGS)
    old = service.snapshot()
    write_lock(service, "2.0", "2.0", source="import this\n")
    kinds: list[type[Event]] = []

    def note_or_stop(event: Event) -> None:
        if type(event) not in kinds:
            kinds.append(type(event))
            raise kind

    def is_done() -> bool:
        try:
            return syncsteps.sync(SETTINGS, on_event=note_or_stop).changed
        except kind:
            assert service.snapshot() == old, kinds[-1]
            return False

    assert any(is_done() for _ in range(30))
    assert {TargetFound, Importing, Swapping} <= set(kinds)
    assert service.installed() == {"alpha": "2.0", "beta": "2.0"}
    assert syncsteps.check(SETTINGS).drifts == ()


@pytest.mark.skipif(os.name == "nt", reason="sends itself SIGINT")
def test_ctrl_c_while_it_imports_leaves_the_interpreter_as_it_was(service: System) -> None:
    write_lock(service, "1.0", "1.0", source="import time\ntime.sleep(60)\n")
    old = service.snapshot()

    def interrupt_soon(event: Event) -> None:
        if isinstance(event, Importing):
            threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()

    started = time.monotonic()
    # Where pytest runs in the background, nobody has set it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            syncsteps.sync(SETTINGS, on_event=interrupt_soon)
    finally:
        signal.signal(signal.SIGINT, before)
    assert time.monotonic() - started < 30
    assert service.snapshot() == old


def test_it_runs_in_any_thread(service: System) -> None:
    with ThreadPoolExecutor() as pool:
        assert pool.submit(syncsteps.sync, SETTINGS).result().changed
    assert service.installed() == {"alpha": "1.0", "beta": "2.0"}

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from syncsteps.commit.ahead import flush_ahead
from tests.support.faults import Faulty

if TYPE_CHECKING:
    from pathlib import Path


def test_nobody_waits_for_it(tmp_path: Path) -> None:
    flushed: list[Path] = []
    go = threading.Event()

    class Slow(Faulty):
        def flush(self, directory: Path) -> None:
            go.wait(10)
            flushed.append(directory)

    thread = flush_ahead(tmp_path, files=Slow())
    assert flushed == []
    go.set()
    thread.join(10)
    assert flushed == [tmp_path]


def test_what_fails_is_left_to_the_commit_to_tell(tmp_path: Path) -> None:
    class Full(Faulty):
        def flush(self, directory: Path) -> None:
            raise OSError(28, "No space left on device", str(directory))

    thread = flush_ahead(tmp_path, files=Full())
    thread.join(10)  # an exception in a thread would fail this test
    assert not thread.is_alive()

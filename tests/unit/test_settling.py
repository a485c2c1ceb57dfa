from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from syncsteps.receipts import state_directory
from syncsteps.settling import touched_since
from tests.support.interpreters import make_interpreter

if TYPE_CHECKING:
    from pathlib import Path

SECOND = 1_000_000_000


@pytest.mark.parametrize("place", ["purelib", "receipts"])
def test_what_comes_or_goes_touches_the_interpreter(place: str, tmp_path: Path) -> None:
    interpreter = make_interpreter(tmp_path)
    receipts = state_directory(interpreter) / "receipts"
    interpreter.scheme.purelib.mkdir(parents=True)
    receipts.mkdir(parents=True)
    changed = interpreter.scheme.purelib if place == "purelib" else receipts
    later = time.time_ns() + SECOND
    assert not touched_since(later, interpreter)
    assert touched_since(time.time_ns(), interpreter)  # by what was made just now
    (changed / "new").touch()
    # Whoever sets the time of modification changes the inode, and its time.
    os.utime(changed, ns=(1, 1))
    assert touched_since(time.time_ns(), interpreter)
    assert not touched_since(changed.stat().st_ctime_ns + SECOND // 2, interpreter)


def test_whole_seconds_are_of_a_coarse_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interpreter = make_interpreter(tmp_path)
    interpreter.scheme.purelib.mkdir(parents=True)
    stamp = 1_800_000_000 * SECOND
    coarse = os.stat_result(
        (0o040755, 1, 1, 2, 0, 0, 0, 0, stamp // SECOND, stamp // SECOND),
        {"st_mtime_ns": stamp, "st_ctime_ns": stamp},
    )
    monkeypatch.setattr("pathlib.Path.stat", lambda *_, **__: coarse)
    assert touched_since(stamp + SECOND, interpreter)
    assert not touched_since(stamp + 2 * SECOND, interpreter)

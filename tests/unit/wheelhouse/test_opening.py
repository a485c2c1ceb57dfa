from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

from syncsteps.errors import StagingError
from syncsteps.wheelhouse.opening import opened

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def house(tmp_path: Path) -> Path:
    return tmp_path / "house"


def test_what_one_that_was_killed_has_left_goes(house: Path) -> None:
    (house / ".fetching-abc").mkdir(parents=True)
    (house / ".fetching-abc/half.whl").write_bytes(b"half")
    (house / "other").mkdir()
    with opened(house, timeout=1) as aside:
        assert aside.parent == house
        assert list(aside.iterdir()) == []
        assert not (house / ".fetching-abc").exists()
    assert [path.name for path in house.iterdir()] == ["other"]


def test_one_at_a_time(house: Path) -> None:
    house.mkdir()
    words = r"another fetch has been filling .* 0\.1 seconds"
    with FileLock(house / ".lock"), pytest.raises(StagingError, match=words):
        with_it(house, timeout=0.1)
    with_it(house, timeout=0.1)
    assert list(house.iterdir()) == []


def with_it(house: Path, *, timeout: float) -> None:
    with opened(house, timeout=timeout) as aside:
        assert aside.parent == house


def test_a_full_disk_is_told(house: Path) -> None:
    def fill_it() -> None:
        with opened(house, timeout=1):
            raise OSError(28, os.strerror(28), str(house / "x.whl"))

    with pytest.raises(StagingError, match="cannot be filled: No space left") as caught:
        fill_it()
    assert caught.value.details == (f"file: {house / 'x.whl'}",)
    assert list(house.iterdir()) == []

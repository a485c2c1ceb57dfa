from __future__ import annotations

import stat
import sys
from typing import TYPE_CHECKING

import pytest

from syncsteps.staging.times import stamp

if TYPE_CHECKING:
    from pathlib import Path

EPOCH = 1_700_000_000


def test_the_time_is_set(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a", "b")]
    for file in files:
        file.write_text("x")
    stamp(map(str, files), epoch=EPOCH)
    assert [file.stat().st_mtime_ns for file in files] == [EPOCH * 10**9] * 2


def test_another_name_of_a_file_keeps_its_time(tmp_path: Path) -> None:
    cached, staged = tmp_path / "cached", tmp_path / "staged"
    cached.write_text("x")
    cached.chmod(0o755)
    staged.hardlink_to(cached)
    before = cached.stat().st_mtime_ns
    stamp([str(staged)], epoch=EPOCH)
    assert cached.stat().st_mtime_ns == before
    assert staged.stat().st_mtime_ns == EPOCH * 10**9
    assert staged.read_text() == "x"
    if sys.platform != "win32":
        assert stat.S_IMODE(staged.stat().st_mode) == 0o755
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cached", "staged"]


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        stamp([str(tmp_path / "none")], epoch=EPOCH)

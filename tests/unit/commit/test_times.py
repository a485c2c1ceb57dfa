from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from syncsteps.commit import DirectoryTimes

if TYPE_CHECKING:
    from pathlib import Path

EPOCH = 1_700_000_000
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="directories keep their times")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A tree in which everything is older than the epoch."""
    for name in ("site/old/deep", "site/still", "above"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "site/old/deep/x").touch()
    for path in (tmp_path, *tmp_path.rglob("*")):
        os.utime(path, (1, 1))
    return tmp_path


def _times(root: Path) -> dict[str, float]:
    directories = [path for path in (root, *root.rglob("*")) if path.is_dir()]
    return {path.relative_to(root).as_posix(): path.stat().st_mtime for path in directories}


def _change(root: Path, times: DirectoryTimes) -> None:
    new, gone = root / "site/new/deep/y", root / "site/old/deep/x"
    unchanged = root / "site/still/z"
    times.watch([new, gone, unchanged], below=(root / "site",))
    with times.settled():
        new.parent.mkdir(parents=True)
        new.touch()
        gone.unlink()
        gone.parent.rmdir()


def test_what_was_made_or_changed_is_set_and_nothing_else(root: Path) -> None:
    _change(root, DirectoryTimes(EPOCH))
    assert _times(root) == {
        ".": 1,
        "above": 1,
        "site": EPOCH,
        "site/new": EPOCH,
        "site/new/deep": EPOCH,
        "site/old": EPOCH,
        "site/still": 1,
    }


def test_a_top_that_is_not_there_yet_is_made_in_another(root: Path) -> None:
    times = DirectoryTimes(EPOCH)
    top = root / "above/lib/site"
    times.watch([top / "x"], below=(top,))
    with times.settled():
        top.mkdir(parents=True)
    changed = {name for name, time in _times(root).items() if time == EPOCH}
    assert changed == {"above", "above/lib", "above/lib/site"}


def test_without_an_epoch_nothing_is_set(root: Path) -> None:
    _change(root, DirectoryTimes(None))
    assert EPOCH not in _times(root).values()


def test_what_failed_is_not_set(root: Path) -> None:
    times = DirectoryTimes(EPOCH)
    times.watch([root / "site/x"], below=(root / "site",))
    with pytest.raises(ValueError, match="no"), times.settled():  # noqa: PT012 - what is tested
        (root / "site/x").touch()
        raise ValueError("no")
    assert EPOCH not in _times(root).values()


def test_a_directory_of_somebody_else_keeps_its_time(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_time = os.utime

    def refuse(path: Path, times: tuple[int, int]) -> None:
        if path.name == "site":
            raise PermissionError(1, "Operation not permitted", str(path))
        set_time(path, times)

    monkeypatch.setattr(os, "utime", refuse)
    _change(root, DirectoryTimes(EPOCH))
    found = _times(root)
    assert found["site/new"] == EPOCH
    assert found["site"] not in {1, EPOCH}

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from syncsteps.caching.places import is_ours, named_directory, refusal, usual_directory

if TYPE_CHECKING:
    from pathlib import Path

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="modes and owners of POSIX")
ROOT = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away"
)


@pytest.mark.parametrize(
    ("argv", "environment", "expected"),
    [
        (["sync"], {}, ""),
        (["sync", "--cache-dir", "c"], {}, "/w/c"),
        (["sync", "--cache-dir=/c"], {}, "/c"),
        (["sync", "--cache-dir", "c", "--cache-dir=d"], {}, "/w/d"),
        (["sync", "--cache-dir"], {}, ""),
        (["sync"], {"SYNCSTEPS_CACHE_DIR": "v"}, "/w/v"),
        (["sync", "--cache-dir", "c"], {"SYNCSTEPS_CACHE_DIR": "v"}, "/w/c"),
        (["sync", "--no-cache", "--cache-dir", "c"], {}, None),
        (["sync"], {"SYNCSTEPS_NO_CACHE": "1"}, None),
        (["sync"], {"SYNCSTEPS_NO_CACHE": "nonsense"}, None),
        (["sync"], {"SYNCSTEPS_NO_CACHE": "False"}, ""),
        (["sync"], {"SYNCSTEPS_NO_CACHE": ""}, ""),
    ],
)
@POSIX
def test_the_directory_that_is_named(
    argv: list[str], environment: dict[str, str], expected: str | None
) -> None:
    assert named_directory(argv, environment, working="/w") == expected


@pytest.mark.parametrize(
    ("platform", "environment", "expected"),
    [
        ("linux", {"HOME": "/h"}, "/h/.cache/syncsteps"),
        ("linux", {"HOME": "/h", "XDG_CACHE_HOME": "/x"}, "/x/syncsteps"),
        ("linux", {"XDG_CACHE_HOME": "/x"}, "/x/syncsteps"),
        ("linux", {"HOME": "/h", "XDG_CACHE_HOME": "x"}, "/h/.cache/syncsteps"),
        ("linux", {"HOME": "/h", "XDG_CACHE_HOME": ""}, "/h/.cache/syncsteps"),
        ("linux", {}, ""),
        ("linux", {"HOME": ""}, ""),
        ("linux", {"HOME": "relative"}, ""),
        ("darwin", {"HOME": "/h", "XDG_CACHE_HOME": "/x"}, "/h/Library/Caches/syncsteps"),
        ("win32", {"LOCALAPPDATA": "/l", "HOME": "/h"}, "/l/syncsteps/Cache"),
        ("win32", {"HOME": "/h"}, ""),
    ],
)
@POSIX
def test_the_usual_directory(platform: str, environment: dict[str, str], expected: str) -> None:
    assert usual_directory(environment, platform=platform) == expected


@POSIX
@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777, 0o1777])
def test_what_others_may_write_to_is_not_ours(tmp_path: Path, mode: int) -> None:
    tmp_path.chmod(0o755)
    assert is_ours(tmp_path.stat())
    assert refusal(str(tmp_path)) == ""
    tmp_path.chmod(mode)
    assert not is_ours(tmp_path.stat())
    assert refusal(str(tmp_path)) == f"others than this user can write to {tmp_path}"


@ROOT
def test_what_belongs_to_another_is_not_ours(tmp_path: Path) -> None:
    os.chown(tmp_path, 1234, -1)
    assert not is_ours(tmp_path.stat())
    assert refusal(str(tmp_path)) != ""
    # Nothing is made there either: it would be in that user's way.
    assert refusal(str(tmp_path / "a" / "b")) == f"{tmp_path} belongs to another user"


def test_a_directory_can_be_made_where_the_one_above_is_ours(tmp_path: Path) -> None:
    assert refusal(str(tmp_path / "a" / "b")) == ""
    assert not (tmp_path / "a").exists()


def test_what_is_no_directory_is_refused(tmp_path: Path) -> None:
    file, link = tmp_path / "file", tmp_path / "link"
    file.touch()
    link.symlink_to(tmp_path / "nowhere")
    assert refusal(str(file)) == f"{file} is no directory"
    assert refusal(str(file / "below")) == f"{file} is no directory"
    assert refusal(str(link)).startswith(f"{link} cannot be used")
    assert "cannot be used" in refusal("a\0b")

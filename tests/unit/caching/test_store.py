from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

import pytest

from syncsteps.caching import store
from syncsteps.caching.store import digest, read, write

if TYPE_CHECKING:
    from pathlib import Path

NOW = time.time()
DAY = 24 * 3600


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    directory = tmp_path / "a" / "answers"
    assert read(str(directory), "one") is None
    assert write(str(directory), "one", b"first", now=NOW) == ""
    assert write(str(directory), "two", b"", now=NOW) == ""
    assert (read(str(directory), "one"), read(str(directory), "two")) == (b"first", b"")
    assert write(str(directory), "one", b"second", now=NOW) == ""
    assert read(str(directory), "one") == b"second"
    assert names(directory) == ["one.answer", "two.answer"]


@pytest.mark.skipif(sys.platform == "win32", reason="modes of POSIX")
def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    directory = tmp_path / "answers"
    write(str(directory), "one", b"secret", now=NOW)
    assert directory.stat().st_mode & 0o777 == 0o700
    assert (directory / "one.answer").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("length", range(0, 80, 7))
def test_what_was_cut_off_is_not_there(tmp_path: Path, length: int) -> None:
    write(str(tmp_path), "one", b"x" * 100, now=NOW)
    path = tmp_path / "one.answer"
    path.write_bytes(path.read_bytes()[:length])
    assert read(str(tmp_path), "one") is None


def test_what_is_no_file_is_not_there_and_nobody_waits_for_it(tmp_path: Path) -> None:
    (tmp_path / "directory.answer").mkdir()
    assert read(str(tmp_path), "directory") is None
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.answer")
        assert read(str(tmp_path), "pipe") is None


def test_why_it_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "one.answer").mkdir()
    assert "is no directory" in write(str(tmp_path / "file"), "one", b"", now=NOW)
    assert "cannot be written to" in write(str(tmp_path), "one", b"", now=NOW)
    assert names(tmp_path) == ["file", "one.answer"]  # nothing is left aside


@pytest.mark.skipif(sys.platform == "win32", reason="modes of POSIX")
def test_a_directory_that_another_has_made_meanwhile_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = tmp_path / "answers"

    def make(*_: object, **__: object) -> None:
        directory.mkdir()
        directory.chmod(0o777)

    monkeypatch.setattr(os, "makedirs", make)
    assert "others than this user" in write(str(directory), "one", b"", now=NOW)
    assert names(directory) == []


def test_there_is_a_limit_to_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_LARGEST", 100)
    assert write(str(tmp_path), "one", b"x" * 100, now=NOW) == "there is too much to keep"
    assert write(str(tmp_path), "one", b"x" * 40, now=NOW) == ""


def test_the_oldest_of_too_many_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        write(str(tmp_path), str(number), b"", now=NOW)
        os.utime(tmp_path / f"{number}.answer", (NOW - number, NOW - number))
    assert len(names(tmp_path)) == 5
    monkeypatch.setattr(store, "_MOST", 3)
    write(str(tmp_path), "last", b"", now=NOW)
    assert names(tmp_path) == ["0.answer", "1.answer", "last.answer"]


def test_the_oldest_of_too_much_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        write(str(tmp_path), str(number), b"x" * 100, now=NOW)
        os.utime(tmp_path / f"{number}.answer", (NOW - number, NOW - number))
    monkeypatch.setattr(store, "_LARGEST", 500)
    size = (tmp_path / "0.answer").stat().st_size
    write(str(tmp_path), "0", b"x" * 100, now=NOW)
    os.utime(tmp_path / "0.answer", (NOW, NOW))
    assert len(names(tmp_path)) == 500 // size
    assert "3.answer" not in names(tmp_path)


def test_what_is_old_goes_and_what_is_not_ours_stays(tmp_path: Path) -> None:
    ages = {
        "old.answer": 61 * DAY,
        "young.answer": 59 * DAY,
        "cut-off.aside": 7200,
        "under-way.aside": 60,
        "notes.txt": 900 * DAY,
        ".hidden": 900 * DAY,
    }
    for name, age in ages.items():
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (NOW - age, NOW - age))
    write(str(tmp_path), "new", b"", now=NOW)
    assert names(tmp_path) == [
        ".hidden",
        "new.answer",
        "notes.txt",
        "under-way.aside",
        "young.answer",
    ]


def test_the_digest_is_that_of_blake2b() -> None:
    # The first 32 bytes of the reference implementation's answer for this length.
    assert digest(b"").hex() == ("0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8")
    assert len({digest(b"a"), digest(b"b"), digest(b"a" * 1000)}) == 3

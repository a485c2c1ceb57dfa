from __future__ import annotations

import contextlib
import errno
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from syncsteps.commit import interpreter_lock, new_stage
from syncsteps.errors import InterpreterError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOLDER = """
import sys, time
from pathlib import Path
from syncsteps.commit import interpreter_lock
with interpreter_lock(Path(sys.argv[1]), timeout=5, on_wait=lambda: None):
    print("held", flush=True)
    sys.stdin.readline()
"""

COUNTER = """
import sys
from pathlib import Path
from syncsteps.commit import interpreter_lock
state, counter = Path(sys.argv[1]), Path(sys.argv[2])
for _ in range(int(sys.argv[3])):
    with interpreter_lock(state, timeout=60, on_wait=lambda: None):
        with counter.with_suffix(".busy").open("x"):
            counter.write_text(str(int(counter.read_text()) + 1))
        counter.with_suffix(".busy").unlink()
"""


@contextlib.contextmanager
def held_elsewhere(state: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", HOLDER, str(state)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        try:
            yield holder
        finally:
            holder.kill()


def no_wait() -> None:
    pytest.fail("nobody holds the lock")


def test_directories_are_made_and_go_again(tmp_path: Path) -> None:
    state = tmp_path / "lib" / "python3" / ".syncsteps"
    previous = os.umask(0o077)
    try:
        with interpreter_lock(state, timeout=1, on_wait=no_wait):
            assert (state / "lock").is_file()
            assert {path.stat().st_mode & 0o777 for path in (state, state.parent)} == {0o755}
    finally:
        os.umask(previous)
    assert list(tmp_path.iterdir()) == []


def test_what_is_needed_stays(tmp_path: Path) -> None:
    state = tmp_path / "lib" / ".syncsteps"
    with interpreter_lock(state, timeout=1, on_wait=no_wait):
        (state / "receipts").mkdir()
    assert [path.name for path in state.iterdir()] == ["receipts"]


def test_it_is_released_when_the_work_fails(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with pytest.raises(ZeroDivisionError), interpreter_lock(state, timeout=1, on_wait=no_wait):
        raise ZeroDivisionError
    with interpreter_lock(state, timeout=0, on_wait=no_wait):
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="the file goes otherwise there")
def test_a_file_that_cannot_be_removed_does_not_undo_what_was_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))

    state = tmp_path / "state"
    with monkeypatch.context() as patched:
        patched.setattr("pathlib.Path.unlink", refuse)
        with interpreter_lock(state, timeout=1, on_wait=no_wait):
            pass
    assert (state / "lock").exists()
    with interpreter_lock(state, timeout=0, on_wait=no_wait):
        pass
    assert not state.exists() or list(state.iterdir()) == []


def test_a_second_sync_waits_and_gives_up_after_the_limit(tmp_path: Path) -> None:
    state = tmp_path / "state"
    waits = []
    with held_elsewhere(state):
        started = time.monotonic()
        with (
            pytest.raises(InterpreterError, match=r"another sync has held .*lock for 0\.3 sec"),
            interpreter_lock(state, timeout=0.3, on_wait=lambda: waits.append(1)),
        ):
            pytest.fail("the lock is held by another process")
        assert 0.3 <= time.monotonic() - started < 3
        assert waits == [1]
        assert (state / "lock").exists()


def test_a_second_sync_gets_it_when_the_first_ends(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with held_elsewhere(state) as holder:
        assert holder.stdin is not None
        stdin = holder.stdin

        def end() -> None:
            stdin.write("\n")
            stdin.flush()

        with interpreter_lock(state, timeout=10, on_wait=end):
            assert (state / "lock").is_file()
    assert not state.exists()


def test_a_holder_that_was_killed_holds_nothing(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with held_elsewhere(state) as holder:
        holder.kill()
        holder.wait()
        assert (state / "lock").exists()
        with interpreter_lock(state, timeout=5, on_wait=no_wait):
            pass
    assert not state.exists()


def test_removing_the_file_never_lets_two_in(tmp_path: Path) -> None:
    state, counter, times = tmp_path / "deep" / "state", tmp_path / "counter", 25
    counter.write_text("0")
    command = [sys.executable, "-c", COUNTER, str(state), str(counter), str(times)]
    children = [subprocess.Popen(command) for _ in range(3)]
    assert [child.wait() for child in children] == [0, 0, 0]
    assert counter.read_text() == str(3 * times)
    assert not state.exists()


def test_a_place_that_cannot_be_written_to_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(InterpreterError, match="the interpreter cannot be locked"),
        interpreter_lock(tmp_path / "file" / "state", timeout=0, on_wait=no_wait),
    ):
        pytest.fail("a file is not a directory")


def test_a_place_that_cannot_be_made_is_an_error_after_the_limit(tmp_path: Path) -> None:
    waits = []
    (tmp_path / "dangling").symlink_to("nowhere")
    with (
        pytest.raises(InterpreterError, match=r"the interpreter cannot be locked: .*No such file"),
        interpreter_lock(
            tmp_path / "dangling" / "state", timeout=0.1, on_wait=lambda: waits.append(1)
        ),
    ):
        pytest.fail("a link to nothing is not a directory")
    assert waits == [1]


def test_directories_that_go_while_they_are_made_are_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state, original = tmp_path / "deep" / "state", os.chmod
    removed: list[Path] = []

    def removed_by_another(path: Path, mode: int, **options: bool) -> None:
        if not removed:
            removed.append(path)
            path.rmdir()
        original(path, mode, **options)

    monkeypatch.setattr(os, "chmod", removed_by_another)
    with interpreter_lock(state, timeout=5, on_wait=lambda: None):
        assert (state / "lock").is_file()
    assert removed == [state.parent]
    assert list(tmp_path.iterdir()) == []


def test_a_stage_is_new_and_readable(tmp_path: Path) -> None:
    stage = new_stage(tmp_path)
    assert stage != new_stage(tmp_path)
    assert stage.parent == tmp_path
    assert stage.name.startswith("stage-")
    assert stage.stat().st_mode & 0o777 == 0o755

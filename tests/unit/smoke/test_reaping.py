from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

if sys.platform != "linux":
    pytest.skip("keepers are for Linux", allow_module_level=True)

from syncsteps.smoke import _keeper, _network, _reaping

if TYPE_CHECKING:
    from pathlib import Path

_REAPER = """
import json, os, subprocess, sys, time
sys.path.insert(0, sys.argv[1])
from syncsteps.smoke._reaping import become_subreaper, children_of, kill_descendants
assert become_subreaper()
spared = subprocess.Popen(["sleep", "600"])
double = "import os, time\\nif not os.fork():\\n    os.setsid(); time.sleep(600)\\n"
subprocess.run([sys.executable, "-c", double], check=True)
quick = subprocess.Popen(["true"])
time.sleep(0.3)
before = len(children_of(os.getpid()))
killed = kill_descendants({spared.pid})
after = children_of(os.getpid())
spared.kill()
print(json.dumps([before, killed, after == {spared.pid}]))
"""


def test_what_left_its_session_is_killed_and_what_is_spared_stays() -> None:
    root = os.path.dirname(os.path.dirname(os.path.dirname(_reaping.__file__)))  # noqa: PTH120
    done = subprocess.run(
        [sys.executable, "-I", "-c", _REAPER, root], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[3, 1, true]"


@pytest.mark.parametrize(
    ("own", "session", "stray"), [(7, 7, True), (7, 8, False), (0, 0, False), (1, 1, False)]
)
def test_the_system_s_own_sessions_are_never_swept(
    own: int,
    session: int,
    stray: bool,  # noqa: FBT001 - a table
) -> None:
    assert _reaping.is_stray(own, [b"A=b"], session=session, wanted=b"HOME=/x") is stray
    assert _reaping.is_stray(own, [b"HOME=/x"], session=session, wanted=b"HOME=/x")


@pytest.mark.parametrize("known_by", ["variable", "session"])
def test_without_a_reaper_strays_are_known_by_what_is_about_them(
    known_by: str, tmp_path: Path
) -> None:
    environment = {"HOME": str(tmp_path)} if known_by == "variable" else {}
    stray = subprocess.Popen(["/bin/sleep", "600"], env=environment, start_new_session=True)
    other = subprocess.Popen(["/bin/sleep", "600"], env={"HOME": "/"}, start_new_session=True)
    try:
        time.sleep(0.1)
        session = stray.pid if known_by == "session" else 0
        assert _reaping.kill_strays(f"HOME={tmp_path}", session) == 1
        assert stray.wait(5) == -9
        assert other.poll() is None
    finally:
        for process in (stray, other):
            process.kill()
            process.wait()
    assert _reaping.kill_strays("", stray.pid) == 0


def test_a_network_that_cannot_be_left_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(_network, "unshare_network", refuse)
    assert _network.leave_network() == "cannot be taken away: Operation not permitted"


def test_lines_that_come_at_once_are_told_one_by_one() -> None:
    reading, writing = os.pipe()
    lines = _keeper.Lines(reading)
    os.write(writing, b'{"a": 1}\n{"b": 2}\n{"c"')
    assert lines.next() == {"a": 1}
    assert lines.is_there()
    assert lines.next() == {"b": 2}
    assert not lines.is_there()
    os.write(writing, b": 3}\n")
    assert lines.next() == {"c": 3}
    os.close(writing)
    assert lines.next() is None
    os.close(reading)


def test_output_is_kept_at_its_end_alone() -> None:
    output = _keeper.Output()
    for number in range(100):
        os.write(output.writing, b"x" * 1000 + b"\n%d\n\n" % number)
        output.drain()
    words = output.take_last_words()
    assert [words[0], words[-1], len(words)] == ["97", "99", 5]
    assert output.take_last_words() == []

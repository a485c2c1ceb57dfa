from __future__ import annotations

import os
import sys
import textwrap
import time
from pathlib import Path

import pytest

from syncsteps.abreast import Call, Failure, run_abreast

posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX processes and signals")


def _ignore(_number: int, _line: str) -> None:
    """Hear nothing."""


def _python(code: str, place: Path, **variables: str) -> Call:
    kept = {name: os.environ[name] for name in ("SYSTEMROOT", "PATH") if name in os.environ}
    return Call(
        command=[sys.executable, "-I", "-c", textwrap.dedent(code)],
        environment={**kept, **variables},
        directory=place,
        umask=0o022,
    )


def _sleeper(place: Path, *, then: str = "time.sleep(60)") -> Call:
    """Note the process's own number, and that of a child of its own that sleeps."""
    return _python(
        f"""
        import os, pathlib, subprocess, sys, time
        child = subprocess.Popen([sys.executable, "-I", "-c", "import time; time.sleep(60)"])
        pathlib.Path("part").write_text(f"{{os.getpid()}} {{child.pid}}")
        os.rename("part", "pids")
        {then}
        """,
        place,
    )


def _gone(place: Path) -> bool:
    """Whether both processes that `_sleeper` noted have ended, or do so soon."""
    deadline = time.monotonic() + 5
    for pid in (place / "pids").read_text().split():
        while time.monotonic() < deadline:
            try:
                state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2]
            except OSError:
                break
            if state.split()[0] == "Z":
                break
            time.sleep(0.01)
        else:
            return False
    return True


_WAIT = """
    import pathlib, time
    while not pathlib.Path("pids").exists():
        time.sleep(0.01)
"""


def test_chains_run_side_by_side_and_each_in_order(tmp_path: Path) -> None:
    """Each of two waits for what the other one does."""
    wait = """
        import pathlib, time
        pathlib.Path({own!r}).touch()
        while not pathlib.Path({other!r}).exists():
            time.sleep(0.01)
        print("met", flush=True)
    """
    chains = [
        [
            _python(wait.format(own=own, other=other), tmp_path),
            _python("print('after')", tmp_path),
        ]
        for own, other in (("a", "b"), ("b", "a"))
    ]
    heard: list[tuple[int, str]] = []
    assert run_abreast(chains, on_line=lambda number, line: heard.append((number, line))) is None
    for number in (0, 1):
        assert [line for other, line in heard if other == number] == ["met", "after"]


def test_lines_are_whole_whoever_writes_them(tmp_path: Path) -> None:
    code = """
        import os, sys
        for number in range(2000):
            sys.stdout.write("a" * 30); sys.stdout.flush(); sys.stderr.write("b" * 30 + chr(10))
    """
    lines: set[str] = set()
    run_abreast([[_python(code, tmp_path)]] * 3, on_line=lambda _, line: lines.add(line))
    assert lines == {"a" * 30 + "b" * 30}


def test_environment_directory_and_umask_are_those_of_the_call(tmp_path: Path) -> None:
    code = "import os; print(os.environ.get('GIVEN'), os.getcwd()); open('made', 'w').close()"
    lines: list[str] = []
    run_abreast([[_python(code, tmp_path, GIVEN="1")]], on_line=lambda _, line: lines.append(line))
    assert lines == [f"1 {tmp_path.resolve()}"]
    assert sys.platform == "win32" or (tmp_path / "made").stat().st_mode & 0o777 == 0o644


@posix
def test_the_first_failure_ends_all_the_others(tmp_path: Path) -> None:
    fails = _python(f"{textwrap.dedent(_WAIT)}\nraise SystemExit(3)", tmp_path)
    never = _python("open('never', 'w')", tmp_path)
    chains = [
        [_python("pass", tmp_path), fails, never],
        [_sleeper(tmp_path), never],
    ]
    started = time.monotonic()
    failure = run_abreast(chains, on_line=_ignore)
    assert failure == Failure(chain=0, place=1, status=3)
    assert time.monotonic() - started < 30
    assert _gone(tmp_path)
    assert not (tmp_path / "never").exists()


@posix
def test_an_exception_ends_them_all(tmp_path: Path) -> None:
    """Ctrl-C is one, wherever it comes; here it comes with a line."""
    tells = _python(
        f"{textwrap.dedent(_WAIT)}\nprint('there', flush=True); time.sleep(60)", tmp_path
    )

    def interrupt(_number: int, _line: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_abreast([[_sleeper(tmp_path)], [tells]], on_line=interrupt)
    assert _gone(tmp_path)


@posix
def test_what_cannot_be_started_ends_the_others(tmp_path: Path) -> None:
    waits = _python(textwrap.dedent(_WAIT), tmp_path)
    missing = Call(command=[tmp_path / "missing"], environment={}, directory=tmp_path)
    with pytest.raises(FileNotFoundError):
        run_abreast([[_sleeper(tmp_path)], [waits, missing]], on_line=_ignore)
    assert _gone(tmp_path)


def test_ticks_come_while_nothing_is_said(tmp_path: Path) -> None:
    ticks: list[float] = []
    code = """
        import pathlib, time
        while not pathlib.Path("enough").exists():
            time.sleep(0.01)
    """

    def tick() -> None:
        ticks.append(time.monotonic())
        if len(ticks) == 2:
            (tmp_path / "enough").touch()

    chains = [[_python(code, tmp_path)]]
    assert run_abreast(chains, on_line=_ignore, on_tick=tick) is None
    assert len(ticks) >= 2


def test_no_chains_and_empty_ones() -> None:
    assert run_abreast([], on_line=_ignore) is None
    assert run_abreast([[], []], on_line=_ignore) is None

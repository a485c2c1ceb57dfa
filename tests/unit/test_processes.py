from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from syncsteps.processes import Completed, ProcessTimeoutError, attached, run

posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX processes and signals")

# Long enough that a test which waits for it fails its own time limit.
FOREVER = 60


def python(code: str) -> list[str]:
    return [sys.executable, "-I", "-c", textwrap.dedent(code)]


def wait_until_gone(pid: int, *, seconds: float = 5.0) -> bool:
    """Whether the process ends in time; a zombie that nobody has reaped yet counts as ended."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        status = Path(f"/proc/{pid}/stat")
        if status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.01)
    return False


def spawning(pids: Path, *, then: str, own_session: bool = False) -> list[str]:
    """Return a command that starts a sleeping grandchild, notes its pid, and does ``then``."""
    return python(f"""
        import os, subprocess, sys, time
        child = subprocess.Popen(
            [sys.executable, "-I", "-c", "import time; time.sleep({FOREVER})"],
            start_new_session={own_session},
        )
        with open({str(pids)!r} + ".part", "w") as file:
            file.write(str(child.pid))
        os.rename({str(pids)!r} + ".part", {str(pids)!r})
        {then}
    """)


def run_out_of_time(command: list[str], pids: Path, *, streamed: bool) -> None:
    """Run ``command`` with a limit that it reaches, longer if the machine is too slow for that."""
    for seconds in (0.4, 5.0):
        with pytest.raises(ProcessTimeoutError):
            run(command, timeout=seconds, on_line=print if streamed else None)
        if pids.exists():
            return


def test_output_and_status_come_back() -> None:
    command = python("""
        import sys
        print("out"); print("err", file=sys.stderr); sys.exit(3)
    """)
    assert run(command) == Completed(status=3, stdout="out\n", stderr="err\n")


@posix
def test_a_signal_is_a_negative_status() -> None:
    done = run(python("import os, signal; os.kill(os.getpid(), signal.SIGTERM)"))
    assert done.status == -signal.SIGTERM


def test_input_is_handed_over_whole() -> None:
    text = "grüße\n" * 50_000
    done = run(
        python("import sys; sys.stdout.buffer.write(sys.stdin.buffer.read())"), input_text=text
    )
    assert done.stdout == text


def test_without_input_standard_input_is_at_its_end() -> None:
    assert run(python("import sys; print(repr(sys.stdin.read()))")).stdout == "''\n"
    lines: list[str] = []
    run(python("import sys; print(repr(sys.stdin.read()))"), on_line=lines.append)
    assert lines == ["''"]


def test_only_the_given_environment_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEAKED", "yes")
    kept = {name: os.environ[name] for name in ("SYSTEMROOT", "PATH") if name in os.environ}
    done = run(
        python("import os; print(os.environ.get('LEAKED'), os.environ.get('GIVEN'))"),
        environment={**kept, "GIVEN": "1"},
    )
    assert done.stdout == "None 1\n"


def test_the_working_directory_can_be_chosen(tmp_path: Path) -> None:
    done = run(python("import os; print(os.getcwd())"), directory=tmp_path)
    assert Path(done.stdout.strip()).samefile(tmp_path)


def test_paths_are_arguments_as_well(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("print('ran')", encoding="utf-8")
    assert run([sys.executable, "-I", script]).stdout == "ran\n"


@posix
def test_the_umask_is_the_one_that_is_asked_for(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        run(python("open('made', 'w').close()"), directory=tmp_path, umask=0o022)
    finally:
        os.umask(before)
    assert (tmp_path / "made").stat().st_mode & 0o777 == 0o644


def test_bytes_that_are_not_utf8_are_replaced() -> None:
    done = run(python("import sys; sys.stdout.buffer.write(b'a\\xff\\xfeb')"))
    assert done.stdout == "a\ufffd\ufffdb"
    lines: list[str] = []
    run(python("import sys; sys.stdout.buffer.write(b'a\\xffb')"), on_line=lines.append)
    assert lines == ["a\ufffdb"]


def test_a_missing_program_is_an_oserror(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        run([tmp_path / "absent"])


@posix
def test_a_file_that_is_no_program_is_an_oserror(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello", encoding="utf-8")
    with pytest.raises(PermissionError):
        run([tmp_path / "text"])


def test_lines_are_handed_on_as_they_come() -> None:
    command = python("""
        import sys
        print("first", flush=True)
        sys.stderr.write("second\\n"); sys.stderr.flush()
        sys.stdin.readline()
        print("no new line", end="")
    """)
    seen: list[tuple[str, float]] = []
    caller = threading.get_ident()

    def on_line(line: str) -> None:
        assert threading.get_ident() == caller
        seen.append((line, time.monotonic()))

    done = run(command, on_line=on_line)
    assert [line for line, _ in seen] == ["first", "second", "no new line"]
    assert done == Completed(status=0, stdout="first\nsecond\nno new line", stderr="")


def test_a_line_arrives_while_the_program_still_runs(tmp_path: Path) -> None:
    answer = tmp_path / "answer"
    command = python(f"""
        import os, time
        print("question", flush=True)
        until = time.monotonic() + 10
        while not os.path.exists({str(answer)!r}) and time.monotonic() < until:
            time.sleep(0.01)
        print("answered" if os.path.exists({str(answer)!r}) else "never answered")
    """)
    lines: list[str] = []

    def on_line(line: str) -> None:
        lines.append(line)
        answer.touch()

    run(command, on_line=on_line)
    assert lines == ["question", "answered"]


@pytest.mark.parametrize("streamed", [False, True])
def test_a_program_that_closes_its_input_early_is_no_error(*, streamed: bool) -> None:
    command = python("import os; os.close(0); print('done')")
    done = run(command, input_text="x" * 1_000_000, on_line=print if streamed else None)
    assert done == Completed(status=0, stdout="done\n", stderr="")


def test_a_program_that_writes_much_before_it_reads_does_not_hang() -> None:
    command = python("""
        import sys
        sys.stdout.write("x" * 1_000_000 + "\\n"); sys.stdout.flush()
        print(len(sys.stdin.read()))
    """)
    lines: list[str] = []
    run(command, input_text="y" * 1_000_000, timeout=10, on_line=lines.append)
    assert lines == ["x" * 1_000_000, "1000000"]


@pytest.mark.parametrize("streamed", [False, True])
def test_time_runs_out(*, streamed: bool) -> None:
    started = time.monotonic()
    with pytest.raises(ProcessTimeoutError):
        run(
            python(f"import time; time.sleep({FOREVER})"),
            timeout=0.3,
            on_line=print if streamed else None,
        )
    assert time.monotonic() - started < 5


def test_time_runs_out_on_a_program_that_has_closed_its_output() -> None:
    command = python(f"""
        import os, time
        os.close(1); os.close(2)
        time.sleep({FOREVER})
    """)
    with pytest.raises(ProcessTimeoutError):
        run(command, timeout=0.2, on_line=print)


def test_time_is_long_enough() -> None:
    assert run(python("print('quick')"), timeout=30, on_line=print).stdout == "quick\n"


@posix
@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(
    "then", ["time.sleep(60)", "sys.exit()"], ids=["parent lives", "parent has ended"]
)
def test_a_timeout_kills_grandchildren(tmp_path: Path, then: str, *, streamed: bool) -> None:
    pids = tmp_path / "pid"
    started = time.monotonic()
    run_out_of_time(spawning(pids, then=then), pids, streamed=streamed)
    assert time.monotonic() - started < 20
    assert wait_until_gone(int(pids.read_text()))


@posix
@pytest.mark.parametrize("streamed", [False, True])
def test_a_timeout_does_not_wait_for_a_daemon_that_holds_the_output(
    tmp_path: Path, *, streamed: bool
) -> None:
    pids = tmp_path / "pid"
    command = spawning(pids, then="sys.exit()", own_session=True)
    started = time.monotonic()
    try:
        run_out_of_time(command, pids, streamed=streamed)
        assert time.monotonic() - started < 20
    finally:
        os.kill(int(pids.read_text()), signal.SIGKILL)


@posix
def test_what_a_line_raises_ends_the_program(tmp_path: Path) -> None:
    pids = tmp_path / "pid"

    def on_line(line: str) -> None:
        raise LookupError(line)

    command = spawning(pids, then="print(os.getpid(), flush=True); time.sleep(60)")
    with pytest.raises(LookupError) as caught:
        run(command, on_line=on_line)
    assert wait_until_gone(int(str(caught.value)))
    assert wait_until_gone(int(pids.read_text()))


@posix
@pytest.mark.parametrize("streamed", [False, True])
def test_ctrl_c_kills_and_reaps(tmp_path: Path, *, streamed: bool) -> None:
    pids = tmp_path / "pid"
    inner = spawning(pids, then="time.sleep(60)")
    outer = python(f"""
        import sys
        sys.path.insert(0, {str(Path(__file__).resolve().parents[2])!r})
        from syncsteps.processes import run
        try:
            run({inner!r}, on_line={"print" if streamed else "None"})
        except KeyboardInterrupt:
            # Exit status 7 says that there is no child left to wait for.
            import os
            try:
                os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                os._exit(7)
            os._exit(8)
    """)
    process = subprocess.Popen(outer, start_new_session=True)
    try:
        until = time.monotonic() + 10
        while not pids.exists() and time.monotonic() < until:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=10) == 7
    finally:
        process.kill()
        process.wait()
    assert wait_until_gone(int(pids.read_text()))


@posix
def test_a_program_may_be_given_time_to_end(tmp_path: Path) -> None:
    code = """
        import signal, sys, time
        from pathlib import Path
        def end(number, frame):
            Path(sys.argv[1]).write_text("cleaned up")
            raise SystemExit
        signal.signal(signal.SIGTERM, end)
        print("ready", flush=True)
        time.sleep(60)
    """

    def stop(_line: str) -> None:
        raise KeyboardInterrupt

    file = tmp_path / "file"
    with pytest.raises(KeyboardInterrupt):
        run([*python(code), str(file)], on_line=stop, grace=FOREVER)
    assert file.read_text() == "cleaned up"


@posix
def test_a_program_that_does_not_end_in_time_is_killed() -> None:
    code = """
        import signal, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print("ready", flush=True)
        time.sleep(60)
    """

    def stop(_line: str) -> None:
        raise KeyboardInterrupt

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run(python(code), on_line=stop, grace=0.2)
    assert time.monotonic() - started < FOREVER / 2


def test_what_is_attached_has_the_streams_of_this_process(
    capfd: pytest.CaptureFixture[str],
) -> None:
    status = attached(python("import os; print(os.environ['A']); raise SystemExit(3)"), {"A": "b"})
    assert status == 3
    assert capfd.readouterr().out == "b\n"


@posix
def test_ctrl_c_is_for_what_is_attached(capfd: pytest.CaptureFixture[str]) -> None:
    # Both get it, as from a terminal; it ends the program, which does not know of our handler.
    code = """
        import os, signal, time
        os.kill(os.getppid(), signal.SIGINT)
        try:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(60)
        except KeyboardInterrupt:
            print("heard")
    """
    before = signal.getsignal(signal.SIGINT)
    assert attached(python(code)) == 0
    assert capfd.readouterr().out == "heard\n"
    assert signal.getsignal(signal.SIGINT) is before


def test_outside_of_the_main_thread_something_can_be_attached(
    capfd: pytest.CaptureFixture[str],
) -> None:
    found: list[int] = []
    thread = threading.Thread(target=lambda: found.append(attached(python("print('x')"))))
    thread.start()
    thread.join()
    assert found == [0]
    assert capfd.readouterr().out == "x\n"


def test_no_file_descriptor_is_left_open() -> None:
    descriptors = Path("/proc/self/fd")
    if not descriptors.exists():
        pytest.skip("needs /proc")
    run(python("pass"))
    before = len(list(descriptors.iterdir()))  # of which others may close theirs meanwhile
    for _ in range(3):
        run(python("pass"), on_line=print, input_text="ignored")
        with pytest.raises(ProcessTimeoutError):
            run(python("import time; time.sleep(9)"), timeout=0.05)
    assert len(list(descriptors.iterdir())) <= before

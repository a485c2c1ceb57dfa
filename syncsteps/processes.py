"""The one way in which other programs are run."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path
    from queue import SimpleQueue

__all__ = [
    "TICK",
    "Completed",
    "ProcessTimeoutError",
    "attached",
    "run",
    "started",
    "terminate",
]

_POSIX = sys.platform != "win32"
# On Windows, Ctrl-C is seen only between two waits. In seconds.
TICK = 0.5


class ProcessTimeoutError(Exception):
    """A program ran longer than it was given; it and its children have been killed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """How a program ended: its status (negative: the signal), and what it wrote, as text."""

    status: int
    stdout: str
    stderr: str


def run(
    command: Sequence[str | Path],
    *,
    input_text: str = "",
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
    timeout: float | None = None,
    umask: int | None = None,
    on_line: Callable[[str], None] | None = None,
    grace: float = 0.0,
) -> Completed:
    """Run ``command`` in a process group of its own and return how it ended.

    With ``on_line``, standard error is merged into standard output, and each line is handed on as
    it comes, from this thread. Output that is not UTF-8 is kept with replacement characters.
    ``timeout`` is in seconds. ``umask`` is ignored on Windows. Whatever exception passes through
    (Ctrl-C too), the whole group is killed and reaped first; with ``grace``, the program is asked
    to end and has so many seconds for it.

    Raises:
        ProcessTimeoutError: the time ran out.
        OSError: the program cannot be started.
    """
    with started(
        command,
        input_text=input_text,
        environment=environment,
        directory=directory,
        timeout=timeout,
        umask=umask,
        on_line=on_line,
        grace=grace,
    ) as end:
        return end()


@contextlib.contextmanager
def started(  # noqa: PLR0913 - so much is there to be said of a process
    command: Sequence[str | Path],
    *,
    input_text: str = "",
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
    timeout: float | None = None,
    umask: int | None = None,
    on_line: Callable[[str], None] | None = None,
    listener: Callable[[str | None], None] | None = None,
    grace: float = 0.0,
) -> Iterator[Callable[[], Completed]]:
    """Start ``command`` as `run` does; what it gives waits for the end and returns how it was.

    It is to be called once; ``timeout`` counts from then on. Until then the program runs, has its
    input, and may write as much as a pipe holds. If it has not ended when the block does, or an
    exception passes through, its group is killed and reaped, after ``grace``. ``listener`` gets
    each line, its end included, from a thread of its own and at once, and None after the last.

    Raises:
        OSError: the program cannot be started.
        ProcessTimeoutError: (when waiting) the time ran out.
    """
    options: dict[str, Any] = {"start_new_session": True} if _POSIX else {}
    if _POSIX and umask is not None:
        options["umask"] = umask
    with _reaped(
        subprocess.Popen(
            [os.fspath(part) for part in command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if on_line or listener else subprocess.PIPE,
            env=None if environment is None else dict(environment),
            cwd=directory,
            encoding="utf-8",
            errors="replace",
            **options,
        ),
        grace,
    ) as process:
        # The pipe belongs to a thread: a program may write much before it reads.
        stdin, process.stdin = process.stdin, None
        threading.Thread(target=_feed, args=(stdin, input_text), daemon=True).start()
        if listener is not None:
            _hear(process, listener)
            yield lambda: _wait(process, timeout)
        elif on_line is not None:
            yield lambda: _stream(process, timeout, on_line)
        else:
            yield lambda: _communicate(process, timeout)
        if process.poll() is None:
            terminate(process)


def _communicate(process: subprocess.Popen[str], timeout: float | None) -> Completed:
    try:
        stdout, stderr = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired as error:
        raise ProcessTimeoutError from error
    return Completed(status=process.returncode, stdout=stdout, stderr=stderr)


def _stream(
    process: subprocess.Popen[str],
    timeout: float | None,
    on_line: Callable[[str], None],
) -> Completed:
    """Hand on lines as they come.

    The pipe belongs to a thread: what the program has started may hold its output open for longer
    than the time that is given.
    """
    from queue import SimpleQueue  # noqa: PLC0415 - few programs are listened to

    deadline = None if timeout is None else time.monotonic() + timeout
    waiting: SimpleQueue[str | None] = SimpleQueue()
    _hear(process, waiting.put)
    lines = []
    while (line := _next(waiting, deadline)) is not None:
        lines.append(line)
        on_line(line.rstrip("\r\n"))
    ended = _wait(process, None if deadline is None else max(0.0, deadline - time.monotonic()))
    return Completed(status=ended.status, stdout="".join(lines), stderr="")


def _wait(process: subprocess.Popen[str], timeout: float | None) -> Completed:
    try:
        process.wait(timeout)
    except subprocess.TimeoutExpired as error:
        raise ProcessTimeoutError from error
    return Completed(status=process.returncode, stdout="", stderr="")


def _hear(process: subprocess.Popen[str], listener: Callable[[str | None], None]) -> None:
    stdout, process.stdout = process.stdout, None
    threading.Thread(target=_collect, args=(stdout, listener), daemon=True).start()


def _feed(stdin: IO[str], text: str) -> None:
    with contextlib.suppress(OSError), stdin:  # nobody has to read it
        stdin.write(text)


def _collect(stdout: IO[str], listener: Callable[[str | None], None]) -> None:
    try:
        with stdout:
            for line in stdout:
                listener(line)
    finally:
        listener(None)


def _next(lines: SimpleQueue[str | None], deadline: float | None) -> str | None:
    """Return the next line, None after the last."""
    from queue import Empty  # noqa: PLC0415 - as above

    while True:
        left = TICK if deadline is None else min(TICK, max(0.0, deadline - time.monotonic()))
        try:
            return lines.get(timeout=left)
        except Empty:
            if deadline is not None and time.monotonic() >= deadline:
                raise ProcessTimeoutError from None


@contextlib.contextmanager
def _reaped(process: subprocess.Popen[str], grace: float) -> Iterator[subprocess.Popen[str]]:
    try:
        yield process
    except BaseException:
        if grace:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(grace)
        terminate(process)  # also where it has ended by itself: what it started may live on
        raise
    finally:
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                with contextlib.suppress(OSError, ValueError):
                    stream.close()


def terminate(process: subprocess.Popen[Any]) -> None:
    """Kill ``process`` and, where the system has process groups, everything that it started."""
    if _POSIX:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(OSError):
        process.kill()


def attached(command: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> int:
    """Run ``command`` on this process's own terminal and streams, and return its status.

    What is typed to interrupt is for the program: until it has ended, this process does not heed it
    (in the main thread; elsewhere no handler can be set).

    Raises:
        OSError: the program cannot be started.
    """
    before = signal.getsignal(signal.SIGINT)
    # Not SIG_IGN, which the program would inherit.
    main_thread = threading.current_thread() is threading.main_thread()
    if main_thread:
        signal.signal(signal.SIGINT, lambda _number, _frame: None)
    try:
        return subprocess.run(
            [os.fspath(part) for part in command],
            env=None if environment is None else dict(environment),
            check=False,
        ).returncode
    finally:
        if main_thread:
            signal.signal(signal.SIGINT, before)

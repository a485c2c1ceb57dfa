"""The plain way: a process for each test, watched and ended from here."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from syncsteps.errors import InterpreterError, SmokeError
from syncsteps.processes import terminate
from syncsteps.smoke.judging import Ending
from syncsteps.smoke.payload import importing_code

if TYPE_CHECKING:
    from syncsteps.smoke.model import Candidate
    from syncsteps.smoke.throwaway import ChildSettings, Throwaway

__all__ = ["Starter", "cannot_start"]

_POSIX = sys.platform != "win32"
_TAIL = 16 * 1024
_CHUNK = 64 * 1024
_LAST_WORDS = 5
_GRACE = 1.0
_TICK = 0.05


class Starter:
    """Starts one child after the other; `close` may be called from another thread."""

    def __init__(self, settings: ChildSettings) -> None:
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False
        self._lock = threading.Lock()

    def close(self) -> None:
        """Kill the child and its children, now or as soon as they would be started."""
        with self._lock:
            self._stopped = True
            if self._process is not None:
                terminate(self._process)

    def run(self, candidate: Candidate, files: Throwaway, *, fresh: bool) -> Ending:
        """Import in a child and return how it ended; every child is a fresh process here.

        Raises:
            InterpreterError: the interpreter cannot be started.
            SmokeError: it was stopped.
        """
        del fresh
        start = time.monotonic()
        with files.request.open("rb") as stdin:
            process = self._start(candidate, files, stdin)
        output = _Output(process.stdout)
        try:
            expired = not _ended(process, output, start + self._settings.timeout_of(candidate))
            if expired:
                _ask_for_trace(process)
        finally:
            with self._lock:
                # Once it is reaped, its number may be another's: `close` must not use it.
                self._process = None
            terminate(process)
            process.wait()
            left = _kill_strays(f"HOME={files.home}")
        return Ending(
            status=None if expired else process.returncode,
            expired=expired,
            seconds=time.monotonic() - start,
            words=output.last_words(),
            left=left,
        )

    def _start(
        self, candidate: Candidate, files: Throwaway, stdin: IO[bytes]
    ) -> subprocess.Popen[bytes]:
        options: dict[str, Any] = {"start_new_session": True} if _POSIX else {}
        with self._lock:
            if self._stopped:
                raise SmokeError(f"The import test of {candidate.name} was stopped.")
            try:
                self._process = subprocess.Popen(
                    [str(self._settings.executable), "-I", "-S", "-B", "-c", importing_code()],
                    stdin=stdin,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    env=files.environment,
                    cwd=files.work,
                    **options,
                )
            except OSError as error:
                raise cannot_start(self._settings.executable, error.strerror) from error
            return self._process


def cannot_start(executable: Path, reason: str | None) -> InterpreterError:
    """Return the error for an interpreter that the system does not start."""
    return InterpreterError(
        f"{executable} cannot be started: {reason}",
        hint="Check the file's mode, and that the system allows more processes.",
    )


class _Output:
    """The end of what a child writes, read as it comes so that the child never waits."""

    def __init__(self, stream: IO[bytes] | None) -> None:
        self._stream = stream
        self._tail = b""
        self.ended = threading.Event()
        # A process that got away may keep the pipe open for ever: nobody waits for this thread.
        threading.Thread(target=self._drain, daemon=True).start()

    def _drain(self) -> None:
        assert self._stream is not None  # noqa: S101 - opened with PIPE
        with self._stream as stream:
            while chunk := os.read(stream.fileno(), _CHUNK):
                self._tail = (self._tail + chunk)[-_TAIL:]
        self.ended.set()

    def last_words(self) -> tuple[str, ...]:
        """Return the last lines; call it when the child has ended."""
        self.ended.wait(_GRACE)
        lines = self._tail.decode("utf-8", errors="replace").splitlines()
        return tuple(line.rstrip() for line in lines if line.strip())[-_LAST_WORDS:]


def _ended(process: subprocess.Popen[bytes], output: _Output, deadline: float) -> bool:
    """Wait until the child itself ends; false if the deadline comes first.

    Its output mostly ends with it, which saves waiting for the next look; but a module may close
    its output, and a process that it left behind may hold it open.
    """
    while not output.ended.wait(_TICK):
        if process.poll() is not None:
            return True
        if time.monotonic() >= deadline:
            return False
    try:
        process.wait(timeout=max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return False
    return True


def _ask_for_trace(process: subprocess.Popen[bytes]) -> None:
    """Let a child that hangs write down where (faulthandler answers SIGABRT), and end."""
    if _POSIX:
        process.send_signal(signal.SIGABRT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=_GRACE)


def _kill_strays(variable: str) -> int:
    """Kill what left the child's process group and still has its ``NAME=value``; count it."""
    if sys.platform != "linux":
        return 0
    wanted, killed = os.fsencode(variable), 0
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            # The descriptor, not the number, makes sure that what was looked at is what is killed.
            descriptor = os.pidfd_open(int(entry.name))
            try:
                if wanted in (entry / "environ").read_bytes().split(b"\0"):
                    signal.pidfd_send_signal(descriptor, signal.SIGKILL)
                    killed += 1
            finally:
                os.close(descriptor)
    return killed

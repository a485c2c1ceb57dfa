"""One attempt at importing a distribution: a child process, what it left behind, the verdict."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from syncsteps.errors import InterpreterError, SmokeError
from syncsteps.processes import terminate
from syncsteps.smoke.model import ImportResult, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncsteps.smoke.model import Candidate

__all__ = ["Attempt", "ChildSettings", "child_environment"]

_POSIX = sys.platform != "win32"
_KEPT = frozenset(
    {
        "COMSPEC",
        "DYLD_LIBRARY_PATH",
        "LANG",
        "LANGUAGE",
        "LD_LIBRARY_PATH",
        "NUMBER_OF_PROCESSORS",
        "PATH",
        "PATHEXT",
        "PROCESSOR_ARCHITECTURE",
        "SYSTEMDRIVE",
        "SYSTEMROOT",
        "TZ",
        "WINDIR",
    }
)
_TAIL = 16 * 1024
_CHUNK = 64 * 1024
_LAST_WORDS = 5
_GRACE = 1.0
_TICK = 0.05
# Windows reports an unhandled exception as the process's status: 0xC0000005 and its like.
_WINDOWS_EXCEPTIONS = 0xC0000000
_TRACE_LINE = re.compile(r'^  File "(?P<file>.+)", line (?P<line>\d+) in (?P<name>.+)$')


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildSettings:
    """What every child of one run has in common; ``timeout`` is in seconds."""

    executable: Path
    site: tuple[Path, ...]
    timeout: float
    environment: Mapping[str, str]


def child_environment(environment: Mapping[str, str], directory: Path) -> dict[str, str]:
    """Return the variables a child gets: what programs need to run, and throwaway directories.

    Nothing that configures Python, a display or a tool is passed on. ``directory`` holds ``home``
    and ``tmp``.
    """
    kept = {
        name: value
        for name, value in environment.items()
        if name.upper() in _KEPT or name.startswith("LC_")
    }
    home, temporary = str(directory / "home"), str(directory / "tmp")
    kept |= dict.fromkeys(("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"), home)
    kept |= dict.fromkeys(("TMPDIR", "TEMP", "TMP"), temporary)
    # For the Pythons that a module starts; the child itself has -B.
    kept["PYTHONDONTWRITEBYTECODE"] = "1"
    return kept


class Attempt:
    """One child process that imports a candidate; `run` may be stopped from another thread."""

    def __init__(self, candidate: Candidate, settings: ChildSettings) -> None:
        self._candidate = candidate
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False
        self._lock = threading.Lock()

    def stop(self) -> None:
        """Kill the child and its children, now or as soon as they would be started."""
        with self._lock:
            self._stopped = True
            if self._process is not None:
                terminate(self._process)

    def run(self) -> ImportResult:
        """Import the modules in a child and return the verdict.

        Raises:
            InterpreterError: the interpreter cannot be started.
            SmokeError: there is no room for the throwaway directories.
        """
        try:
            with tempfile.TemporaryDirectory(
                prefix="syncsteps-smoke-", ignore_cleanup_errors=True
            ) as name:
                return self._run_in(Path(name).resolve())
        except OSError as error:
            raise SmokeError(
                f"The import test of {self._candidate.name} cannot be set up: {error}",
                hint="Make room in the directory for temporary files, or set TMPDIR to another.",
            ) from error

    def _run_in(self, directory: Path) -> ImportResult:
        for part in ("home", "tmp", "work"):
            (directory / part).mkdir()
        nonce = secrets.token_hex(16)
        request = directory / "request.json"
        request.write_text(json.dumps(self._request(directory, nonce)), encoding="utf-8")
        start = time.monotonic()
        with request.open("rb") as stdin:
            process = self._start(directory, stdin)
        output = _Output(process.stdout)
        try:
            expired = not _ended(process, output, start + self._timeout)
            if expired:
                _ask_for_trace(process)
        finally:
            with self._lock:
                # Once it is reaped, its number may be another's: `stop` must not use it.
                self._process = None
            terminate(process)
            process.wait()
            _kill_strays(f"HOME={directory / 'home'}")
        seconds = time.monotonic() - start
        entries = _entries(directory / "report", nonce)
        words = _frames_of_trace(directory / "trace") or output.last_words()
        status = None if expired else process.returncode
        return self._result(entries, status, words, seconds)

    @property
    def _timeout(self) -> float:
        own = self._candidate.timeout
        return self._settings.timeout if own is None else own

    def _request(self, directory: Path, nonce: str) -> dict[str, object]:
        return {
            "modules": self._candidate.modules,
            "deeper": self._candidate.deeper,
            "objects": self._candidate.objects,
            "statements": self._candidate.statements,
            "optional": self._candidate.optional,
            "site": [str(path) for path in self._settings.site],
            "report": str(directory / "report"),
            "trace": str(directory / "trace"),
            "nonce": nonce,
        }

    def _start(self, directory: Path, stdin: IO[bytes]) -> subprocess.Popen[bytes]:
        script = files("syncsteps.smoke").joinpath("_child.py").read_text(encoding="utf-8")
        options: dict[str, Any] = {"start_new_session": True} if _POSIX else {}
        with self._lock:
            if self._stopped:
                raise SmokeError(f"The import test of {self._candidate.name} was stopped.")
            try:
                self._process = subprocess.Popen(
                    [str(self._settings.executable), "-I", "-S", "-B", "-c", script],
                    stdin=stdin,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    env={
                        **child_environment(self._settings.environment, directory),
                        **dict(self._candidate.environment),
                    },
                    cwd=directory / "work",
                    **options,
                )
            except OSError as error:
                raise InterpreterError(
                    f"{self._settings.executable} cannot be started: {error.strerror}",
                    hint="Check the file's mode, and that the system allows more processes.",
                ) from error
            return self._process

    def _result(
        self,
        entries: list[dict[str, Any]],
        status: int | None,
        words: tuple[str, ...],
        seconds: float,
    ) -> ImportResult:
        module, excuse, excused = "", "", ""
        verdict, exception = self._ending(status)
        frames = words
        for entry in entries:
            match entry:
                case {"importing": module}:
                    pass
                case {"excused": excuse}:
                    excused = module
                case {"failed": exception, "frames": lines}:
                    verdict, frames = Verdict.FAILED, tuple(lines)
                case {"exited": exception, "frames": lines}:
                    verdict, frames = Verdict.EXITED, tuple(lines)
                case {"done": True}:
                    verdict, exception, module, frames = Verdict.OK, excuse, excused, ()
        return ImportResult(
            distribution=self._candidate.name,
            verdict=verdict,
            modules=self._candidate.modules,
            module=module,
            exception=exception,
            frames=tuple(self._from_site(frame) for frame in frames),
            seconds=seconds,
        )

    def _from_site(self, frame: str) -> str:
        """Return ``frame`` with staged files named as they will be imported, not by their place."""
        for site in self._settings.site:
            frame = frame.replace(f"{site}{os.sep}", "")
        return frame

    def _ending(self, status: int | None) -> tuple[Verdict, str]:
        """Return what it means that a child ended like this without saying how it went.

        ``status`` is None if the time ran out.
        """
        if status is None:
            return Verdict.TIMED_OUT, f"not imported within {self._timeout:g} seconds"
        if status < 0:
            return Verdict.CRASHED, _signal_name(-status)
        if status >= _WINDOWS_EXCEPTIONS:
            return Verdict.CRASHED, f"exception {status:#010x}"
        return Verdict.EXITED, f"the process ended with status {status}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


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


def _frames_of_trace(path: Path) -> tuple[str, ...]:
    """Return the innermost frames that faulthandler wrote before the child died, innermost last."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ()
    matches = (_TRACE_LINE.match(line) for line in lines)
    frames = [
        f"{match['file']}:{match['line']} in {match['name']}"
        for match in matches
        if match and not _is_machinery(match["file"])
    ]
    return tuple(reversed(frames[:_LAST_WORDS]))


def _is_machinery(file: str) -> bool:
    """Whether a frame's file is the import system's or the child script's own."""
    return (
        file == "<string>"
        or file.startswith("<frozen importlib")
        or Path(file).parts[-2:] == ("importlib", "__init__.py")
    )


def _entries(report: Path, nonce: str) -> list[dict[str, Any]]:
    """Return the lines of the child's report that are complete and bear its nonce."""
    try:
        lines = report.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []
    entries = []
    for line in lines:
        mark, _, text = line.partition(" ")
        if mark == nonce:
            with contextlib.suppress(ValueError):
                entries.append(json.loads(text))
    return entries


def _kill_strays(variable: str) -> None:
    """Kill what left the child's process group: it still has the child's own ``NAME=value``."""
    if sys.platform != "linux":
        return
    wanted = os.fsencode(variable)
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            # The descriptor, not the number, makes sure that what was looked at is what is killed.
            descriptor = os.pidfd_open(int(entry.name))
            try:
                if wanted in (entry / "environ").read_bytes().split(b"\0"):
                    signal.pidfd_send_signal(descriptor, signal.SIGKILL)
            finally:
                os.close(descriptor)

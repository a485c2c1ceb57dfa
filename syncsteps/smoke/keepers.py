"""The way on Linux: keepers, which fork a child for each test and leave nothing behind."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from syncsteps.errors import SmokeError
from syncsteps.processes import terminate
from syncsteps.smoke.attempt import Starter, cannot_start
from syncsteps.smoke.judging import Ending
from syncsteps.smoke.payload import importing_code, keeping_code
from syncsteps.smoke.throwaway import child_environment

if TYPE_CHECKING:
    from pathlib import Path

    from syncsteps.smoke.model import Candidate
    from syncsteps.smoke.throwaway import ChildSettings, Throwaway

__all__ = ["Keeper", "can_keep"]

_GRACE = 10.0


def can_keep() -> bool:
    """Whether there can be keepers here: on Linux, with a Python to run them."""
    return sys.platform == "linux" and bool(sys.executable)


class Keeper:
    """A process that does one test after the other; `close` may be called from another thread.

    ``directory`` is where the process that forks has its home; it is there, and empty. Where this
    tool's own Python does not run from its file alone, tests are done in the plain way.
    """

    def __init__(self, settings: ChildSettings, directory: Path) -> None:
        self._settings = settings
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None
        self._serves: bool | None = None
        self._plain = Starter(settings)
        self._closed = False
        self._lock = threading.Lock()

    def close(self) -> None:
        """End the keeper, and with it all that it has started; nothing is started any more."""
        self._plain.close()
        with self._lock:
            self._closed = True
            process = self._process
        if process is None:
            return
        assert process.stdin is not None  # noqa: S101 - opened with PIPE
        with contextlib.suppress(OSError):
            process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
        terminate(process)
        process.wait()
        assert process.stdout is not None  # noqa: S101 - opened with PIPE
        process.stdout.close()

    def run(self, candidate: Candidate, files: Throwaway, *, fresh: bool) -> Ending:
        """Import in a child and return how it ended; ``fresh``: not in a fork.

        Raises:
            InterpreterError: the interpreter cannot be started.
            SmokeError: the keeper was closed, or killed.
        """
        start = time.monotonic()
        process = self._started(candidate.name)
        if process is None:
            return self._plain.run(candidate, files, fresh=fresh)
        answer = _ask(
            process,
            {
                "fresh": fresh,
                "timeout": self._settings.timeout_of(candidate),
                "environment": files.environment,
                "directory": str(files.work),
                "home": str(files.home),
                "request": str(files.request),
            },
            candidate.name,
        )
        if "error" in answer:
            raise cannot_start(self._settings.executable, answer["error"])
        return Ending(
            status=answer["status"],
            expired=answer["expired"],
            seconds=time.monotonic() - start,
            words=tuple(answer["words"]),
            left=answer["left"],
            forked=answer["forked"],
            network=answer["network"],
            startup=tuple(answer["startup"]),
        )

    def _started(self, name: str) -> subprocess.Popen[bytes] | None:
        """Return the process, once it has said that it is ready; None if it never does."""
        with self._lock:
            if self._closed:
                raise SmokeError(f"The import test of {name} was stopped.")
            if self._serves is None and self._process is None:
                self._process = self._start()
            process = self._process
        if self._serves is None:
            self._serves = process is not None and bool(_line_of(process))
        return process if self._serves else None

    def _start(self) -> subprocess.Popen[bytes] | None:
        for part in ("home", "tmp"):
            (self._directory / part).mkdir()
        environment = child_environment(self._settings.environment, self._directory)
        orders = {
            "command": [str(self._settings.executable), "-I", "-S", "-B", "-c", importing_code()],
            "environment": environment,
            "directory": str(self._directory),
            "setup": self._settings.setup,
            "network": self._settings.network,
            "patience": self._settings.timeout,
        }
        try:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-B", "-c", keeping_code()],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
                start_new_session=True,
            )
        except OSError:
            return None
        assert process.stdin is not None  # noqa: S101 - opened with PIPE
        with contextlib.suppress(OSError):  # if it has ended already, the first question will tell
            process.stdin.write(json.dumps(orders).encode() + b"\n")
            process.stdin.flush()
        return process


def _ask(process: subprocess.Popen[bytes], test: dict[str, Any], name: str) -> dict[str, Any]:
    assert process.stdin is not None  # noqa: S101 - opened with PIPE
    line = b""
    # Closed from another thread, or its process is gone: there is no answer then.
    with contextlib.suppress(OSError, ValueError):
        process.stdin.write(json.dumps(test).encode() + b"\n")
        process.stdin.flush()
        line = _line_of(process)
    if not line:
        raise SmokeError(f"The import test of {name} was stopped.")
    answer: dict[str, Any] = json.loads(line)
    return answer


def _line_of(process: subprocess.Popen[bytes]) -> bytes:
    """Return the next line that a keeper says; nothing if it has ended or was closed."""
    assert process.stdout is not None  # noqa: S101 - opened with PIPE
    with contextlib.suppress(OSError, ValueError):
        return process.stdout.readline()
    return b""

"""Runs beside the tool, on Linux: starts what imports, and leaves none of it behind.

It runs in this tool's Python, from its source alone: standard library only. One keeper sees to one
import test at a time. It is the reaper of all that descends from it (prctl(2),
PR_SET_CHILD_SUBREAPER): what a module starts and leaves, in whatever session, becomes a child of
the keeper when its own parent ends, and is killed. Where the system allows, all of it has a network
of its own in which there is nothing but the loopback device (network_namespaces(7)).

Standard input has a line of JSON each, standard output one for each answer, after one that says
that the keeper is ready. The first says what to run: ``command``, ``environment``, ``directory``,
``setup`` (for the process that forks), ``network`` and ``patience`` (seconds until that process has
to be ready). Then each is a test: ``fresh`` (a process of its own, not a fork), ``timeout`` in
seconds, ``environment``, ``directory``, ``home`` and ``request`` (a file that has what the child is
to do). When standard input ends, so does everything.
"""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from typing import Any

from syncsteps.smoke._network import leave_network
from syncsteps.smoke._reaping import become_subreaper, kill_descendants, kill_group, kill_strays

_TAIL = 16 * 1024
_CHUNK = 64 * 1024
_LAST_WORDS = 5
_GRACE = 1.0
_TICK = 0.02
_PATIENCE = 5.0


class ToolGoneError(Exception):
    """Nobody waits for an answer any more."""


class Lines:
    """Lines of JSON that come through a descriptor."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._rest = b""

    def is_there(self) -> bool:
        """Whether the next one has come already: then waiting for the descriptor is in vain."""
        return b"\n" in self._rest

    def next(self) -> dict[str, Any] | None:
        """Return the next one, waiting for it, or None after the last."""
        while b"\n" not in self._rest:
            chunk = os.read(self.descriptor, _CHUNK)
            if not chunk:
                return None
            self._rest += chunk
        line, _, self._rest = self._rest.partition(b"\n")
        found: dict[str, Any] = json.loads(line)
        return found


class Output:
    """The end of what the children of one keeper write."""

    def __init__(self) -> None:
        self.reading, self.writing = os.pipe()
        os.set_blocking(self.reading, False)
        self._tail = b""

    def drain(self) -> None:
        """Read what there is."""
        with contextlib.suppress(BlockingIOError):
            while chunk := os.read(self.reading, _CHUNK):
                self._tail = (self._tail + chunk)[-_TAIL:]

    def take_last_words(self) -> list[str]:
        """Return the last lines, and forget them."""
        self.drain()
        lines, self._tail = self._tail.decode("utf-8", errors="replace").splitlines(), b""
        return [line.rstrip() for line in lines if line.strip()][-_LAST_WORDS:]


class Forked:
    """A child of the process that forks, which tells how it ended."""

    def __init__(self, zygote: "Zygote", request: dict[str, Any]) -> None:
        zygote.ask(request)
        self._answers = zygote.answers
        message = self._answers.next()
        if message is None:
            raise ChildProcessError
        self.pid: int = message["pid"]
        self.waits_for = self._answers.descriptor

    def has_ended(self) -> bool:
        """Whether it is known already how it ended."""
        return self._answers.is_there()

    def status(self) -> int | None:
        """Return how it ended, to be called once it has; None if nobody knows."""
        message = self._answers.next()
        return None if message is None else message["status"]


class Fresh:
    """A process that has been started for one test."""

    def __init__(self, command: list[str], test: dict[str, Any], output: Output) -> None:
        with open(test["request"], "rb") as stdin:
            self._process = subprocess.Popen(
                command,
                stdin=stdin,
                stdout=output.writing,
                stderr=output.writing,
                env=test["environment"],
                cwd=test["directory"],
                start_new_session=True,
            )
        self.pid = self._process.pid
        try:
            self.waits_for = os.pidfd_open(self.pid)
        except OSError:
            self.waits_for = -1

    def has_ended(self) -> bool:
        """Whether it has: it is still to be reaped, so that its number stays its own."""
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None

    def status(self) -> int | None:
        """Return how it ended, once it has, and with it its process group."""
        kill_group(self.pid)
        if self.waits_for >= 0:
            os.close(self.waits_for)
        return self._process.wait()


class Zygote:
    """The process that forks children."""

    def __init__(self, orders: dict[str, Any], output: Output) -> None:
        reading, writing = os.pipe()
        self._process = subprocess.Popen(
            orders["command"],
            stdin=subprocess.PIPE,
            stdout=output.writing,
            stderr=output.writing,
            env=orders["environment"],
            cwd=orders["directory"],
            pass_fds=(writing,),
            start_new_session=True,
        )
        os.close(writing)
        self.pid = self._process.pid
        self.answers = Lines(reading)
        self.ask({**orders["setup"], "serve": True, "answers": writing})

    def ask(self, request: dict[str, Any]) -> None:
        """Send a request; that it is dead already will show when there is no answer."""
        assert self._process.stdin is not None  # noqa: S101 - opened with PIPE
        with contextlib.suppress(BrokenPipeError):
            os.write(self._process.stdin.fileno(), json.dumps(request).encode() + b"\n")

    def end(self) -> None:
        """Kill and reap it."""
        kill_group(self.pid)
        self._process.wait()


class Keeper:
    """Runs the tests that the tool asks for, one after the other."""

    def __init__(self, orders: dict[str, Any], tool: Lines) -> None:
        self._orders = orders
        self._tool = tool
        self._output = Output()
        self._reaps = become_subreaper()
        self.network = "allowed" if orders["network"] else leave_network()
        self._zygote: Zygote | None = None
        self._obstacle = ""
        self.startup: list[dict[str, Any]] = []

    def test(self, test: dict[str, Any]) -> dict[str, Any]:
        """Do one test and return how it ended."""
        try:
            child = self._start(test)
        except ChildProcessError:
            self._give_up("the process that forks has ended")
            child = Fresh(self._orders["command"], test, self._output)
        except OSError as error:
            return {"error": error.strerror}
        try:
            expired = not self._ended(child, time.monotonic() + test["timeout"])
            if expired:
                self._end(child)
            status = child.status()
        except BaseException:
            kill_group(child.pid)
            raise
        finally:
            left = self._sweep(f"HOME={test['home']}", child.pid)
        if status is None:
            self._give_up("the process that forks was killed")
        return {
            "status": None if expired else status,
            "expired": expired,
            "words": self._output.take_last_words(),
            "left": left,
            "forked": isinstance(child, Forked),
            "obstacle": self._obstacle,
            "startup": self.startup,
        }

    def close(self) -> None:
        """End everything that descends from here."""
        if self._zygote is not None:
            self._zygote.end()
            self._zygote = None
        self._sweep("", 0)

    def _start(self, test: dict[str, Any]) -> Forked | Fresh:
        if not test["fresh"] and not self._obstacle and self._zygote is None:
            self._zygote = Zygote(self._orders, self._output)
            self._greet(self._zygote)
            self._output.take_last_words()
        if test["fresh"] or self._zygote is None:
            return Fresh(self._orders["command"], test, self._output)
        with open(test["request"], encoding="utf-8") as file:
            request = json.load(file)
        for key in ("environment", "directory"):
            request[key] = test[key]
        return Forked(self._zygote, request)

    def _greet(self, zygote: Zygote) -> None:
        """Wait until the process that forks is ready; end it if it must not fork."""
        deadline = time.monotonic() + self._orders["patience"]
        if not self._readable(zygote.answers.descriptor, deadline):
            self._give_up("a .pth file takes too long")
        elif (message := zygote.answers.next()) is None:
            self._give_up("a .pth file ends the process")
        else:
            self.startup = message["startup"]
            if message["obstacle"]:
                self._give_up(message["obstacle"])

    def _give_up(self, obstacle: str) -> None:
        self._obstacle = obstacle
        if self._zygote is not None:
            self._zygote.end()
            self._zygote = None

    def _ended(self, child: Forked | Fresh, deadline: float) -> bool:
        """Wait until the child has ended; false if the deadline comes first."""
        if child.waits_for >= 0:
            return child.has_ended() or self._readable(child.waits_for, deadline)
        while not child.has_ended():
            if time.monotonic() >= deadline:
                return False
            self._readable(self._output.reading, time.monotonic() + _TICK)
        return True

    def _readable(self, descriptor: int, deadline: float) -> bool:
        """Wait for a descriptor while the output is read; false if the deadline comes first.

        Raises:
            ToolGoneError: the tool has closed its end.
        """
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        poll.register(self._output.reading, select.POLLIN)
        poll.register(self._tool.descriptor, 0)  # its end alone is reported
        while True:
            left = deadline - time.monotonic()
            ready = {number for number, _ in poll.poll(max(0.0, left) * 1000)}
            if self._output.reading in ready:
                self._output.drain()
            if self._tool.descriptor in ready:
                raise ToolGoneError
            if descriptor in ready:
                return True
            if left <= 0:
                return False

    def _end(self, child: Forked | Fresh) -> None:
        """Let a child that hangs write down where (faulthandler answers SIGABRT), and end it."""
        for number, patience in ((signal.SIGABRT, _GRACE), (signal.SIGKILL, _PATIENCE)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(child.pid, number)
            if self._ended(child, time.monotonic() + patience):
                return

    def _sweep(self, variable: str, session: int) -> int:
        """Kill what a test has left, and return how many processes still ran."""
        if not self._reaps:
            return kill_strays(variable, session)
        return kill_descendants(set() if self._zygote is None else {self._zygote.pid})


def main() -> None:
    """Serve until the tool closes its end."""
    tool = Lines(0)
    orders = tool.next()
    if orders is None:
        return
    keeper = Keeper(orders, tool)
    try:
        os.write(1, b'{"ready": true}\n')
        while (test := tool.next()) is not None:
            answer = {**keeper.test(test), "network": keeper.network}
            os.write(1, json.dumps(answer).encode() + b"\n")
    except (ToolGoneError, BrokenPipeError):
        sys.exit(1)
    finally:
        keeper.close()

"""Runs inside the target: loads the standard library once, and forks a child for each import test.

Standard library only, and nothing newer than Python 3.6 can parse. The first line of standard input
is a request. Without ``serve`` it is for one test in this very process. With it, this process sets
up the path, answers, and then forks a child for each further line; ``answers`` is the descriptor
that it answers to: ``{"ready": ...}``, then for each child ``{"pid": ...}`` and, once it has ended
and its process group with it, ``{"status": ...}``: the status, or the signal's number below zero.
"""

import contextlib
import gc
import json
import os
import signal
import sys

from syncsteps.smoke._child import carry_out, set_up_site, shut_out
from syncsteps.smoke._shelf import LINKED_MODULES, MODULES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from syncsteps.smoke._shelf import Shelf


class Zygote:
    """The process that forks: ``requests`` and ``answers`` are descriptors."""

    def __init__(self, requests: int, answers: int) -> None:
        self._requests = os.fdopen(requests, "rb")
        self._answers = answers

    def answer(self, **message: object) -> None:
        """Send one line."""
        os.write(self._answers, (json.dumps(message) + "\n").encode("ascii"))

    def serve(self) -> None:
        """Fork a child for each request, one after the other, until there are no more."""
        # What a .pth file has put in their place is not for this process to use.
        fork, end = os.fork, os._exit
        for line in self._requests:
            request = json.loads(line.decode("utf-8"))
            pid = fork()
            if not pid:
                try:
                    self._become(request)
                finally:
                    end(0)
            self.answer(pid=pid)
            self.answer(status=_wait(pid))

    def _become(self, request: "dict[str, Any]") -> None:
        os.setsid()
        self._requests.close()
        os.close(self._answers)
        os.environ.clear()
        os.environ.update(request["environment"])
        tempfile = sys.modules.get("tempfile")
        if tempfile is not None:
            tempfile.tempdir = None  # type: ignore[attr-defined]
        os.chdir(request["directory"])
        carry_out(request)


def _wait(pid: int) -> int:
    """Wait for the end of a child, kill what is left of its process group, return its status."""
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    # Before it is reaped: until then its number is nobody else's.
    with contextlib.suppress(OSError):  # it may have ended before it had a group of its own
        os.killpg(pid, signal.SIGKILL)
    status = os.waitpid(pid, 0)[1]
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def obstacle() -> str:
    """Return why this process must not fork children that import, or nothing.

    Whatever is in the way has come with a ``.pth`` file: threads are not there after a fork, and
    timers and processes would not be the child's.
    """
    if _threads() > 1:
        return "a .pth file starts a thread"
    if type(os.fork) is not type(os.getpid) or os.fork.__module__ != "posix":
        return "a .pth file replaces os.fork"
    if signal.getitimer(signal.ITIMER_REAL)[0]:
        return "a .pth file sets a timer"
    try:
        os.waitpid(-1, os.WNOHANG)
    except OSError:
        return ""
    return "a .pth file starts a process"


def _threads() -> int:
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:  # there is no /proc, as in a bare root directory
        threading = sys.modules.get("threading")
        return 1 if threading is None else int(threading.active_count())


def main(shelf: "Shelf") -> None:
    """Do what the first line of standard input says."""
    requests = os.dup(0)
    request = json.loads(_first_line(requests).decode("utf-8"))
    shut_out()
    if not request.get("serve"):
        os.close(requests)
        shelf.close()
        set_up_site(request)
        carry_out(request)
    shelf.load(MODULES + (LINKED_MODULES if request["linked"] else ()))
    shelf.close()
    zygote = Zygote(requests, request["answers"])
    startup = set_up_site(request)
    zygote.answer(ready=True, obstacle=obstacle(), startup=startup)
    gc.collect()
    gc.freeze()
    zygote.serve()


def _first_line(descriptor: int) -> bytes:
    """Read no more than the first line: what follows is read by whoever serves."""
    parts = []  # type: list[bytes]
    while not parts or parts[-1] not in (b"\n", b""):
        parts.append(os.read(descriptor, 1))
    return b"".join(parts)

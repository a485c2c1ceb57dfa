"""Runs beside the tool, on Linux: finds and ends the processes that a test has left behind."""

import contextlib
import ctypes
import os
import signal
import time

_SUBREAPER = 36
_PATIENCE = 5.0
_MOMENT = 0.0005


def become_subreaper() -> bool:
    """Become the parent of every descendant whose own parent ends; whether that is granted."""
    libc = ctypes.CDLL(None, use_errno=True)
    if not children_are_told():
        return False
    return bool(libc.prctl(_SUBREAPER, 1, 0, 0, 0) == 0)


def children_are_told() -> bool:
    """Whether the kernel was built to list children."""
    return os.path.exists(f"/proc/self/task/{os.getpid()}/children")


def kill_descendants(spared: set[int]) -> int:
    """Kill and reap all that descends from this process; return how many still ran.

    ``spared`` are children that stay. They are stopped before they are killed: what is stopped
    starts nothing new. After five seconds, what is left is left.
    """
    killed = 0
    deadline = time.monotonic() + _PATIENCE
    while (children := children_of(os.getpid()) - spared) and time.monotonic() < deadline:
        for pid in descendants(children):
            _send(pid, signal.SIGSTOP)
        for pid in children:
            _send(pid, signal.SIGKILL)
            killed += _reaped(pid)
        time.sleep(_MOMENT)
    return killed


def _send(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _reaped(pid: int) -> bool:
    """Reap a child if it has ended; whether it ran until it was killed."""
    with contextlib.suppress(ChildProcessError):
        reaped, status = os.waitpid(pid, os.WNOHANG)
        return bool(reaped) and os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    return False


def children_of(pid: int) -> set[int]:
    """Return the children of a process, as proc_pid_task(5) has them."""
    found: set[int] = set()
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children", encoding="ascii") as file:
                found.update(map(int, file.read().split()))
    return found


def descendants(pids: set[int]) -> set[int]:
    """Return ``pids`` and all that descends from them."""
    found, more = set(pids), set(pids)
    while more:
        more = {child for pid in more for child in children_of(pid)} - found
        found |= more
    return found


def kill_group(pid: int) -> None:
    """Kill a process that leads a group, and the group."""
    with contextlib.suppress(OSError):
        os.killpg(pid, signal.SIGKILL)
    with contextlib.suppress(OSError):
        os.kill(pid, signal.SIGKILL)


def kill_strays(variable: str, session: int) -> int:
    """Kill what is of a session, or has ``NAME=value`` in its environment; return how many.

    ``session`` is that of a child. Without /proc nobody is found. Nothing is killed for being of
    session 0 or 1: these are the system's own, whatever was asked for.
    """
    wanted, killed = os.fsencode(variable), 0
    names = os.listdir("/proc") if variable and os.path.isdir("/proc") else []
    for name in filter(str.isdecimal, names):
        with contextlib.suppress(OSError, ValueError, IndexError):
            # The descriptor, not the number, makes sure that what was looked at is what is killed.
            descriptor = os.pidfd_open(int(name))
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    own = int(file.read().rpartition(b")")[2].split()[3])
                with open(f"/proc/{name}/environ", "rb") as file:
                    variables = file.read().split(b"\0")
                if is_stray(own, variables, session=session, wanted=wanted):
                    signal.pidfd_send_signal(descriptor, signal.SIGKILL)
                    killed += 1
            finally:
                os.close(descriptor)
    return killed


def is_stray(own: int, variables: list[bytes], *, session: int, wanted: bytes) -> bool:
    """Whether a process of session ``own`` with these variables is one that was left."""
    return wanted in variables or (own == session and session > 1)

"""Sees what this process opens, lists, starts and changes, by an audit hook (PEP 578).

What a run depends on is then not a list that somebody has to keep up to date. Only what is asked of
the file system without opening anything (is there such a file?) raises no event.
"""

# As in `marks`.
# ruff: noqa: PTH100

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

__all__ = ["Witness"]

_WRITING = (
    os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND | getattr(os, "O_TMPFILE", 0)
)
# What has been compiled from a module, or is one: whoever imports it is known by `sys.modules`.
_MODULES = (".pyc", ".so", ".pyd", ".dll", ".dylib")
_CHANGES = (
    "os.chdir",
    "os.chmod",
    "os.chown",
    "os.link",
    "os.mkdir",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.symlink",
    "os.truncate",
    "os.utime",
)
# Programs are started in one way only, which raises the event of `subprocess.Popen`.
_OTHER_PROGRAMS = (
    "os.exec",
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "os.spawn",
    "os.startfile",
    "os.system",
)
_NETWORK = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto")
_SERIOUS = frozenset((*_CHANGES, *_OTHER_PROGRAMS, *_NETWORK))


class Witness:
    """What has been seen since `watch`: ``opened`` and ``listed`` paths, ``programs`` started.

    ``programs`` are their arguments. ``written`` are files that were opened to be written to.
    ``doubts`` say what else was done that makes a run one that cannot be answered for.
    """

    def __init__(self) -> None:
        self.opened: set[str] = set()
        self.listed: set[str] = set()
        self.written: set[str] = set()
        self.programs: list[tuple[str, ...]] = []
        self.doubts: set[str] = set()
        self._watching = False
        self._handlers: dict[str, Callable[[tuple[Any, ...]], None]] = {
            "open": self._open,
            "os.listdir": self._list,
            "os.scandir": self._list,
            "pathlib.Path.glob": self._list,  # which looks first whether there is a directory
            "pathlib.Path.rglob": self._list,
            "subprocess.Popen": self._start,
        }

    def watch(self) -> None:
        """Begin, for as long as the process lasts: a hook cannot be taken away again."""
        self._watching = True
        sys.addaudithook(self._see)

    def rest(self) -> None:
        """See nothing of what comes from now on."""
        self._watching = False

    def _see(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._watching:
            return
        handler = self._handlers.get(event)
        if handler is not None:
            handler(arguments)
        elif event in _SERIOUS and not _is_byte_code(arguments):
            self.doubts.add(event)

    def _open(self, arguments: tuple[Any, ...]) -> None:
        path, _, flags = arguments
        name = _name(path)
        if not name or name.endswith(_MODULES) or name == os.devnull or _is_byte_code((name,)):
            return
        if isinstance(flags, int) and flags & _WRITING:
            self.written.add(os.path.abspath(name))
        else:
            self.opened.add(os.path.abspath(name))

    def _list(self, arguments: tuple[Any, ...]) -> None:
        path = arguments[0]
        if isinstance(path, int):
            self.doubts.add("a directory that has no name any more")
        else:
            self.listed.add(os.path.abspath("." if path is None else _name(path)))

    def _start(self, arguments: tuple[Any, ...]) -> None:
        command: Sequence[Any] | str = arguments[1]
        parts = [command] if isinstance(command, str) else command
        self.programs.append(tuple(map(_name, parts)))


def _is_byte_code(arguments: tuple[Any, ...]) -> bool:
    """Return whether this is about what Python itself writes when it first imports a module."""
    return bool(arguments) and "__pycache__" in _name(arguments[0])


def _name(path: object) -> str:
    """Return a path as text; a descriptor, which was opened before, as nothing."""
    if isinstance(path, bytes):
        return os.fsdecode(path)
    if isinstance(path, str):
        return path
    found = os.fspath(path) if isinstance(path, os.PathLike) else ""
    return os.fsdecode(found)

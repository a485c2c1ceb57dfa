"""The first lines of scripts: which Python runs them."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["first_lines", "retarget"]

_PLAIN = re.compile(
    rb"#!\s*(?P<quote>\"?)(?P<path>/[^\"\r\n]*?)(?P=quote)(?P<arguments>(?:[ \t]+-[^\r\n]*)?)\r?\n"
)
# What installers write where the path is too long for a kernel or has a space: the shell reads the
# second line as a command, Python reads it and the third as a string.
_TRAMPOLINE = re.compile(
    rb"#!/bin/sh\n'''exec' (?P<quote>['\"]?)(?P<path>/[^'\"\n]*?)(?P=quote)"
    rb"(?P<arguments>(?: -[^\"'\n]*)?) \"\$0\" \"\$@\"\n' '''\n"
)
_LONGEST_LINE = {"darwin": 512}
_LONGEST_ELSEWHERE = 127


def retarget(
    head: bytes, *, executable: str, platform: str, is_target: Callable[[str], bool]
) -> tuple[bytes, int] | None:
    """Return the bytes that a script must begin with, and how many of its own they replace.

    None where nothing is to change: the file has no such line, the line names another program, or
    it is right already.

    Args:
        head: The beginning of the script, some hundred bytes.
        executable: The Python that shall run it.
        platform: As `sys.platform`: how long a line the kernel takes.
        is_target: Whether a path that the line names is (another spelling of) ``executable``.
    """
    match = _TRAMPOLINE.match(head) or _PLAIN.match(head)
    if match is None or not is_target(match["path"].decode("utf-8", "surrogateescape")):
        return None
    wanted = first_lines(executable, match["arguments"].strip(), platform)
    return None if wanted == match[0] else (wanted, match.end())


def first_lines(executable: str, arguments: bytes, platform: str) -> bytes:
    """Return the bytes that make a file a script of the Python ``executable``.

    ``arguments`` are Python's own, ``platform`` is as `sys.platform`.
    """
    path = executable.encode("utf-8", "surrogateescape")
    tail = b" " + arguments if arguments else b""
    line = b"#!" + path + tail + b"\n"
    longest = _LONGEST_LINE.get(platform, _LONGEST_ELSEWHERE)
    if len(line) <= longest and not re.search(rb"\s", path):
        return line
    quoted = shlex.quote(executable).encode("utf-8", "surrogateescape")
    return b"#!/bin/sh\n'''exec' " + quoted + tail + b' "$0" "$@"\n' + b"' '''\n"

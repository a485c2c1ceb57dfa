"""Every error that syncsteps raises on purpose: what, where, what to do next, and its exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "CheckError",
    "CommitError",
    "InterpreterError",
    "LockError",
    "RecoveryError",
    "SelectionError",
    "SettingsError",
    "SmokeError",
    "StagingError",
    "SyncstepsError",
]


class SyncstepsError(Exception):
    """Base of every error that is the user's to see.

    ``str(error)`` is one or two sentences for a person. ``details`` are further lines (a log's last
    lines, the members of a conflict), ``hint`` says what to do next. ``code`` names the kind of
    error for ``syncsteps explain``; ``exit_code`` is the status of the process that ends with it.

    Example:
        >>> from syncsteps import Settings, sync
        >>> try:
        ...     sync(Settings(directory=Path("service"), group=("dev",)))
        ... except SyncstepsError as error:
        ...     print(error.code, error.exit_code)
        ERR310 3
    """

    code: ClassVar[str] = "ERR000"
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str = "", details: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details = tuple(details)

    def __str__(self) -> str:
        return self.message


class SettingsError(SyncstepsError):
    """A flag, a variable or a key of ``[tool.syncsteps]`` that means nothing (exit 2)."""

    code = "ERR200"
    exit_code = 2


class LockError(SyncstepsError):
    """A lock file that is missing, malformed or of an unknown version (exit 3).

    ``file`` is the lock's path as the user gave it; ``table`` the TOML table or line, such as
    ``package[12].wheels[0]``; ``key`` the key in it. A reader adds what it knows.
    """

    code = "ERR300"
    exit_code = 3

    def __init__(
        self,
        message: str,
        *,
        file: str = "",
        table: str = "",
        key: str = "",
        hint: str = "",
        details: Sequence[str] = (),
    ) -> None:
        super().__init__(message, hint=hint, details=details)
        self.file = file
        self.table = table
        self.key = key

    def __str__(self) -> str:
        where = [part for part in (self.file, self.table) if part]
        if self.key:
            where.append(f"key {self.key!r}")
        return f"{', '.join(where)}: {self.message}" if where else self.message


class SelectionError(SyncstepsError):
    """What was asked for cannot be selected from the lock (exit 3)."""

    code = "ERR310"
    exit_code = 3


class InterpreterError(SyncstepsError):
    """The target is not a usable interpreter, or it refuses to be changed (exit 4)."""

    code = "ERR400"
    exit_code = 4


class StagingError(SyncstepsError):
    """Fetching, building, unpacking or asking an index failed; nothing was touched (exit 5)."""

    code = "ERR500"
    exit_code = 5


class SmokeError(SyncstepsError):
    """Something that was staged or installed does not import (exit 1)."""

    code = "ERR110"
    exit_code = 1


class CheckError(SyncstepsError):
    """The interpreter is not what lock and receipt say, or the lock does not fit it (exit 1)."""

    code = "ERR120"
    exit_code = 1


class CommitError(SyncstepsError):
    """The swap failed and was rolled back; the target is as it was (exit 6)."""

    code = "ERR600"
    exit_code = 6


class RecoveryError(SyncstepsError):
    """An interrupted commit could neither be finished nor undone (exit 7)."""

    code = "ERR700"
    exit_code = 7

"""Reads an input as a run does, and says what is wrong with what comes of it."""

from __future__ import annotations

import re
import tempfile
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from syncsteps.errors import LockError, SyncstepsError
from syncsteps.export import (
    to_pylock,
    to_requirements,
    to_universal_pylock,
    to_universal_requirements,
)
from syncsteps.locks import read_lock
from syncsteps.selection import Request, select
from syncsteps.selection.universal import select_everywhere
from tests.support.interpreters import make_interpreter

if TYPE_CHECKING:
    from syncsteps.locks.model import Lock
    from tests.fuzz.mutations import Input

__all__ = ["Judge", "Outcome", "faults_of_error", "faults_of_lock", "kind_of"]

_LONGEST_MESSAGE = 3000
# Of a file as a whole: there is no table and no key that it could name.
_OF_THE_FILE = re.compile(
    r"not valid (?:TOML|JSON)|not readable as|the file is empty|this is no lock of a known kind"
    r"|expected (?:UTF-8|text|a JSON object|at most)"
)
_ADDRESS = re.compile(r"(https?|file|ssh|git|svn)://[^\s\\{}\"<>]+", re.IGNORECASE)
_DIGEST = re.compile(r"[0-9a-f]{32,128}")
_QUOTATION = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
_NUMBER = re.compile(r"\d+")
_ENVIRONMENT = {"HOME": "/home/someone", "A": "a", "URL": "https://index.invalid/simple"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What reading came to: a word or a message without its particulars, and what is wrong."""

    kind: str
    faults: tuple[str, ...] = ()


class Judge:
    """Reads inputs, each in the same directory."""

    def __init__(self) -> None:
        self._directory = tempfile.TemporaryDirectory()
        self._interpreter = make_interpreter()

    def close(self) -> None:
        """Remove the directory."""
        self._directory.cleanup()

    def judge(self, given: Input) -> Outcome:
        """Return what reading ``given`` comes to, and for a lock also selecting and exporting."""
        path = Path(self._directory.name, given.filename)
        path.write_bytes(given.content)
        path.with_name("pyproject.toml").write_bytes(given.pyproject)
        try:
            lock = read_lock(path, name="given.lock", environment=_ENVIRONMENT)
        except LockError as error:
            return Outcome(kind=kind_of(error.message), faults=faults_of_error(error))
        except Exception:  # noqa: BLE001 - whatever else comes is what is looked for
            return Outcome(kind="traceback", faults=(traceback.format_exc(),))
        finally:
            path.unlink()
        faults = (*faults_of_lock(lock), *self._faults_of_use(lock), *self._faults_everywhere(lock))
        return Outcome(kind="Lock", faults=faults)

    def _faults_of_use(self, lock: Lock) -> tuple[str, ...]:
        try:
            selection = select(lock, Request(), self._interpreter)
            to_requirements(selection, lock=lock, root=lock.root)
            to_pylock(selection, lock=lock, root=lock.root)
        except SyncstepsError as error:
            text = str(error)
            return () if text.isprintable() else (f"a message has control characters: {text!r}",)
        except Exception:  # noqa: BLE001 - as above
            return (f"the lock was read, and then: {traceback.format_exc()}",)
        return ()

    def _faults_everywhere(self, lock: Lock) -> tuple[str, ...]:
        try:
            universal = select_everywhere(lock, Request(), keep_choices=False, for_pylock=False)
            to_universal_requirements(universal, lock=lock, root=lock.root)
            universal = select_everywhere(lock, Request(), keep_choices=True, for_pylock=True)
            to_universal_pylock(universal, lock=lock, root=lock.root)
        except SyncstepsError as error:
            text = str(error)
            return () if text.isprintable() else (f"a message has control characters: {text!r}",)
        except Exception:  # noqa: BLE001 - as above
            return (f"the lock was read, and then: {traceback.format_exc()}",)
        return ()


def faults_of_error(error: LockError) -> tuple[str, ...]:
    """Return what a user could not use about ``error``: no place, or a text that is not shown."""
    faults = list(_faults_of_text(str(error)))
    for text in (error.hint, *error.details):
        faults += _faults_of_text(text) if text else ()
    if not error.file:
        faults.append(f"names no file: {error}")
    if not (error.table or error.key or _OF_THE_FILE.match(error.message)):
        faults.append(f"names neither table nor key: {error}")
    return tuple(faults)


def faults_of_lock(lock: Lock) -> tuple[str, ...]:
    """Return which values of ``lock`` could end a line or begin an option."""
    texts = [package.name for package in lock.packages]
    texts += [package.index for package in lock.packages if package.index is not None]
    texts += [
        text
        for package in lock.packages
        for part in (package.source, package.sdist, *package.wheels)
        for name in ("url", "path", "filename", "subdirectory", "requested_revision", "commit_id")
        if (text := getattr(part, name, None)) is not None
    ]
    texts += [*lock.extras, *lock.groups, *lock.default_groups, *lock.members]
    addresses = [text for text in texts if "://" in text]
    hashes = [
        hash_.digest
        for package in lock.packages
        for part in (package, package.source, package.sdist, *package.wheels)
        for hash_ in getattr(part, "hashes", ())
    ]
    inside = [
        step
        for package in lock.packages
        for step in (getattr(package.source, "subdirectory", None) or "").split("/")
    ]
    wrong = [text for text in texts if not text or not text.isprintable() or text[0] == "-"]
    wrong += [text for text in addresses if not _ADDRESS.fullmatch(text)]
    wrong += [text for text in hashes if not _DIGEST.fullmatch(text)]
    wrong += [step for step in inside if step == ".."]
    return tuple(f"the lock has the value {text!r}" for text in wrong)


def _faults_of_text(text: str) -> tuple[str, ...]:
    if not text.isprintable():
        return (f"a message has control characters: {text!r}",)
    if len(text) > _LONGEST_MESSAGE:
        return (f"a message has {len(text)} characters: {text[:200]}",)
    return ()


def kind_of(message: str) -> str:
    """Return the beginning of ``message`` without its particulars, to count its like."""
    plain = _NUMBER.sub("N", _QUOTATION.sub("'…'", message))
    return "".join(c if c.isprintable() else "?" for c in plain)[:70]

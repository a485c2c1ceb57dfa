"""From a path to a lock: the only place of this package that touches the disk."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import tomli

from syncsteps.errors import LockError
from syncsteps.locks.detect import format_of_name, recognize
from syncsteps.locks.fields import Origin
from syncsteps.locks.pylock import read_pylock
from syncsteps.locks.requirements import read_requirements
from syncsteps.locks.uv import read_uv

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from syncsteps.locks.model import Lock

__all__ = ["find_lock", "read_lock"]

_NAMES = ("uv.lock", "pylock.toml", "poetry.lock", "pdm.lock", "Pipfile.lock")
_REQUIREMENTS = "requirements.txt"

# What makes a lock, by the table of pyproject.toml that shows the tool is in use.
_LOCKERS = {"uv": "uv lock", "poetry": "poetry lock", "pdm": "pdm lock"}
_EXPORTS = {
    "poetry": (
        "poetry.lock",
        "`poetry export --output requirements.txt` (of the plugin poetry-plugin-export)",
    ),
    "pdm": ("pdm.lock", "`pdm export --format pylock --output pylock.toml`"),
    "pipfile": ("Pipfile.lock", "`pipenv requirements --hash > requirements.txt`"),
}


def find_lock(directory: Path, *, pyproject: Mapping[str, object] | None) -> Path:
    """Return the one lock in a project's directory, whose pyproject.toml is ``pyproject``.

    A requirements.txt counts only where there is no other lock, and so does a single
    ``pylock.NAME.toml``.

    Raises:
        LockError: there is none, or there are several.
    """
    shown = str(directory)
    try:
        files = sorted(path.name for path in directory.iterdir() if path.is_file())
    except OSError as error:
        raise LockError(f"cannot look for a lock: {error.strerror or error}", file=shown) from error
    locks = [name for name in _NAMES if name in files]
    if not locks:
        locks = [name for name in files if format_of_name(name) == "pylock"]
    if not locks and _REQUIREMENTS in files:
        locks = [_REQUIREMENTS]
    if not locks:
        raise LockError(
            f"found no lock; looked for {', '.join(_NAMES)}, one pylock.NAME.toml"
            f" and {_REQUIREMENTS}",
            file=shown,
            hint=_how_to_lock(pyproject),
        )
    if len(locks) > 1:
        raise LockError(
            f"found several locks: {', '.join(locks)}",
            file=shown,
            hint=f"say which one with --lock, for example --lock {locks[0]}",
        )
    return directory / locks[0]


def _how_to_lock(pyproject: Mapping[str, object] | None) -> str:
    tool = (pyproject or {}).get("tool")
    used = [name for name in _LOCKERS if isinstance(tool, dict) and name in tool]
    command = _LOCKERS[used[0]] if used else _LOCKERS["uv"]
    return f"make one with `{command}`, or say where it is with --lock"


def read_lock(path: Path, *, name: str = "", environment: Mapping[str, str] | None = None) -> Lock:
    """Return the lock in the file ``path``, of whatever format it has.

    ``name`` is the path as the user gave it, for errors (default: ``path``). ``environment`` is
    where the ``${VARIABLE}`` of a requirements file come from; None: nowhere.

    Raises:
        LockError: the file cannot be read, has no known format, or is malformed.
    """
    name = name or str(path)
    content = _bytes(path, name)
    text = _decoded(content, name)
    document = recognize(text, filename=path.name, file=name)
    whole = path.absolute()
    origin = Origin(
        name=name,
        path=whole,
        root=whole.parent,
        digest=hashlib.sha256(content).hexdigest(),
    )
    if document.format == "uv":
        return read_uv(document.data, origin)
    if document.format == "pylock":
        return read_pylock(document.data, origin)
    if document.format == "requirements":
        disk = _Disk(whole.parent)
        lock = read_requirements(text, origin, environment=environment or {}, surroundings=disk)
        return replace(lock, digest=disk.digest(content))
    raise _unreadable(document.format, name)


def _unreadable(found: str, name: str) -> LockError:
    filename, command = _EXPORTS[found]
    return LockError(
        f"this is a {filename}, a format that cannot be read yet",
        file=name,
        hint=f"export it with {command} and pass the result with --lock",
    )


class _Disk:
    """The surroundings of a requirements file in the directory ``root``."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._included: list[bytes] = []

    def text(self, path: str) -> str:
        content = _bytes(self._root / path, path)
        self._included.append(content)
        return _decoded(content, path)

    def project_name(self, path: str) -> str | None:
        try:
            text = (self._root / path / "pyproject.toml").read_text(encoding="utf-8")
            pyproject = tomli.loads(text)
        except (OSError, ValueError, RecursionError):
            return None
        project = pyproject.get("project")
        name = project.get("name") if isinstance(project, dict) else None
        return name if isinstance(name, str) else None

    def digest(self, content: bytes) -> str:
        """Return the SHA-256 of ``content`` and of everything that was included."""
        return hashlib.sha256(b"".join((content, *self._included))).hexdigest()


def _bytes(path: Path, name: str) -> bytes:
    try:
        if path.exists() and not path.is_file():
            kind = "a directory" if path.is_dir() else "no regular file"
            raise LockError(f"expected a file, found {kind}", file=name)
        return path.read_bytes()
    except FileNotFoundError as error:
        raise LockError(
            "there is no such file", file=name, hint="say where the lock is with --lock"
        ) from error
    except OSError as error:
        raise LockError(f"cannot be read: {error.strerror or error}", file=name) from error
    except ValueError as error:
        raise LockError(f"not a path: {error}", file=name) from error


def _decoded(content: bytes, name: str) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise LockError(
            "expected UTF-8, found UTF-16",
            file=name,
            hint="PowerShell's > writes UTF-16: use the tool's own option for an output file",
        )
    if b"\0" in content:
        raise LockError("expected text, found a binary file", file=name)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LockError(
            f"expected UTF-8; byte {error.start} is something else", file=name
        ) from error

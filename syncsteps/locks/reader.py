"""From a path to a lock: the only place of this package that touches the disk."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from syncsteps.errors import LockError
from syncsteps.locks import formats
from syncsteps.locks.boundaries import HINT, leaves
from syncsteps.locks.detect import format_of_name, parse_toml, recognize
from syncsteps.locks.fields import Origin
from syncsteps.locks.limits import LARGEST_FILE, check_size
from syncsteps.locks.values import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from syncsteps.locks.model import Lock

__all__ = ["find_lock", "read_lock"]

_NAMES = ("uv.lock", "pylock.toml", "poetry.lock", "pdm.lock", "Pipfile.lock")
_REQUIREMENTS = "requirements.txt"
_PIPFILE = "Pipfile"
_OUTSIDE = "it is outside of the project's directory"

# The lock of each tool that has a table in pyproject.toml where it is in use.
_LOCKS = {"uv": "uv.lock", "poetry": "poetry.lock", "pdm": "pdm.lock"}


def find_lock(directory: Path, *, pyproject: Mapping[str, object] | None) -> Path:
    """Return the one lock in a project's directory, whose pyproject.toml is ``pyproject``.

    Of several it is the one whose tool the project shows to be in use, if that is so for one only:
    by the tool's table in pyproject.toml, or for Pipfile.lock by a Pipfile. A requirements.txt
    counts only where there is no other lock, and so does a single ``pylock.NAME.toml``.

    Raises:
        LockError: there is none, or there are several.
    """
    shown = str(directory)
    try:
        files = sorted(path.name for path in directory.iterdir() if path.is_file())
    except OSError as error:
        raise LockError(f"cannot look for a lock: {error.strerror or error}", file=shown) from error
    tools = _tools(pyproject, files)
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
            hint=f"make one with `{next(iter(tools), 'uv')} lock`, or say where it is with --lock",
        )
    in_use = [name for name in locks if name in tools.values()]
    if len(locks) > 1 and len(in_use) != 1:
        raise LockError(
            f"found several locks: {', '.join(locks)}",
            file=shown,
            hint=f"say which one with --lock, for example --lock {(in_use or locks)[0]}, or with"
            " lock in [tool.syncsteps]",
        )
    return directory / (in_use or locks)[0]


def _tools(pyproject: Mapping[str, object] | None, files: Iterable[str]) -> dict[str, str]:
    """Return the tools that the project shows to be in use, each with the name of its lock."""
    tables = (pyproject or {}).get("tool")
    tools = {
        tool: lock for tool, lock in _LOCKS.items() if isinstance(tables, dict) and tool in tables
    }
    if _PIPFILE in files:
        tools["pipenv"] = f"{_PIPFILE}.lock"
    return tools


def read_lock(
    path: Path,
    *,
    name: str = "",
    environment: Mapping[str, str] | None = None,
    allow_outside: bool = False,
) -> Lock:
    """Return the lock in the file ``path``, of whatever format it has.

    ``name`` is the path as the user gave it, for errors (default: ``path``). ``environment`` is
    where the ``${VARIABLE}`` of a requirements file, a Pipfile.lock or pdm's sources come from;
    None: nowhere. ``allow_outside`` allows to look into the files and directories that the lock
    refers to also where they are outside of the lock's own directory. What it then says of them is
    not judged here.

    Raises:
        LockError: the file cannot be read, has no known format, is malformed, or needs to look at
            what is outside.
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
        return formats.read_uv(document.data, origin)
    if document.format == "pylock":
        return formats.read_pylock(document.data, origin)
    if document.format == "requirements":
        disk = _Disk(whole.parent, content, allow_outside=allow_outside)
        lock = formats.read_requirements(
            text, origin, environment=environment or {}, surroundings=disk
        )
        return replace(lock, digest=disk.digest)
    if document.format == "pipfile":
        disk = _Disk(whole.parent, content, allow_outside=allow_outside)
        return formats.read_pipfile(
            document.data,
            origin,
            environment=environment,
            project_name=disk.project_name_inside,
        )
    pyproject = _pyproject_beside(whole)
    if document.format == "poetry":
        return formats.read_poetry(document.data, origin, pyproject)
    return formats.read_pdm(document.data, origin, pyproject, environment=environment)


def _pyproject_beside(lock: Path) -> Mapping[str, Any] | None:
    """Return the pyproject.toml that a lock belongs to, None where there is none.

    Raises:
        LockError: it cannot be read.
    """
    path = lock.parent / "pyproject.toml"
    if not path.is_file():
        return None
    return parse_toml(_decoded(_bytes(path, path.name), path.name), file=path.name)


class _Disk:
    """The surroundings of a lock of these bytes in the directory ``root``."""

    def __init__(self, root: Path, lock: bytes, *, allow_outside: bool) -> None:
        self._root = root
        self._allow_outside = allow_outside
        self._digest = hashlib.sha256(lock)

    def text(self, path: str) -> str:
        if self._is_closed(path):
            raise LockError(_OUTSIDE, file=path, hint=HINT)
        content = _bytes(self._root / path, path)
        self._digest.update(content)
        return _decoded(content, path)

    def _is_closed(self, path: str) -> bool:
        return not self._allow_outside and leaves(path, root=self._root)

    def project_name_inside(self, path: str) -> str | None:
        """Return what `project_name` does, and None for what may not be looked into."""
        return None if self._is_closed(path) else self.project_name(path)

    def project_name(self, path: str) -> str | None:
        if self._is_closed(path):
            raise ValueError(f"{quoted(path)}: {_OUTSIDE}; {HINT}")
        directory = self._root / path
        try:
            return _name_in_pyproject(directory) or _name_in_setup_cfg(directory)
        except (LockError, OSError):
            return None

    @property
    def digest(self) -> str:
        """The SHA-256 of the lock and of everything that it has included so far."""
        return self._digest.hexdigest()


def _name_in_pyproject(directory: Path) -> str | None:
    path = directory / "pyproject.toml"
    if not path.is_file():
        return None
    pyproject = parse_toml(_decoded(_bytes(path, path.name), path.name), file=path.name)
    tools = pyproject.get("tool")
    poetry = tools.get("poetry") if isinstance(tools, dict) else None
    for table in (pyproject.get("project"), poetry):
        name = table.get("name") if isinstance(table, dict) else None
        if isinstance(name, str):
            return name
    return None


def _name_in_setup_cfg(directory: Path) -> str | None:
    # Most locks name no directory that has one.
    from configparser import Error as ConfigError  # noqa: PLC0415
    from configparser import RawConfigParser  # noqa: PLC0415

    path = directory / "setup.cfg"
    if not path.is_file():
        return None
    parser = RawConfigParser()
    try:
        parser.read_string(_decoded(_bytes(path, path.name), path.name))
    except ConfigError:
        return None
    return parser.get("metadata", "name", fallback=None)


def _bytes(path: Path, name: str) -> bytes:
    try:
        if path.exists() and not path.is_file():
            kind = "a directory" if path.is_dir() else "no regular file"
            raise LockError(f"expected a file, found {kind}", file=name)
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except FileNotFoundError as error:
        raise LockError(
            "there is no such file", file=name, hint="say where the lock is with --lock"
        ) from error
    except OSError as error:
        raise LockError(f"cannot be read: {error.strerror or error}", file=name) from error
    except ValueError as error:
        raise LockError(f"not a path: {error}", file=name) from error
    check_size(content, file=name)
    return content


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

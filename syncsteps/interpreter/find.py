"""Find the interpreter to put a lock into: the one that was asked for, or the system's."""

from __future__ import annotations

import contextlib
import functools
import os
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from syncsteps.errors import InterpreterError
from syncsteps.interpreter.probe import probing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from syncsteps.interpreter.model import Interpreter

__all__ = ["find_target", "resolve", "resolving"]

_VERSION = re.compile(r"\d+(?:\.\d+){0,2}t?")
_WINDOWS = sys.platform == "win32"
_PROGRAMS = "Scripts" if _WINDOWS else "bin"
_DEFAULT_NAMES = ("python3", "python")
_PATH_HINT = "Name the interpreter with --python, for example --python /usr/bin/python3."


def resolve(
    requested: str | None,
    *,
    environment: Mapping[str, str],
    allow_virtualenv: bool = False,
    with_distributions: bool = True,
    timeout: float = 30.0,
) -> Interpreter:
    """Return the probed interpreter that is the target.

    ``requested`` is a path of an interpreter or of a prefix, a command on PATH or a version such as
    ``3.12``; without it, the target is the system's Python on PATH, and where that is a virtual
    environment, its base. ``environment`` gives PATH and VIRTUAL_ENV. ``timeout`` is in seconds,
    for each interpreter that is asked; ``with_distributions`` is what `probe` makes of it.

    Raises:
        InterpreterError: nothing is found, it is no usable interpreter or not of the version that
            was asked for, or it is a virtual environment that was asked for by name while
            ``allow_virtualenv`` is false.
    """
    with resolving(
        requested,
        environment=environment,
        allow_virtualenv=allow_virtualenv,
        with_distributions=with_distributions,
        timeout=timeout,
    ) as answer:
        return answer()


@contextlib.contextmanager
def resolving(
    requested: str | None,
    *,
    environment: Mapping[str, str],
    allow_virtualenv: bool = False,
    with_distributions: bool = True,
    timeout: float = 30.0,
    recall: Callable[[Path], Interpreter | None] | None = None,
) -> Iterator[Callable[[], Interpreter]]:
    """Start what `resolve` does; what this gives waits for the answer and returns the interpreter.

    ``recall`` is what `probing` makes of it. Raises, here or when waiting, what `resolve` does.
    """
    found = find_target(
        requested,
        environment=environment,
        own_prefix=Path(sys.prefix),
        own_is_virtual=sys.prefix != sys.base_prefix,
    )

    ask = functools.partial(
        probing, timeout=timeout, with_distributions=with_distributions, recall=recall
    )

    def accepted() -> Interpreter:
        interpreter = answer()
        if requested is None:
            return _system_of(interpreter, ask)
        _require_version(interpreter, requested)
        if not allow_virtualenv:
            _require_system(interpreter)
        return interpreter

    with ask(found) as answer:
        yield accepted


def _system_of(
    interpreter: Interpreter,
    ask: Callable[[Path], AbstractContextManager[Callable[[], Interpreter]]],
) -> Interpreter:
    """Return the interpreter itself, or the one that its virtual environment was made from."""
    seen: set[Path] = set()
    # An environment that was made from within another may name that one as its base.
    while interpreter.virtual:
        seen.add(interpreter.executable)
        base = _base(interpreter, seen)
        with ask(base) as answer:
            interpreter = answer()
    return interpreter


def _require_system(interpreter: Interpreter) -> None:
    if interpreter.virtual:
        base = interpreter.base_executable
        raise InterpreterError(
            f"{interpreter.executable} belongs to the virtual environment {interpreter.prefix}, "
            "and the target is to be a system's interpreter.",
            hint=(f"Name its base with --python {base}, or " if base else "")
            + "allow it with --allow-virtualenv.",
        )


def find_target(
    requested: str | None,
    *,
    environment: Mapping[str, str],
    own_prefix: Path,
    own_is_virtual: bool,
) -> Path:
    """Return the path of the interpreter that `resolve` is to probe; nothing is run.

    On PATH, the programs of the virtual environment that this program runs in (``own_prefix``, when
    ``own_is_virtual``) and of the active one (VIRTUAL_ENV) are passed over.

    Raises:
        InterpreterError: nothing is found.
    """
    passed_over = [own_prefix / _PROGRAMS] if own_is_virtual else []
    if environment.get("VIRTUAL_ENV"):
        passed_over.append(Path(environment["VIRTUAL_ENV"], _PROGRAMS))
    directories = list(_search_path(environment, passed_over))
    if requested is None:
        return _on_path(_DEFAULT_NAMES, directories)
    if not requested.strip():
        raise InterpreterError("The interpreter that was asked for is empty.", hint=_PATH_HINT)
    if _VERSION.fullmatch(requested):
        return _on_path(_names_of_version(requested), directories)
    path = Path(requested)
    if path.name != requested:
        return _in_prefix(path)
    # A command comes first: a project may well have a folder named python.
    found = _first((requested,), directories)
    return found or (_in_prefix(path) if path.exists() else _on_path((requested,), directories))


def _search_path(environment: Mapping[str, str], passed_over: list[Path]) -> Iterator[Path]:
    # An empty entry means the working directory, which is no place to look for a system's Python.
    entries = filter(None, environment.get("PATH", os.defpath).split(os.pathsep))
    for entry in map(Path, entries):
        if not any(_same(entry, other) for other in passed_over):
            yield entry


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _names_of_version(version: str) -> tuple[str, ...]:
    """Return the names under which an interpreter of this version, such as 3.12.1, is installed."""
    suffix = "t" if version.endswith("t") else ""
    name = "python" + ".".join(version.removesuffix("t").split(".")[:2]) + suffix
    # On Windows the version is no part of the name: what is found is checked afterwards.
    return (name, *_DEFAULT_NAMES) if _WINDOWS else (name,)


def _first(names: Sequence[str], directories: Sequence[Path]) -> Path | None:
    tries = (shutil.which(name, path=str(at)) for name in names for at in directories)
    return next((Path(found) for found in tries if found is not None), None)


def _on_path(names: Sequence[str], directories: Sequence[Path]) -> Path:
    found = _first(names, directories)
    if found is not None:
        return found
    raise InterpreterError(
        f"There is no {' or '.join(names)} on PATH, virtual environments passed over.",
        hint=_PATH_HINT,
        details=[str(directory) for directory in directories],
    )


def _in_prefix(prefix: Path) -> Path:
    """Return the interpreter in this prefix; a path that is no directory is one itself."""
    # Not `Path.is_dir` and the like: they raise where the user may not look.
    if not os.path.isdir(prefix):  # noqa: PTH112
        return prefix
    programs = prefix / _PROGRAMS
    if _WINDOWS:
        candidates = [programs / "python.exe", prefix / "python.exe"]
    else:
        versioned = sorted(n for n in _names_in(programs) if re.fullmatch(r"python3\.\d+t?", n))
        candidates = [programs / name for name in ("python3", "python", *versioned)]
    found = next((path for path in candidates if os.path.isfile(path)), None)  # noqa: PTH113
    if found is None:
        raise InterpreterError(
            f"There is no Python interpreter in {programs}.",
            hint="Name the interpreter itself with --python.",
        )
    return found


def _names_in(directory: Path) -> list[str]:
    try:
        return os.listdir(directory)  # noqa: PTH208 - names are wanted
    except OSError:
        return []


def _base(interpreter: Interpreter, seen: set[Path]) -> Path:
    base = interpreter.base_executable
    if base is None or base in seen:
        raise InterpreterError(
            f"{interpreter.executable} on PATH belongs to the virtual environment "
            f"{interpreter.prefix}, and the interpreter that it was made from is not found.",
            hint=_PATH_HINT,
        )
    return base


def _require_version(interpreter: Interpreter, requested: str) -> None:
    if not _VERSION.fullmatch(requested):
        return
    wanted = requested.removesuffix("t").split(".")
    found = interpreter.version.split(".")[: len(wanted)]
    if found != wanted or (requested.endswith("t") and not interpreter.free_threaded):
        raise InterpreterError(
            f"{interpreter.executable} is Python {interpreter.version}, not {requested}.",
            hint="Name the interpreter itself with --python.",
        )

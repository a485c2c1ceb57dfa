"""Ask a Python interpreter what it is, by a script that runs inside it."""

from __future__ import annotations

import contextlib
import errno
import importlib.util
import os
import pkgutil
import re
import shutil
import signal
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syncsteps.errors import InterpreterError
from syncsteps.processes import Completed, ProcessTimeoutError, started

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from syncsteps.interpreter.model import Interpreter, Scheme

__all__ = ["BUILD_TOOLS", "MINIMUM_VERSION", "packaging_home", "probe", "probing"]

MINIMUM_VERSION = "3.9"
"""The oldest Python that can be a target."""

BUILD_TOOLS = {
    "cc": ("cc", "gcc", "clang", "cl"),
    "c++": ("c++", "g++", "clang++", "cl"),
    "make": ("make", "gmake"),
    "cmake": ("cmake",),
    "cargo": ("cargo",),
    "rustc": ("rustc",),
}
"""What the builds of sdists run that Python's own packages do not bring, and its usual programs."""

_USAGE_STATUS = 2
_LAST_LINES = 8
_HINT = "Name the system's Python with --python, for example --python /usr/bin/python3."


def probe(
    executable: Path, *, timeout: float = 30.0, with_distributions: bool = True
) -> Interpreter:
    """Run a script inside the interpreter at ``executable`` and return what it found there.

    Nothing is written, not even byte code. The script is fed on standard input to an isolated
    start, so that neither its folder, ``PYTHONPATH`` nor the user's site matters; tags are computed
    inside, by this program's own `packaging`, unless that no longer runs there (see
    `tags_from_outside`). ``timeout`` is in seconds. Without
    ``with_distributions``, what is installed is not looked at: there are no ``distributions`` and
    nothing is ``broken``.

    Raises:
        InterpreterError: there is no such program, it is not Python, is too old, hangs, crashes or
            answers with something else; or who owns its distributions cannot be found out.
    """
    with probing(executable, timeout=timeout, with_distributions=with_distributions) as answer:
        return answer()


@contextlib.contextmanager
def probing(
    executable: Path,
    *,
    timeout: float = 30.0,
    with_distributions: bool = True,
    recall: Callable[[Path], Interpreter | None] | None = None,
) -> Iterator[Callable[[], Interpreter]]:
    """Start what `probe` does; what this gives waits for the answer and returns the interpreter.

    Leaving the block before that ends the program. ``recall`` returns what an earlier probe of the
    same program has found, if that still holds: then the program is not started, and only what
    another process or user may see otherwise is looked at. Raises, here or when waiting, what
    `probe` does.
    """
    program = Path(os.path.abspath(executable))  # noqa: PTH100 - resolve() would leave a venv
    known = None if recall is None else recall(program)
    if known is not None:
        yield lambda: _as_it_is_now(known)
        return
    fence = os.urandom(16).hex()
    # -B: an image without byte code would get it written beside its standard library.
    command: list[str | Path] = [
        program,
        "-I",
        "-B",
        "-",
        fence,
        packaging_home(),
        MINIMUM_VERSION,
        "all" if with_distributions else "none",
    ]
    with _started(program, command, _script(), timeout) as end:
        yield lambda: _answer(program, end, fence, timeout)


def _answer(program: Path, end: Callable[[], Completed], fence: str, timeout: float) -> Interpreter:
    # The interpreter that has been started uses the time that this takes.
    from syncsteps.interpreter.snapshot import from_mapping  # noqa: PLC0415

    completed = end()
    answer = _fenced(completed.stdout, fence)
    if answer is None:
        raise _no_answer(program, completed, timeout)
    if "too_old" in answer:
        raise _too_old(program, str(answer["too_old"]))
    try:
        found = from_mapping(answer, file=str(program))
    except InterpreterError as error:
        raise InterpreterError(f"The answer cannot be used: {error}", hint=_HINT) from error
    try:
        return _complete(found if found.tags else _with_tags(found))
    except UnicodeEncodeError as error:
        raise InterpreterError(
            f"{program} uses a path that cannot be written in this process's locale"
            f" ({error.encoding}): {error.object!a}.",
            hint="Set a locale of UTF-8, for example LC_ALL=C.UTF-8.",
        ) from error


def _script() -> str:
    # The loader, because this package may lie in a zip file; importlib.resources is slow to import.
    content = pkgutil.get_data(__package__, "_inside.py")
    if content is None:
        raise InterpreterError("A part of syncsteps is missing.", hint="Install syncsteps again.")
    return content.decode("utf-8")


def packaging_home() -> Path:
    """Return the directory, or zip file, with the `packaging` that computes a target's tags.

    Raises:
        InterpreterError: there is none.
    """
    spec = importlib.util.find_spec("packaging")
    if spec is None or spec.origin is None:
        raise InterpreterError(
            "The package `packaging`, which syncsteps depends on, is not installed beside it.",
            hint="Install syncsteps again.",
        )
    return Path(spec.origin).parent.parent


@contextlib.contextmanager
def _started(
    program: Path, command: list[str | Path], script: str, timeout: float
) -> Iterator[Callable[[], Completed]]:
    def end() -> Completed:
        try:
            return wait()
        except ProcessTimeoutError as error:
            raise InterpreterError(
                f"{program} did not answer within {timeout:g} seconds; it was killed.", hint=_HINT
            ) from error

    with contextlib.ExitStack() as stack:
        try:
            wait = stack.enter_context(started(command, input_text=script, timeout=timeout))
        except OSError as error:
            raise InterpreterError(_not_started(program, error), hint=_HINT) from error
        yield end


def _not_started(program: Path, error: OSError) -> str:
    if os.path.isdir(program):  # noqa: PTH112 - `Path` raises where the user may not look
        return f"{program} is a directory, not a Python interpreter."
    if not os.path.lexists(program):
        return f"There is no Python interpreter at {program}."
    if isinstance(error, FileNotFoundError):
        return f"{program} cannot be started: it, or the interpreter that it names, leads nowhere."
    if isinstance(error, PermissionError):
        return f"{program} is not executable."
    if error.errno == errno.ENOEXEC:
        return f"{program} is not a program that this system can run."
    return f"{program} cannot be started: {error.strerror}."


def _fenced(output: str, fence: str) -> dict[str, Any] | None:
    """Return the answer between two fences; noise on start-up or at exit lies outside of them."""
    import json  # noqa: PLC0415 - as in `_answer`

    found = re.search(f"{fence}({{.*?}}){fence}", output, re.DOTALL)
    try:
        return json.loads(found[1]) if found else None
    except ValueError:
        # A thread of the start-up's noise may write between two parts of the answer.
        return None


def _no_answer(program: Path, completed: Completed, timeout: float) -> InterpreterError:
    if completed.status == _USAGE_STATUS:
        # An interpreter that does not know -I is a very old one: it can say which.
        fence = os.urandom(16).hex()
        script = (
            f'import sys; print(\'{fence}{{"too_old": "%d.%d.%d"}}{fence}\' % sys.version_info[:3])'
        )
        with _started(program, [program, "-c", script], "", timeout) as again:
            answer = _fenced(again().stdout, fence)
        if answer is not None:
            return _too_old(program, answer["too_old"])
    if completed.status < 0:
        what = f"was killed by {_signal_name(-completed.status)} before it answered"
    elif completed.status > 0:
        what = f"ended with status {completed.status} before it answered"
    else:
        what = "ended without an answer"
    details = [line for line in completed.stderr.splitlines() if line.strip()][-_LAST_LINES:]
    return InterpreterError(
        f"{program} is not a working Python interpreter: it {what}.", hint=_HINT, details=details
    )


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _too_old(program: Path, version: str) -> InterpreterError:
    return InterpreterError(
        f"{program} is Python {version}; a target must be Python {MINIMUM_VERSION} or later.",
        hint="Name a newer interpreter with --python.",
    )


def _with_tags(interpreter: Interpreter) -> Interpreter:
    from syncsteps.interpreter.tags import tags_from_outside  # noqa: PLC0415 - seldom needed

    return replace(interpreter, tags=tags_from_outside(interpreter))


def _complete(interpreter: Interpreter) -> Interpreter:
    from syncsteps.interpreter.owners import find_owners  # noqa: PLC0415 - as in `_answer`

    owners = find_owners(
        [one.metadata for one in interpreter.distributions],
        prefixes=(interpreter.prefix, interpreter.base_prefix),
    )
    managed = interpreter.externally_managed
    return _as_it_is_now(
        replace(
            interpreter,
            distributions=tuple(
                replace(one, owner=owners.get(one.metadata)) for one in interpreter.distributions
            ),
            externally_managed=None if managed is None else _managed_error(managed),
        )
    )


def _as_it_is_now(interpreter: Interpreter) -> Interpreter:
    """Return the interpreter with what is not its own, but this user's and this moment's."""
    unwritable = _unwritable(interpreter.scheme)
    return replace(
        interpreter,
        unwritable=unwritable,
        unwritable_owners=tuple(_nearest_existing(path).stat().st_uid for path in unwritable),
        user=os.geteuid() if hasattr(os, "geteuid") else None,
        build_tools=tuple(name for name in BUILD_TOOLS if _on_path(name)),
        free_space=_free_space(interpreter.scheme.purelib),
    )


def _managed_error(text: str) -> str:
    """Return the message that an EXTERNALLY-MANAGED file gives, or "" (PEP 668)."""
    import configparser  # noqa: PLC0415 - Debian has such a file, and few others

    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(text)
    except configparser.Error:
        return ""
    return parser.get("externally-managed", "Error", fallback="").strip()


def _unwritable(scheme: Scheme) -> tuple[Path, ...]:
    directories = [scheme.purelib, scheme.platlib, scheme.scripts, scheme.headers, scheme.data]
    return tuple(path for path in dict.fromkeys(directories) if not _writable(path))


def _on_path(tool: str) -> bool:
    return any(shutil.which(program) for program in BUILD_TOOLS[tool])


def _free_space(path: Path) -> int | None:
    try:
        return shutil.disk_usage(_nearest_existing(path)).free
    except OSError:
        # Some network file systems do not say.
        return None


def _writable(path: Path) -> bool:
    nearest = _nearest_existing(path)
    return nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)


def _nearest_existing(path: Path) -> Path:
    # os.path.exists, because up to Python 3.11 Path.exists raises where a parent cannot be read.
    return next(one for one in (path, *path.parents) if os.path.exists(one))  # noqa: PTH110

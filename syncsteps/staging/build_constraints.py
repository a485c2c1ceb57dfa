"""What a lock says of the versions that builds may install, in words that pip and uv understand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from syncsteps import processes
from syncsteps.errors import SelectionError, StagingError
from syncsteps.selection.building import why_built

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from syncsteps.interpreter.model import Interpreter
    from syncsteps.locks.model import Declared, Lock
    from syncsteps.selection.model import Selected

__all__ = ["build_constraint_lines", "pip_variables", "uv_options"]

_FIRST_PIP = Version("25.3")
_VERSION = re.compile(r"pip (\S+) from ")
_PIP_VARIABLE = "PIP_BUILD_CONSTRAINT"
_UV_VARIABLE = "UV_BUILD_CONSTRAINT"


def pip_variables(
    wanted: Iterable[Selected],
    *,
    lock: Lock,
    interpreter: Interpreter,
    directory: Path,
    pip: Sequence[str],
    environment: Mapping[str, str],
    run: Callable[..., processes.Completed] = processes.run,
) -> dict[str, str]:
    """Return the variables with which the command ``pip`` follows the lock's build constraints.

    There are none if nothing of what is ``wanted`` has to be built, or nothing is constrained.
    ``directory`` gets the file that they name; what ``environment`` says of constraints counts too.

    Raises:
        SelectionError: as `build_constraint_lines`.
        StagingError: this pip cannot constrain builds.
        OSError: the directory cannot be written to.
    """
    path = _write(wanted, lock, interpreter, directory)
    if path is None:
        return {}
    done = run([*pip, "--version"], environment=environment)
    found = _VERSION.search(done.stdout)
    version = _parsed(found[1]) if found else None
    if version is None or version < _FIRST_PIP:
        raise StagingError(
            f"{lock.path.name} constrains what builds may install, which pip"
            f" {version or 'of an unknown version'} cannot be told",
            hint=f"update pip to {_FIRST_PIP} or newer, use --installer uv, or see that nothing has"
            " to be built",
            details=build_constraint_lines(lock),
        )
    # A URL, because pip takes each word of the variable for a place.
    places = [environment.get(_PIP_VARIABLE, ""), path.as_uri()]
    return {_PIP_VARIABLE: " ".join(filter(None, places))}


def uv_options(
    wanted: Iterable[Selected],
    *,
    lock: Lock,
    interpreter: Interpreter,
    directory: Path,
    environment: Mapping[str, str],
) -> list[str]:
    """Return the options with which uv follows the lock's build constraints, as `pip_variables`.

    Raises:
        SelectionError: as `build_constraint_lines`.
        OSError: the directory cannot be written to.
    """
    path = _write(wanted, lock, interpreter, directory)
    if path is None:
        return []
    # Options take the place of the variable.
    places = [*environment.get(_UV_VARIABLE, "").split(), str(path)]
    return [part for place in places for part in ("--build-constraints", place)]


def build_constraint_lines(lock: Lock) -> tuple[str, ...]:
    """Return the lock's build constraints, each as a requirement of PEP 508, sorted.

    Raises:
        SelectionError: one names a place, which is not for a constraint to say.
    """
    found = lock.recorded.build_constraints if lock.recorded is not None else ()
    return tuple(sorted(_line(each, lock) for each in found))


def _write(
    wanted: Iterable[Selected], lock: Lock, interpreter: Interpreter, directory: Path
) -> Path | None:
    """Write the constraints into a file, if there are any and something is to be built."""
    if lock.recorded is None or not lock.recorded.build_constraints:
        return None
    if not any(why_built(item, interpreter.tags) for item in wanted):
        return None
    path = directory.absolute() / "build-constraints.txt"
    lines = build_constraint_lines(lock)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def _line(declared: Declared, lock: Lock) -> str:
    # Which index a name is pinned to, uv finds in its own settings; pip has no word for it.
    if declared.source is not None and declared.source.kind != "index":
        raise SelectionError(
            f"{lock.path.name} constrains builds to {declared.name} from"
            f" {declared.source.location}, which cannot be handed to an installer",
            hint="constrain its version instead (build-constraint-dependencies), and lock again",
        )
    marker = f" ; {declared.marker}" if declared.marker is not None else ""
    return f"{canonicalize_name(declared.name)}{declared.specifier or ''}{marker}"


def _parsed(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None

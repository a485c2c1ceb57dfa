"""The pip that fills a wheelhouse, and its commands: uv has none that keeps files."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import shutil
import sys
from typing import TYPE_CHECKING

from syncsteps.errors import StagingError
from syncsteps.staging.pip import embedded_pip, find_pip, own_pip_serves

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from syncsteps.interpreter.model import Interpreter

__all__ = ["download_command", "foreign_pip", "tag_options", "target_pip", "wheel_command"]

_HINT = (
    "Fetching is pip's work, since uv has no command that keeps files: install pip beside syncsteps"
)
_QUIETLY = (
    "--no-deps",
    "--disable-pip-version-check",
    "--no-input",
    "--no-color",
    "--progress-bar",
    "off",
)
_RELEASE = re.compile(r"\d+(?:\.\d+){0,2}")
_IMPLEMENTATION = re.compile(r"[a-z]+")


def target_pip(interpreter: Interpreter) -> tuple[str, ...]:
    """Return the start of a command that runs a pip which builds with ``interpreter``.

    Raises:
        StagingError: there is none.
    """
    try:
        return find_pip(interpreter, own_serves=own_pip_serves, embedded=embedded_pip)
    except StagingError as error:
        raise StagingError(
            f"there is no pip that can fetch for {interpreter.executable}", hint=_HINT
        ) from error


def foreign_pip(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the start of a command that runs any pip of this machine: our own, or one on PATH.

    Raises:
        StagingError: there is none.
    """
    try:
        importlib.metadata.distribution("pip")
    except importlib.metadata.PackageNotFoundError:
        wheel = embedded_pip(platform.python_version())
    else:
        return (sys.executable, "-I", "-B", "-m", "pip")
    if wheel is not None:
        return (sys.executable, "-I", "-B", str(wheel / "pip"))
    found = shutil.which("pip", path=environment.get("PATH", ""))
    if found is None:
        raise StagingError("there is no pip that can fetch", hint=_HINT)
    return (found,)


def wheel_command(
    pip: tuple[str, ...],
    *,
    requirements: Path,
    hashed: bool,
    output: Path,
    only_wheels: bool,
) -> list[str]:
    """Return the command that puts a wheel of each of ``requirements`` into ``output``.

    ``only_wheels`` forbids builds. There are only options that pip 20.3, as in Debian 11, knows.
    """
    return [
        *pip,
        "wheel",
        *_QUIETLY,
        "--wheel-dir",
        str(output),
        *(["--only-binary", ":all:"] if only_wheels else []),
        *(["--require-hashes"] if hashed else []),
        "--requirement",
        str(requirements),
    ]


def download_command(
    pip: tuple[str, ...],
    *,
    requirements: Path,
    hashed: bool,
    output: Path,
    interpreter: Interpreter,
) -> list[str]:
    """Return the command that puts a wheel of each of ``requirements`` for another interpreter."""
    return [
        *pip,
        "download",
        *_QUIETLY,
        "--dest",
        str(output),
        "--only-binary",
        ":all:",
        *tag_options(interpreter),
        *(["--require-hashes"] if hashed else []),
        "--requirement",
        str(requirements),
    ]


def tag_options(interpreter: Interpreter) -> list[str]:
    """Return the options that make pip take the wheels that ``interpreter`` can use (PEP 425)."""
    tags = [tag.split("-", 2) for tag in interpreter.tags]
    own = tags[0][0] if tags else ""
    implementation = _IMPLEMENTATION.match(own)
    release = _RELEASE.match(interpreter.version)
    abis = _distinct([abi for python, abi, _ in tags if python == own and abi != "none"])
    platforms = _distinct([platform for _, _, platform in tags if platform != "any"])
    return [
        *(["--python-version", release[0]] if release else []),
        *(["--implementation", implementation[0]] if implementation else []),
        *(part for abi in abis if abi != "abi3" for part in ("--abi", abi)),
        *(part for each in platforms for part in ("--platform", each)),
    ]


def _distinct(values: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(values))

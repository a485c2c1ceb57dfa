"""The tags of a target in which this program's own `packaging` cannot run any more."""

from __future__ import annotations

import os
import platform
import re
import sys
from typing import TYPE_CHECKING

from syncsteps.errors import InterpreterError
from syncsteps.interpreter.model import Libc

if TYPE_CHECKING:
    from syncsteps.interpreter.model import Interpreter

__all__ = ["tags_from_outside"]

_MANYLINUX = re.compile(r"manylinux_(\d+)_(\d+)_")


def tags_from_outside(target: Interpreter) -> tuple[str, ...]:
    """Return the compatibility tags (PEP 425) of ``target``, in order of preference.

    `packaging` computes them here, for the target's version and build. What it says of the platform
    is what it says of this program's own interpreter, so the target has to be one for the same
    system: kernel, processor, word size and C library, of which it may have an older version.

    Raises:
        InterpreterError: it is for another system, or no CPython.
    """
    # A target asks nearly always for itself.
    from packaging.tags import compatible_tags, cpython_tags, platform_tags  # noqa: PLC0415

    differences = _differences(target)
    if differences:
        raise InterpreterError(
            f"the wheels that {target.executable}, Python {target.version}, can use cannot be told:"
            " the `packaging` beside syncsteps is too new to run in it",
            details=differences,
            hint="Install the last `packaging` that supports that Python beside syncsteps, or name"
            " a newer interpreter with --python.",
        )
    major, minor = (int(part) for part in target.version.split(".")[:2])
    plain = f"cp{major}{minor}{'t' if target.free_threaded else ''}"
    abis = [f"{plain}d", plain] if target.debug else [plain]
    platforms = [name for name in platform_tags() if _suits(name, target.libc)]
    return tuple(
        str(tag)
        for tag in (
            *cpython_tags((major, minor), abis, platforms),
            *compatible_tags((major, minor), f"cp{major}{minor}", platforms),
        )
    )


def _suits(platform_tag: str, libc: Libc | None) -> bool:
    """Return whether a platform is not one that needs a later C library (PEP 600)."""
    needed = _MANYLINUX.match(platform_tag)
    return (
        needed is None
        or libc is None
        or _release(".".join(needed.groups())) <= _release(libc.version)
    )


def _release(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2])


def _differences(target: Interpreter) -> list[str]:
    """Return in which ways the target is not for the system of this program's interpreter."""
    environment = dict(target.environment)
    own = {
        "implementation": "cpython",
        "system": sys.platform,
        "processor": platform.machine(),
        "word size": 64 if sys.maxsize > 2**32 else 32,
        "C library": _libc(),
    }
    found = {
        "implementation": target.implementation,
        "system": environment["sys_platform"],
        "processor": environment["platform_machine"],
        "word size": target.bits,
        "C library": target.libc,
    }
    return [
        f"{what}: {_shown(found[what])}; of syncsteps: {_shown(own[what])}"
        for what in own
        if own[what] != found[what] and not _is_older(found[what], own[what])
    ]


def _is_older(one: object, other: object) -> bool:
    """Return whether the first is an older version of the C library that the second is."""
    if not (isinstance(one, Libc) and isinstance(other, Libc)):
        return False
    return one.name == other.name and _release(one.version) < _release(other.version)


def _shown(value: object) -> str:
    if isinstance(value, Libc):
        return f"{value.name} {value.version}"
    return "not known" if value is None else str(value)


def _libc() -> Libc | None:
    """Return the GNU C library of this process; None for another one."""
    try:
        name, _, version = (os.confstr("CS_GNU_LIBC_VERSION") or "").partition(" ")
    except (AttributeError, OSError, ValueError):
        return None
    return Libc(name=name, version=version) if version else None

"""Compatibility tags that are computed here, for a target in which `packaging` does not run."""

from __future__ import annotations

import functools
import os
import platform
import re
import sys
from typing import TYPE_CHECKING

from syncsteps.errors import InterpreterError
from syncsteps.interpreter.model import Libc

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from syncsteps.interpreter.model import Interpreter

__all__ = ["tags_from_outside", "tags_of_linux"]

_MANYLINUX = re.compile(r"manylinux_(\d+)_(\d+)_")
_LEGACY = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
_OLDEST_GLIBC = {"x86_64": 5}  # else 17: there are no older tags for later processors


def tags_from_outside(target: Interpreter) -> tuple[str, ...]:
    """Return the compatibility tags (PEP 425) of ``target``, in order of preference.

    `packaging` computes them here, for the target's version and build. What it says of the platform
    is what it says of this program's own interpreter, so the target has to be one for the same
    system: kernel, processor, word size and C library, of which it may have an older version.

    Raises:
        InterpreterError: it is for another system, or no CPython.
    """
    # A target asks nearly always for itself.
    from packaging.tags import platform_tags  # noqa: PLC0415

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
    return _tags((major, minor), abis, platforms)


@functools.cache
def tags_of_linux(version: str, *, libc: Libc, machine: str) -> tuple[str, ...]:
    """Return the compatibility tags of CPython on a Linux, in order of preference.

    It is the usual build of this ``version``, with a GNU C library or musl (PEP 600, PEP 656), on a
    64-bit ``machine`` as ``uname -m`` names it.
    """
    major, minor = (int(part) for part in version.split(".")[:2])
    platforms = [f"linux_{machine}", *_libc_platforms(libc, machine)]
    return _tags((major, minor), [f"cp{major}{minor}"], platforms)


def _tags(
    python: tuple[int, int], abis: Sequence[str], platforms: Sequence[str]
) -> tuple[str, ...]:
    from packaging.tags import compatible_tags, cpython_tags  # noqa: PLC0415 - as above

    name = "cp{}{}".format(*python)
    return tuple(
        str(tag)
        for tag in (
            *cpython_tags(python, abis, platforms),
            *compatible_tags(python, name, platforms),
        )
    )


def _libc_platforms(libc: Libc, machine: str) -> Iterator[str]:
    """Yield what this version of the C library runs: all that older ones do, the latest first."""
    major, newest = _release(libc.version)
    if libc.name == "musl":
        yield from (f"musllinux_{major}_{minor}_{machine}" for minor in range(newest, -1, -1))
        return
    for minor in range(newest, _OLDEST_GLIBC.get(machine, 17) - 1, -1):
        yield f"manylinux_{major}_{minor}_{machine}"
        if minor in _LEGACY:
            yield f"{_LEGACY[minor]}_{machine}"


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

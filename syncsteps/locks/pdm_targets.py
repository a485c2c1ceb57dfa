"""The environments that a pdm.lock was made for (``metadata.targets``), as markers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from syncsteps.locks.pdm_needs import parse_requires_python
from syncsteps.locks.values import parse_marker

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packaging.markers import Marker

    from syncsteps.locks.fields import Table

__all__ = ["read_targets"]

_ALIASES = {
    "linux": "manylinux_2_17_x86_64",
    "alpine": "musllinux_1_2_x86_64",
    "macos": "macos_14_0_arm64",
    "windows": "windows_amd64",
}
_PLATFORM = re.compile(r"(?P<system>[a-z]+)(?:_[0-9]+_[0-9]+)?_(?P<machine>[a-z0-9_]+)")
_SYSTEMS = {"manylinux": "linux", "musllinux": "linux", "macos": "darwin", "windows": "win32"}
# What `platform.machine()` says there, where that is not the name in a wheel's tag.
_MACHINES = {
    ("linux", "arm64"): "aarch64",
    ("linux", "amd64"): "x86_64",
    ("linux", "x86"): "i686",
    ("darwin", "aarch64"): "arm64",
    ("darwin", "amd64"): "x86_64",
    ("win32", "amd64"): "AMD64",
    ("win32", "x86_64"): "AMD64",
    ("win32", "arm64"): "ARM64",
    ("win32", "aarch64"): "ARM64",
}
_IMPLEMENTATIONS = ("cpython", "pypy", "pyston")


def read_targets(metadata: Table) -> tuple[Marker, ...]:
    """Return a marker for each target; none if there is no target, or one that is everything.

    How old a C library or a macOS may be, and whether there is a GIL, no marker can say.

    Raises:
        LockError: a target is malformed.
    """
    markers = [_marker(target) for target in metadata.tables("targets")]
    if None in markers:
        return ()
    return tuple(dict.fromkeys(marker for marker in markers if marker is not None))


def _marker(target: Table) -> Marker | None:
    text = " and ".join(_conditions(target))
    try:
        return parse_marker(text) if text else None
    except ValueError as error:
        raise target.error(str(error)) from error


def _conditions(target: Table) -> Iterator[str]:
    yield from target.parse("requires_python", _python) or ()
    yield from target.parse("platform", _platform) or ()
    yield from target.parse("implementation", _implementation) or ()


def _python(text: str) -> tuple[str, ...]:
    """Return the condition for a specifier, or for several with ``||`` between them."""
    alternatives = []
    for part in text.split("||"):
        specifiers = parse_requires_python("" if part.strip() == "*" else part)
        bounds = [
            f"python_full_version {specifier.operator} '{specifier.version}'"
            for specifier in sorted(specifiers, key=str)
        ]
        if not bounds:
            return ()
        alternatives.append(" and ".join(bounds))
    if len(alternatives) == 1:
        return tuple(alternatives)
    return (f"({' or '.join(alternatives)})",)


def _platform(text: str) -> tuple[str, ...]:
    match = _PLATFORM.fullmatch(_ALIASES.get(text, text))
    if match is None:
        raise ValueError(f"{text!r} is not a platform such as manylinux_2_17_x86_64")
    system = _SYSTEMS.get(match["system"])
    if system is None:
        # A system that nothing here can be said about is no reason to refuse its own lock.
        return ()
    machine = _MACHINES.get((system, match["machine"]), match["machine"])
    return (f"sys_platform == '{system}'", f"platform_machine == '{machine}'")


def _implementation(text: str) -> tuple[str, ...]:
    if text not in _IMPLEMENTATIONS:
        raise ValueError(f"the implementation {text!r} is none of {', '.join(_IMPLEMENTATIONS)}")
    return (f"implementation_name == '{text}'",)

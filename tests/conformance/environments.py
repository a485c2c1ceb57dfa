"""The grid of targets: each CPython on each platform that locks tell apart."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from packaging.tags import mac_platforms

from tests.support.interpreters import linux_platforms, make_interpreter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from packaging.markers import Marker
    from packaging.specifiers import SpecifierSet

    from syncsteps.interpreter.model import Interpreter
    from syncsteps.locks.model import Lock

__all__ = ["grid", "holds", "sampled", "targets_of"]

# Neither first nor last of their series, so that a bound on the micro version is seen from inside.
_VERSIONS = ("3.9.22", "3.10.16", "3.11.11", "3.12.9", "3.13.3", "3.14.1")
_OLDER = ("3.6.15", "3.7.16", "3.8.18")

_MAC = {"os_name": "posix", "sys_platform": "darwin", "platform_system": "Darwin"}
_WINDOWS = {
    "os_name": "nt",
    "sys_platform": "win32",
    "platform_system": "Windows",
    "platform_machine": "AMD64",
    "platform_release": "11",
    "platform_version": "10.0.22631",
}


def _musl(machine: str) -> list[str]:
    return [*(f"musllinux_1_{minor}_{machine}" for minor in (2, 1, 0)), f"linux_{machine}"]


def _mac(machine: str) -> list[str]:
    return [*mac_platforms((14, 0), machine)]


_PLATFORMS: dict[str, tuple[list[str], Mapping[str, str]]] = {
    "linux-x86_64": (linux_platforms("x86_64"), {}),
    "linux-aarch64": (linux_platforms("aarch64"), {"platform_machine": "aarch64"}),
    "musl-x86_64": (_musl("x86_64"), {}),
    "musl-aarch64": (_musl("aarch64"), {"platform_machine": "aarch64"}),
    "macos-arm64": (_mac("arm64"), {**_MAC, "platform_machine": "arm64"}),
    "macos-x86_64": (_mac("x86_64"), {**_MAC, "platform_machine": "x86_64"}),
    "windows-amd64": (["win_amd64"], _WINDOWS),
}


@functools.cache
def grid(*, older: bool = False) -> Mapping[str, Interpreter]:
    """Return every target by its name, such as ``3.12-linux-x86_64``; or those of old versions."""
    return {
        f"{_series(version)}-{name}": make_interpreter(
            version=version, platforms=platforms, environment=environment
        )
        for version in (_OLDER if older else _VERSIONS)
        for name, (platforms, environment) in _PLATFORMS.items()
    }


def targets_of(lock: Lock) -> Mapping[str, Interpreter]:
    """Return the targets of the grid that ``lock`` holds for.

    A lock that holds for none of them is asked about older versions of Python.
    """
    for older in (False, True):
        found = {name: t for name, t in grid(older=older).items() if holds(lock, t)}
        if found:
            return found
    return {}


def sampled(targets: Mapping[str, Interpreter], offset: int) -> Mapping[str, Interpreter]:
    """Return one of the targets for each version; all of them come round as ``offset`` grows."""
    by_version: dict[str, list[str]] = {}
    for name in targets:
        by_version.setdefault(name.partition("-")[0], []).append(name)
    chosen = [names[(offset + 3 * i) % len(names)] for i, names in enumerate(by_version.values())]
    return {name: targets[name] for name in chosen}


def _series(version: str) -> str:
    return version.rpartition(".")[0]


def holds(lock: Lock, target: Interpreter) -> bool:
    """Return whether ``lock`` says anything about ``target``: outside, tools print what they like.

    A lock's markers are simplified by its Requires-Python and its environments.
    """
    environment = dict(target.environment)
    return _within(lock.requires_python, target.version) and _any(lock.environments, environment)


def _within(specifier: SpecifierSet | None, version: str) -> bool:
    return specifier is None or specifier.contains(version, prereleases=True)


def _any(markers: tuple[Marker, ...], environment: Mapping[str, str]) -> bool:
    return not markers or any(marker.evaluate(dict(environment)) for marker in markers)

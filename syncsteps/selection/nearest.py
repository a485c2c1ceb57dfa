"""The wheel that comes nearest to a target, and what keeps it from fitting."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

__all__ = ["nearest_wheel"]

_PYTHON = re.compile(r"([a-z]+)(\d)_?(\d*)")
_IMPLEMENTATIONS = {"cp": "CPython", "graalpy": "GraalPy", "pp": "PyPy", "py": "Python"}
_PLATFORMS = (
    (re.compile(r"manylinux_(?P<major>\d+)_(?P<minor>\d+)_(?P<machine>.+)"), "Linux", "glibc"),
    (re.compile(r"musllinux_(?P<major>\d+)_(?P<minor>\d+)_(?P<machine>.+)"), "Linux", "musl"),
    (re.compile(r"linux_(?P<machine>.+)"), "Linux", ""),
    (re.compile(r"macosx_(?P<major>\d+)_(?P<minor>\d+)_(?P<machine>.+)"), "macOS", ""),
    (re.compile(r"win_(?P<machine>.+)"), "Windows", ""),
)
_ALIASES = {
    "manylinux1_": "manylinux_2_5_",
    "manylinux2010_": "manylinux_2_12_",
    "manylinux2014_": "manylinux_2_17_",
    "win32": "win_x86",
}
_NARROW = frozenset(
    {"x86", "i386", "i486", "i586", "i686", "armv6l", "armv7l", "armv8l", "ppc", "s390"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Difference:
    """One way in which a wheel does not fit; ``weight`` says how far that is from fitting.

    ``distance`` orders differences of one kind: Python 3.11 is nearer to 3.12 than 3.9 is.
    """

    weight: int
    text: str
    distance: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Platform:
    """A platform tag, taken apart; ``version`` is that of the C library, or of macOS."""

    system: str
    machine: str = ""
    libc: str = ""
    version: tuple[int, int] = (0, 0)

    @property
    def bits(self) -> int:
        return 32 if self.machine in _NARROW else 64


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    """What a list of tags says of the interpreter that it belongs to."""

    python: str
    abi: str
    pairs: frozenset[tuple[str, str]]
    platforms: frozenset[str]
    platform: _Platform
    machines: frozenset[str]


def nearest_wheel(filenames: Collection[str], tags: Collection[str]) -> tuple[str, str]:
    """Return the tags of the wheel that differs least from a target, and in what it differs.

    ``filenames`` are those of wheels (PEP 427) none of which fits, ``tags`` the target's
    compatibility tags (PEP 425), the preferred ones first; neither may be empty. The difference is
    a predicate, such as ``needs glibc 2.34, the target has 2.31``.
    """
    target = _target(tags)
    _, text, filename = min(
        ((*_judged(one, target), one) for one in filenames), key=lambda judged: judged[0]
    )
    return "-".join(_columns(filename)), text


def _judged(filename: str, target: _Target) -> tuple[tuple[int, int], str]:
    """Return how far the wheel is from ``target``, and in what; of its tags the nearest counts."""
    columns = [column.lower().split(".") for column in _columns(filename)]
    found = (_compared(*tag, target=target) for tag in product(*columns))
    return min(found, key=lambda one: one[0])


def _columns(filename: str) -> list[str]:
    return filename.removesuffix(".whl").rsplit("-", 3)[1:]


def _compared(*tag: str, target: _Target) -> tuple[tuple[int, int], str]:
    python, abi, platform = tag
    found: list[_Difference] = []
    if (python, abi) not in target.pairs:
        found += _python_differences(python, abi, target)
    if platform not in {"any", *target.platforms}:
        found += _platform_differences(platform, target)
    if not found:
        text = f"is for {python}-{abi} on {platform}, a combination that the target does not have"
        found = [_Difference(weight=1, text=text)]
    rank = (sum(one.weight for one in found), sum(one.distance for one in found))
    return rank, ", and ".join(one.text for one in found)


def _target(tags: Collection[str]) -> _Target:
    split = [tag.split("-", 2) for tag in tags]
    platforms = list(dict.fromkeys(platform for _, _, platform in split if platform != "any"))
    parsed = [_platform(one) for one in platforms]
    # The plain tag of a Linux stands beside others that tell the C library and its version.
    telling = [one for one in parsed if one.version != (0, 0)] or parsed
    return _Target(
        python=split[0][0],
        abi=split[0][1],
        pairs=frozenset((python, abi) for python, abi, _ in split),
        platforms=frozenset(platforms),
        platform=telling[0] if telling else _Platform(system="no platform"),
        machines=frozenset(one.machine for one in parsed),
    )


def _python_differences(python: str, abi: str, target: _Target) -> Iterator[_Difference]:
    """Yield what is wrong with the first two columns, which only mean something together."""
    wanted, have = _PYTHON.fullmatch(python), _PYTHON.fullmatch(target.python)
    if wanted is None or have is None:
        text = f"is for {python}-{abi}, the target is {target.python}-{target.abi}"
        yield _Difference(weight=12, text=text)
        return
    if wanted[1] not in {"py", have[1]}:
        text = f"is for {_shown(wanted)}, the target is {_shown(have)}"
        yield _Difference(weight=12, text=text)
        return
    open_ended = wanted[1] == "py" or abi.startswith("abi3")
    if _number(wanted) > _number(have) if open_ended else _number(wanted) != _number(have):
        verb = f"needs {_shown(wanted)} or later" if open_ended else f"is for {_shown(wanted)}"
        yield _Difference(
            weight=3,
            text=f"{verb}, the target is {_shown(have)}",
            distance=abs(_number(wanted) - _number(have)),
        )
    elif open_ended and wanted[2] != have[2]:
        text = f"is for Python {wanted[2]}, the target is {_shown(have)}"
        yield _Difference(weight=3, text=text, distance=100)
    yield from _abi_differences(abi, target)


def _abi_differences(abi: str, target: _Target) -> Iterator[_Difference]:
    if abi == "none" or abi in {known for _, known in target.pairs}:
        return
    wanted, have = _flags(abi), _flags(target.abi)
    if abi.startswith("abi3"):
        if "t" in have:
            text = f"has the stable ABI {abi}, which the target, a free-threaded build, lacks"
        else:
            text = f"has the ABI {abi}, which the target lacks"
        yield _Difference(weight=2, text=text)
        return
    if "t" in have and "t" not in wanted:
        text = "is for a build with the global lock, the target is free-threaded"
        yield _Difference(weight=2, text=text)
    builds = {"t": "free-threaded", "d": "debug"}
    lacking = [flag for flag in builds if flag in wanted and flag not in have]
    for flag in lacking:
        text = f"is for a {builds[flag]} build, the target is none"
        yield _Difference(weight=2, text=text)
    if not lacking and _version(abi) == _version(target.abi) and ("t" in wanted) == ("t" in have):
        yield _Difference(weight=2, text=f"has the ABI {abi}, the target has {target.abi}")


def _version(abi: str) -> tuple[str, ...]:
    found = _PYTHON.match(abi)
    return () if found is None else found.groups()


def _flags(abi: str) -> str:
    """Return the letters behind the version: ``td`` of ``cp313td``."""
    found = re.fullmatch(r"cp\d+([a-z]*)", abi)
    return found[1] if found else ""


def _number(match: re.Match[str]) -> int:
    return int(match[2]) * 1000 + int(match[3] or 0)


def _shown(match: re.Match[str]) -> str:
    name = _IMPLEMENTATIONS.get(match[1], match[1])
    return f"{name} {match[2]}" + (f".{match[3]}" if match[3] else "")


def _platform(tag: str) -> _Platform:
    for old, new in _ALIASES.items():
        if tag.startswith(old):
            tag = new + tag[len(old) :]
    for pattern, system, libc in _PLATFORMS:
        if (match := pattern.fullmatch(tag)) is not None:
            found = match.groupdict()
            version = (int(found.get("major", 0)), int(found.get("minor", 0)))
            return _Platform(system=system, machine=found["machine"], libc=libc, version=version)
    return _Platform(system=tag)


def _platform_differences(tag: str, target: _Target) -> Iterator[_Difference]:
    wanted, have = _platform(tag), target.platform
    if wanted.system != have.system:
        text = f"is for {wanted.system}, the target is {have.system}"
        yield _Difference(weight=10, text=text)
        return
    other_libc = bool(wanted.libc) and wanted.libc != have.libc
    if other_libc:
        what = f"has {have.libc}" if have.libc else "does not say that it has it"
        yield _Difference(weight=4, text=f"needs {wanted.libc}, the target {what}")
    if wanted.machine not in target.machines:
        both = [one.machine for one in (wanted, have)]
        if wanted.bits != have.bits:
            both = [f"{one.machine} ({one.bits}-bit)" for one in (wanted, have)]
        yield _Difference(weight=5, text=f"is for {both[0]}, the target is {both[1]}")
    elif not other_libc:
        name = wanted.libc or wanted.system
        numbers = [".".join(map(str, one.version)) for one in (wanted, have)]
        distance = 100 * (wanted.version[0] - have.version[0])
        yield _Difference(
            weight=1,
            text=f"needs {name} {numbers[0]}, the target has {numbers[1]}",
            distance=distance + wanted.version[1] - have.version[1],
        )

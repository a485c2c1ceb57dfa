"""Whether two markers mean the same to a project, however they are written."""

from __future__ import annotations

import itertools
import math
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from packaging.markers import Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["releases_around", "same_condition"]

# os.name, sys.platform and platform.system() of one system: uv takes some of them for each other.
_SYSTEMS = (
    ("posix", "linux", "Linux"),
    ("nt", "win32", "Windows"),
    ("posix", "darwin", "Darwin"),
    ("posix", "cygwin", "CYGWIN_NT-10.0"),
    ("posix", "freebsd14", "FreeBSD"),
    ("posix", "emscripten", "Emscripten"),
    ("posix", "android", "Android"),
    ("posix", "ios", "iOS"),
    ("java", "java", "Java"),
)
_IMPLEMENTATIONS = (("cpython", "CPython"), ("pypy", "PyPy"), ("graalpy", "GraalVM"))
_OF_SYSTEM = ("os_name", "sys_platform", "platform_system")
_OF_IMPLEMENTATION = ("implementation_name", "platform_python_implementation")
_MACHINE = "platform_machine"
_PYTHON = re.compile(r"\bpython_(?:full_)?version\b")
_TEXT = re.compile(r"\"([^\"]*)\"|'([^']*)'")
_VARIABLE = re.compile(r"\b(?:os_name|[a-z]+_[a-z_]+|extra)\b")
_KNOWN = frozenset(
    (
        *_OF_SYSTEM,
        *_OF_IMPLEMENTATION,
        _MACHINE,
        "python_version",
        "python_full_version",
        "extra",
    )
)
_RELEASE = re.compile(r"\d+(?:\.\d+){0,2}")
_MOST = 20_000
_PARTS = 3
_HIGH = 99


@lru_cache(maxsize=4096)
def same_condition(one: str, other: str, *, extra: str, pythons: str) -> bool:
    """Return whether the markers ``one`` and ``other`` (empty: always) hold in the same places.

    The places are the versions of Python that the specifiers ``pythons`` allow, on the systems and
    implementations that there are and on those that the markers name, with ``extra`` asked for
    (empty: none). Of markers that compare anything else (the release of a kernel), that are no
    comparison (PEP 508) or that name too much to try, true is returned: they are not known to
    differ. So are markers that differ only on a system that is two of them at once.
    """
    if one == other:
        return True
    text = f"{one} and {other}"
    names = set(_VARIABLE.findall(_TEXT.sub("''", text)))
    if not names <= _KNOWN:
        return True
    markers = [Marker(marker) if marker else None for marker in (one, other)]
    try:
        return all(
            _holds(markers[0], place) == _holds(markers[1], place)
            for place in _places(text, names, extra, pythons)
        )
    except (_TooManyError, UndefinedComparison, UndefinedEnvironmentName, InvalidVersion):
        return True


class _TooManyError(Exception):
    """There are too many places to try them all."""


def _holds(marker: Marker | None, place: Mapping[str, str]) -> bool:
    return marker is None or marker.evaluate(dict(place))


def _places(text: str, names: set[str], extra: str, pythons: str) -> Iterator[dict[str, str]]:
    values = {
        part
        for found in _TEXT.findall(text)
        for whole in found
        for part in re.split(r"[\s,|]+", whole)
        if part and not _RELEASE.fullmatch(part)
    }
    systems: list[tuple[str, ...]] = [_SYSTEMS[0]]
    if names.intersection(_OF_SYSTEM):
        systems = [*_SYSTEMS, *_further(_SYSTEMS, values, ("posix", "other", "Other"))]
    implementations: list[tuple[str, ...]] = [_IMPLEMENTATIONS[0]]
    if names.intersection(_OF_IMPLEMENTATION):
        implementations = [
            *_IMPLEMENTATIONS,
            *_further(_IMPLEMENTATIONS, values, ("other", "Other")),
        ]
    machines = sorted(values | {"other"}) if _MACHINE in names else ["other"]
    releases = ["3.99.0"]
    if names.intersection(("python_version", "python_full_version")):
        allowed = SpecifierSet(pythons)
        around = releases_around((text, pythons))
        releases = [item for item in around if allowed.contains(item, prereleases=True)]
    if math.prod(map(len, (systems, implementations, machines, releases))) > _MOST:
        raise _TooManyError
    for system, implementation, machine, release in itertools.product(
        systems, implementations, machines, releases
    ):
        yield {
            **dict(zip(_OF_SYSTEM, system, strict=True)),
            **dict(zip(_OF_IMPLEMENTATION, implementation, strict=True)),
            _MACHINE: machine,
            "python_full_version": release,
            "python_version": ".".join(release.split(".")[:2]),
            "extra": extra,
        }


def _further(
    known: Iterable[tuple[str, ...]], values: set[str], other: tuple[str, ...]
) -> Iterator[tuple[str, ...]]:
    """Yield what is not ``known``: ``other``, and it with each of ``values`` in each place."""
    yield other
    named = {name for names in known for name in names}
    for value in sorted(values - named):
        for place in range(len(other)):
            yield (*other[:place], value, *other[place + 1 :])


def releases_around(texts: Iterable[str]) -> list[str]:
    """Return the releases of Python between which nothing changes that ``texts`` compare with.

    ``texts`` are markers or specifiers. The releases are each that is named, its neighbours, and
    one far above them all; sorted.
    """
    releases = {(3, _HIGH, 0)}
    for text in texts:
        for found in _RELEASE.findall(text):
            numbers = Version(found).release
            major, minor, micro = (*numbers, 0, 0)[:_PARTS]
            releases |= {(major, minor, micro), (major, minor, micro + 1)}
            releases |= {(major, minor + 1, 0), (major + 1, 0, 0), (major, minor, _HIGH)}
            if micro:
                releases.add((major, minor, micro - 1))
            elif minor:
                releases.add((major, minor - 1, _HIGH))
            elif major:
                releases.add((major - 1, _HIGH, _HIGH))
    return [".".join(map(str, release)) for release in sorted(releases)]

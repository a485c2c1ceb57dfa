"""How the system's loader is set up: its cache, its directories, and of which kind it is."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from syncsteps.smoke.libraries.elf import Elf
    from syncsteps.smoke.libraries.tree import Tree

__all__ = ["CacheError", "Loader", "parse_cache", "read_loader"]

_OLD_MAGIC = b"ld.so-1.7.0\0"
_NEW_MAGIC = b"glibc-ld.so.cache1.1"
_OLD_HEADER, _OLD_ENTRY, _NEW_HEADER, _NEW_ENTRY = 16, 12, 48, 24
_MOST_ENTRIES = 1 << 20
_DEEPEST = 8

_CACHE = "/etc/ld.so.cache"
_CONFIGURATION = "/etc/ld.so.conf"
_MUSL_DIRECTORIES = ("/lib", "/usr/local/lib", "/usr/lib")

# Multiarch directories, by machine, bits and byte order (little is true): as Debian names them.
_MULTIARCH = {
    (3, 32, True): ("i386-linux-gnu",),
    (21, 64, True): ("powerpc64le-linux-gnu",),
    (22, 64, False): ("s390x-linux-gnu",),
    (40, 32, True): ("arm-linux-gnueabihf", "arm-linux-gnueabi"),
    (62, 32, True): ("x86_64-linux-gnux32",),
    (62, 64, True): ("x86_64-linux-gnu",),
    (183, 64, True): ("aarch64-linux-gnu",),
    (243, 64, True): ("riscv64-linux-gnu",),
    (258, 64, True): ("loongarch64-linux-gnu",),
}
_PLATFORMS = {3: "i686", 21: "powerpc64le", 22: "s390x", 62: "x86_64", 183: "aarch64"}


class CacheError(Exception):
    """A loader's cache is not one, or it is damaged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loader:
    """Where a loader looks for a library that no RPATH leads to.

    ``musl``: it is musl's, otherwise glibc's. ``cache`` has the paths for a name in the order of
    preference; ``directories`` are searched after it. ``lib_names`` and ``platform`` are what
    ``$LIB`` and ``$PLATFORM`` may stand for.
    """

    musl: bool
    directories: tuple[str, ...]
    cache: Mapping[str, tuple[str, ...]]
    lib_names: tuple[str, ...] = ()
    platform: str = ""


def read_loader(tree: Tree, program: Elf) -> Loader:
    """Return the loader of this program, as the files below the tree's root set it up.

    Without a cache, glibc's loader would look in its default directories only; the directories of
    its configuration are taken as well then, because a recorded tree need not have a cache.
    """
    name = PurePosixPath(program.interpreter)
    if name.name.startswith("ld-musl"):
        return Loader(musl=True, directories=_musl_directories(tree, name), cache={})
    triplets = _MULTIARCH.get((program.machine, program.bits, program.little), ())
    lib_names = (*(f"lib/{each}" for each in triplets), f"lib{program.bits}", "lib")
    defaults = [f"{top}/{lib}" for lib in lib_names for top in ("", "/usr")]
    # Where the whole system lies elsewhere, its C library stands beside its loader.
    if name.is_absolute():
        defaults.append(str(name.parent))
    try:
        cache = parse_cache(tree.content(_CACHE), little=program.little)
        configured: tuple[str, ...] = ()
    except (OSError, CacheError):
        cache = {}
        configured = tuple(_configured(tree, _CONFIGURATION, _DEEPEST))
    return Loader(
        musl=False,
        directories=tuple(dict.fromkeys((*configured, *defaults))),
        cache=cache,
        lib_names=lib_names,
        platform=_PLATFORMS.get(program.machine, ""),
    )


def parse_cache(data: bytes, *, little: bool = True) -> dict[str, tuple[str, ...]]:
    """Return the paths for each soname in a cache of glibc's format 1.1.

    Before it there may be one of the older format, which is passed over: it names the same files.
    ``little`` is the byte order. Entries for other processors are among them; whoever opens the
    files sees that.

    Raises:
        CacheError: it is no such cache, or it is damaged.
    """
    order = "<" if little else ">"
    start = 0
    if data.startswith(_OLD_MAGIC):
        (count,) = _unpack(order + "I", data, len(_OLD_MAGIC))
        start = (_OLD_HEADER + count * _OLD_ENTRY + 7) // 8 * 8
    if data[start : start + len(_NEW_MAGIC)] != _NEW_MAGIC:
        raise CacheError("not a cache of format 1.1")
    (count,) = _unpack(order + "I", data, start + len(_NEW_MAGIC))
    if count > _MOST_ENTRIES:
        raise CacheError(f"{count} entries")
    found: dict[str, list[str]] = {}
    for index in range(count):
        at = start + _NEW_HEADER + index * _NEW_ENTRY
        _, key, value = _unpack(order + "iII", data, at)
        found.setdefault(_text(data, start + key), []).append(_text(data, start + value))
    return {name: tuple(paths) for name, paths in found.items()}


def _unpack(layout: str, data: bytes, offset: int) -> tuple[int, ...]:
    try:
        return struct.unpack_from(layout, data, offset)
    except struct.error as error:
        raise CacheError(f"it ends before {offset}") from error


def _text(data: bytes, offset: int) -> str:
    end = data.find(b"\0", offset, offset + 4096)
    if end < 0:
        raise CacheError(f"the text at {offset} does not end")
    return data[offset:end].decode("utf-8", "surrogateescape")


def _configured(tree: Tree, path: str, deepest: int) -> Iterator[str]:
    """Yield the directories of ld.so.conf and of the files that it includes."""
    try:
        lines = tree.content(path).decode("utf-8", "surrogateescape").splitlines()
    except OSError:
        return
    for line in lines:
        words = line.partition("#")[0].replace(",", " ").replace(":", " ").split()
        if words[:1] == ["include"]:
            patterns = (str(PurePosixPath(path).parent / word) for word in words[1:])
            for included in (name for pattern in patterns for name in tree.matching(pattern)):
                if deepest:
                    yield from _configured(tree, included, deepest - 1)
        elif words[:1] != ["hwcap"]:
            yield from (word.partition("=")[0] for word in words)


def _musl_directories(tree: Tree, interpreter: PurePosixPath) -> tuple[str, ...]:
    """Return what musl's file of directories says, which replaces the default ones."""
    architecture = interpreter.name.removeprefix("ld-musl-").partition(".")[0]
    try:
        content = tree.content(f"/etc/ld-musl-{architecture}.path").decode("utf-8", "replace")
    except OSError:
        return _MUSL_DIRECTORIES
    return tuple(filter(None, (part.strip() for part in content.replace("\n", ":").split(":"))))

"""Systems in a directory, as far as a loader sees them: an interpreter, libraries, a cache."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from syncsteps.smoke.libraries.missing import find_missing
from tests.support.elves import GLIBC, MUSL, add_elf

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from syncsteps.smoke.libraries.model import MissingLibrary

__all__ = ["SITE", "LoaderSystem", "make_cache"]

SITE = "usr/lib/python3.12/site-packages"
MULTIARCH = "usr/lib/x86_64-linux-gnu"
TAGS = ("cp312-cp312-manylinux_2_36_x86_64", "cp312-abi3-linux_x86_64", "py3-none-any")
SUFFIX = ".cpython-312-x86_64-linux-gnu.so"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoaderSystem:
    """A system with an interpreter, of glibc or of musl, and what is asked about it."""

    root: Path
    musl: bool = False

    def start(self, **options: object) -> LoaderSystem:
        """Make the interpreter and the C library; ``options`` are the interpreter's."""
        loader = MUSL if self.musl else GLIBC
        add_elf(self.root / loader.lstrip("/"), soname=loader.rpartition("/")[2])
        if not self.musl:
            self.library("libc.so.6", defines=("GLIBC_2.2.5", "GLIBC_2.34", "GLIBC_2.36"))
        options = {"interpreter": loader, "needed": ("libc.so.6",), **options}
        add_elf(self.root / "usr/bin/python3", **options)
        return self

    def library(self, name: str, directory: str = "", **options: object) -> Path:
        """Add a library, to the system's own directory unless another is named."""
        directory = directory or ("usr/lib" if self.musl else MULTIARCH)
        return add_elf(self.root / directory / name, **{"soname": name, **options})

    def module(self, name: str, *needed: str, site: str = SITE, **options: object) -> Path:
        """Add an extension module, of the interpreter's own tag."""
        path = self.root / site / f"{name}{SUFFIX}"
        return add_elf(path, needed=(*needed, "libc.so.6"), **options)

    def missing(
        self, *files: Path, sites: Sequence[str] = (SITE,), library_path: str = ""
    ) -> tuple[MissingLibrary, ...]:
        """Ask what these files miss."""
        return find_missing(
            files,
            executable=self.root / "usr/bin/python3",
            tags=TAGS,
            sites=[self.root / site for site in sites],
            root=self.root,
            library_path=library_path,
        )

    def missing_names(self, *files: Path, **options: object) -> list[str]:
        """Return the names of what these files miss, with a version where that is what it is."""
        return [str(each) for each in self.missing(*files, **options)]  # type: ignore[arg-type]


def make_cache(
    paths: Mapping[str, Sequence[str]], *, little: bool = True, after_old: bool = False
) -> bytes:
    """Return a loader's cache of format 1.1; ``after_old`` puts an older one before it."""
    order = "<" if little else ">"
    pairs = [(name, path) for name, each in paths.items() for path in each]
    strings, entries = b"", b""
    base = 48 + 24 * len(pairs)
    for name, path in pairs:
        at = base + len(strings)
        strings += name.encode() + b"\0" + path.encode() + b"\0"
        fields = (0x303, at, at + len(name.encode()) + 1, 0, 0)
        entries += struct.pack(order + "iIIIQ", *fields)
    magic = b"glibc-ld.so.cache1.1"
    header = magic + struct.pack(order + "II", len(pairs), len(strings)) + bytes(20)
    old = b""
    if after_old:
        old = b"ld.so-1.7.0\0" + struct.pack(order + "I", 3) + bytes(36)
        old += bytes(-len(old) % 8)
    return old + header + entries + strings

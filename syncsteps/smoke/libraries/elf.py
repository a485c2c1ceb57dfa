"""Reads what a shared object tells the loader, and trusts nothing in it.

The format is that of the System V ABI (gABI) with the symbol versions of the Linux Standard Base.
Only the few bytes that are needed are read, so a large file costs no more than a small one.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Elf", "ElfError", "NeededVersion", "exports", "read_elf"]

_MAGIC = b"\x7fELF"
_LOAD, _DYNAMIC, _INTERP = 1, 2, 3
_NEEDED, _STRTAB, _STRSZ, _SONAME, _RPATH, _RUNPATH = 1, 5, 10, 14, 15, 29
_VERDEF, _VERDEFNUM, _VERNEED, _VERNEEDNUM = 0x6FFFFFFC, 0x6FFFFFFD, 0x6FFFFFFE, 0x6FFFFFFF
_WEAK = 2
_BASE = 1

# Far beyond any real file, and small enough to be read in no time.
_MOST_SEGMENTS = 1024
_MOST_ENTRIES = 16_384
_MOST_VERSIONS = 4096
_MOST_NEEDED = 1024
_LONGEST = 16_384
_CHUNK = 1 << 20
_PAGE = 4096


class ElfError(Exception):
    """A file says that it is ELF, and is damaged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NeededVersion:
    """A symbol version that a file needs of a library; ``weak``: it would do without."""

    library: str
    version: str
    weak: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Elf:
    """What a loader looks at in an ELF file.

    ``bits`` is 32 or 64, ``little`` the byte order, ``machine`` the number of the gABI (62 is
    x86-64, 183 AArch64). ``dynamic``: it has a dynamic section; without it, the rest is empty.
    ``interpreter`` is the loader that it names for itself (PT_INTERP). ``rpath`` and ``runpath``
    are as they stand, ``$ORIGIN`` included. ``defines`` are the symbol versions that it has.
    """

    bits: int
    little: bool
    machine: int
    dynamic: bool = False
    interpreter: str = ""
    soname: str = ""
    needed: tuple[str, ...] = ()
    rpath: str = ""
    runpath: str = ""
    needed_versions: tuple[NeededVersion, ...] = ()
    defines: frozenset[str] = frozenset()

    @property
    def kind(self) -> tuple[int, bool, int]:
        """What must be equal for two files to be loaded together."""
        return self.bits, self.little, self.machine


def read_elf(path: Path | str) -> Elf | None:
    """Return what the file says, or None where it is not ELF.

    Raises:
        ElfError: the file is damaged.
        OSError: it cannot be read.
    """
    with open(path, "rb", buffering=0) as stream:  # noqa: PTH123 - thousands of these, by name
        reader = _Reader(stream)
        if reader.size < len(_MAGIC) or reader.at(0, len(_MAGIC)) != _MAGIC:
            return None
        return _Parser(reader).parse()


def exports(path: Path | str, symbol: str) -> bool:
    """Whether the file's dynamic strings hold the name of this symbol.

    Raises:
        ElfError: the file is damaged.
        OSError: it cannot be read.
    """
    with open(path, "rb", buffering=0) as stream:  # noqa: PTH123 - as above
        reader = _Reader(stream)
        if reader.size < len(_MAGIC) or reader.at(0, len(_MAGIC)) != _MAGIC:
            return False
        return _Parser(reader).has_string(symbol)


class _Reader:
    """Reads pieces of a file that lie within it, and are not too large."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.size = os.fstat(stream.fileno()).st_size
        self._pages: dict[int, bytes] = {}

    def at(self, offset: int, length: int) -> bytes:
        if offset < 0 or length < 0 or offset + length > self.size or length > _CHUNK:
            raise ElfError(f"{length} bytes at {offset} of {self.size}")
        # What is read lies together: most of it is on a few pages.
        number, within = divmod(offset, _PAGE)
        if within + length > _PAGE:
            return self._read(offset, length)
        if number not in self._pages:
            start = number * _PAGE
            self._pages[number] = self._read(start, min(_PAGE, self.size - start))
        return self._pages[number][within : within + length]

    def _read(self, offset: int, length: int) -> bytes:
        self._stream.seek(offset)
        data = self._stream.read(length)
        if len(data) != length:
            raise ElfError(f"{length} bytes at {offset} end after {len(data)}")
        return data

    def text_at(self, offset: int, end: int) -> str:
        """Return the text from ``offset`` to the next NUL, which must come before ``end``."""
        length = min(end - offset, _LONGEST, self.size - offset)
        # Most names are short: the second look is for the others.
        for most in (128, _LONGEST):
            raw, nul, _ = self.at(offset, min(most, length)).partition(b"\0")
            if nul:
                text = raw.decode("utf-8", "backslashreplace")
                if not text.isprintable():
                    raise ElfError(f"the name at {offset} is no name")
                return text
        raise ElfError(f"the text at {offset} does not end")


@dataclass(frozen=True, slots=True)
class _Segment:
    kind: int
    offset: int
    address: int
    size: int


class _Parser:
    """Walks through one file: header, segments, dynamic section, versions."""

    def __init__(self, reader: _Reader) -> None:
        self._reader = reader
        ident = reader.at(0, 16)
        if ident[4] not in {1, 2} or ident[5] not in {1, 2}:
            raise ElfError(f"class {ident[4]}, byte order {ident[5]}")
        self._wide = ident[4] == 2  # noqa: PLR2004 - ELFCLASS64
        self._order = "<" if ident[5] == 1 else ">"
        (self._machine,) = self._unpack("H", 18)
        self._segments = tuple(self._read_segments())
        self._entries = tuple(self._read_entries())
        # Of tags that come more than once by mistake, the last counts, as for the loaders.
        self._values = dict(self._entries)
        self._texts: dict[int, str] = {}
        self._bounds: tuple[int, int] | None = None

    def parse(self) -> Elf:
        header = Elf(
            bits=64 if self._wide else 32, little=self._order == "<", machine=self._machine
        )
        if not self._entries:
            return header
        if sum(tag == _NEEDED for tag, _ in self._entries) > _MOST_NEEDED:
            raise ElfError("too many libraries")
        return Elf(
            bits=header.bits,
            little=header.little,
            machine=header.machine,
            dynamic=True,
            interpreter=self._interpreter(),
            soname=self._named(_SONAME),
            needed=tuple(self._string(value) for tag, value in self._entries if tag == _NEEDED),
            rpath=self._named(_RPATH),
            runpath=self._named(_RUNPATH),
            needed_versions=tuple(self._needed_versions()),
            defines=frozenset(self._defined_versions()),
        )

    def has_string(self, text: str) -> bool:
        wanted = b"\0" + text.encode() + b"\0"
        if not self._entries:
            return False
        start, end = self._strings()
        while start < end:
            length = min(_CHUNK, end - start)
            if wanted in self._reader.at(start, length):
                return True
            start += max(1, length - len(wanted)) if length == _CHUNK else length
        return False

    def _unpack(self, layout: str, offset: int) -> tuple[int, ...]:
        layout = self._order + layout
        return struct.unpack(layout, self._reader.at(offset, struct.calcsize(layout)))

    def _read_segments(self) -> Iterator[_Segment]:
        if self._wide:
            (start,), (size, count) = self._unpack("Q", 32), self._unpack("HH", 54)
            layout = "IIQQQQ"
        else:
            (start,), (size, count) = self._unpack("I", 28), self._unpack("HH", 42)
            layout = "IIIII"
        if count > _MOST_SEGMENTS or (count and size < struct.calcsize(self._order + layout)):
            raise ElfError(f"{count} segments of {size} bytes")
        for index in range(count):
            fields = self._unpack(layout, start + index * size)
            if self._wide:
                kind, _, offset, address, _, length = fields
            else:
                kind, offset, address, _, length = fields
            yield _Segment(kind, offset, address, length)

    def _read_entries(self) -> Iterator[tuple[int, int]]:
        segment = self._segment(_DYNAMIC)
        if segment is None:
            return
        layout = self._order + ("qQ" if self._wide else "iI")
        size = struct.calcsize(layout)
        if segment.size > size * _MOST_ENTRIES:
            raise ElfError(f"a dynamic section of {segment.size} bytes")
        # A stripped copy, as those of debug symbols, keeps the segment but not its contents.
        data = self._reader.at(segment.offset, segment.size // size * size)
        for tag, value in struct.iter_unpack(layout, data):
            if tag == 0:
                return
            yield tag, value

    def _segment(self, kind: int) -> _Segment | None:
        return next((segment for segment in self._segments if segment.kind == kind), None)

    def _interpreter(self) -> str:
        segment = self._segment(_INTERP)
        if segment is None:
            return ""
        return self._reader.text_at(segment.offset, segment.offset + segment.size)

    def _named(self, tag: int) -> str:
        value = self._values.get(tag)
        return "" if value is None else self._string(value)

    def _string(self, index: int) -> str:
        if index not in self._texts:
            start, end = self._strings()
            if not 0 <= index < end - start:
                raise ElfError(f"text {index} of {end - start} bytes")
            self._texts[index] = self._reader.text_at(start + index, end)
        return self._texts[index]

    def _strings(self) -> tuple[int, int]:
        if self._bounds is not None:
            return self._bounds
        address, size = self._values.get(_STRTAB), self._values.get(_STRSZ)
        if address is None or size is None:
            raise ElfError("no table of texts")
        start = self._offset(address)
        if start + size > self._reader.size:
            raise ElfError(f"{size} bytes of texts at {start} of {self._reader.size}")
        self._bounds = start, start + size
        return self._bounds

    def _offset(self, address: int) -> int:
        """Return where in the file the byte of this address lies."""
        for segment in self._segments:
            if segment.kind == _LOAD and 0 <= address - segment.address < segment.size:
                return segment.offset + address - segment.address
        raise ElfError(f"nothing is loaded at {address:#x}")

    def _chain(self, first: int, second: int, layout: str) -> Iterator[tuple[int, tuple[int, ...]]]:
        """Yield offset and fields of the records at tag ``first``, as many as ``second`` says."""
        address = self._values.get(first)
        if address is None:
            return
        offset = self._offset(address)
        yield from self._records(offset, self._values.get(second) or 0, layout)

    def _records(
        self, offset: int, count: int, layout: str
    ) -> Iterator[tuple[int, tuple[int, ...]]]:
        """Yield records whose last field is the way to the next one."""
        if count > _MOST_VERSIONS:
            raise ElfError(f"{count} versions")
        for _ in range(count):
            fields = self._unpack(layout, offset)
            yield offset, fields
            if not fields[-1]:
                return
            offset += fields[-1]

    def _needed_versions(self) -> Iterator[NeededVersion]:
        left = _MOST_VERSIONS
        for offset, (_, count, name, aux, _) in self._chain(_VERNEED, _VERNEEDNUM, "HHIII"):
            library = self._string(name)
            left -= count
            if left < 0:
                raise ElfError("too many versions")
            for _, (_, flags, _, text, _) in self._records(offset + aux, count, "IHHII"):
                yield NeededVersion(
                    library=library, version=self._string(text), weak=bool(flags & _WEAK)
                )

    def _defined_versions(self) -> Iterator[str]:
        records = self._chain(_VERDEF, _VERDEFNUM, "HHHHIII")
        for offset, (_, flags, _, _, _, aux, _) in records:
            if not flags & _BASE:
                yield self._string(self._unpack("I", offset + aux)[0])

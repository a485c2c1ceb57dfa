"""Makes ELF files as small as can be, and systems of such files."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["AARCH64", "GLIBC", "MUSL", "X86", "X86_64", "Machine", "add_elf", "make_elf"]

GLIBC = "/lib64/ld-linux-x86-64.so.2"
MUSL = "/lib/ld-musl-x86_64.so.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A kind of processor: its number in the gABI, its word in bits, its byte order."""

    number: int
    bits: int = 64
    little: bool = True


X86_64 = Machine(number=62)
X86 = Machine(number=3, bits=32)
AARCH64 = Machine(number=183)


@dataclass(slots=True)
class _Strings:
    data: bytearray = field(default_factory=lambda: bytearray(b"\0"))

    def add(self, text: str) -> int:
        offset = len(self.data)
        self.data += text.encode() + b"\0"
        return offset


def make_elf(  # noqa: PLR0913 - each is a part of the file
    *,
    machine: Machine = X86_64,
    soname: str = "",
    needed: Sequence[str] = (),
    rpath: str = "",
    runpath: str = "",
    interpreter: str = "",
    needs: Mapping[str, Sequence[str]] | None = None,
    weak: bool = False,
    defines: Sequence[str] = (),
    symbols: Sequence[str] = (),
) -> bytes:
    """Return a dynamic ELF file: ``needs`` are versions by library, ``defines`` its own."""
    order = "<" if machine.little else ">"
    wide = machine.bits == 64
    strings = _Strings()
    entries = [(1, strings.add(name)) for name in needed]
    named = ((14, soname), (15, rpath), (29, runpath))
    entries += [(tag, strings.add(text)) for tag, text in named if text]
    for symbol in symbols:
        strings.add(symbol)
    verneed = _verneed(order, strings, needs or {}, weak=weak)
    verdef = _verdef(order, strings, defines)

    header, segment = (64, 56) if wide else (52, 32)
    start = header + 3 * segment
    pieces = [interpreter.encode() + b"\0", bytes(strings.data), verneed, verdef]
    offsets = []
    for piece in pieces:
        offsets.append(start)
        start += (len(piece) + 15) // 16 * 16
    entries += [(5, offsets[1]), (10, len(strings.data))]
    if needs:
        entries += [(0x6FFFFFFE, offsets[2]), (0x6FFFFFFF, len(needs))]
    if defines:
        entries += [(0x6FFFFFFC, offsets[3]), (0x6FFFFFFD, len(defines) + 1)]
    dynamic = b"".join(
        struct.pack(order + ("qQ" if wide else "iI"), *e) for e in [*entries, (0, 0)]
    )
    size = start + len(dynamic)
    segments = [(1, 0, size), (2, start, len(dynamic))]
    segments.append((3, offsets[0], len(pieces[0])) if interpreter else (4, 0, 0))
    image = bytearray(_header(order, machine))
    for kind, offset, length in segments:
        if wide:
            image += struct.pack(order + "IIQQQQQQ", kind, 4, offset, offset, 0, length, length, 8)
        else:
            image += struct.pack(order + "IIIIIIII", kind, offset, offset, 0, length, length, 4, 4)
    for piece in pieces:
        image += piece + b"\0" * (-len(piece) % 16)
    return bytes(image + dynamic)


def add_elf(path: Path, **options: object) -> Path:
    """Write such a file, and the directories above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(make_elf(**options))  # type: ignore[arg-type]
    return path


def _header(order: str, machine: Machine) -> bytes:
    wide = machine.bits == 64
    ident = b"\x7fELF" + bytes([2 if wide else 1, 1 if order == "<" else 2, 1]) + b"\0" * 9
    header, segment = (64, 56) if wide else (52, 32)
    words = "QQQ" if wide else "III"
    fields = (3, machine.number, 1, 0, header, 0, 0, header, segment, 3, 0, 0, 0)
    return ident + struct.pack(order + "HHI" + words + "IHHHHHH", *fields)


def _verneed(
    order: str, strings: _Strings, needs: Mapping[str, Sequence[str]], *, weak: bool
) -> bytes:
    data = b""
    for index, (library, versions) in enumerate(needs.items()):
        length = 16 + 16 * len(versions)
        following = 0 if index == len(needs) - 1 else length
        data += struct.pack(order + "HHIII", 1, len(versions), strings.add(library), 16, following)
        for number, version in enumerate(versions, 1):
            more = 0 if number == len(versions) else 16
            flags = 2 if weak else 0
            data += struct.pack(order + "IHHII", 0, flags, number, strings.add(version), more)
    return data


def _verdef(order: str, strings: _Strings, defines: Sequence[str]) -> bytes:
    data = b""
    # The first is the file's own name, which is no version.
    for index, version in enumerate(["base", *defines]):
        following = 0 if index == len(defines) else 28
        flags = 1 if index == 0 else 0
        data += struct.pack(order + "HHHHIII", 1, flags, index + 1, 1, 0, 20, following)
        data += struct.pack(order + "II", strings.add(version), 0)
    return data

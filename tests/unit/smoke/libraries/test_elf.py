from __future__ import annotations

import shutil
import struct
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from syncsteps.smoke.libraries.elf import ElfError, NeededVersion, exports, read_elf
from tests.support.elves import GLIBC, X86, X86_64, Machine, make_elf

if TYPE_CHECKING:
    from pathlib import Path

MACHINES = (X86_64, X86, Machine(number=22, little=False), Machine(number=8, bits=32, little=False))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "file.so"


@pytest.mark.parametrize("machine", MACHINES)
def test_all_that_a_loader_looks_at_is_read(machine: Machine, file: Path) -> None:
    file.write_bytes(
        make_elf(
            machine=machine,
            soname="libown.so.1",
            needed=("libGL.so.1", "libc.so.6"),
            rpath="$ORIGIN/../old.libs",
            runpath="$ORIGIN/../new.libs",
            interpreter=GLIBC,
            needs={"libc.so.6": ("GLIBC_2.34", "GLIBC_2.38"), "libm.so.6": ("GLIBC_2.2",)},
            defines=("OWN_1", "OWN_2"),
        )
    )

    elf = read_elf(file)

    assert elf is not None
    assert elf.kind == (machine.bits, machine.little, machine.number)
    assert elf.dynamic
    assert elf.soname == "libown.so.1"
    assert elf.needed == ("libGL.so.1", "libc.so.6")
    assert elf.rpath == "$ORIGIN/../old.libs"
    assert elf.runpath == "$ORIGIN/../new.libs"
    assert elf.interpreter == GLIBC
    assert elf.needed_versions == (
        NeededVersion(library="libc.so.6", version="GLIBC_2.34"),
        NeededVersion(library="libc.so.6", version="GLIBC_2.38"),
        NeededVersion(library="libm.so.6", version="GLIBC_2.2"),
    )
    assert elf.defines == {"OWN_1", "OWN_2"}


def test_a_weak_version_is_told(file: Path) -> None:
    file.write_bytes(make_elf(needs={"libc.so.6": ("GLIBC_2.40",)}, weak=True))

    elf = read_elf(file)

    assert elf is not None
    assert elf.needed_versions == (
        NeededVersion(library="libc.so.6", version="GLIBC_2.40", weak=True),
    )


@pytest.mark.parametrize("content", [b"", b"\x7fEL", b"#!/bin/sh\n", b"MZ" + bytes(100)])
def test_what_is_not_elf_is_none_and_no_error(content: bytes, file: Path) -> None:
    file.write_bytes(content)

    assert read_elf(file) is None
    assert not exports(file, "PyInit_file")


@pytest.mark.parametrize("machine", MACHINES)
def test_a_file_that_was_cut_off_is_an_error(machine: Machine, file: Path) -> None:
    whole = make_elf(machine=machine, needed=("libGL.so.1",), soname="libown.so.1")

    for length in range(4, len(whole)):
        file.write_bytes(whole[:length])
        with pytest.raises(ElfError):
            read_elf(file)


@pytest.mark.parametrize(
    ("offset", "layout", "value"),
    [
        (4, "B", 3),  # class
        (5, "B", 0),  # byte order
        (32, "Q", 1 << 63),  # where the segments are
        (54, "H", 1),  # size of a segment
        (56, "H", 0xFFFF),  # number of segments
        (64 + 56 + 8, "Q", 1 << 62),  # where the dynamic section is
        (64 + 56 + 32, "Q", 1 << 62),  # its size
        (64 + 32, "Q", 16),  # how much is loaded
    ],
)
def test_a_number_that_leads_astray_is_an_error(
    offset: int, layout: str, value: int, file: Path
) -> None:
    image = bytearray(make_elf(needed=("libGL.so.1",)))
    struct.pack_into("<" + layout, image, offset, value)
    file.write_bytes(image)

    with pytest.raises(ElfError):
        read_elf(file)


def test_a_name_with_control_characters_is_an_error(file: Path) -> None:
    file.write_bytes(make_elf(needed=("lib\x1b[31mred.so",)))

    with pytest.raises(ElfError, match="no name"):
        read_elf(file)


def test_a_name_without_an_end_is_an_error(file: Path) -> None:
    file.write_bytes(make_elf(needed=("x" * 20_000,)))

    with pytest.raises(ElfError, match="does not end"):
        read_elf(file)


def test_libraries_without_end_are_an_error(file: Path) -> None:
    file.write_bytes(make_elf(needed=[f"lib{n}.so" for n in range(1025)]))

    with pytest.raises(ElfError, match="too many libraries"):
        read_elf(file)


def test_a_long_name_is_read(file: Path) -> None:
    name = "lib" + "x" * 300 + ".so.1"
    file.write_bytes(make_elf(needed=(name,)))

    elf = read_elf(file)

    assert elf is not None
    assert elf.needed == (name,)


def test_versions_without_end_are_an_error(file: Path) -> None:
    file.write_bytes(make_elf(needs={"libc.so.6": [f"V_{n}" for n in range(5000)]}))

    with pytest.raises(ElfError, match="versions"):
        read_elf(file)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems fill such a file")
def test_a_huge_file_is_not_read_whole(file: Path) -> None:
    file.write_bytes(make_elf(needed=("libGL.so.1",)))
    with file.open("r+b") as stream:
        stream.truncate(1 << 40)

    elf = read_elf(file)

    assert elf is not None
    assert elf.needed == ("libGL.so.1",)


def test_a_symbol_is_found_by_its_whole_name(file: Path) -> None:
    file.write_bytes(make_elf(symbols=("PyInit_spam", "NotPyInit_eggs")))

    assert exports(file, "PyInit_spam")
    assert not exports(file, "PyInit_spa")
    assert not exports(file, "PyInit_eggs")


def test_a_symbol_is_found_across_pieces(file: Path) -> None:
    padding = ["x" * 1000] * 1100
    file.write_bytes(make_elf(symbols=(*padding, "PyInit_spam", *padding)))

    assert exports(file, "PyInit_spam")
    assert not exports(file, "PyInit_eggs")


@pytest.mark.skipif(sys.platform != "linux", reason="reads a program of Linux")
def test_what_a_linker_made_is_read(tmp_path: Path) -> None:
    compiler = shutil.which("gcc")
    if compiler is None:
        pytest.skip("there is no gcc here")
    source = tmp_path / "spam.c"
    source.write_text('#include <stdio.h>\nvoid PyInit_spam(void) { puts("spam"); }\n')
    options = ["-shared", "-fPIC", "-Wl,-soname,libspam.so.3", "-Wl,--enable-new-dtags"]
    options += ["-Wl,-rpath,$ORIGIN/spam.libs", "-o", str(tmp_path / "spam.so")]
    subprocess.run([compiler, str(source), *options], check=True)

    elf = read_elf(tmp_path / "spam.so")

    assert elf is not None
    assert elf.soname == "libspam.so.3"
    assert elf.runpath == "$ORIGIN/spam.libs"
    assert any(name.startswith(("libc.so", "libc.musl", "ld-")) for name in elf.needed)
    assert exports(tmp_path / "spam.so", "PyInit_spam")
    assert not exports(tmp_path / "spam.so", "PyInit_eggs")

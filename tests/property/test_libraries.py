from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from syncsteps.smoke.libraries import library_in
from syncsteps.smoke.libraries.elf import ElfError, exports, read_elf
from syncsteps.smoke.libraries.loader import CacheError, parse_cache
from syncsteps.smoke.libraries.system import system_of
from tests.support.elves import X86, X86_64, Machine, make_elf
from tests.support.loaders import make_cache

MACHINES = st.sampled_from([X86_64, X86, Machine(number=22, little=False)])
NAMES = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)
DAMAGES = st.lists(
    st.tuples(st.integers(0, 4000), st.binary(min_size=1, max_size=8)), min_size=1, max_size=6
)


def read(data: bytes) -> None:
    """Read the file as often as it is read in earnest; only the error that is told may come."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "file.so")
        path.write_bytes(data)
        with contextlib.suppress(ElfError):
            read_elf(path)
        with contextlib.suppress(ElfError):
            exports(path, "PyInit_file")


def damaged(data: bytes, damages: list[tuple[int, bytes]]) -> bytes:
    image = bytearray(data)
    for offset, junk in damages:
        at = offset % len(image)
        image[at : at + len(junk)] = junk
    return bytes(image)


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    read(b"\x7fELF" + data)


@given(machine=MACHINES, damages=DAMAGES)
@settings(max_examples=200)
def test_any_damage_is_read_or_refused(machine: Machine, damages: list[tuple[int, bytes]]) -> None:
    whole = make_elf(
        machine=machine,
        needed=("libGL.so.1", "libc.so.6"),
        soname="libspam.so.1",
        runpath="$ORIGIN",
        interpreter="/lib/ld-linux.so.2",
        needs={"libc.so.6": ("GLIBC_2.34", "GLIBC_2.38")},
        defines=("SPAM_1", "SPAM_2"),
    )
    read(damaged(whole, damages))


@given(
    machine=MACHINES,
    needed=st.lists(NAMES, max_size=8),
    soname=NAMES,
    defines=st.lists(NAMES, max_size=8, unique=True),
)
def test_what_was_written_is_read(
    machine: Machine, needed: list[str], soname: str, defines: list[str]
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "file.so")
        path.write_bytes(make_elf(machine=machine, needed=needed, soname=soname, defines=defines))
        elf = read_elf(path)
    assert elf is not None
    assert (elf.needed, elf.soname, elf.defines) == (tuple(needed), soname, frozenset(defines))


@given(st.dictionaries(NAMES, st.lists(NAMES, min_size=1, max_size=3), max_size=6), st.booleans())
def test_a_cache_is_read_as_it_was_written(paths: dict[str, list[str]], little: bool) -> None:  # noqa: FBT001
    expected = {name: tuple(each) for name, each in paths.items()}
    assert parse_cache(make_cache(paths, little=little), little=little) == expected


@given(DAMAGES, st.booleans())
def test_a_damaged_cache_is_read_or_refused(damages: list[tuple[int, bytes]], old: bool) -> None:  # noqa: FBT001
    whole = make_cache({"libGL.so.1": ["/lib/libGL.so.1"], "liba.so": ["/b"]}, after_old=old)
    with contextlib.suppress(CacheError):
        parse_cache(damaged(whole, damages))


@given(st.text())
def test_any_text_is_looked_through(text: str) -> None:
    library_in(text)
    system_of(text)

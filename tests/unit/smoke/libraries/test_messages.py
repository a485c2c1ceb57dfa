from __future__ import annotations

import time

import pytest

from syncsteps.smoke.libraries import library_in

COULD_NOT = "cannot open shared object file: No such file or directory"


@pytest.mark.parametrize(
    ("message", "soname"),
    [
        # The loaders' own.
        (f"ImportError: libGL.so.1: {COULD_NOT}", "libGL.so.1"),
        (f"libgthread-2.0.so.0: {COULD_NOT}", "libgthread-2.0.so.0"),
        (f"OSError: libnss3.so: {COULD_NOT}", "libnss3.so"),
        (f"x\nTraceback\n  libstdc++.so.6: {COULD_NOT}\nmore", "libstdc++.so.6"),
        ("/lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.38' not found (required by /s/x.so)",
         "libc.so.6"),
        ("/usr/lib/libstdc++.so.6: version 'GLIBCXX_3.4.32' not found (required by /s/x.so)",
         "libstdc++.so.6"),
        ("Error loading shared library libgomp.so.1: No such file or directory (needed by /s/x.so)",
         "libgomp.so.1"),
        ("Error loading shared library ld-linux-x86-64.so.2: No such file or directory",
         "ld-linux-x86-64.so.2"),
        # cffi's and ctypes'.
        (f"cannot load library 'libvips.so.42': libvips.so.42: {COULD_NOT}", "libvips.so.42"),
        (f"cannot load library 'libcairo-2.dll': libcairo-2.dll: {COULD_NOT}", "libcairo.so.2"),
        ('no library called "cairo-2" was found', "libcairo.so.2"),
        (f"cannot load library 'libgobject-2.0-0': libgobject-2.0-0: {COULD_NOT}",
         "libgobject-2.0.so.0"),
        (f"cannot load library 'gobject-2.0': gobject-2.0: {COULD_NOT}", "libgobject-2.0.so.0"),
        (f"cannot load library 'pangoft2-1.0-0': pangoft2-1.0-0: {COULD_NOT}",
         "libpangoft2-1.0.so.0"),
        # What libraries say in their own words.
        ("ImportError: failed to find libmagic.  Check your installation", "libmagic.so.1"),
        ("ImportError: Unable to find zbar shared library", "libzbar.so.0"),
        ("ImportError: Unable to find dmtx shared library", "libdmtx.so.0"),
        ("OSError: PortAudio library not found", "libportaudio.so.2"),
        ("couldn't import psycopg 'python' implementation: libpq library not found", "libpq.so.5"),
        ("ImportError: MagickWand shared library not found.\nMore", "libMagickWand.so"),
        ("The 'enchant' C library was not found", "libenchant-2.so.2"),
        ("Exception: Could not find Opus library. Make", "libopus.so.0"),
        ("OSError: Cannot find libmpv in the usual places. Depending", "libmpv.so.2"),
        ("ValueError: Unable to find libsodium", "libsodium.so.23"),
        ("Unable to load any of the following libraries:libhidapi-hidraw.so libhidapi-hidraw.so.0",
         "libhidapi-hidraw.so.0"),
        ("usb.core.NoBackendError: No backend available", "libusb-1.0.so.0"),
        ("ExternalLibraryError: OpenAL library couldn't be found", "libopenal.so.1"),
        ("ImportError: Unable to load OpenGL or GL library", "libGL.so.1"),
        ("ImportError: fontconfig not found", "libfontconfig.so.1"),
        ("OSError: GL ES 2.0 library not found", "libGLESv2.so.2"),
        ('ImportError: Library "GLU" not found.', "libGLU.so.1"),
    ],
)  # fmt: skip
def test_the_library_is_read_out_of_the_message(message: str, soname: str) -> None:
    assert library_in(message) == soname


@pytest.mark.parametrize(
    "message",
    [
        "",
        "ModuleNotFoundError: No module named 'lib.so'",
        f"OSError: /opt/pack/lib/lib_pack.so: {COULD_NOT}",
        "cannot load library 'no-such-thing': no-such-thing: not found",
        'Library "never heard of" not found',
        "undefined symbol: PyUnicode_AsUTF8, version VERSION_1",
        "TypeError: version not found",
    ],
)
def test_what_is_about_no_library_of_the_system_is_none(message: str) -> None:
    assert library_in(message) is None


def test_a_name_that_is_not_known_leaves_the_next_one_its_turn() -> None:
    text = f"cannot load library 'nothing': x\ncannot load library 'cairo-2': {COULD_NOT}"

    assert library_in(text) == "libcairo.so.2"


def test_a_flood_of_text_is_looked_through_from_its_end() -> None:
    text = f"libold.so.1: {COULD_NOT}" + "x" * 1_000_000 + f"\nlibnew.so.1: {COULD_NOT}"

    assert library_in(text) == "libnew.so.1"


@pytest.mark.parametrize(
    "piece",
    [
        "a.so",
        "enchant ",
        "cannot load library 'a-1-1",
        'Library "a',
        "Unable to load any of the following libraries:",
        "/a.so: version `",
        "-1",
    ],
)
def test_a_text_that_is_made_to_take_time_takes_none(piece: str) -> None:
    started = time.process_time()

    assert library_in(piece * (100_000 // len(piece))) is None
    assert library_in(f"cannot load library '{piece * 30_000}'") is None

    assert time.process_time() - started < 5

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from syncsteps.smoke.libraries import Certainty, MissingLibrary
from tests.support.elves import AARCH64, add_elf
from tests.support.loaders import SITE, LoaderSystem

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("pwd", reason="loaders of Linux have POSIX paths")


@pytest.fixture
def system(tmp_path: Path) -> LoaderSystem:
    return LoaderSystem(root=tmp_path).start()


def certainties(found: tuple[MissingLibrary, ...]) -> list[tuple[str, Certainty]]:
    return [(each.soname, each.certainty) for each in found]


def test_a_module_that_cannot_be_loaded_is_certain(system: LoaderSystem) -> None:
    module = system.module("spam/_spam", "libGL.so.1")

    assert system.missing(module) == (
        MissingLibrary(
            soname="libGL.so.1",
            needed_by=module,
            chain=(module,),
            certainty=Certainty.MISSING,
        ),
    )


def test_each_library_comes_once_for_each_file(system: LoaderSystem) -> None:
    system.library("liba.so.1", f"{SITE}/libs", needed=("libGL.so.1",))
    system.library("libb.so.1", f"{SITE}/libs", needed=("libGL.so.1",))
    one = system.module("one", "liba.so.1", "libb.so.1", rpath="$ORIGIN/libs")
    two = system.module("two", "libGL.so.1", "libEGL.so.1")

    found = system.missing(two, one)

    assert [(each.needed_by, each.soname) for each in found] == [
        (two, "libGL.so.1"),
        (two, "libEGL.so.1"),
        (one, "libGL.so.1"),
    ]


@pytest.mark.parametrize(
    "name",
    [
        "spam/plugins/libqsqlpsql.so",
        "spam/tool",
        "spam.libs/libspam.so.1",
        "spam/_spam.cpython-311-x86_64-linux-gnu.so",
    ],
)
def test_what_is_no_module_is_a_maybe(name: str, system: LoaderSystem) -> None:
    file = add_elf(system.root / SITE / name, needed=("libpq.so.5",))

    (found,) = system.missing(file)

    assert (found.soname, found.certainty) == ("libpq.so.5", Certainty.MAYBE)
    assert "no module" in found.reason


def test_a_file_without_a_tag_is_a_module_by_its_function(system: LoaderSystem) -> None:
    module = add_elf(
        system.root / SITE / "spam/_spam.so", needed=("libGL.so.1",), symbols=("PyInit__spam",)
    )
    library = add_elf(system.root / SITE / "spam/_eggs.so", needed=("libGL.so.1",))

    assert certainties(system.missing(module, library)) == [
        ("libGL.so.1", Certainty.MISSING),
        ("libGL.so.1", Certainty.MAYBE),
    ]


class TestElsewhere:
    def test_a_module_may_load_its_sibling_first(self, system: LoaderSystem) -> None:
        library = system.library("libspam.so.2", f"{SITE}/spam/lib")
        module = system.module("spam/_spam", "libspam.so.2")

        (found,) = system.missing(module, library)

        assert found.certainty is Certainty.MAYBE
        assert "spam/lib/libspam.so.2 has it" in found.reason

    def test_it_goes_by_its_soname(self, system: LoaderSystem) -> None:
        library = system.library("libspam-hash.so", f"{SITE}/spam/lib", soname="libspam.so.2")
        module = system.module("spam/_spam", "libspam.so.2")

        (found,) = system.missing(module, library)

        assert found.certainty is Certainty.MAYBE

    def test_another_distribution_may_have_it(self, system: LoaderSystem) -> None:
        system.library("libtorch.so", f"{SITE}/torch/lib")
        module = system.module("spam/_spam", "libtorch.so")

        assert certainties(system.missing(module)) == [("libtorch.so", Certainty.MAYBE)]

    def test_of_libraries_beside_each_other_nothing_is_said(self, system: LoaderSystem) -> None:
        first = system.library("liba.so.1", f"{SITE}/spam.libs", needed=("libb.so.1",))
        second = system.library("libb.so.1", f"{SITE}/spam.libs")

        assert system.missing(first, second) == ()

    def test_another_version_of_it_is_no_help(self, system: LoaderSystem) -> None:
        add_elf(system.root / SITE / "spam/libc.so.6", soname="libc.so.6")
        module = system.module("spam/_spam", needs={"libc.so.6": ("GLIBC_9",)})

        assert certainties(system.missing(module)) == [("libc.so.6", Certainty.MISSING)]


@pytest.mark.parametrize("soname", ["libcuda.so.1", "libnvidia-ml.so.1"])
def test_a_driver_comes_with_the_host(soname: str, system: LoaderSystem) -> None:
    (found,) = system.missing(system.module("spam/_spam", soname, "libcudart.so.12"))[:1]

    assert (found.soname, found.certainty) == (soname, Certainty.MAYBE)
    assert "driver" in found.reason


def test_a_module_that_its_distribution_can_do_without_is_a_maybe(system: LoaderSystem) -> None:
    module = system.module("numba/np/ufunc/tbbpool", "libtbb.so.12")
    other = system.module("eggs/np/ufunc/tbbpool", "libtbb.so.12")

    assert certainties(system.missing(module, other)) == [
        ("libtbb.so.12", Certainty.MAYBE),
        ("libtbb.so.12", Certainty.MISSING),
    ]


class TestPassedOver:
    def test_files_for_another_processor(self, system: LoaderSystem) -> None:
        assert system.missing(system.module("spam", "libGL.so.1", machine=AARCH64)) == ()

    def test_files_that_are_not_compiled(self, system: LoaderSystem) -> None:
        text = system.root / SITE / "spam.so"
        text.parent.mkdir(parents=True)
        text.write_text("not a library")
        (text.parent / "damaged.so").write_bytes(b"\x7fELF")

        files = (text, text.parent / "damaged.so", text.parent / "not-there.so")

        assert system.missing(*files) == ()

    def test_names_that_no_compiled_file_has(self, system: LoaderSystem) -> None:
        file = add_elf(system.root / SITE / "spam.py", needed=("libGL.so.1",))

        assert system.missing(file) == ()

    def test_a_static_file(self, system: LoaderSystem) -> None:
        path = system.root / SITE / "tool"
        path.parent.mkdir(parents=True)
        image = bytearray((system.root / "usr/bin/python3").read_bytes())
        image[64 + 56 : 64 + 60] = b"\0\0\0\0"  # the segment of the dynamic section
        path.write_bytes(image)

        assert system.missing(path) == ()


@pytest.mark.parametrize("content", [b"MZ", b"\xcf\xfa\xed\xfe", b"#!/bin/sh\n"])
def test_an_interpreter_of_another_kind_misses_nothing(
    content: bytes, system: LoaderSystem
) -> None:
    module = system.module("spam", "libGL.so.1")
    (system.root / "usr/bin/python3").write_bytes(content)

    assert system.missing(module) == ()


def test_the_interpreter_may_be_a_link(system: LoaderSystem) -> None:
    python = system.root / "usr/bin/python3"
    python.rename(python.with_name("python3.12"))
    python.symlink_to("/usr/bin/python3.12")

    assert system.missing_names(system.module("spam", "libGL.so.1")) == ["libGL.so.1"]

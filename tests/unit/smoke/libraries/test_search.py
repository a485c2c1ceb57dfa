from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.elves import AARCH64, GLIBC, MUSL, X86, add_elf
from tests.support.loaders import SITE, LoaderSystem, make_cache

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("pwd", reason="loaders of Linux have POSIX paths")

OTHER = "opt/staged/site"


@pytest.fixture
def glibc(tmp_path: Path) -> LoaderSystem:
    return LoaderSystem(root=tmp_path).start()


@pytest.fixture
def musl(tmp_path: Path) -> LoaderSystem:
    return LoaderSystem(root=tmp_path, musl=True).start()


class TestSystem:
    def test_a_library_of_the_system_is_found(self, glibc: LoaderSystem) -> None:
        module = glibc.module("spam", "libGL.so.1")
        assert glibc.missing_names(module) == ["libGL.so.1"]

        glibc.library("libGL.so.1")
        assert glibc.missing_names(module) == []

    @pytest.mark.parametrize("machine", [X86, AARCH64])
    def test_one_of_another_kind_does_not_count(self, machine: object, glibc: LoaderSystem) -> None:
        glibc.library("libGL.so.1", machine=machine)
        glibc.library("libGL.so.1", "lib64", machine=machine)

        assert glibc.missing_names(glibc.module("spam", "libGL.so.1")) == ["libGL.so.1"]

    def test_nor_does_one_that_is_damaged(self, glibc: LoaderSystem) -> None:
        glibc.library("libGL.so.1").write_bytes(b"\x7fELF damaged")

        assert glibc.missing_names(glibc.module("spam", "libGL.so.1")) == ["libGL.so.1"]

    def test_the_cache_is_asked(self, glibc: LoaderSystem) -> None:
        glibc.library("libGL.so.1", "opt/gl")
        glibc.library("libGL32.so.1", "opt/gl32", machine=X86)
        module = glibc.module("spam", "libGL.so.1", "libGL32.so.1")
        assert glibc.missing_names(module) == ["libGL.so.1", "libGL32.so.1"]

        paths = {
            "libGL.so.1": ["/opt/gl32/libGL.so.1", "/opt/gl/libGL.so.1"],
            "libGL32.so.1": ["/opt/gl32/libGL32.so.1"],
        }
        (glibc.root / "etc").mkdir()
        (glibc.root / "etc/ld.so.cache").write_bytes(make_cache(paths))
        assert glibc.missing_names(module) == ["libGL32.so.1"]

    def test_needs_of_the_systems_own_are_not_looked_at(self, glibc: LoaderSystem) -> None:
        glibc.library("libGL.so.1", needed=("libnever.so.1",))

        assert glibc.missing_names(glibc.module("spam", "libGL.so.1")) == []

    def test_the_library_path_counts(self, glibc: LoaderSystem) -> None:
        glibc.library("libGL.so.1", "opt/gl")
        module = glibc.module("spam", "libGL.so.1")

        assert glibc.missing_names(module, library_path="/opt/none::/opt/gl") == []
        assert glibc.missing_names(module, library_path="/opt/none") == ["libGL.so.1"]


class TestRpath:
    @pytest.mark.parametrize("tag", ["rpath", "runpath"])
    @pytest.mark.parametrize("origin", ["$ORIGIN", "${ORIGIN}"])
    def test_bundled_libraries_are_found(self, tag: str, origin: str, glibc: LoaderSystem) -> None:
        glibc.library("libz-12ab.so.1", f"{SITE}/spam.libs")
        module = glibc.module("spam/_spam", "libz-12ab.so.1", **{tag: f"{origin}/../spam.libs"})

        assert glibc.missing_names(module) == []

    @pytest.mark.parametrize("part", ["$LIB", "${LIB}", "lib/$PLATFORM"])
    def test_words_of_the_system_are_filled_in(self, part: str, glibc: LoaderSystem) -> None:
        place = "opt/gl/lib/x86_64" if "PLATFORM" in part else "opt/gl/lib/x86_64-linux-gnu"
        glibc.library("libGL.so.1", place)

        module = glibc.module("spam", "libGL.so.1", runpath=f"/opt/gl/{part}")

        assert glibc.missing_names(module) == []

    def test_rpath_is_inherited_and_runpath_is_not(self, glibc: LoaderSystem) -> None:
        libs = f"{SITE}/spam.libs"
        glibc.library("liba.so.1", libs, needed=("libb.so.1",))
        glibc.library("libb.so.1", libs)
        old = glibc.module("old", "liba.so.1", rpath="$ORIGIN/spam.libs")
        new = glibc.module("new", "liba.so.1", runpath="$ORIGIN/spam.libs")

        assert glibc.missing_names(old) == []
        (missing,) = glibc.missing(new)
        assert missing.soname == "libb.so.1"
        assert [file.name for file in missing.chain] == [new.name, "liba.so.1"]

    def test_a_runpath_of_its_own_ends_the_inheritance(self, glibc: LoaderSystem) -> None:
        libs = f"{SITE}/spam.libs"
        glibc.library("liba.so.1", libs, needed=("libb.so.1",), runpath="/nowhere")
        glibc.library("libb.so.1", libs)
        module = glibc.module("spam", "liba.so.1", rpath="$ORIGIN/spam.libs")

        assert glibc.missing_names(module) == ["libb.so.1"]

    def test_the_interpreters_rpath_is_everybodys(self, tmp_path: Path) -> None:
        conda = LoaderSystem(root=tmp_path).start(rpath="$ORIGIN/../conda")
        conda.library("libGL.so.1", "usr/conda", needed=("libX11.so.6",))
        module = conda.module("spam", "libGL.so.1")

        assert conda.missing_names(module) == ["libX11.so.6"]
        conda.library("libX11.so.6", "usr/share/x", runpath="/nowhere")
        assert conda.missing_names(module) == ["libX11.so.6"]
        conda.library("libX11.so.6", "usr/conda")
        assert conda.missing_names(module) == []

    def test_what_an_rpath_leads_to_is_followed(self, glibc: LoaderSystem) -> None:
        libs = f"{SITE}/spam.libs"
        glibc.library("liba.so.1", libs, needed=("libb.so.1",), rpath="$ORIGIN")
        glibc.library("libb.so.1", libs, needed=("libGL.so.1", "liba.so.1"))
        module = glibc.module("spam", "liba.so.1", rpath="$ORIGIN/spam.libs")

        (missing,) = glibc.missing(module)

        assert missing.soname == "libGL.so.1"
        assert [file.name for file in missing.chain] == [module.name, "liba.so.1", "libb.so.1"]
        assert all(file.is_file() for file in missing.chain)

    @pytest.mark.parametrize("sites", [(OTHER, SITE), (SITE, OTHER)])
    def test_a_path_leads_to_other_sites_as_well(
        self, sites: tuple[str, ...], glibc: LoaderSystem
    ) -> None:
        glibc.library("libcudart.so.12", f"{SITE}/nvidia/lib", needed=("libbeyond.so.1",))
        glibc.library("libbeyond.so.1", "usr/lib/python3.12/beyond")
        module = glibc.module(
            "spam/_spam",
            "libcudart.so.12",
            site=OTHER,
            rpath="$ORIGIN/../nvidia/lib:$ORIGIN/../../beyond",
        )

        assert glibc.missing_names(module, sites=sites) == []
        assert glibc.missing_names(module, sites=(OTHER,)) == ["libcudart.so.12"]

    def test_a_need_with_a_path_is_taken_as_it_stands(self, glibc: LoaderSystem) -> None:
        glibc.library("libGL.so.1", "opt/gl")
        module = glibc.module("spam", "/opt/gl/libGL.so.1", "/opt/none/libGL.so.1")

        assert glibc.missing_names(module) == ["/opt/none/libGL.so.1"]


class TestLoaded:
    def test_what_the_interpreter_has_loaded_counts(self, tmp_path: Path) -> None:
        system = LoaderSystem(root=tmp_path)
        system.library("libpython3.12.so.1.0", "opt/python", needed=("libffi.so.8",))
        system.library("libffi.so.8", "opt/python", runpath="$ORIGIN")
        system.start(needed=("libpython3.12.so.1.0", "libc.so.6"), rpath="/opt/python")

        module = system.module("spam", "libpython3.12.so.1.0", "libffi.so.8", runpath="/nowhere")

        assert system.missing_names(module) == []

    def test_without_it_the_library_of_python_is_missing(self, glibc: LoaderSystem) -> None:
        module = glibc.module("spam", "libpython3.12.so.1.0")

        assert glibc.missing_names(module) == ["libpython3.12.so.1.0"]

    def test_a_library_goes_by_its_soname_too(self, glibc: LoaderSystem) -> None:
        libs = f"{SITE}/spam.libs"
        glibc.library("liba-1.2.so", libs, soname="liba.so.1")
        glibc.library("libb.so.1", libs, needed=("liba.so.1",))
        module = glibc.module("spam", "liba-1.2.so", "libb.so.1", runpath="$ORIGIN/spam.libs")

        assert glibc.missing_names(module) == []

    def test_the_loader_itself_is_there(self, glibc: LoaderSystem) -> None:
        assert glibc.missing_names(glibc.module("spam", "ld-linux-x86-64.so.2")) == []


class TestVersions:
    def test_a_later_c_library_is_told(self, glibc: LoaderSystem) -> None:
        module = glibc.module("spam", needs={"libc.so.6": ("GLIBC_2.34", "GLIBC_2.38")})

        (missing,) = glibc.missing(module)

        assert str(missing) == "libc.so.6 (GLIBC_2.38)"
        assert (missing.soname, missing.version) == ("libc.so.6", "GLIBC_2.38")

    def test_a_weak_one_is_not(self, glibc: LoaderSystem) -> None:
        module = glibc.module("spam", needs={"libc.so.6": ("GLIBC_2.38",)}, weak=True)

        assert glibc.missing_names(module) == []

    def test_a_library_without_versions_is_taken(self, glibc: LoaderSystem) -> None:
        glibc.library("libfoo.so.1")
        module = glibc.module("spam", "libfoo.so.1", needs={"libfoo.so.1": ("FOO_9",)})

        assert glibc.missing_names(module) == []

    def test_a_bundled_library_asks_too(self, glibc: LoaderSystem) -> None:
        glibc.library("liba.so.1", f"{SITE}/libs", needs={"libc.so.6": ("GLIBC_2.99",)})
        module = glibc.module("spam", "liba.so.1", rpath="$ORIGIN/libs")

        assert glibc.missing_names(module) == ["libc.so.6 (GLIBC_2.99)"]


class TestMusl:
    def test_it_is_the_c_library_by_all_its_names(self, musl: LoaderSystem) -> None:
        module = musl.module("spam", "libpthread.so.0", "libm.so.6", needs={"libc.so.6": ("X",)})

        assert musl.missing_names(module) == []

    def test_but_not_glibcs_loader(self, musl: LoaderSystem) -> None:
        module = musl.module("spam", "ld-linux-x86-64.so.2")

        assert musl.missing_names(module) == ["ld-linux-x86-64.so.2"]

    def test_it_inherits_runpath_as_well(self, musl: LoaderSystem) -> None:
        libs = f"{SITE}/spam.libs"
        musl.library("liba.so.1", libs, needed=("libb.so.1",))
        musl.library("libb.so.1", libs)
        module = musl.module("spam", "liba.so.1", runpath="$ORIGIN/spam.libs")

        assert musl.missing_names(module) == []

    def test_it_knows_no_other_word_than_origin(self, musl: LoaderSystem) -> None:
        musl.library("liba.so.1", f"{SITE}/spam.libs")
        module = musl.module("spam", "liba.so.1", runpath="$ORIGIN/spam.libs:/opt/$LIB")

        assert [each.soname for each in musl.missing(module)] == ["liba.so.1"]

    def test_its_directories_are_searched(self, musl: LoaderSystem) -> None:
        module = musl.module("spam", "libgomp.so.1")
        assert musl.missing_names(module) == ["libgomp.so.1"]

        musl.library("libgomp.so.1", "usr/local/lib")
        assert musl.missing_names(module) == []


@pytest.mark.parametrize("interpreter", [MUSL, "/lib/ld-linux.so.2"])
def test_a_program_for_another_loader_is_passed_over(interpreter: str, glibc: LoaderSystem) -> None:
    program = add_elf(
        glibc.root / SITE / "spam" / "tool", needed=("libnever.so",), interpreter=interpreter
    )

    assert glibc.missing_names(program) == []


def test_a_library_may_name_the_loader(glibc: LoaderSystem) -> None:
    module = glibc.module("spam", "libGL.so.1", interpreter=GLIBC)

    assert glibc.missing_names(module) == ["libGL.so.1"]

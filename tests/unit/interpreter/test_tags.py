from __future__ import annotations

import os
import platform
import sys
from dataclasses import replace

import pytest
from packaging.tags import sys_tags

from syncsteps.errors import InterpreterError
from syncsteps.interpreter.model import Interpreter, Libc
from syncsteps.interpreter.tags import tags_from_outside, tags_of_linux
from tests.support.interpreters import make_interpreter

cpython = pytest.mark.skipif(sys.implementation.name != "cpython", reason="needs CPython")


@pytest.fixture
def own() -> Interpreter:
    """What a target for this very system looks like, in an old version of Python."""
    try:
        libc = os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (AttributeError, ValueError):
        libc = ""
    name, _, version = libc.partition(" ")
    environment = {"sys_platform": sys.platform, "platform_machine": platform.machine()}
    return make_interpreter(
        version="3.9.22",
        environment=environment,
        bits=64 if sys.maxsize > 2**32 else 32,
        libc=Libc(name=name, version=version) if version else None,
        tags=(),
    )


def test_tags_are_those_of_this_system_for_the_version_of_the_target(own: Interpreter) -> None:
    found = tags_from_outside(own)
    here = {str(tag.platform) for tag in sys_tags()}
    assert {tag.split("-")[2] for tag in found} == here
    assert found[0].startswith("cp39-cp39-")
    assert [tag for tag in found if tag.endswith("-any")][:3] == [
        "cp39-none-any",
        "py39-none-any",
        "py3-none-any",
    ]
    assert not any(tag.startswith("cp310") for tag in found)


@cpython
def test_for_this_version_they_are_what_packaging_says_inside(own: Interpreter) -> None:
    build = replace(
        own,
        version=platform.python_version(),
        free_threaded=not getattr(sys, "_is_gil_enabled", lambda: True)(),
        debug=hasattr(sys, "gettotalrefcount"),
    )
    assert tags_from_outside(build) == tuple(str(tag) for tag in sys_tags())


def test_a_debug_build_takes_files_of_both_kinds(own: Interpreter) -> None:
    found = tags_from_outside(replace(own, debug=True))
    abis = list(dict.fromkeys(tag.split("-")[1] for tag in found if tag.startswith("cp39-")))
    assert abis[:2] == ["cp39d", "cp39"]


def test_a_free_threaded_build_has_its_own_abi(own: Interpreter) -> None:
    found = tags_from_outside(replace(own, version="3.14.1", free_threaded=True))
    assert found[0].startswith("cp314-cp314t-")
    assert not any("-abi3-" in tag for tag in found)


def test_an_older_c_library_has_the_fewer_tags(own: Interpreter) -> None:
    if own.libc is None:
        pytest.skip("the C library does not tell its version")
    older = tags_from_outside(replace(own, libc=Libc(name=own.libc.name, version="2.17")))
    here = tags_from_outside(own)
    assert [tag for tag in here if tag in older] == list(older)
    newest = next(tag for tag in older if "manylinux" in tag)
    assert newest.startswith("cp39-cp39-manylinux_2_17_")
    assert any("manylinux2014" in tag for tag in older)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("implementation", "pypy", "implementation: pypy; of syncsteps: "),
        ("bits", 16, "word size: 16; of syncsteps: "),
        ("libc", Libc(name="glibc", version="99.0"), "C library: glibc 99.0; of syncsteps: "),
        ("libc", Libc(name="other", version="1.0"), "C library: other 1.0; of syncsteps: "),
    ],
)
def test_a_target_for_another_system_is_refused(
    own: Interpreter, field: str, value: object, said: str
) -> None:
    with pytest.raises(InterpreterError, match="the `packaging` beside syncsteps") as caught:
        tags_from_outside(replace(own, **{field: value}))  # type: ignore[arg-type]
    assert [line.startswith(said) for line in caught.value.details] == [True]
    assert "--python" in caught.value.hint


class TestOfLinux:
    @pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")
    @cpython
    def test_for_this_system_they_are_what_packaging_says(self, own: Interpreter) -> None:
        if own.libc is None or platform.machine() not in {"x86_64", "aarch64"}:
            pytest.skip("another C library or processor")
        found = tags_of_linux(platform.python_version(), libc=own.libc, machine=platform.machine())
        inside = tuple(str(tag) for tag in sys_tags())
        assert set(found) == set(inside)
        # Where the plain tag of Linux stands depends on the version of `packaging`.
        assert [tag for tag in found if "-linux_" not in tag] == [
            tag for tag in inside if "-linux_" not in tag
        ]

    def test_musl_runs_what_was_built_for_older_ones(self) -> None:
        libc = Libc(name="musl", version="1.2")
        found = tags_of_linux("3.12.3", libc=libc, machine="aarch64")
        assert list(dict.fromkeys(tag.rpartition("-")[2] for tag in found)) == [
            "linux_aarch64",
            "musllinux_1_2_aarch64",
            "musllinux_1_1_aarch64",
            "musllinux_1_0_aarch64",
            "any",
        ]
        assert found[0].startswith("cp312-cp312-")

    @pytest.mark.parametrize(
        ("machine", "oldest"),
        [
            ("x86_64", ["manylinux_2_5_x86_64", "manylinux1_x86_64"]),
            ("aarch64", ["manylinux_2_17_aarch64", "manylinux2014_aarch64"]),
        ],
    )
    def test_glibc_goes_back_to_the_oldest_of_the_processor(
        self, machine: str, oldest: list[str]
    ) -> None:
        libc = Libc(name="glibc", version="2.18")
        found = tags_of_linux("3.10.1", libc=libc, machine=machine)
        platforms = list(dict.fromkeys(tag.rpartition("-")[2] for tag in found))
        assert platforms[:2] == [f"linux_{machine}", f"manylinux_2_18_{machine}"]
        assert platforms[-3:] == [*oldest, "any"]

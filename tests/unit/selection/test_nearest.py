from __future__ import annotations

import re
from itertools import product

import pytest
from packaging.tags import compatible_tags, cpython_tags, mac_platforms

from syncsteps.locks import read_lock
from syncsteps.selection import Request, select
from syncsteps.selection.nearest import nearest_wheel
from tests.conformance.corpus import corpus_folder
from tests.conformance.environments import grid, sampled
from tests.support.interpreters import linux_platforms, tags_for

CORPUS = corpus_folder()
GLIBC_231 = linux_platforms(glibc=(2, 31))
MUSL = ["musllinux_1_1_x86_64", "musllinux_1_0_x86_64", "linux_x86_64"]
MAC = [*mac_platforms((13, 0), "arm64")]
LINUX = "manylinux_2_17_x86_64"


def tags(version: str = "3.13", platforms: list[str] = GLIBC_231, flags: str = "") -> list[str]:
    """Return the tags of a build of CPython, in the order of `packaging`."""
    major, minor = (int(part) for part in version.split("."))
    name = f"cp{major}{minor}"
    own = cpython_tags((major, minor), abis=[name + flags], platforms=platforms)
    shared = compatible_tags((major, minor), interpreter=name, platforms=platforms)
    return [str(tag) for tag in (*own, *shared)]


def difference(wheel: str, target: list[str]) -> str:
    filename = f"demo-1.0-{wheel}.whl"
    assert not set(target).intersection({wheel}), "it fits"
    named, text = nearest_wheel([filename], target)
    assert named == wheel
    return text


@pytest.mark.parametrize(
    ("wheel", "version", "text"),
    [
        (f"cp311-cp311-{LINUX}", "3.13", "is for CPython 3.11, the target is CPython 3.13"),
        (f"cp314-abi3-{LINUX}", "3.13", "needs CPython 3.14 or later, the target is CPython 3.13"),
        ("py314-none-any", "3.13", "needs Python 3.14 or later, the target is CPython 3.13"),
        ("py2-none-any", "3.13", "is for Python 2, the target is CPython 3.13"),
        (f"cp27-cp27mu-{LINUX}", "3.13", "is for CPython 2.7, the target is CPython 3.13"),
        (f"pp310-pypy310_pp73-{LINUX}", "3.10", "is for PyPy 3.10, the target is CPython 3.10"),
        (f"ip3-none-{LINUX}", "3.13", "is for ip 3, the target is CPython 3.13"),
        (f"odd-none-{LINUX}", "3.13", "is for odd-none, the target is cp313-cp313"),
    ],
)
def test_another_python(wheel: str, version: str, text: str) -> None:
    assert difference(wheel, tags(version)) == text


@pytest.mark.parametrize(
    ("wheel", "flags", "text"),
    [
        ("cp313-cp313t", "", "is for a free-threaded build, the target is none"),
        ("cp313-cp313d", "", "is for a debug build, the target is none"),
        (
            "cp313-cp313",
            "t",
            "is for a build with the global lock, the target is free-threaded",
        ),
        ("cp313-cp313td", "t", "is for a debug build, the target is none"),
        (
            "cp39-abi3",
            "t",
            "has the stable ABI abi3, which the target, a free-threaded build, lacks",
        ),
        ("cp313-abi3x", "", "has the ABI abi3x, which the target lacks"),
        ("cp313-cp313x", "", "has the ABI cp313x, the target has cp313"),
    ],
)
def test_another_abi(wheel: str, flags: str, text: str) -> None:
    assert difference(f"{wheel}-{LINUX}", tags(flags=flags)) == text


def test_another_abi_of_pypy() -> None:
    target = [f"pp310-pypy310_pp73-{LINUX}", "py3-none-any"]
    text = "has the ABI pypy310_pp72, the target has pypy310_pp73"
    assert difference(f"pp310-pypy310_pp72-{LINUX}", target) == text


@pytest.mark.parametrize(
    ("platform", "platforms", "text"),
    [
        ("manylinux_2_34_x86_64", GLIBC_231, "needs glibc 2.34, the target has 2.31"),
        ("manylinux2014_x86_64", MUSL, "needs glibc, the target has musl"),
        ("musllinux_1_1_x86_64", GLIBC_231, "needs musl, the target has glibc"),
        ("musllinux_1_2_x86_64", MUSL, "needs musl 1.2, the target has 1.1"),
        (
            "musllinux_1_2_x86_64",
            ["linux_x86_64"],
            "needs musl, the target does not say that it has it",
        ),
        ("manylinux_2_17_aarch64", GLIBC_231, "is for aarch64, the target is x86_64"),
        ("manylinux1_i686", GLIBC_231, "is for i686 (32-bit), the target is x86_64 (64-bit)"),
        (
            "manylinux_2_17_x86_64",
            linux_platforms("armv7l"),
            "is for x86_64 (64-bit), the target is armv7l (32-bit)",
        ),
        ("win32", ["win_amd64"], "is for x86 (32-bit), the target is amd64 (64-bit)"),
        ("win_arm64", ["win_amd64"], "is for arm64, the target is amd64"),
        ("win_amd64", GLIBC_231, "is for Windows, the target is Linux"),
        ("macosx_11_0_arm64", GLIBC_231, "is for macOS, the target is Linux"),
        ("macosx_14_0_arm64", MAC, "needs macOS 14.0, the target has 13.0"),
        ("macosx_11_0_x86_64", MAC, "is for x86_64, the target is arm64"),
        ("ios_13_0_arm64_iphoneos", MAC, "is for ios_13_0_arm64_iphoneos, the target is macOS"),
    ],
)
def test_another_platform(platform: str, platforms: list[str], text: str) -> None:
    assert difference(f"cp313-cp313-{platform}", tags(platforms=platforms)) == text


def test_every_difference_is_named() -> None:
    assert difference("cp312-cp312t-musllinux_1_2_aarch64", tags()) == (
        "is for CPython 3.12, the target is CPython 3.13, and is for a free-threaded build, the"
        " target is none, and needs musl, the target has glibc, and is for aarch64, the target is"
        " x86_64"
    )


def test_tags_that_fit_one_by_one_and_not_together() -> None:
    text = "is for cp313-cp313 on any, a combination that the target does not have"
    assert difference("cp313-cp313-any", tags()) == text


@pytest.mark.parametrize(
    "nearer_first",
    [
        ("cp312-cp312-" + LINUX, "cp311-cp311-" + LINUX),
        ("cp314-cp314-" + LINUX, "cp311-cp311-" + LINUX),
        ("cp313-cp313-manylinux_2_34_x86_64", "cp313-cp313-manylinux_2_39_x86_64"),
        ("cp313-cp313-manylinux_2_34_x86_64", "cp312-cp312-" + LINUX),
        ("cp313-cp313t-" + LINUX, "cp312-cp312-" + LINUX),
        ("cp312-cp312-" + LINUX, "cp313-cp313-musllinux_1_2_x86_64"),
        ("cp313-cp313-manylinux_2_17_aarch64", "cp313-cp313-win_amd64"),
        ("cp313-cp313-musllinux_1_2_aarch64", "cp313-cp313-macosx_11_0_arm64"),
        ("cp312-cp312-macosx_11_0_arm64", "pp310-pypy310_pp73-win_amd64"),
    ],
)
def test_which_one_is_nearest(nearer_first: tuple[str, str]) -> None:
    names = [f"demo-1.0-{wheel}.whl" for wheel in nearer_first]
    for filenames in (names, names[::-1]):
        assert nearest_wheel(filenames, tags())[0] == nearer_first[0]


def test_of_a_compressed_set_the_nearest_tag_counts() -> None:
    wheel = "cp38.cp39-abi3-manylinux_2_34_x86_64.musllinux_1_2_x86_64"
    assert difference(wheel, tags()) == "needs glibc 2.34, the target has 2.31"


def test_a_build_number_is_no_tag() -> None:
    filename = f"demo-1.0-3-cp311-cp311-{LINUX}.whl"
    assert nearest_wheel([filename], tags_for("3.13.1", GLIBC_231))[0] == f"cp311-cp311-{LINUX}"


def unavailable() -> list[tuple[str, str, str]]:
    """Return, of real locks: a target's name, the nearest wheel's tags, and how they differ."""
    found = set()
    for offset, path in enumerate(sorted(CORPUS.glob("uv/**/uv.lock"))):
        lock = read_lock(path)
        for name, target in sampled(grid(), offset).items():
            for item in select(lock, Request(), target).unavailable:
                filenames = [wheel.filename for wheel in item.package.wheels]
                found.add((name, *nearest_wheel(filenames, target.tags)))
    return sorted(found)


def fits(tag: str, targets: list[str]) -> bool:
    columns = [column.split(".") for column in tag.split("-")]
    tags = {"-".join(one) for one in product(*columns)}
    return any(not tags.isdisjoint(grid()[name].tags) for name in targets)


@pytest.mark.skipif(
    not CORPUS.is_dir(), reason="no corpus of real locks (SYNCSTEPS_CORPUS names its folder)"
)
def test_real_wheels_fit_a_target_without_the_difference() -> None:
    found = unavailable()
    assert len(found) > 20
    for name, tag, text in found:
        version, _, platform = name.partition("-")
        other_python, other_platform = "Python " in text, "the target has" in text
        other_platform |= bool(re.search(r"is for (?!CPython)", text))
        assert other_python or other_platform, text
        assert not fits(tag, [name])
        targets = [
            each
            for each in grid()
            if (other_python or each.startswith(f"{version}-"))
            and (other_platform or each.endswith(f"-{platform}"))
        ]
        assert fits(tag, targets), (name, tag, text)
        if not other_platform and (series := re.search(r"is for CPython ([0-9.]+),", text)):
            assert fits(tag, [f"{series[1]}-{platform}"]), (name, tag, text)

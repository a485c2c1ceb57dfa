from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from packaging.version import Version

from syncsteps.interpreter.model import Libc
from syncsteps.locks.model import Archive, Directory, Vcs
from syncsteps.selection.model import Pinned, Selected
from syncsteps.wheelhouse.matching import (
    housed_digest,
    is_part,
    misfit,
    mismatch,
    origin_of,
    target_of,
)
from syncsteps.wheelhouse.model import Origin
from tests.support.interpreters import linux_platforms, make_interpreter
from tests.support.values import (
    make_directory,
    make_hash,
    make_sdist,
    make_selected,
    make_wheel_entry,
)
from tests.support.wheelhouses import make_housed

HERE = make_interpreter()
TARGET = target_of(HERE)
ZERO = f"sha256:{'0' * 64}"
NATIVE = "demo-1.0-cp312-cp312-linux_x86_64.whl"


def source(value: Any) -> Selected:  # noqa: ANN401 - any kind of source
    return make_selected(chosen=value, source=value)


@pytest.mark.parametrize(
    ("selected", "origin"),
    [
        (
            make_selected(config_settings=(("a", "b"),)),
            Origin(kind="wheel", source="demo-1.0-py3-none-any.whl", hashes=(ZERO,)),
        ),
        (
            make_selected(chosen=make_sdist(), config_settings=(("a", "b"),)),
            Origin(kind="sdist", source="demo-1.0.tar.gz", hashes=(ZERO,), settings=("a=b",)),
        ),
        (
            make_selected(chosen=Pinned(hashes=(make_hash("2"), make_hash("1")))),
            Origin(
                kind="pinned",
                source="demo (index)",
                hashes=(f"sha256:{'0' * 63}1", f"sha256:{'0' * 63}2"),
            ),
        ),
        (
            source(Archive(url="https://u:w@index.invalid/demo.zip?token=x", subdirectory="s")),
            Origin(kind="archive", source="https://index.invalid/demo.zip", subdirectory="s"),
        ),
        (
            source(Vcs(type="git", url="https://index.invalid/x", commit_id="abc")),
            Origin(kind="vcs", source="git+https://index.invalid/x@abc"),
        ),
        (source(Directory(path=".")), Origin(kind="directory", source=".", digest="d")),
    ],
)
def test_what_of_the_lock_a_wheel_comes_from(selected: Selected, origin: Origin) -> None:
    assert origin_of(selected, digest="d") == origin


def test_a_wheel_that_is_what_was_selected() -> None:
    for selected in (make_selected(), make_selected(chosen=make_sdist()), make_directory()):
        wheel = make_housed(selected, digest="d")
        assert mismatch(selected, wheel, TARGET, HERE, digest="d") == ""


@pytest.mark.parametrize(
    ("before", "now", "why"),
    [
        (None, make_selected(), "the wheelhouse does not have it"),
        (make_selected(), make_selected(version="2.0"), "the wheelhouse has 1.0"),
        (
            make_selected(chosen=make_sdist()),
            make_selected(),
            "the wheelhouse has it from demo-1.0.tar.gz, the lock from demo-1.0-py3-none-any.whl",
        ),
        (
            make_selected(),
            make_selected(chosen=make_wheel_entry(hashes=(make_hash("2"),))),
            "the lock has other hashes of demo-1.0-py3-none-any.whl now",
        ),
        (
            make_selected(chosen=make_sdist()),
            make_selected(chosen=make_sdist(), config_settings=(("a", "b"),)),
            "the lock has other settings for its build now",
        ),
        (
            make_directory("demo"),
            make_directory("demo"),
            "its source has changed since its wheel was built",
        ),
    ],
)
def test_a_wheel_that_is_not(before: Selected | None, now: Selected, why: str) -> None:
    wheel = None if before is None else make_housed(before, digest="old")
    assert mismatch(now, wheel, TARGET, HERE, digest="new") == why


def test_a_version_that_only_the_build_tells_is_the_wheels() -> None:
    selected = make_directory(version=None)
    assert mismatch(selected, make_housed(selected, digest="d"), TARGET, HERE, digest="d") == ""


def test_a_wheel_for_another_interpreter() -> None:
    wheel = make_housed(make_selected(), filename="demo-1.0-cp311-cp311-linux_x86_64.whl")
    assert misfit(wheel, TARGET, HERE) == (
        "demo-1.0-cp311-cp311-linux_x86_64.whl is for another interpreter: it was fetched for"
        " CPython 3.12.7 with glibc 2.36"
    )
    assert mismatch(make_selected(), wheel, TARGET, HERE) == misfit(wheel, TARGET, HERE)


@pytest.mark.parametrize(
    ("libc", "fits"),
    [
        (Libc(name="glibc", version="2.36"), True),
        (Libc(name="glibc", version="2.41"), True),
        (Libc(name="glibc", version="2.9"), False),
        (Libc(name="musl", version="1.2"), False),
        (None, True),
    ],
)
def test_what_was_compiled_needs_its_c_library_or_a_later_one(libc: Libc, *, fits: bool) -> None:
    here = replace(HERE, libc=libc)
    wheel = make_housed(make_selected(), filename=NATIVE, built=True)
    assert (misfit(wheel, TARGET, here) == "") is fits
    if not fits:
        assert "was built with glibc 2.36, and this interpreter has" in misfit(wheel, TARGET, here)
    # A file of the lock says itself what it needs.
    assert misfit(replace(wheel, built=False), TARGET, here) == ""
    pure = make_housed(make_selected(), built=True)
    assert misfit(pure, TARGET, here) == ""


def test_the_target_of_a_manifest() -> None:
    windows = make_interpreter(platforms=["win_amd64"], libc=None)
    assert str(target_of(windows)) == "CPython 3.12.7"
    assert target_of(HERE).tags == HERE.tags
    assert (
        "cp312-cp312-linux_x86_64" in target_of(make_interpreter(platforms=linux_platforms())).tags
    )


def test_sources_that_are_there_in_part_count_as_those_of_the_build() -> None:
    files = (("app.py", "1"), ("pyproject.toml", "2"))
    wheel = make_housed(make_directory(), digest="whole", files=files)
    for here in ({}, {"pyproject.toml": "2"}, dict(files)):
        assert is_part(here, wheel)
        assert housed_digest(wheel, here) == "whole"


@pytest.mark.parametrize("here", [{"app.py": "other"}, {"app.py": "1", "new.py": "3"}])
def test_a_file_that_has_changed_or_come_since_does_not(here: dict[str, str]) -> None:
    wheel = make_housed(make_directory(), digest="whole", files=(("app.py", "1"),))
    assert housed_digest(wheel, here) == ""
    assert housed_digest(None, {}) == ""
    assert housed_digest(make_housed(make_selected()), {}) == ""


def test_versions_are_compared_as_versions() -> None:
    selected = make_selected(version="1.0")
    assert selected.package.version == Version("1")
    assert mismatch(selected, make_housed(selected, version="1"), TARGET, HERE) == ""
    assert mismatch(selected, make_housed(selected, version="?"), TARGET, HERE) == (
        "the wheelhouse has ?"
    )

from __future__ import annotations

import pytest

from syncsteps.errors import InterpreterError
from syncsteps.interpreter.profiles.names import Architecture, find_profile, profile_names

PYTHONS = ("3.10", "3.11", "3.12", "3.13", "3.14")


def test_the_images_that_people_use_are_known() -> None:
    wanted = {f"python:{v}{kind}" for v in PYTHONS for kind in ("", "-slim", "-alpine")}
    wanted |= {f"python:{v}-slim-{suite}" for v in PYTHONS for suite in ("bookworm", "trixie")}
    wanted |= {f"debian:{number}" for number in (11, 12, 13)}
    wanted |= {"ubuntu:22.04", "ubuntu:24.04", "amazonlinux:2023"}
    wanted |= {f"alpine:3.{number}" for number in (20, 21, 22)}
    wanted |= {f"ubi{n}{kind}" for n in (8, 9) for kind in ("", "-python3.11", "-python3.12")}
    assert wanted - set(profile_names()) == set()


def test_no_name_is_there_twice() -> None:
    assert len(set(profile_names())) == len(profile_names())


@pytest.mark.parametrize(
    ("text", "machine", "found"),
    [
        ("debian:12", "x86_64", Architecture.AMD64),
        ("debian:12", "AMD64", Architecture.AMD64),
        ("debian:12", "aarch64", Architecture.ARM64),
        ("debian:12", "arm64", Architecture.ARM64),
        ("debian:12", "riscv64", Architecture.AMD64),
        ("debian:12", "", Architecture.AMD64),
        ("debian:12@amd64", "aarch64", Architecture.AMD64),
        ("debian:12@x86_64", "aarch64", Architecture.AMD64),
        ("debian:12@arm64", "x86_64", Architecture.ARM64),
        ("debian:12@aarch64", "x86_64", Architecture.ARM64),
    ],
)
def test_the_processor_is_that_of_the_name_or_else_of_the_machine(
    text: str, machine: str, found: Architecture
) -> None:
    profile, architecture = find_profile(text, machine=machine)
    assert (profile.name, architecture) == ("debian:12", found)


@pytest.mark.parametrize("wanted", ["riscv64", "", "ARM64", "arm64@amd64"])
def test_another_processor_is_an_error(wanted: str) -> None:
    with pytest.raises(InterpreterError, match="there is no profile of debian:12 for") as caught:
        find_profile(f"debian:12@{wanted}", machine="x86_64")
    assert "debian:12@arm64" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("debian-12", "debian:12"),
        ("Debian:12", "debian:12"),
        ("python:3.13-slin@arm64", "python:3.13-slim"),
        ("ubuntu", "ubuntu:24.04"),
        ("ubi9:python3.11", "ubi9-python3.11"),
        ("alpine:3.2", "alpine:3.20"),
    ],
)
def test_for_an_unknown_name_the_nearest_are_told(text: str, near: str) -> None:
    with pytest.raises(InterpreterError, match="neither such a file here nor a profile") as caught:
        find_profile(text, machine="x86_64")
    assert f"Did you mean {near}" in caught.value.hint or f"or {near}" in caught.value.hint
    listed = {name for line in caught.value.details for name in line.split(", ")}
    assert listed == set(profile_names())


@pytest.mark.parametrize("text", ["", "@arm64", "base", "windows:ltsc2022", "12", "python", "é:1"])
def test_a_name_that_is_near_to_none(text: str) -> None:
    with pytest.raises(InterpreterError, match="nor a profile of that name") as caught:
        find_profile(text, machine="x86_64")
    assert "syncsteps inspect -o FILE" in caught.value.hint


def test_a_python_that_is_too_old_names_those_that_are_not() -> None:
    with pytest.raises(InterpreterError, match=r"ubi8 has Python 3\.6; a target must be") as caught:
        find_profile("ubi8", machine="x86_64")
    assert caught.value.hint.endswith("ubi8-python3.11, ubi8-python3.12.")
    assert caught.value.exit_code == 4

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from syncsteps.smoke.libraries import System, read_system
from syncsteps.smoke.libraries.system import system_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('ID=debian\nVERSION_ID="12"\n', System(manager="apt", family="debian", version=(12,))),
        ("ID=debian\nVERSION_CODENAME=forky\n", System(manager="apt", family="debian")),
        ('ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"',
         System(manager="apt", family="ubuntu", version=(24, 4))),
        ('ID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_ID=21\nUBUNTU_CODENAME=jammy',
         System(manager="apt", family="ubuntu", version=(22, 4))),
        ("ID=raspbian\nID_LIKE=debian\nVERSION_ID=11\nVERSION_CODENAME=bullseye",
         System(manager="apt", family="debian", version=(11,))),
        ("# a comment\nID=alpine\nVERSION_ID=3.20.1",
         System(manager="apk", family="alpine", version=(3, 20, 1))),
        ("ID=fedora\nVERSION_ID=41", System(manager="dnf", family="fedora", version=(41,))),
        ("ID='rocky'\nID_LIKE='rhel centos fedora'\nVERSION_ID='9.4'",
         System(manager="dnf", family="rhel")),
        ("ID=opensuse-leap\nVERSION_ID=15.6",
         System(manager="zypper", family="opensuse-leap", version=(15, 6))),
    ],
)  # fmt: skip
def test_a_system_is_known_by_its_family(text: str, expected: System) -> None:
    assert system_of(text) == expected


@pytest.mark.parametrize("text", ["", "ID=arch", "ID", 'ID="debian', "\0"])
def test_a_system_that_is_not_known_is_none(text: str) -> None:
    assert system_of(text) is None


def test_the_file_is_found_in_either_place(tmp_path: Path) -> None:
    assert read_system(tmp_path) is None

    (tmp_path / "usr/lib").mkdir(parents=True)
    (tmp_path / "usr/lib/os-release").write_text("ID=alpine\n")
    assert read_system(tmp_path) == System(manager="apk", family="alpine")

    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/os-release").write_text("ID=debian\nVERSION_ID=13\n")
    expected = System(manager="apt", family="debian", version=(13,), bits=32)
    assert read_system(tmp_path, bits=32) == expected


def test_the_program_that_is_there_installs(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/os-release").write_text("ID=rhel\nVERSION_ID=9\n")
    (tmp_path / "usr/bin").mkdir(parents=True)
    (tmp_path / "usr/bin/microdnf").touch()

    assert read_system(tmp_path) == System(manager="microdnf", family="rhel", version=(9,))

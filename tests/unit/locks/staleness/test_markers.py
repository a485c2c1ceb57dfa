from __future__ import annotations

import pytest
from packaging.specifiers import SpecifierSet

from syncsteps.locks.staleness.markers import releases_around, same_condition


def same(one: str, other: str, extra: str = "", pythons: str = ">=3.9") -> bool:
    found = same_condition(one, other, extra=extra, pythons=pythons)
    assert found == same_condition(other, one, extra=extra, pythons=pythons)
    return found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("python_version < '3.11'", "python_full_version < '3.11'"),
        ("python_version <= '3.10'", "python_full_version < '3.11'"),
        ("python_version > '3.10'", "python_full_version >= '3.11'"),
        ("python_version >= '3.9'", ""),
        ("python_version >= '3'", "python_version >= '3.4'"),
        ("python_version < '3.8'", "python_version < '0'"),
        ("platform_system == 'Windows'", "sys_platform == 'win32'"),
        ("'x86_64' == platform_machine", 'platform_machine == "x86_64"'),
        ("sys_platform in 'linux darwin'", "sys_platform == 'linux' or sys_platform == 'darwin'"),
        ("implementation_name == 'cpython'", "platform_python_implementation == 'CPython'"),
        # Nobody can try these.
        ("platform_release >= '6'", "platform_release >= '7'"),
        ("sys_platform ~= '1.0'", "sys_platform == 'linux'"),
        ("os_name == 'nt' and platform_version == '1'", ""),
    ],
)
def test_what_means_the_same_or_is_not_known_to_differ(one: str, other: str) -> None:
    assert same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("python_version < '3.11'", "python_version < '3.12'"),
        ("python_version < '3.11'", "python_version <= '3.11'"),
        ("python_full_version < '3.11.4'", "python_full_version < '3.11.5'"),
        ("python_version < '3.11'", ""),
        ("sys_platform == 'win32'", "sys_platform == 'linux'"),
        ("sys_platform == 'aix'", "sys_platform == 'sunos5'"),
        ("sys_platform != 'aix'", ""),
        ("platform_machine == 'x86_64'", "platform_machine == 'arm64'"),
        ("platform_machine != 'x86_64'", ""),
        ("implementation_name == 'pypy'", "implementation_name == 'cpython'"),
        ("implementation_name == 'rustpython'", "implementation_name == 'ironpython'"),
        ("os_name == 'nt' or python_version < '3.11'", "os_name == 'nt'"),
    ],
)
def test_what_does_not(one: str, other: str) -> None:
    assert not same(one, other)


def test_only_the_versions_that_are_allowed_count() -> None:
    one, other = "python_version >= '3.12'", "python_version >= '3.11'"
    assert not same(one, other, pythons=">=3.10")
    assert same(one, other, pythons=">=3.12")
    assert same(one, other, pythons="<3.11")


def test_the_extra_is_asked_for() -> None:
    assert same("os_name == 'nt' and extra == 'fast'", "os_name == 'nt'", extra="fast")
    assert not same("extra == 'fast'", "", extra="slow")


def test_too_much_to_try_is_not_known_to_differ() -> None:
    machines = " or ".join(f"platform_machine == 'm{number}'" for number in range(60))
    systems = " or ".join(f"sys_platform == 's{number}'" for number in range(60))
    assert same(f"({machines}) and ({systems})", "os_name == 'nt'")


def test_releases_around_have_one_on_each_side() -> None:
    found = releases_around((">=3.10.2, <4",))
    assert found == sorted(set(found), key=lambda text: tuple(map(int, text.split("."))))
    for text in (">=3.10.2", "<3.10.2", "<=3.10.2", ">3.10.2", "<4", ">=4"):
        inside = [item in SpecifierSet(text) for item in found]
        assert True in inside
        assert False in inside

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.markers import Marker
from packaging.specifiers import SpecifierSet

from syncsteps.locks.model import Directory
from syncsteps.plan import Install
from syncsteps.settings import Settings
from syncsteps.verify import verify
from tests.support.values import (
    PROJECT,
    SITE,
    make_facts,
    make_lock,
    make_plan_of,
    make_selected,
    make_system,
    make_wheel_entry,
)

if TYPE_CHECKING:
    from syncsteps.verify import Facts, Finding


def found(code: str, facts: Facts) -> list[Finding]:
    """Return what the rule finds; no other rule may find anything."""
    findings = verify(facts)
    assert {finding.code for finding in findings} <= {code}
    return list(findings)


class TestRequiresPython:
    @pytest.mark.parametrize("specifier", [">=3.13", "<3.12", "==3.11.*", "!=3.12.*"])
    def test_a_lock_for_another_version(self, specifier: str) -> None:
        facts = make_facts(lock=make_lock(requires_python=SpecifierSet(specifier)))
        (finding,) = found("INT001", facts)
        assert finding.message == f"the lock requires Python {specifier}, the target is 3.12.7"
        assert "--python" in finding.hint

    def test_a_package_for_another_version(self) -> None:
        facts = make_facts(
            make_selected("old", "2.0", requires_python=SpecifierSet("<3.10")),
            make_selected("new", requires_python=SpecifierSet(">=3.12")),
        )
        (finding,) = found("INT001", facts)
        assert finding.message == "old 2.0 requires Python <3.10, the target is 3.12.7"
        assert finding.subject == "old"

    @pytest.mark.parametrize("specifier", ["", ">=3.9", ">=3.12,<4", "==3.12.*", "==3.12.7"])
    def test_a_version_that_fits(self, specifier: str) -> None:
        assert not found(
            "INT001", make_facts(lock=make_lock(requires_python=SpecifierSet(specifier)))
        )

    @pytest.mark.parametrize("version", ["3.15.0rc2", "3.15.0a1+", "3.15.0b1+local"])
    def test_a_pre_release_counts_as_its_release(self, version: str) -> None:
        system = make_system()
        variables = {**dict(system.environment), "python_full_version": version}
        system = replace(system, environment=tuple(variables.items()))

        def with_lock(specifier: str) -> Facts:
            return make_facts(
                interpreter=system, lock=make_lock(requires_python=SpecifierSet(specifier))
            )

        assert not found("INT001", with_lock(">=3.15"))
        (finding,) = found("INT001", with_lock("<3.15"))
        assert finding.message.endswith(f"the target is {version}")

    def test_a_version_that_cannot_be_read_fits_nothing(self) -> None:
        system = make_system()
        variables = {**dict(system.environment), "python_full_version": "unknown"}
        facts = make_facts(
            interpreter=replace(system, environment=tuple(variables.items())),
            lock=make_lock(requires_python=SpecifierSet(">=3.9")),
        )
        assert len(found("INT001", facts)) == 1


class TestExternallyManaged:
    def test_it_is_refused_in_the_words_of_the_distribution(self) -> None:
        system = make_system(externally_managed="To install,\n  use apt.\n")
        (finding,) = found("INT002", make_facts(interpreter=system))
        assert finding.message == (
            f"{system.executable} is externally managed (PEP 668). It says: To install, use apt."
        )
        assert "--break-system-packages" in finding.hint
        assert str(SITE) in finding.hint
        assert finding.exit_code == 4

    @pytest.mark.parametrize("text", ["", " \n"])
    def test_it_is_refused_without_a_word(self, text: str) -> None:
        (finding,) = found("INT002", make_facts(interpreter=make_system(externally_managed=text)))
        assert finding.message.endswith("is externally managed (PEP 668).")

    def test_it_can_be_allowed(self) -> None:
        settings = Settings(directory=PROJECT, break_system_packages=True)
        system = make_system(externally_managed="use apt")
        assert not found("INT002", make_facts(interpreter=system, settings=settings))


class TestWritable:
    def test_each_directory_is_named(self) -> None:
        paths = (SITE, Path("/opt/python/bin"))
        findings = found("INT003", make_facts(interpreter=make_system(unwritable=paths)))
        assert [finding.subject for finding in findings] == [str(path) for path in paths]
        assert findings[0].message == f"{SITE} cannot be written to by this user"
        assert "USER" in findings[0].hint

    @pytest.mark.parametrize(
        ("user", "owner", "message", "hint"),
        [
            (1000, 0, "by user 1000: it belongs to root", "run as root ("),
            (0, 1000, "by root: it belongs to user 1000", "run as user 1000 ("),
            (
                0,
                0,
                "by root: its mode forbids it, or its file system is read-only",
                "run as the user that owns it (",
            ),
        ],
    )
    def test_who_runs_and_who_owns(self, user: int, owner: int, message: str, hint: str) -> None:
        other = Path("/opt/python/bin")
        system = make_system(unwritable=(other, SITE), user=user, unwritable_owners=(7, owner))
        _, finding = found("INT003", make_facts(interpreter=system))
        assert finding.message == f"{SITE} cannot be written to {message}"
        assert finding.hint.startswith(hint)


class TestImportable:
    def test_a_directory_that_is_not_on_the_path(self) -> None:
        system = make_system(
            sys_path=(Path("/usr/lib/python3"),),
            site_packages=(Path("/usr/local/lib/python3.9/dist-packages"),),
        )
        (finding,) = found("INT004", make_facts(interpreter=system))
        assert finding.message.startswith(f"{SITE} is not on the sys.path of {system.executable}")
        assert finding.subject == str(SITE)

    def test_each_of_two_directories(self) -> None:
        system = make_system(sys_path=(), site_packages=())
        platlib = Path("/opt/python/lib64/site-packages")
        system = replace(system, scheme=replace(system.scheme, platlib=platlib))
        findings = found("INT004", make_facts(interpreter=system))
        assert [finding.subject for finding in findings] == [str(SITE), str(platlib)]

    def test_a_directory_that_site_would_add_need_not_exist_yet(self) -> None:
        system = make_system(sys_path=(), site_packages=(SITE,))
        assert not found("INT004", make_facts(interpreter=system))


class TestVirtualEnvironment:
    def test_it_is_refused_and_its_base_named(self) -> None:
        system = make_system(virtual=True, base_executable=Path("/usr/bin/python3"))
        (finding,) = found("INT005", make_facts(interpreter=system))
        assert finding.message == ("/opt/python is a virtual environment, not a system interpreter")
        assert "--python /usr/bin/python3" in finding.hint
        assert "--allow-virtualenv" in finding.hint

    def test_a_base_that_is_not_known(self) -> None:
        (finding,) = found("INT005", make_facts(interpreter=make_system(virtual=True)))
        assert "--python PYTHON" in finding.hint

    def test_it_can_be_allowed(self) -> None:
        settings = Settings(directory=PROJECT, allow_virtualenv=True)
        assert not found(
            "INT005", make_facts(interpreter=make_system(virtual=True), settings=settings)
        )


class TestEnvironments:
    def test_the_target_is_none_of_them(self) -> None:
        markers = (Marker("sys_platform == 'win32'"), Marker("sys_platform == 'darwin'"))
        (finding,) = found("INT006", make_facts(lock=make_lock(environments=markers)))
        assert 'sys_platform == "win32"; sys_platform == "darwin"' in finding.message
        assert "lock again" in finding.hint

    def test_the_target_is_one_of_them(self) -> None:
        markers = (Marker("sys_platform == 'win32'"), Marker("sys_platform == 'linux'"))
        assert not found("INT006", make_facts(lock=make_lock(environments=markers)))

    @pytest.mark.parametrize("text", ["extra == 'x'", "'x' in extras", "os_name >= 'posix1'"])
    def test_a_marker_that_describes_no_environment_is_none_of_them(self, text: str) -> None:
        (finding,) = found("INT006", make_facts(lock=make_lock(environments=(Marker(text),))))
        assert finding.code == "INT006"


class TestSpace:
    @staticmethod
    def facts(*, free: int | None) -> Facts:
        wheel = make_selected(chosen=make_wheel_entry(size=3_000_000))
        unknown = make_selected("unknown", chosen=make_wheel_entry("unknown", size=None))
        tree = make_selected("tree", chosen=Directory(path="tree"))
        actions = [Install(selected=s, reason="not installed") for s in (wheel, unknown, tree)]
        return make_facts(interpreter=make_system(free_space=free), plan=make_plan_of(*actions))

    def test_too_little(self) -> None:
        (finding,) = found("INT007", self.facts(free=2_000_000))
        assert finding.message == (
            "the files to install are 3 MB before they are unpacked,"
            f" and {SITE} has 2 MB of free space"
        )

    @pytest.mark.parametrize("free", [3_000_000, None])
    def test_enough_or_not_known(self, free: int | None) -> None:
        assert not found("INT007", self.facts(free=free))

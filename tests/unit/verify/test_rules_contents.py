from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from syncsteps.plan import Install, Keep, Remove, Replace
from syncsteps.verify import Severity, verify
from tests.support.values import (
    SITE,
    SYSTEM_SITE,
    make_facts,
    make_installed,
    make_plan_of,
    make_selected,
    make_system,
)

if TYPE_CHECKING:
    from syncsteps.interpreter.model import InstalledDistribution
    from syncsteps.plan import Action
    from syncsteps.verify import Facts, Finding


def found(code: str, facts: Facts) -> list[Finding]:
    return [finding for finding in verify(facts) if finding.code == code]


def install(name: str, version: str | None = "1.0") -> Install:
    return Install(selected=make_selected(name, version), reason="not installed")


def keep(installed: InstalledDistribution) -> Keep:
    return Keep(selected=make_selected(installed.name), installed=installed, reason="")


class TestHiding:
    MODULES = ("asyncio", "cgi", "concurrent", "configparser", "enum", "typing", "sys")

    def facts(self, *actions: Action) -> Facts:
        system = make_system(standard_library=self.MODULES)
        return make_facts(plan=make_plan_of(*actions), interpreter=system)

    @pytest.mark.parametrize(
        ("name", "module"),
        [
            ("typing", "typing"),
            ("enum34", "enum"),
            ("futures", "concurrent"),
            ("legacy-cgi", "cgi"),
            ("asyncio", "asyncio"),
        ],
    )
    def test_a_backport(self, name: str, module: str) -> None:
        (finding,) = found("SYS008", self.facts(install(name)))
        assert finding.message == (
            f"{name} 1.0 brings {module!r}, which is a module of the target's standard library"
        )
        assert (finding.subject, finding.severity) == (name, Severity.WARNING)
        assert f"leave {name} out" in finding.hint

    @pytest.mark.parametrize(
        ("name", "version"),
        [
            ("demo", "1.0"),
            ("typing-extensions", "4.0"),
            ("pyasyncore", "1.0"),  # not in this target's standard library
            ("asyncio", "4.0.0"),
            ("configparser", "7.0"),
            ("configparser", None),
        ],
    )
    def test_what_hides_nothing(self, name: str, version: str | None) -> None:
        assert not found("SYS008", self.facts(install(name, version)))

    def test_what_is_there_already(self) -> None:
        assert not found("SYS008", self.facts(keep(make_installed("typing"))))

    def test_a_target_of_which_the_modules_are_not_known(self) -> None:
        assert not found("SYS008", make_facts(plan=make_plan_of(install("typing"))))


class TestShared:
    def facts(self, *actions: Action, installed: tuple[InstalledDistribution, ...] = ()) -> Facts:
        return make_facts(plan=make_plan_of(*actions), interpreter=make_system(*installed))

    def test_two_that_come(self) -> None:
        facts = self.facts(install("opencv-python"), install("opencv-python-headless"))
        (finding,) = found("SYS009", facts)
        assert finding.message == (
            "opencv-python and opencv-python-headless both bring 'cv2': in one directory, each"
            " overwrites files of the other"
        )
        assert (finding.subject, finding.severity) == ("opencv-python", Severity.ERROR)
        assert finding.exit_code == 3
        assert "keep one of them" in finding.hint

    def test_three_that_come_are_three_pairs(self) -> None:
        names = ("opencv-python", "opencv-contrib-python", "opencv-python-headless")
        facts = self.facts(*(install(name) for name in names))
        assert len(found("SYS009", facts)) == 3

    def test_one_that_comes_beside_one_that_stays(self) -> None:
        other = make_installed("psycopg2")
        (finding,) = found("SYS009", self.facts(install("psycopg2-binary"), installed=(other,)))
        assert finding.subject == "psycopg2-binary"
        assert finding.message.startswith("psycopg2-binary and psycopg2 both bring")
        assert finding.exit_code == 4

    def test_one_that_comes_beside_one_that_is_kept(self) -> None:
        other = make_installed("psycopg2")
        facts = self.facts(install("psycopg2-binary"), keep(other), installed=(other,))
        (finding,) = found("SYS009", facts)
        assert finding.exit_code == 3

    def test_one_that_comes_for_the_other(self) -> None:
        other = make_installed("psycopg2")
        removal = Remove(installed=other, reason="")
        facts = self.facts(install("psycopg2-binary"), removal, installed=(other,))
        assert not found("SYS009", facts)

    def test_one_that_lies_in_another_directory(self) -> None:
        other = make_installed("psycopg2", location=SYSTEM_SITE)
        assert not found("SYS009", self.facts(install("psycopg2-binary"), installed=(other,)))

    def test_two_that_are_there_already(self) -> None:
        both = (make_installed("psycopg2"), make_installed("psycopg2-binary"))
        assert not found("SYS009", self.facts(*map(keep, both), installed=both))

    def test_one_alone(self) -> None:
        assert not found("SYS009", self.facts(install("opencv-python"), install("psycopg2")))


class TestOwnParts:
    TOOL = (
        make_installed("syncsteps", requires=("packaging>=26", "rich", "tomli; extra == 'x'")),
        make_installed("packaging", "26.1"),
        make_installed("rich", requires=("pygments", "absent")),
        make_installed("pygments", requires=("rich",)),
        make_installed("tomli"),
    )

    def facts(self, action: Action, **fields: object) -> Facts:
        values = {"tool_home": SITE, "interpreter": make_system(*self.TOOL)}
        return make_facts(plan=make_plan_of(action), **(values | fields))

    @staticmethod
    def replace(name: str) -> Replace:
        return Replace(selected=make_selected(name), installed=make_installed(name), reason="")

    def test_a_part_that_is_replaced(self) -> None:
        (finding,) = found("SYS010", self.facts(self.replace("packaging")))
        assert finding.message == (
            "packaging 26.1 is a part of the syncsteps that is running, and would be changed"
        )
        assert (finding.subject, finding.severity) == ("packaging", Severity.WARNING)
        assert "--python" in finding.hint

    def test_a_part_that_goes(self) -> None:
        removal = Remove(installed=self.TOOL[0], reason="")
        (finding,) = found("SYS010", self.facts(removal))
        assert finding.message.startswith("syncsteps 1.0 is a part")
        assert finding.message.endswith("would be removed")

    def test_parts_of_parts(self) -> None:
        assert found("SYS010", self.facts(self.replace("pygments")))

    @pytest.mark.parametrize("name", ["tomli", "demo"])
    def test_what_is_no_part(self, name: str) -> None:
        assert not found("SYS010", self.facts(self.replace(name)))

    def test_a_part_that_stays(self) -> None:
        assert not found("SYS010", self.facts(keep(self.TOOL[1])))

    @pytest.mark.parametrize("home", [None, SYSTEM_SITE])
    def test_a_tool_that_runs_elsewhere(self, home: object) -> None:
        assert not found("SYS010", self.facts(self.replace("packaging"), tool_home=home))

    def test_a_target_without_the_tool(self) -> None:
        facts = self.facts(self.replace("packaging"), interpreter=make_system(*self.TOOL[1:]))
        assert not found("SYS010", facts)

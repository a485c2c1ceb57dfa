from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from syncsteps.interpreter.model import Owner
from syncsteps.plan import Install, Keep, Remove, Replace
from syncsteps.settings import Settings
from syncsteps.verify import verify
from tests.support.values import (
    PROJECT,
    SITE,
    SYSTEM_SITE,
    make_facts,
    make_installed,
    make_owned,
    make_plan_of,
    make_selected,
    make_system,
)

if TYPE_CHECKING:
    from syncsteps.interpreter.model import InstalledDistribution
    from syncsteps.plan import Action
    from syncsteps.verify import Facts, Finding


def found(code: str, facts: Facts) -> list[Finding]:
    """Return what the rule finds; no other rule may find anything."""
    findings = verify(facts)
    assert {finding.code for finding in findings} <= {code}
    return list(findings)


def install(name: str = "demo", shadows: InstalledDistribution | None = None) -> Install:
    return Install(selected=make_selected(name), reason="", shadows=shadows)


def replace(installed: InstalledDistribution) -> Replace:
    return Replace(selected=make_selected(installed.name), installed=installed, reason="")


class TestOwned:
    @staticmethod
    def facts(action: Action, *distributions: InstalledDistribution, allow: str = "") -> Facts:
        return make_facts(
            plan=make_plan_of(action),
            interpreter=make_system(*distributions),
            settings=Settings(directory=PROJECT, allow_replace=(allow,) if allow else ()),
        )

    def test_a_copy_that_would_be_hidden(self) -> None:
        owned = make_owned(version="0.9")
        (finding,) = found("SYS001", self.facts(install(shadows=owned), owned))
        assert finding.message == (
            f"demo 1.0 would shadow 0.9 in {SYSTEM_SITE}, of python3-demo (dpkg)"
        )
        assert "lock demo at 0.9" in finding.hint
        assert "--allow-replace demo" in finding.hint
        assert finding.exit_code == 4

    def test_a_copy_that_would_be_replaced(self) -> None:
        owned = make_owned(version="0.9", location=SITE)
        (finding,) = found("SYS001", self.facts(replace(owned), owned))
        assert finding.message == f"demo 1.0 would replace 0.9 in {SITE}, of python3-demo (dpkg)"

    def test_a_copy_that_lies_behind_the_replaced_one(self) -> None:
        ours, theirs = make_installed(version="0.8"), make_owned(version="0.9")
        (finding,) = found("SYS001", self.facts(replace(ours), ours, theirs))
        assert "would shadow 0.9 in" in finding.message
        assert finding.message.endswith("of python3-demo (dpkg)")

    @pytest.mark.parametrize(
        ("direct", "indirect", "told"),
        [
            (("foo",), (), "which foo needs"),
            (("bar", "foo"), (), "which bar and foo need"),
            (("foo",), ("bar",), "which foo needs, and through it bar"),
            (("a", "b", "c"), ("d", "e"), "which a, b and c need, and through them d and e"),
            (tuple("abcde"), (), "which a, b, c, d and e need"),
            (tuple("abcdef"), tuple("ghijklm"),
             "which a, b, c, d and 2 more need, and through them g, h, i, j and 3 more"),
        ],
    )  # fmt: skip
    def test_who_needs_the_package_is_named(
        self, direct: tuple[str, ...], indirect: tuple[str, ...], told: str
    ) -> None:
        owner = Owner(
            manager="rpm", package="py-demo", needed_by=direct, needed_indirectly=indirect
        )
        owned = make_installed(version="0.9", location=SYSTEM_SITE, owner=owner)
        (finding,) = found("SYS001", self.facts(install(shadows=owned), owned))
        assert finding.message.endswith(f", of py-demo (rpm), {told}")

    @pytest.mark.parametrize(
        "spelled", ["zope-interface", "zope.interface", "Zope_Interface", "zope__interface"]
    )
    def test_it_can_be_allowed_by_any_spelling_of_the_name(self, spelled: str) -> None:
        owned = make_owned("zope-interface", "0.9")
        action = install("zope-interface", shadows=owned)
        assert found("SYS001", self.facts(action, owned))
        assert not found("SYS001", self.facts(action, owned, allow=spelled))
        assert found("SYS001", self.facts(action, owned, allow="another"))

    def test_a_copy_of_nobodys_may_be_replaced(self) -> None:
        installed = make_installed(version="0.9")
        assert not found("SYS001", self.facts(replace(installed), installed))

    def test_a_copy_that_stays_is_no_problem(self) -> None:
        owned = make_owned()
        keep = Keep(selected=make_selected(), installed=owned, reason="already there")
        assert not found("SYS001", self.facts(keep, owned))


class TestOtherProjects:
    def facts(self, action: Action, *, allow: tuple[str, ...] = ()) -> Facts:
        return make_facts(
            plan=make_plan_of(action),
            owners=(("demo", ("api", "worker")),),
            settings=Settings(directory=PROJECT, allow_replace=allow),
        )

    def test_each_project_is_named(self) -> None:
        findings = found("SYS002", self.facts(replace(make_installed(version="0.9"))))
        assert [finding.message for finding in findings] == [
            "demo 0.9 belongs to the sync of 'api'; this lock wants 1.0",
            "demo 0.9 belongs to the sync of 'worker'; this lock wants 1.0",
        ]
        assert "both projects" in findings[0].hint
        assert "--allow-replace demo" in findings[0].hint

    def test_a_distribution_of_no_other_project(self) -> None:
        assert not found("SYS002", self.facts(replace(make_installed("own", "0.9"))))

    def test_a_distribution_that_both_want_alike(self) -> None:
        keep = Keep(selected=make_selected(), installed=make_installed(), reason="already there")
        assert not found("SYS002", self.facts(keep))

    def test_it_can_be_allowed(self) -> None:
        action = replace(make_installed(version="0.9"))
        assert not found("SYS002", self.facts(action, allow=("Demo",)))


class TestHidden:
    FIRST = Path("/opt/first")

    def facts(self, shadowed: InstalledDistribution) -> Facts:
        system = make_system(shadowed, sys_path=(self.FIRST, SITE, SYSTEM_SITE))
        return make_facts(interpreter=system, plan=make_plan_of(install(shadows=shadowed)))

    def test_a_copy_that_comes_first(self) -> None:
        (finding,) = found("SYS003", self.facts(make_installed(version="0.9", location=self.FIRST)))
        assert finding.message == (
            "demo 0.9 in /opt/first comes first on sys.path:"
            " what is installed would never be imported"
        )
        assert "remove demo from /opt/first" in finding.hint

    @pytest.mark.parametrize("location", [SYSTEM_SITE, Path("/not/on/the/path")])
    def test_a_copy_that_comes_later(self, location: Path) -> None:
        findings = verify(self.facts(make_installed(version="0.9", location=location)))
        assert "SYS003" not in {finding.code for finding in findings}


class TestLegacy:
    @pytest.mark.parametrize("remove", [False, True])
    def test_an_egg_that_would_go(self, *, remove: bool) -> None:
        egg = make_installed(version="0.9", metadata=SITE / "demo-0.9.egg-info")
        action = Remove(installed=egg, reason="") if remove else replace(egg)
        (finding,) = found("SYS004", make_facts(plan=make_plan_of(action)))
        assert finding.message.startswith(f"demo 0.9 in {SITE} was installed without a RECORD")
        assert "tool that installed it" in finding.hint

    def test_an_egg_that_stays(self) -> None:
        egg = make_installed(metadata=SITE / "demo-1.0.egg-info")
        keep = Keep(selected=make_selected(), installed=egg, reason="already there")
        assert not found("SYS004", make_facts(plan=make_plan_of(keep)))

    def test_a_wheel_that_goes(self) -> None:
        plan = make_plan_of(replace(make_installed(version="0.9")))
        assert not found("SYS004", make_facts(plan=plan))

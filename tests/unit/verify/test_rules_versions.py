from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from syncsteps.plan import Install, Keep, Remove, Replace
from syncsteps.settings import Settings
from syncsteps.verify import Severity, verify
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
    return [finding for finding in verify(facts) if finding.code == code]


def install(name: str = "demo", version: str | None = "2.0", **fields: object) -> Install:
    return Install(selected=make_selected(name, version), reason="not installed", **fields)  # type: ignore[arg-type]


def replace(installed: InstalledDistribution, version: str | None = "2.0") -> Replace:
    selected = make_selected(installed.name, version)
    return Replace(selected=selected, installed=installed, reason="")


class TestBroken:
    OLD = make_installed("urllib3", "1.26.12")

    @staticmethod
    def facts(
        *actions: Action, requires: str = "urllib3<1.27", others: tuple[InstalledDistribution, ...]
    ) -> Facts:
        user = make_installed("requests", "2.28.1", requires=(requires,))
        plan = make_plan_of(*actions)
        return make_facts(plan=plan, interpreter=make_system(user, *others))

    def test_a_version_that_a_staying_one_rules_out(self) -> None:
        facts = self.facts(replace(self.OLD), others=(self.OLD,))
        (finding,) = found("SYS005", facts)
        assert finding.message == (
            f"requests 2.28.1 in {SITE} stays, and needs urllib3<1.27:"
            " 1.26.12 is there, and 2.0 would come for it"
        )
        assert (finding.subject, finding.severity) == ("urllib3", Severity.ERROR)
        assert "lock urllib3<1.27, or add requests to the project" in finding.hint
        assert finding.exit_code == 4

    def test_a_copy_of_the_systems_that_would_be_hidden(self) -> None:
        old = make_owned("urllib3", "1.26.12")
        user = make_installed(
            "requests", location=SYSTEM_SITE, requires=("urllib3<1.27",), owner=old.owner
        )
        facts = make_facts(
            plan=make_plan_of(install("urllib3", shadows=old)), interpreter=make_system(old, user)
        )
        (finding,) = found("SYS005", facts)
        assert finding.message.startswith(
            f"requests 1.0 of python3-urllib3 (dpkg) in {SYSTEM_SITE} stays"
        )

    def test_who_needs_what_comes_is_named(self) -> None:
        action = replace(self.OLD)
        selected = make_selected("urllib3", "2.0")
        action = Replace(
            selected=type(selected)(
                package=selected.package,
                chosen=selected.chosen,
                required_by=("botocore", "project"),
            ),
            installed=self.OLD,
            reason="",
        )
        (finding,) = found("SYS005", self.facts(action, others=(self.OLD,)))
        assert finding.message.endswith("2.0 would come for it (needed by botocore, project)")

    def test_what_would_be_removed(self) -> None:
        facts = self.facts(Remove(installed=self.OLD, reason="not named"), others=(self.OLD,))
        (finding,) = found("SYS005", facts)
        assert finding.message.endswith("1.26.12 is there, and would be removed (not named)")
        assert "add urllib3<1.27 to the project" in finding.hint

    SOCKS = make_installed("pysocks", "1.7.1")
    REQUESTS = make_installed(
        "requests",
        "2.28.1",
        requires=("idna", "PySocks<2; extra == 'socks'", "x[deep]; extra == 'socks'"),
    )

    def with_extra(
        self, *others: InstalledDistribution, asks: str, actions: tuple[Action, ...] = ()
    ) -> list[str]:
        app = make_installed("app", "1.0", requires=(asks,))
        actions = (replace(self.SOCKS), *actions)
        system = make_system(app, self.SOCKS, *others)
        facts = make_facts(plan=make_plan_of(*actions), interpreter=system)
        return [finding.message for finding in found("SYS005", facts)]

    def test_an_extra_that_a_staying_one_needs_of_a_staying_one(self) -> None:
        (message,) = self.with_extra(self.REQUESTS, asks="requests[security,Socks]>=2")
        assert message == (
            f"requests[socks] 2.28.1 in {SITE} stays (for app, which needs that extra), and needs"
            " pysocks<2: 1.7.1 is there, and 2.0 would come for it"
        )

    @pytest.mark.parametrize(
        "asks", ["requests", "requests[security]", "requests[socks]; python_version < '3'"]
    )
    def test_an_extra_that_nobody_needs(self, asks: str) -> None:
        assert self.with_extra(self.REQUESTS, asks=asks) == []

    def test_an_extra_of_what_the_lock_keeps_without_it(self) -> None:
        keep = Keep(selected=make_selected("requests"), installed=self.REQUESTS, reason="")
        (message,) = self.with_extra(self.REQUESTS, asks="requests[socks]", actions=(keep,))
        assert message.startswith("requests[socks] 2.28.1")

    def test_an_extra_of_what_comes_anew_is_the_lock_s(self) -> None:
        coming = (replace(self.REQUESTS, "3.0"),)
        assert self.with_extra(self.REQUESTS, asks="requests[socks]", actions=coming) == []

    def test_an_extra_of_an_extra(self) -> None:
        deep = make_installed("x", requires=("pysocks<1.8; extra == 'deep'", "app[all]"))
        messages = self.with_extra(self.REQUESTS, deep, asks="requests[socks]")
        assert [message.partition(" in ")[0] for message in messages] == [
            "requests[socks] 2.28.1",
            "x[deep] 1.0",
        ]
        assert "(for requests, which needs that extra), and needs pysocks<1.8" in messages[1]

    def test_what_is_needed_with_and_without_an_extra_is_told_once(self) -> None:
        both = make_installed("requests", requires=("pysocks<2", "pysocks<1.8; extra == 'socks'"))
        messages = self.with_extra(both, asks="requests[socks]")
        assert [message.partition(": ")[0].rpartition(" ")[2] for message in messages] == [
            "pysocks<2",
            "pysocks<1.8",
        ]

    @pytest.mark.parametrize(("behind", "breaks"), [("1.25", False), ("1.28", True)])
    def test_what_comes_to_light_behind_what_is_removed(self, behind: str, *, breaks: bool) -> None:
        copy = make_owned("urllib3", behind)
        removal = Remove(installed=self.OLD, reason="not named")
        findings = found("SYS005", self.facts(removal, others=(self.OLD, copy)))
        assert [one.message[-43:] for one in findings] == (
            ["would be removed, which leaves 1.28 (not named)"[-43:]] if breaks else []
        )

    def test_a_replacement_counts_and_not_the_removal_of_a_second_copy(self) -> None:
        copy = make_installed("urllib3", "1.25")
        actions = (
            Remove(installed=copy, reason="a second copy of it"),
            replace(self.OLD, "1.26.20"),
        )
        assert not found("SYS005", self.facts(*actions, others=(self.OLD, copy)))
        assert not found("SYS005", self.facts(*actions[::-1], others=(self.OLD, copy)))

    @pytest.mark.parametrize(
        "requires",
        [
            "urllib3<3",
            "urllib3",
            "urllib3<1.26",  # is broken already
            "urllib3<1.27; extra == 'old'",
            "urllib3<1.27; sys_platform == 'win32'",
            "other<1",
        ],
    )
    def test_what_is_met_afterwards_or_was_not_met_before(self, requires: str) -> None:
        facts = self.facts(replace(self.OLD), requires=requires, others=(self.OLD,))
        assert not found("SYS005", facts)

    def test_one_that_was_missing_before(self) -> None:
        assert not found("SYS005", self.facts(install("urllib3"), others=()))

    @pytest.mark.parametrize("version", [None, "not a version"])
    def test_what_cannot_be_judged(self, version: str | None) -> None:
        if version is None:
            facts = self.facts(replace(self.OLD, None), others=(self.OLD,))
        else:
            odd = make_installed("urllib3", version)
            facts = self.facts(replace(odd, "1.26"), others=(odd,))
        assert not found("SYS005", facts)

    def test_what_the_lock_selects_is_the_locks_affair(self) -> None:
        user = make_installed("requests", requires=("urllib3<1.27",))
        keep = Keep(selected=make_selected("requests"), installed=user, reason="")
        facts = make_facts(
            plan=make_plan_of(keep, replace(self.OLD)), interpreter=make_system(user, self.OLD)
        )
        assert not found("SYS005", facts)

    def test_a_hidden_copy_of_the_one_that_stays_needs_nothing(self) -> None:
        facts = self.facts(
            replace(self.OLD),
            requires="urllib3<3",
            others=(self.OLD, make_installed("requests", "1.0", requires=("urllib3<1.27",))),
        )
        assert not found("SYS005", facts)

    def test_what_goes_itself_needs_nothing(self) -> None:
        user = make_installed("requests", requires=("urllib3<1.27",))
        actions = (Remove(installed=user, reason=""), replace(self.OLD))
        facts = make_facts(plan=make_plan_of(*actions), interpreter=make_system(user, self.OLD))
        assert not found("SYS005", facts)

    def test_what_may_be_replaced_at_any_cost(self) -> None:
        user = make_installed("requests", requires=("urllib3<1.27",))
        facts = make_facts(
            plan=make_plan_of(replace(self.OLD)),
            interpreter=make_system(user, self.OLD),
            settings=Settings(directory=PROJECT, allow_replace=("URLLIB3",)),
        )
        assert not found("SYS005", facts)


class TestDowngraded:
    @staticmethod
    def facts(action: Action, *distributions: InstalledDistribution) -> Facts:
        return make_facts(plan=make_plan_of(action), interpreter=make_system(*distributions))

    def test_an_older_version_in_place_of_what_is_there(self) -> None:
        installed = make_installed(version="2.1")
        (finding,) = found("SYS006", self.facts(replace(installed), installed))
        assert finding.message == f"demo 2.1 in {SITE} would be replaced by the older 2.0"
        assert (finding.subject, finding.severity) == ("demo", Severity.WARNING)
        assert "lock it at that version" in finding.hint

    def test_an_older_version_in_front_of_what_is_there(self) -> None:
        owned = make_owned(version="2.1")
        (finding,) = found("SYS006", self.facts(install(shadows=owned), owned))
        assert finding.message == f"demo 2.1 in {SYSTEM_SITE} would be hidden by the older 2.0"

    @pytest.mark.parametrize("version", ["2.0", "2.0.0", "1.9", "2.0rc1", "not a version"])
    def test_what_is_not_later(self, version: str) -> None:
        installed = make_installed(version=version)
        assert not found("SYS006", self.facts(replace(installed), installed))

    def test_what_is_new_or_of_an_unknown_version_or_goes(self) -> None:
        installed = make_installed(version="9")
        assert not found("SYS006", self.facts(install()))
        assert not found("SYS006", self.facts(replace(installed, None), installed))
        assert not found("SYS006", self.facts(Remove(installed=installed, reason=""), installed))


class TestDoubled:
    LATER = Path("/opt/later")

    def facts(self, action: Action, *distributions: InstalledDistribution) -> Facts:
        path = (SITE, SYSTEM_SITE, self.LATER)
        system = make_system(*distributions, sys_path=path)
        return make_facts(plan=make_plan_of(action), interpreter=system)

    def test_a_copy_behind_the_one_that_stays(self) -> None:
        first, owned = make_installed(), make_owned(version="0.9")
        keep = Keep(selected=make_selected(), installed=first, reason="already there")
        (finding,) = found("SYS007", self.facts(keep, first, owned))
        assert finding.message == (
            f"demo will be there 2 times: 1.0 in {SITE} is imported, and hides 0.9 in {SYSTEM_SITE}"
        )
        assert (finding.subject, finding.severity) == ("demo", Severity.NOTE)
        assert "tool that installed it" in finding.hint

    def test_copies_behind_what_comes(self) -> None:
        copies = [
            make_installed(version="0.9", location=SYSTEM_SITE),
            make_installed(version="0.8", location=self.LATER),
        ]
        (finding,) = found("SYS007", self.facts(install(shadows=copies[0]), *copies))
        assert finding.message == (
            f"demo will be there 3 times: 2.0 in {SITE} is imported, and hides"
            f" 0.9 in {SYSTEM_SITE}, 0.8 in {self.LATER}"
        )

    def test_what_another_rule_tells(self) -> None:
        owned = make_owned(version="0.9")
        assert not found("SYS007", self.facts(install(shadows=owned), owned))
        first = make_installed(version="0.9", location=SYSTEM_SITE)
        facts = make_facts(
            plan=make_plan_of(install(shadows=first)),
            interpreter=make_system(first, sys_path=(SYSTEM_SITE, SITE)),
        )
        assert [one.code for one in verify(facts)] == ["SYS003"]

    def test_what_is_there_once(self) -> None:
        installed, other = make_installed(version="0.9"), make_installed("other")
        assert not found("SYS007", self.facts(replace(installed), installed, other))
        assert not found("SYS007", self.facts(Remove(installed=installed, reason=""), installed))

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from syncsteps.locks.model import Archive, Vcs
from syncsteps.plan import Install, Keep, Plan, Remove, Replace, affected, make_plan
from syncsteps.receipts import Ledger
from syncsteps.selection.model import Pinned, Unavailable
from tests.support.values import (
    SITE,
    SYSTEM_SITE,
    make_directory,
    make_entry,
    make_hash,
    make_installed,
    make_ledger,
    make_owned,
    make_package,
    make_plan_of,
    make_sdist,
    make_selected,
    make_selection,
    make_system,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from syncsteps.interpreter.model import InstalledDistribution, Interpreter
    from syncsteps.plan import Action
    from syncsteps.receipts import ReceiptEntry
    from syncsteps.selection.model import Selected

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def plan_for(
    *packages: Selected,
    system: Interpreter | None = None,
    ledger: Ledger | None = None,
    prune: str = "owned",
    digests: Mapping[str, str] | None = None,
    unavailable: tuple[Unavailable, ...] = (),
    kin: Collection[str] = (),
) -> Plan:
    return make_plan(
        make_selection(*packages, unavailable=unavailable),
        interpreter=make_system() if system is None else system,
        ledger=Ledger() if ledger is None else ledger,
        project="mine",
        prune=prune,
        source_digests=digests or {},
        kin=kin,
    )


def action_for(
    selected: Selected,
    installed: InstalledDistribution | None,
    *,
    ledger: Ledger | None = None,
    digest: str = "",
    kin: Collection[str] = (),
) -> Action:
    """Return what is done about ``selected`` where ``installed`` is all that there is."""
    system = make_system(*([installed] if installed is not None else []))
    digests = {selected.name: digest}
    plan = plan_for(selected, system=system, ledger=ledger, digests=digests, kin=kin)
    (action,) = plan.actions
    return action


def removed(plan: Plan) -> list[str]:
    return [action.name for action in plan.actions if isinstance(action, Remove)]


def from_git(commit: str | None = COMMIT) -> Selected:
    source = Vcs(type="git", url="https://index.invalid/demo.git", commit_id=commit)
    return make_selected(chosen=source, source=source)


def from_url(url: str = "https://index.invalid/demo-1.0.zip") -> Selected:
    source = Archive(url=url, hashes=(make_hash(),))
    return make_selected(chosen=source, source=source)


class TestVersion:
    def test_what_is_not_there_is_installed(self) -> None:
        action = action_for(make_selected(), None)
        assert isinstance(action, Install)
        assert action.reason == "not installed"
        assert action.shadows is None

    def test_the_same_version_is_kept(self) -> None:
        action = action_for(make_selected(), make_installed())
        assert isinstance(action, Keep)
        assert action.reason == "already there"

    @pytest.mark.parametrize("spelled", ["1", "1.0.0", "v1.0", " 1.0 "])
    def test_versions_are_compared_as_pep_440_says(self, spelled: str) -> None:
        assert isinstance(action_for(make_selected(), make_installed(version=spelled)), Keep)

    @pytest.mark.parametrize("other", ["0.9", "1.0+local", "1.0rc1", "not a version", ""])
    def test_another_version_is_replaced(self, other: str) -> None:
        action = action_for(make_selected(), make_installed(version=other))
        assert isinstance(action, Replace)
        assert action.reason == f"{other} is installed"
        assert action.installed.version == other

    def test_a_package_whose_version_the_lock_does_not_know(self) -> None:
        selected = make_directory("mine", version=None)
        ledger = make_ledger({"mine": [make_entry("mine", "3.0", file_hash="digest")]})
        installed = make_installed("mine", "3.0")
        assert isinstance(action_for(selected, installed, ledger=ledger, digest="digest"), Keep)


class TestReceipt:
    def test_another_file_of_the_same_version_is_replaced(self) -> None:
        ledger = make_ledger({"mine": [make_entry(file_hash=str(make_hash("a")))]})
        action = action_for(make_selected(), make_installed(), ledger=ledger)
        assert isinstance(action, Replace)
        assert action.reason == "another file of this version is installed"

    def test_the_file_that_the_lock_names_is_kept(self) -> None:
        ledger = make_ledger({"mine": [make_entry()]})
        assert isinstance(action_for(make_selected(), make_installed(), ledger=ledger), Keep)

    def test_any_hash_of_a_pin_will_do(self) -> None:
        pin = make_selected(chosen=Pinned(hashes=(make_hash("a"), make_hash("b"))))
        ledger = make_ledger({"mine": [make_entry(file_hash=str(make_hash("b")))]})
        assert isinstance(action_for(pin, make_installed(), ledger=ledger), Keep)

    def test_a_receipt_without_a_hash_says_nothing(self) -> None:
        ledger = make_ledger({"mine": [make_entry(file_hash="")]})
        assert isinstance(action_for(make_selected(), make_installed(), ledger=ledger), Keep)

    def test_a_receipt_of_another_version_says_nothing(self) -> None:
        ledger = make_ledger({"mine": [make_entry(version="0.9", file_hash=str(make_hash("a")))]})
        assert isinstance(action_for(make_selected(), make_installed(), ledger=ledger), Keep)

    def test_another_projects_receipt_says_nothing(self) -> None:
        ledger = make_ledger({"other": [make_entry(file_hash=str(make_hash("a")))]})
        assert isinstance(action_for(make_selected(), make_installed(), ledger=ledger), Keep)


class TestKin:
    """What is known from the receipts of other members of the workspace."""

    def action(self, digest: str, **receipts: ReceiptEntry) -> Action:
        ledger = make_ledger({project: [entry] for project, entry in receipts.items()})
        kin = receipts.keys() - {"mine", "stranger"}
        installed = make_installed("project")
        return action_for(make_directory(), installed, ledger=ledger, digest=digest, kin=kin)

    def test_a_source_that_another_member_installed_is_kept(self) -> None:
        entry = make_entry("project", file_hash="now")
        assert isinstance(self.action("now", other=entry), Keep)
        assert isinstance(self.action("now", stranger=entry), Replace)
        assert isinstance(self.action("new", other=entry), Replace)

    def test_our_own_receipt_comes_first(self) -> None:
        now, then = (make_entry("project", file_hash=each) for each in ("now", "then"))
        assert isinstance(self.action("now", mine=now, other=then), Keep)
        assert isinstance(self.action("now", mine=then, other=now), Replace)

    def test_one_of_another_version_says_nothing(self) -> None:
        old = make_entry("project", "0.9", file_hash="then")
        now = make_entry("project", file_hash="now")
        assert isinstance(self.action("now", mine=old, other=now), Keep)
        assert isinstance(self.action("now", another=old, other=now), Keep)

    def test_where_they_do_not_agree_nothing_is_known(self) -> None:
        now, then = (make_entry("project", file_hash=each) for each in ("now", "then"))
        action = self.action("now", another=then, other=now)
        assert isinstance(action, Replace)
        assert action.reason == "it is not known what source it was built from"

    def test_what_another_member_has_is_not_removed(self) -> None:
        ledger = make_ledger({"mine": [make_entry()], "other": [make_entry()]})
        plan = plan_for(system=make_system(make_installed()), ledger=ledger, kin={"other"})
        assert removed(plan) == []


class TestDirectUrl:
    def test_a_package_of_the_index_that_came_from_a_url(self) -> None:
        url = json.dumps({"url": "https://index.invalid/demo.zip", "archive_info": {}})
        action = action_for(make_selected(), make_installed(direct_url=url))
        assert isinstance(action, Replace)
        assert action.reason == "was installed from a URL, the lock takes it from an index"

    @pytest.mark.parametrize("text", ["not json", "[]", "3", "null", "[" * 200_000])
    def test_an_unreadable_origin_counts_as_another(self, text: str) -> None:
        assert isinstance(action_for(make_selected(), make_installed(direct_url=text)), Replace)

    def test_an_sdist_of_the_index_is_compared_as_a_wheel_is(self) -> None:
        assert isinstance(action_for(make_selected(chosen=make_sdist()), make_installed()), Keep)


class TestVcs:
    def test_the_commit_of_the_lock_is_kept(self) -> None:
        url = json.dumps({"url": "https://index.invalid/demo", "vcs_info": {"commit_id": COMMIT}})
        assert isinstance(action_for(from_git(), make_installed(direct_url=url)), Keep)

    def test_another_commit_is_replaced(self) -> None:
        url = json.dumps({"url": "https://index.invalid/demo", "vcs_info": {"commit_id": "f" * 40}})
        action = action_for(from_git(), make_installed(direct_url=url))
        assert isinstance(action, Replace)
        assert action.reason == "another commit is installed"

    @pytest.mark.parametrize(
        "text", [None, "{}", '{"vcs_info": []}', '{"vcs_info": null}', '{"vcs_info": "x"}', "oops"]
    )
    @pytest.mark.parametrize("commit", [COMMIT, None])
    def test_what_came_from_elsewhere_is_replaced(
        self, text: str | None, commit: str | None
    ) -> None:
        action = action_for(from_git(commit), make_installed(direct_url=text))
        assert isinstance(action, Replace)
        assert action.reason == "was not installed from the repository that the lock names"


class TestDirectory:
    def test_without_a_receipt_it_is_built_again(self) -> None:
        action = action_for(make_directory(), make_installed("project"), digest="now")
        assert isinstance(action, Replace)
        assert action.reason == "it is not known what source it was built from"

    def test_the_same_source_is_kept(self) -> None:
        ledger = make_ledger({"mine": [make_entry("project", file_hash="now")]})
        installed = make_installed("project")
        assert isinstance(
            action_for(make_directory(), installed, ledger=ledger, digest="now"), Keep
        )

    def test_a_changed_source_is_built_again(self) -> None:
        ledger = make_ledger({"mine": [make_entry("project", file_hash="then")]})
        action = action_for(
            make_directory(), make_installed("project"), ledger=ledger, digest="now"
        )
        assert isinstance(action, Replace)
        assert action.reason == "its source has changed"

    @pytest.mark.parametrize(("recorded", "digest"), [("", ""), ("", "now"), ("then", "")])
    def test_a_missing_digest_is_equal_to_nothing(self, recorded: str, digest: str) -> None:
        ledger = make_ledger({"mine": [make_entry("project", file_hash=recorded)]})
        action = action_for(
            make_directory(), make_installed("project"), ledger=ledger, digest=digest
        )
        assert isinstance(action, Replace)
        assert action.reason == "it is not known what source it was built from"


class TestArchive:
    URL = "https://index.invalid/demo-1.0.zip"

    def test_the_url_of_the_lock_is_kept(self) -> None:
        installed = make_installed(direct_url=json.dumps({"url": self.URL, "archive_info": {}}))
        assert isinstance(action_for(from_url(self.URL), installed), Keep)

    @pytest.mark.parametrize("text", [None, '{"url": "https://index.invalid/other.zip"}'])
    def test_another_origin_is_replaced(self, text: str | None) -> None:
        action = action_for(from_url(self.URL), make_installed(direct_url=text))
        assert isinstance(action, Replace)
        assert action.reason == "was not installed from the URL that the lock names"

    def test_the_receipt_is_enough_to_keep_it(self) -> None:
        ledger = make_ledger({"mine": [make_entry()]})
        assert isinstance(action_for(from_url(self.URL), make_installed(), ledger=ledger), Keep)

    def test_another_content_at_the_same_url_is_replaced(self) -> None:
        ledger = make_ledger({"mine": [make_entry(file_hash=str(make_hash("a")))]})
        installed = make_installed(direct_url=json.dumps({"url": self.URL}))
        action = action_for(from_url(self.URL), installed, ledger=ledger)
        assert isinstance(action, Replace)
        assert action.reason == "another file of this version is installed"

    def test_a_file_on_disk_that_no_receipt_names_is_replaced(self) -> None:
        source = Archive(path="vendor/demo-1.0.zip", hashes=(make_hash(),))
        action = action_for(make_selected(chosen=source, source=source), make_installed())
        assert isinstance(action, Replace)


class TestSystem:
    def test_apts_copy_of_the_same_version_is_kept_and_named(self) -> None:
        action = action_for(make_selected(), make_owned())
        assert isinstance(action, Keep)
        assert action.reason == "already there, of python3-demo (dpkg)"

    def test_apts_copy_of_another_version_is_hidden_not_replaced(self) -> None:
        owned = make_owned(version="0.9")
        action = action_for(make_selected(), owned)
        assert isinstance(action, Install)
        assert action.shadows is owned
        assert action.reason == f"0.9 is installed; stands before the copy in {SYSTEM_SITE}"

    def test_the_copy_that_is_imported_is_the_one_that_counts(self) -> None:
        ours, theirs = make_installed(version="0.9"), make_owned(version="1.0")
        (action,) = plan_for(make_selected(), system=make_system(ours, theirs)).actions
        assert isinstance(action, Replace)
        assert action.installed is ours

    def test_platlib_is_a_directory_of_the_targets_too(self) -> None:
        platlib = Path("/opt/python/lib64/python3.12/site-packages")
        scheme = replace(make_system().scheme, platlib=platlib)
        system = make_system(make_installed(version="0.9", location=platlib), scheme=scheme)
        (action,) = plan_for(make_selected(), system=system).actions
        assert isinstance(action, Replace)


class TestSecondCopy:
    def test_what_an_interrupted_installation_left_goes_as_well(self) -> None:
        first, second = make_installed(version="0.8"), make_installed(version="0.9")
        plan = plan_for(make_selected(), system=make_system(first, second))
        assert plan.staged == (make_selected(),)
        assert plan.retired == (first, second)

    def test_the_right_version_is_installed_again_when_another_lies_beside_it(self) -> None:
        right, wrong = make_installed(), make_installed(version="0.9")
        plan = plan_for(make_selected(), system=make_system(right, wrong), prune="none")
        assert [(type(a), a.reason) for a in plan.actions] == [
            (Replace, "it is there more than once"),
            (Remove, "a second copy of it"),
        ]

    def test_a_copy_of_the_systems_elsewhere_stays(self) -> None:
        plan = plan_for(make_selected(), system=make_system(make_installed(), make_owned()))
        assert [type(action) for action in plan.actions] == [Keep]

    def test_a_copy_beside_the_systems_is_left_alone(self) -> None:
        system = make_system(make_owned(location=SITE), make_installed(version="0.9"))
        assert [type(action) for action in plan_for(make_selected(), system=system).actions] == [
            Keep
        ]


class TestPrune:
    LEDGER = make_ledger({"mine": [make_entry("old"), make_entry("demo")]})

    def test_none_removes_nothing(self) -> None:
        system = make_system(make_installed("old"), make_installed("stranger"))
        assert plan_for(system=system, ledger=self.LEDGER, prune="none").actions == ()

    def test_owned_removes_what_this_project_installed(self) -> None:
        system = make_system(make_installed("old"), make_installed("stranger"), make_installed())
        plan = plan_for(make_selected(), system=system, ledger=self.LEDGER)
        assert removed(plan) == ["old"]
        reason = "an earlier sync of this project installed it, and nothing needs it now"
        assert [a.reason for a in plan.actions if isinstance(a, Remove)] == [reason]

    def test_owned_without_a_receipt_removes_nothing(self) -> None:
        assert plan_for(system=make_system(make_installed("stranger"))).actions == ()

    def test_all_removes_whatever_the_lock_does_not_name(self) -> None:
        system = make_system(make_installed("old"), make_installed("stranger"), make_installed())
        plan = plan_for(make_selected(), system=system, prune="all")
        assert removed(plan) == ["old", "stranger"]
        assert {a.reason for a in plan.actions if isinstance(a, Remove)} == {
            "the lock does not name it"
        }

    @pytest.mark.parametrize("prune", ["owned", "all"])
    def test_what_the_system_owns_stays(self, prune: str) -> None:
        system = make_system(make_owned("old", location=SITE))
        assert removed(plan_for(system=system, ledger=self.LEDGER, prune=prune)) == []

    @pytest.mark.parametrize("prune", ["owned", "all"])
    def test_what_lies_outside_of_the_targets_directories_stays(self, prune: str) -> None:
        system = make_system(make_installed("old", location=SYSTEM_SITE))
        assert removed(plan_for(system=system, ledger=self.LEDGER, prune=prune)) == []

    @pytest.mark.parametrize("prune", ["owned", "all"])
    def test_what_another_project_shares_stays(self, prune: str) -> None:
        ledger = make_ledger({"mine": [make_entry("old")], "other": [make_entry("old")]})
        system = make_system(make_installed("old"))
        assert removed(plan_for(system=system, ledger=ledger, prune=prune)) == []

    def test_the_projects_own_name_spelled_otherwise_is_no_other_project(self) -> None:
        ledger = make_ledger({"Mine": [make_entry("old")]})
        assert removed(plan_for(system=make_system(make_installed("old")), ledger=ledger)) == [
            "old"
        ]

    @pytest.mark.parametrize("prune", ["owned", "all"])
    def test_pip_stays(self, prune: str) -> None:
        ledger = make_ledger({"mine": [make_entry("pip")]})
        assert removed(plan_for(system=make_system(make_installed("pip")), ledger=ledger)) == []
        assert removed(plan_for(system=make_system(make_installed("pip")), prune=prune)) == []

    def test_setuptools_and_wheel_stay_unless_this_project_installed_them(self) -> None:
        system = make_system(make_installed("setuptools"), make_installed("wheel"))
        assert removed(plan_for(system=system, prune="all")) == []
        ledger = make_ledger({"mine": [make_entry("wheel")]})
        assert removed(plan_for(system=system, ledger=ledger)) == ["wheel"]

    @pytest.mark.parametrize("prune", ["owned", "all"])
    def test_what_is_wanted_but_has_no_file_stays(self, prune: str) -> None:
        missing = Unavailable(package=make_package("old", "2.0"), reason="no wheel")
        system = make_system(make_installed("old"))
        plan = plan_for(system=system, ledger=self.LEDGER, prune=prune, unavailable=(missing,))
        assert removed(plan) == []

    def test_the_first_of_two_copies_is_the_one_that_goes(self) -> None:
        first, second = make_installed("old"), make_installed("old", "0.5")
        plan = plan_for(system=make_system(first, second), ledger=self.LEDGER)
        assert plan.retired == (first,)


class TestNeeded:
    LEDGER = make_ledger({"mine": [make_entry(name) for name in ("old", "older", "extra")]})

    def pruned(self, *distributions: InstalledDistribution) -> list[str]:
        return removed(plan_for(system=make_system(*distributions), ledger=self.LEDGER))

    def test_what_a_stranger_needs_stays(self) -> None:
        stranger = make_installed("stranger", requires=("Old>=1",))
        assert self.pruned(stranger, make_installed("old"), make_installed("older")) == ["older"]

    def test_what_is_needed_through_another_stays(self) -> None:
        stranger = make_installed("stranger", requires=("old",))
        chain = make_installed("old", requires=("older",))
        assert self.pruned(stranger, chain, make_installed("older")) == []

    def test_a_circle_that_nobody_needs_goes(self) -> None:
        old = make_installed("old", requires=("older",))
        older = make_installed("older", requires=("old",))
        assert self.pruned(old, older) == ["old", "older"]

    def test_an_extra_counts_where_it_is_asked_for(self) -> None:
        old = make_installed("old", requires=("extra; extra == 'more'",))
        asking = make_installed("stranger", requires=("old[more]",))
        plain = make_installed("stranger", requires=("old",))
        assert self.pruned(asking, old, make_installed("extra")) == []
        assert self.pruned(plain, old, make_installed("extra")) == ["extra"]

    def test_an_extras_name_may_be_spelled_otherwise(self) -> None:
        old = make_installed("old", requires=("extra; extra == 'so-much-more'",))
        asking = make_installed("stranger", requires=("old[So_Much.More]",))
        assert self.pruned(asking, old, make_installed("extra")) == []

    def test_a_marker_of_another_platform_holds_nothing_back(self) -> None:
        stranger = make_installed("stranger", requires=("old; sys_platform == 'win32'",))
        assert self.pruned(stranger, make_installed("old")) == ["old"]

    @pytest.mark.parametrize(
        "line", ["", "old (", "===", "old; marker == 'x'", "old; 'x' in extras"]
    )
    def test_a_requirement_that_cannot_be_read_holds_nothing_back(self, line: str) -> None:
        stranger = make_installed("stranger", requires=(line,))
        assert self.pruned(stranger, make_installed("old")) == ["old"]

    def test_what_the_system_needs_stays(self) -> None:
        owner = make_owned("stranger")
        owned = make_installed(
            "stranger", location=SYSTEM_SITE, owner=owner.owner, requires=("old",)
        )
        assert self.pruned(owned, make_installed("old")) == []

    def test_what_only_the_replaced_version_needed_goes_at_once(self) -> None:
        system = make_system(
            make_installed("demo", "0.9", requires=("old",)), make_installed("old")
        )
        plan = plan_for(make_selected(), system=system, ledger=self.LEDGER)
        assert removed(plan) == ["old"]

    def test_the_copy_that_is_imported_says_what_is_needed(self) -> None:
        first = make_installed("stranger", "2.0", requires=("old",))
        second = make_installed("stranger", "1.0", location=SYSTEM_SITE)
        assert self.pruned(first, second, make_installed("old")) == []


class TestPlan:
    INSTALL = Install(selected=make_selected("a"), reason="not installed")
    REPLACE = Replace(
        selected=make_selected("b"), installed=make_installed("b", "0.9"), reason="0.9 is installed"
    )
    KEEP = Keep(selected=make_selected("c"), installed=make_installed("c"), reason="already there")
    REMOVE = Remove(installed=make_installed("d"), reason="not named")

    def test_its_parts(self) -> None:
        plan = make_plan_of(self.REMOVE, self.KEEP, self.REPLACE, self.INSTALL)
        assert [action.name for action in plan.actions] == ["a", "b", "c", "d"]
        assert [item.name for item in plan.staged] == ["a", "b"]
        assert [item.name for item in plan.retired] == ["b", "d"]
        assert plan.kept == (self.KEEP,)
        assert plan.changes

    def test_keeping_is_no_change(self) -> None:
        assert not make_plan_of(self.KEEP).changes
        assert not make_plan_of().changes
        assert make_plan_of(self.REMOVE).changes

    def test_actions_are_sorted_by_name(self) -> None:
        ledger = make_ledger({"mine": [make_entry("middle")]})
        system = make_system(make_installed("middle"))
        plan = plan_for(make_selected("zeta"), make_selected("alpha"), system=system, ledger=ledger)
        assert [action.name for action in plan.actions] == ["alpha", "middle", "zeta"]


class TestAffected:
    def keep(self, name: str, *requires: str) -> Keep:
        installed = make_installed(name, requires=requires)
        return Keep(selected=make_selected(name), installed=installed, reason="already there")

    def test_what_needs_what_moves_is_affected_directly_and_through_others(self) -> None:
        direct = self.keep("direct", "Moved_Package>=1 ; python_version > '3'")
        indirect = self.keep("indirect", "direct[extra]")
        bystander = self.keep("bystander", "something")
        install = Install(selected=make_selected("moved-package"), reason="not installed")
        plan = make_plan_of(install, indirect, bystander, direct)
        assert affected(plan) == (direct, indirect)

    def test_what_needs_what_goes_is_affected(self) -> None:
        user = self.keep("user", "gone")
        plan = make_plan_of(user, Remove(installed=make_installed("gone"), reason=""))
        assert affected(plan) == (user,)

    def test_a_circle_ends(self) -> None:
        first, second = self.keep("first", "second"), self.keep("second", "first", "moved")
        install = Install(selected=make_selected("moved"), reason="not installed")
        assert affected(make_plan_of(first, second, install)) == (first, second)

    def test_nothing_moves_nothing_is_affected(self) -> None:
        assert affected(make_plan_of(self.keep("first", "second"), self.keep("second"))) == ()

    def test_a_requirement_that_cannot_be_read_is_passed_over(self) -> None:
        install = Install(selected=make_selected("moved"), reason="not installed")
        assert affected(make_plan_of(install, self.keep("odd", "", ";;", "@ moved"))) == ()

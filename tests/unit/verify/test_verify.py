from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from syncsteps.errors import SettingsError
from syncsteps.locks.staleness import Staleness
from syncsteps.verify import RULES, Judgement, Policy, Severity, verify
from tests.support.values import make_facts, make_selected, make_system, make_wheel_entry

if TYPE_CHECKING:
    from syncsteps.verify import Rule


def test_nothing_is_found_where_nothing_is_wrong() -> None:
    assert verify(make_facts(make_selected())) == ()


def test_findings_carry_what_their_rule_says() -> None:
    facts = make_facts(staleness=Staleness(known=True, reasons=("a has been added",)))
    (finding,) = verify(facts)
    rule = next(rule for rule in RULES if rule.code == "LCK001")
    assert finding.code == "LCK001"
    assert finding.severity is rule.severity is Severity.ERROR
    assert finding.exit_code == rule.exit_code == 3
    assert finding.subject == "pylock.toml"


def test_findings_come_in_the_order_of_the_rules() -> None:
    facts = make_facts(
        staleness=Staleness(known=True, reasons=("one", "two")),
        interpreter=make_system(virtual=True, externally_managed=""),
    )
    assert [f.code for f in verify(facts)] == ["INT002", "INT005", "LCK001", "LCK001"]


def test_an_ignored_rule_is_not_asked() -> None:
    facts = make_facts(
        staleness=Staleness(known=True, reasons=("one",)), interpreter=make_system(virtual=True)
    )
    assert [f.code for f in verify(facts, ignore=["LCK001"])] == ["INT005"]


def test_a_code_that_no_rule_has_cannot_be_ignored() -> None:
    with pytest.raises(SettingsError) as caught:
        verify(make_facts(), ignore=["LCK001", "XYZ999"])
    assert "XYZ999" in str(caught.value)
    assert "LCK001" not in str(caught.value)
    assert "LCK001" in caught.value.hint


def test_codes_are_unique_and_well_formed() -> None:
    codes = [rule.code for rule in RULES]
    assert len(set(codes)) == len(codes)
    for code in codes:
        assert code[:3].isupper()
        assert code[3:].isdigit()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_each_rule_says_why_and_how_the_process_ends(rule: Rule) -> None:
    assert rule.why.endswith(".")
    assert not rule.title.endswith(".")
    assert rule.exit_code in {3, 4}


class TestPolicy:
    FACTS = make_facts(
        make_selected("numpy", chosen=make_wheel_entry("numpy", hashes=())),
        make_selected("scipy", chosen=make_wheel_entry("scipy", hashes=())),
    )

    def found(self, policy: Policy) -> list[tuple[str, str, Severity]]:
        return [(f.code, f.subject, f.severity) for f in verify(self.FACTS, policy=policy)]

    def test_a_severity_for_all_and_an_exception_for_one(self) -> None:
        soft = Judgement(severity=(("LCK003", Severity.NOTE),))
        off = Judgement(ignore=("LCK003",))
        assert self.found(Policy(everywhere=soft, packages=(("numpy", off),))) == [
            ("LCK003", "scipy", Severity.NOTE)
        ]
        assert self.found(Policy(everywhere=off, packages=(("numpy", soft),))) == [
            ("LCK003", "numpy", Severity.NOTE)
        ]

    def test_what_a_flag_ignores_no_package_brings_back(self) -> None:
        soft = Judgement(severity=(("LCK003", Severity.NOTE),))
        policy = Policy(packages=(("numpy", soft),))
        assert verify(self.FACTS, policy=policy, ignore=["LCK003"]) == ()

    def test_a_code_that_no_rule_has(self) -> None:
        with pytest.raises(SettingsError, match="no rule has the code 'XYZ999'"):
            verify(self.FACTS, policy=Policy(everywhere=Judgement(ignore=("XYZ999",))))

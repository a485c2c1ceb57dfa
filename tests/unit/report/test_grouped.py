from __future__ import annotations

from syncsteps.report.grouped import by_weight, grouped_findings, targets_named
from syncsteps.verify import Severity
from tests.support.runs import make_finding, make_outcome


def test_each_finding_is_told_once_and_the_worst_come_first() -> None:
    note, error = make_finding(Severity.NOTE), make_finding(Severity.ERROR, "LCK001")
    one = make_outcome("verify", target="one", findings=(note, note))
    two = make_outcome("verify", target="two", findings=(note, error))
    assert grouped_findings([one, two]) == [(error, [two]), (note, [one, two])]
    assert grouped_findings([]) == []


def test_findings_of_one_weight_stay_in_their_order() -> None:
    codes = ["SYS001", "INT001", "LCK001"]
    findings = [make_finding(Severity.WARNING, code) for code in codes]
    assert [finding.code for finding in by_weight(findings)] == codes


def test_of_many_targets_a_few_are_named() -> None:
    def named(number: int) -> str:
        return targets_named([make_outcome("verify", target=f"t{n}") for n in range(number)])

    assert named(4) == "t0, t1, t2, t3"
    assert named(5) == "t0, t1, t2, 2 more"
    assert targets_named([make_outcome("verify")]) == ""

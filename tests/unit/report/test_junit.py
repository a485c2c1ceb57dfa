from __future__ import annotations

from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from syncsteps.errors import CheckError, LockError, SelectionError
from syncsteps.report import render_junit
from syncsteps.reproduce.model import Difference, DifferenceKind, Reproduction
from syncsteps.smoke.model import ImportResult, Verdict
from syncsteps.verify import RULES, Severity
from tests.support.runs import BAD, DRIFTS, GOOD, full_outcome, make_finding, make_outcome
from tests.support.values import make_plan_of

HOSTILE = "\x00\x1b[2J\ud800\ufffe\u202e]]><failure>&amp;\"'\r\n::error::\x85 grüße \U0001f600"


def parsed(verb: str, **keywords: Any) -> ET.Element:  # noqa: ANN401 - as its own
    text = render_junit(verb, **keywords)
    assert text.isascii()
    assert text.startswith("<?xml version='1.0' encoding='us-ascii'?>\n")
    assert text.endswith(("</testsuites>\n", "/>\n"))
    return ET.fromstring(text)  # noqa: S314 - it is ours


def cases(root: ET.Element) -> dict[str, ET.Element]:
    found = {case.get("name", ""): case for case in root.iter("testcase")}
    assert len(found) == len(list(root.iter("testcase")))
    return found


STAGED = {rule.code for rule in RULES if rule.check is None}


def counts(element: ET.Element) -> list[str | None]:
    return [element.get(key) for key in ("tests", "failures", "errors", "skipped")]


def test_a_rule_that_found_nothing_passes_and_a_finding_is_a_case() -> None:
    findings = (
        make_finding(Severity.ERROR),
        make_finding(Severity.WARNING, "FIL001", subject="numpy", message="m", hint="h"),
    )
    outcome = make_outcome("verify", findings=findings)
    root = parsed("verify", outcomes=[outcome], error=CheckError("does not fit"))
    found = cases(root)
    assert root.get("name") == "syncsteps verify"
    assert counts(root) == [str(len(RULES)), "1", "0", str(len(STAGED))]
    failure = found["INT003 /usr"].find("failure")
    assert failure is not None
    assert failure.attrib == {"message": "/usr cannot be written to", "type": "INT003"}
    assert failure.text == "/usr cannot be written to\nwhat to do: run as root"
    warned = found["FIL001 numpy"]
    assert [child.tag for child in warned] == ["system-out"]
    assert warned[0].text == "warning: m\nwhat to do: h"
    for rule in RULES:
        if rule.code not in {"INT003", "FIL001", *STAGED}:
            assert list(found[f"{rule.code} {rule.title}"]) == []
    assert {case.get("classname") for case in found.values()} == {"syncsteps.verify"}


def test_a_rule_that_the_verb_does_not_ask_is_skipped() -> None:
    outcome = make_outcome("fetch", findings=(make_finding(),), unasked=("INT002", "SYS001"))
    root = parsed("fetch", outcomes=[outcome])
    found = {
        case.get("name", "")[:6]: case.find("skipped")
        for case in root.iter("testcase")
        if case.get("name", "").startswith(("INT00", "SYS001"))
    }
    skipped = {code: each.get("message") for code, each in found.items() if each is not None}
    assert skipped == dict.fromkeys(("INT002", "SYS001"), "no matter of `fetch`")


def test_an_import_that_does_not_matter_is_no_failure() -> None:
    outcome = make_outcome("smoke", imports=(replace(BAD, tolerated=True),))
    (case,) = cases(parsed("smoke", outcomes=[outcome])).values()
    assert case.find("failure") is None
    assert case.findtext("system-out", "").startswith("warning: idna: idna.core does not import")


def test_a_rule_that_is_ignored_is_skipped() -> None:
    root = parsed("verify", outcomes=[make_outcome(plan=make_plan_of())], ignored={"INT003"})
    assert counts(root) == [str(len(RULES)), "0", "0", str(1 + len(STAGED))]
    skipped = {
        str(case.get("name"))[:6]: reason.get("message")
        for case in root.iter("testcase")
        if (reason := case.find("skipped")) is not None
    }
    assert skipped.pop("INT003") == "ignored"
    assert skipped.keys() == STAGED
    assert set(skipped.values()) == {"told by `sync`, once everything lies unpacked"}


def test_a_rule_on_what_lies_unpacked_passes_once_that_was_looked_at() -> None:
    root = parsed("sync", outcomes=[make_outcome("sync", plan=make_plan_of(), changed=True)])
    assert counts(root) == [str(len(RULES)), "0", "0", "0"]


def test_two_findings_of_one_name_are_told_apart() -> None:
    outcome = make_outcome("verify", findings=(make_finding(), make_finding()))
    assert {"INT003 /usr", "INT003 /usr (2)"} <= cases(parsed("verify", outcomes=[outcome])).keys()


def test_each_import_is_a_case() -> None:
    nothing = ImportResult(distribution="types-six", verdict=Verdict.NOTHING)
    excused = ImportResult(distribution="six", verdict=Verdict.OK, exception="ImportError: tk")
    outcome = make_outcome("smoke", imports=(GOOD, BAD, nothing, excused))
    root = parsed("smoke", outcomes=[outcome], error=CheckError("does not import"))
    assert counts(root) == ["4", "1", "0", "1"]
    assert root.get("time") == "0.750"
    found = cases(root)
    assert list(found["import attrs"]) == []
    assert found["import attrs"].get("time") == "0.250"
    failure = found["import idna"].find("failure")
    assert failure is not None
    assert failure.get("type") == "failed"
    assert "No module named 'unicodedata2'" in str(failure.get("message"))
    assert "idna/core.py:3 in <module>" in str(failure.text)
    assert found["import types-six"][0].attrib == {"message": "nothing to import"}
    assert found["import six"][0].text == "excused: ImportError: tk"


def test_a_sync_has_both() -> None:
    root = parsed("sync", outcomes=[full_outcome()])
    assert [suite.get("name") for suite in root] == ["syncsteps.verify", "syncsteps.smoke"]


def test_each_difference_is_a_case_and_none_is_one_too() -> None:
    root = parsed("check", outcomes=[make_outcome("check", drifts=DRIFTS)])
    assert counts(root) == ["2", "2", "0", "0"]
    assert set(cases(root)) == {"attrs: file modified", "idna: missing"}
    assert counts(parsed("check", outcomes=[make_outcome("check")])) == ["1", "0", "0", "0"]


def test_each_difference_of_a_reproduction_is_a_case() -> None:
    difference = Difference(distribution="demo", kind=DifferenceKind.MISSING, there="1.0")
    found = Reproduction(isolation="overlay", against="r.json", differences=(difference,))
    outcome = make_outcome("reproduce", reproduction=found)
    root = parsed("reproduce", outcomes=[outcome], error=CheckError("not reproduced"))
    failure = cases(root)["demo: missing here"].find("failure")
    assert failure is not None
    assert failure.get("message") == "differs: demo: missing here: 1.0 there"
    assert root.get("failures") == "1"
    same = make_outcome("reproduce", reproduction=replace(found, differences=()))
    assert "the sync is reproduced" in cases(parsed("reproduce", outcomes=[same]))
    alone = make_outcome("reproduce", reproduction=Reproduction(isolation="overlay"))
    assert "the sync is reproduced" not in cases(parsed("reproduce", outcomes=[alone]))


def test_what_lay_unpacked_in_a_view_was_looked_at() -> None:
    found = Reproduction(isolation="overlay")
    outcome = make_outcome("reproduce", changed=False, placed=3, reproduction=found)
    assert parsed("reproduce", outcomes=[outcome]).get("skipped") == "0"


def test_an_early_end_is_an_error() -> None:
    error = LockError("broken", file="uv.lock", hint="lock again", details=["a detail"])
    root = parsed("verify", error=error)
    assert counts(root) == ["1", "0", "1", "0"]
    told = root.find("testsuite/testcase/error")
    assert told is not None
    assert told.attrib == {"message": "uv.lock: broken", "type": "ERR300"}
    assert told.text == "uv.lock: broken\na detail\nwhat to do: lock again"


def test_the_target_is_in_the_names() -> None:
    outcomes = [
        make_outcome("verify", findings=(make_finding(),), target=name) for name in ("ubi9", "slim")
    ]
    root = parsed("verify", outcomes=outcomes)
    assert [suite.get("name") for suite in root] == [
        "syncsteps.verify.ubi9",
        "syncsteps.verify.slim",
    ]
    assert counts(root) == [str(2 * len(RULES)), "2", "0", str(2 * len(STAGED))]


def test_a_target_that_was_refused_is_an_error() -> None:
    refused = SelectionError("two entries both apply", hint="choose")
    outcomes = [
        make_outcome("verify", plan=make_plan_of(), target="good"),
        make_outcome("verify", refused=refused, target="bad"),
    ]
    root = parsed("verify", outcomes=outcomes, error=CheckError("does not fit"))
    assert [suite.get("name") for suite in root] == [
        "syncsteps.verify.good",
        "syncsteps.verify.bad",
    ]
    assert counts(root[1]) == ["1", "0", "1", "0"]
    assert counts(root) == [str(len(RULES) + 1), "0", "1", str(len(STAGED))]
    told = root[1].find("testcase/error")
    assert told is not None
    assert told.text == "two entries both apply\nwhat to do: choose"


@pytest.mark.parametrize("text", [HOSTILE, *(chr(code) for code in range(0x20))], ids=ascii)
def test_what_others_have_written_stays_text(text: str) -> None:
    finding = make_finding(message=text, hint=text, subject=text)
    result = ImportResult(
        distribution=text,
        verdict=Verdict.FAILED,
        module=text,
        exception=text,
        frames=(text,),
    )
    outcome = make_outcome("sync", findings=(finding,), imports=(result,), target=text)
    root = parsed("sync", outcomes=[outcome], error=LockError(text, details=[text], hint=text))
    assert counts(root)[1] == "2"
    if text == HOSTILE:
        failure = root.find("testsuite/testcase/failure")
        assert failure is not None
        assert "]]><failure>&amp;\"'" in str(failure.text)
        assert "\U0001f600" in str(failure.text)

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from syncsteps.errors import CheckError, LockError, SelectionError
from syncsteps.report import render_sarif
from syncsteps.report.places import Places
from syncsteps.verify import RULES, Severity
from syncsteps.version import __version__
from tests.support.runs import make_finding, make_outcome
from tests.support.targets import write_lock
from tests.support.values import make_lock, make_package

HERE = Places(Path("/work"))


def run_of(text: str) -> dict[str, Any]:
    """Return the only run, once it has what SARIF 2.1.0 demands of each of its objects."""
    assert text.isascii()
    assert text.endswith("}\n")
    document = json.loads(text)
    assert document["version"] == "2.1.0"
    (run,) = document["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"]
    identifiers = [rule["id"] for rule in driver["rules"]]
    assert len(set(identifiers)) == len(identifiers)
    for invocation in run["invocations"]:
        assert isinstance(invocation["executionSuccessful"], bool)
        for told in invocation.get("toolExecutionNotifications", []):
            assert told["message"]["text"]
    for result in run["results"]:
        assert result["message"]["text"]
        assert result["level"] in {"none", "note", "warning", "error"}
        if "ruleIndex" in result:
            assert identifiers[result["ruleIndex"]] == result["ruleId"]
        for location in result.get("locations", []):
            assert location["physicalLocation"]["region"]["startLine"] >= 1
            assert " " not in location["physicalLocation"]["artifactLocation"]["uri"]
    found: dict[str, Any] = run
    return found


def test_a_finding_is_a_result_on_the_line_of_its_entry(tmp_path: Path) -> None:
    path = write_lock(tmp_path, ("idna", "3.10"), ("six", "1.0"))
    lock = make_lock(make_package("six"), path=path)
    finding = make_finding(code="LCK003", subject="six", message="six has no hash", hint="lock")
    outcome = make_outcome("verify", lock=lock, findings=(finding,))
    run = run_of(render_sarif([outcome], error=CheckError("no"), places=Places(tmp_path.parent)))
    (result,) = run["results"]
    assert result["ruleId"] == "LCK003"
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == "LCK003"
    assert result["level"] == "error"
    assert result["message"] == {"text": "six has no hash. What to do: lock"}
    assert result["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {
                    "uri": f"{tmp_path.name}/pylock.toml",
                    "uriBaseId": "%SRCROOT%",
                },
                "region": {"startLine": path.read_text().split("\n").index('name = "six"') + 1},
            }
        }
    ]
    assert result["properties"] == {"subject": "six", "targets": []}
    assert run["invocations"] == [{"executionSuccessful": True}]


def test_every_rule_is_there_with_what_explain_says() -> None:
    run = run_of(render_sarif(places=HERE))
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("syncsteps", __version__)
    assert [rule["id"] for rule in driver["rules"]] == [rule.code for rule in RULES]
    for told, rule in zip(driver["rules"], RULES, strict=True):
        assert told["shortDescription"]["text"] == rule.title
        assert rule.why in told["help"]["text"]
        assert told["defaultConfiguration"]["level"] == rule.severity.value
    assert run["results"] == []


def test_what_is_about_no_entry_is_at_the_first_line_of_the_lock() -> None:
    lock = make_lock(path=Path("/elsewhere/pylock.toml"))
    outcome = make_outcome("verify", lock=lock, findings=(make_finding(Severity.NOTE),))
    (result,) = run_of(render_sarif([outcome], places=HERE))["results"]
    assert result["level"] == "note"
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "file:///elsewhere/pylock.toml"},
        "region": {"startLine": 1},
    }


def test_without_a_lock_there_is_no_place() -> None:
    outcome = make_outcome("verify", findings=(make_finding(),))
    (result,) = run_of(render_sarif([outcome], places=HERE))["results"]
    assert "locations" not in result


def test_a_finding_of_several_targets_is_one_result_that_names_them() -> None:
    names = ("a", "b", "c", "d", "e")
    outcomes = [make_outcome("verify", findings=(make_finding(),), target=n) for n in names]
    (result,) = run_of(render_sarif(outcomes, places=HERE))["results"]
    assert result["properties"]["targets"] == list(names)
    assert result["message"]["text"].endswith(" (targets: a, b, c, 2 more)")


def test_a_fingerprint_is_that_of_the_finding_and_of_no_line(tmp_path: Path) -> None:
    def prints(*findings: object, lock: Path) -> list[str]:
        outcome = make_outcome("verify", lock=make_lock(path=lock), findings=findings)
        results = run_of(render_sarif([outcome], places=HERE))["results"]
        return [result["partialFingerprints"]["syncstepsFinding/v1"] for result in results]

    first, second = make_finding(), make_finding(subject="/opt")
    found = prints(first, second, lock=tmp_path / "a")
    assert len(set(found)) == 2
    assert prints(first, second, lock=tmp_path / "b") == found


def test_an_early_end_is_a_run_that_did_not_succeed() -> None:
    run = run_of(render_sarif(error=LockError("broken", file="uv.lock"), places=HERE))
    assert run["results"] == []
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    assert invocation["toolExecutionNotifications"] == [
        {
            "level": "error",
            "message": {"text": "uv.lock: broken"},
            "descriptor": {"id": "ERR300"},
        }
    ]


def test_a_target_that_was_refused_is_told() -> None:
    refused = SelectionError("two entries both apply")
    outcomes = [
        make_outcome("verify", findings=(make_finding(),), target="one"),
        make_outcome("verify", refused=refused, target="other"),
    ]
    run = run_of(render_sarif(outcomes, error=CheckError("no"), places=HERE))
    assert len(run["results"]) == 1
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    (told,) = invocation["toolExecutionNotifications"]
    assert told["message"]["text"] == "other: two entries both apply"


@pytest.mark.parametrize("text", ["\x00\x1b[2J\ud800\ufffe\r\n grüße", "[a](1) {0} <b>"], ids=ascii)
def test_what_others_have_written_stays_text(text: str) -> None:
    finding = make_finding(message=text, subject=text, hint=text, code="XYZ001")
    outcome = make_outcome("verify", findings=(finding,), target=text)
    (result,) = run_of(render_sarif([outcome], places=HERE))["results"]
    assert result["message"]["text"].isprintable()
    assert "ruleIndex" not in result

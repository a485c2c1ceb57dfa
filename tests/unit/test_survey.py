from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import syncsteps
from syncsteps.errors import SettingsError
from syncsteps.interpreter import from_json
from syncsteps.pipeline import verify
from syncsteps.plan import Keep
from syncsteps.reading import read_recorded
from syncsteps.receipts import make_receipt, receipt_path, state_directory, to_json
from syncsteps.settings import load_settings
from syncsteps.survey import Survey, take_survey
from syncsteps.verify import Severity
from tests.support.interpreters import make_interpreter
from tests.support.targets import UNHASHED, record, write_lock
from tests.support.values import (
    make_entry,
    make_installed,
    make_ledger,
    make_lock,
    make_plan_of,
    make_selected,
    make_selection,
    make_system,
)


def findings(directory: Path, table: str) -> list[tuple[str, str, Severity]]:
    (directory / "pyproject.toml").write_text(f"[tool.syncsteps.verify]\n{table}", encoding="utf-8")
    write_lock(directory, UNHASHED, ("demo", "1.0"))
    flags = {"interpreter": [str(record(directory, "target"))]}
    settings = load_settings(flags, environment={}, directory=directory)
    found = verify(settings, environment={}).findings
    return [(f.code, f.subject, f.severity) for f in found if f.code.startswith("LCK")]


def test_severities_of_the_project_reach_the_findings(tmp_path: Path) -> None:
    assert findings(tmp_path, "")[-1] == ("LCK003", "plain", Severity.ERROR)
    softened = 'ignore = ["LCK002"]\npackages.plain.severity = { LCK003 = "note" }'
    assert findings(tmp_path, softened) == [("LCK003", "plain", Severity.NOTE)]
    assert findings(tmp_path, 'ignore = ["LCK002", "LCK003"]') == []


def test_a_package_that_is_neither_locked_nor_installed(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="'plane' is neither in the lock nor installed") as e:
        findings(tmp_path, 'packages.plane.ignore = ["LCK003"]')
    assert e.value.hint == "did you mean 'plain'?"


def test_what_this_machine_has_in_its_place_is_no_matter_to_a_recorded_target(
    tmp_path: Path,
) -> None:
    write_lock(tmp_path, ("demo", "1.0"))
    file = record(tmp_path, "target")
    state = state_directory(from_json(file.read_text(encoding="utf-8")))
    receipt = receipt_path(state, "other")
    receipt.parent.mkdir(parents=True)
    receipt.write_text("of another system, and broken", encoding="utf-8")
    settings = load_settings({"interpreter": [str(file)]}, environment={}, directory=tmp_path)
    assert verify(settings, environment={}).receipt is None


def test_receipts_on_this_disk_are_none_of_a_recorded_interpreter_s(tmp_path: Path) -> None:
    write_lock(tmp_path, ("demo", "1.0"))
    site = make_interpreter(tmp_path / "absent" / "target").scheme.purelib
    installed = make_installed(version="0.9", location=site)
    flags = {"interpreter": [str(record(tmp_path, "target", distributions=(installed,)))]}
    settings = load_settings(flags, environment={}, directory=tmp_path)
    interpreter = read_recorded(settings.interpreter[0])
    receipt = receipt_path(state_directory(interpreter), "other")
    receipt.parent.mkdir(parents=True)
    entries = [make_entry(version="0.9")]
    theirs = make_receipt("other", lock=make_lock(), python="3.12.7", entries=entries)
    receipt.write_text(to_json(theirs), "utf-8")

    recorded = take_survey(settings, interpreter, environment={})
    assert recorded.ledger.receipts == ()
    assert "SYS002" not in {finding.code for finding in recorded.findings}

    here = take_survey(replace(settings, interpreter=()), interpreter, environment={})
    assert [each.project for each in here.ledger.receipts] == ["other"]
    assert "SYS002" in {finding.code for finding in here.findings}


def test_a_recorded_interpreter_is_not_the_one_that_runs_this(tmp_path: Path) -> None:
    write_lock(tmp_path, ("syncsteps", "9.0"))
    tool = make_installed("syncsteps", location=Path(syncsteps.__file__).parent.parent)
    flags = {"interpreter": [str(record(tmp_path, "target", distributions=(tool,)))]}
    settings = load_settings(flags, environment={}, directory=tmp_path)
    interpreter = read_recorded(settings.interpreter[0])
    codes = {
        wanted: {f.code for f in take_survey(each, interpreter, environment={}).findings}
        for wanted, each in ((False, settings), (True, replace(settings, interpreter=())))
    }
    assert {wanted: "SYS010" in found for wanted, found in codes.items()} == {
        False: False,
        True: True,
    }


def test_of_two_receipts_of_one_distribution_our_own_is_the_one_that_goes_on() -> None:
    installed = make_installed()
    survey = Survey(
        interpreter=make_system(installed),
        lock=make_lock(),
        selection=make_selection(make_selected()),
        project="service-b",
        ledger=make_ledger(
            {
                "service-a": [make_entry(file_hash="then")],
                "service-b": [make_entry(file_hash="now")],
            }
        ),
        source_digests={},
        plan=make_plan_of(Keep(selected=make_selected(), installed=installed, reason="there")),
        findings=(),
    )
    assert [entry.hash for entry in survey.next_receipt().entries] == ["now"]
    first = replace(survey, project="service-c").next_receipt()
    assert [entry.name for entry in first.entries] == ["demo"]

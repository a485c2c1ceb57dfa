from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from syncsteps.errors import SettingsError
from syncsteps.interpreter import from_json
from syncsteps.pipeline import verify
from syncsteps.receipts import receipt_path, state_directory
from syncsteps.settings import load_settings
from syncsteps.verify import Severity
from tests.support.targets import UNHASHED, record, write_lock

if TYPE_CHECKING:
    from pathlib import Path


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

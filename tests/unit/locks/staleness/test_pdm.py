from __future__ import annotations

import copy
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
import tomli

from syncsteps.locks.fields import Origin
from syncsteps.locks.pdm import read_pdm
from syncsteps.locks.staleness import Staleness, staleness
from syncsteps.locks.staleness.pdm import pdm_hashes

ORIGIN = Origin(name="pdm.lock", path=Path("pdm.lock"), root=Path(), digest="")

PYPROJECT = tomli.loads("""\
[project]
name = "app"
requires-python = ">=3.9"
dependencies = ["b", "a"]
optional-dependencies = { x = ["c"] }
[dependency-groups]
Dev_Test = ["d", { include-group = "lint" }]
lint = []
[[tool.pdm.source]]
name = "main"
url = "https://index.invalid/simple"
[tool.pdm.dev-dependencies]
dev-test = ["e"]
"a & b" = ["f"]
[tool.pdm.resolution]
allow-prereleases = true
overrides = { g = "1" }
""")
COMMON = {
    "sources": [{"name": "main", "url": "https://index.invalid/simple"}],
    "dependencies": ["b", "a"],
    "optional-dependencies": {"x": ["c"]},
    "requires-python": ">=3.9",
}
RESOLUTION = {"allow-prereleases": True, "overrides": {"g": "1"}}
PDM_GROUPS = {"dev-test": ["e"], "a & b": ["f"]}
EVERY_GROUP = {"dev-test": ["d", {"include-group": "lint"}, "e"], "lint": [], "a-b": ["f"]}


def digest(document: dict[str, Any]) -> str:
    text = json.dumps(COMMON | document, sort_keys=True)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def verdict(recorded: str | None, pyproject: dict[str, Any] | None) -> Staleness:
    metadata = {"lock_version": "4.5.0"} | ({} if recorded is None else {"content_hash": recorded})
    lock = read_pdm({"metadata": metadata | {"strategy": ["inherit_metadata"]}}, ORIGIN, pyproject)
    return staleness(lock, pyproject)


def test_each_generation_of_pdm_hashes_something_else() -> None:
    assert pdm_hashes(PYPROJECT) == (
        digest({"dev-dependencies": EVERY_GROUP, "resolution": RESOLUTION}),
        digest({"dev-dependencies": PDM_GROUPS, "resolution": RESOLUTION}),
        digest({"dev-dependencies": PDM_GROUPS, "overrides": {"g": "1"}}),
    )


def test_overrides_had_another_place() -> None:
    changed = copy.deepcopy(PYPROJECT)
    changed["tool"]["pdm"]["overrides"] = {"h": "2"}
    assert pdm_hashes(changed)[2] == digest(
        {"dev-dependencies": PDM_GROUPS, "overrides": {"h": "2"}}
    )


@pytest.mark.parametrize("generation", [0, 1, 2])
def test_a_lock_of_any_generation_is_current_until_something_changes(generation: int) -> None:
    recorded = pdm_hashes(PYPROJECT)[generation]
    assert verdict(recorded, PYPROJECT) == Staleness(known=True)
    changed = copy.deepcopy(PYPROJECT)
    changed["project"]["dependencies"].append("new")
    (reason,) = verdict(recorded, changed).reasons
    assert reason.startswith("pyproject.toml has changed since")
    changed = copy.deepcopy(PYPROJECT)
    changed["project"]["description"] = "of no importance"
    assert verdict(recorded, changed) == Staleness(known=True)


@pytest.mark.parametrize(
    ("change", "note"),
    [
        ({"project": {}}, "no [project] table"),
        ({"tool": {"pdm": {"workspace": {"members": ["a"]}}}}, "workspace"),
        ({"tool": {"pdm": {"source": [object()]}}}, "cannot be hashed"),
        ({"dependency-groups": {"a": 1}}, "the group 'a' of pyproject.toml is no array"),
        ({"dependency-groups": 1}, "dependency-groups is no table"),
    ],
)
def test_what_cannot_be_told(change: dict[str, Any], note: str) -> None:
    with pytest.raises(ValueError, match=re.escape(note)):
        pdm_hashes(PYPROJECT | change)


def test_a_lock_without_a_hash_or_a_project_is_not_known_to_be_current() -> None:
    assert not verdict(None, PYPROJECT).known
    assert not verdict("sha256:0", None).known

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from syncsteps.locks.staleness import staleness
from syncsteps.locks.staleness.poetry import poetry_hashes
from tests.support.locks import make_lock

# As poetry 2.5.1 writes them, and before 2.3 for the second of the last.
LEGACY = {"tool": {"poetry": {"name": "app", "dependencies": {"python": "^3.9", "a": "^1"}}}}
STANDARD = {"project": {"name": "app", "requires-python": ">=3.9", "dependencies": ["a>=1"]}}
GROUPED: dict[str, Any] = {**STANDARD, "dependency-groups": {"dev": ["b"]}}
HASHES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "legacy": (LEGACY, ["eed45033f52b1990a7e0bd3d1a1d200abc327cb1d43b1a7f2ef3ef2c15326ead"]),
    "standard": (STANDARD, ["a517986e8bfcf678afd608e0277f10da4db38134f6db3a9f5bf3f15bdb0de0b0"]),
    "grouped": (
        GROUPED,
        [
            "77b722f1106c057a4653212d9dd9d7b8ab5bccf42cbd8314e9606ccfa7ba0883",
            "a517986e8bfcf678afd608e0277f10da4db38134f6db3a9f5bf3f15bdb0de0b0",
        ],
    ),
}


@pytest.mark.parametrize("name", HASHES)
def test_hashes_are_those_of_poetry(name: str) -> None:
    pyproject, expected = HASHES[name]
    assert list(poetry_hashes(pyproject)) == expected


def test_what_else_is_in_pyproject_does_not_count() -> None:
    other = {"project": {**STANDARD["project"], "version": "2"}, "tool": {"ruff": {}}}
    assert poetry_hashes(other) == poetry_hashes(STANDARD)


def test_a_lock_is_stale_where_no_poetry_would_write_its_hash() -> None:
    current, before = poetry_hashes(GROUPED)

    def found(content_hash: str | None, pyproject: dict[str, Any] | None) -> tuple[bool, int]:
        lock = make_lock(
            layout="flat",
            format="poetry.lock",
            path=Path("poetry.lock"),
            content_hash=content_hash,
        )
        result = staleness(lock, pyproject)
        return result.known, len(result.reasons)

    assert found(current, GROUPED) == (True, 0)
    assert found(before, GROUPED) == (True, 0)
    assert found(current, STANDARD) == (True, 1)
    assert found(None, GROUPED) == (False, 0)
    assert found(current, None) == (False, 0)
    assert found(current, {"project": []}) == (False, 0)
    dated = {"tool": {"poetry": {"dependencies": {"a": dt.date(2026, 1, 1)}}}}
    assert found(current, dated) == (False, 0)

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import tomli

from syncsteps.locks.fields import Origin
from syncsteps.locks.pipfile import read_pipfile
from syncsteps.locks.staleness import Staleness, staleness
from syncsteps.locks.staleness.pipfile import pipfile_hashes
from tests.support.pipfile_texts import PIPFILE, PIPFILE_HASHES, pipfile_document

ORIGIN = Origin(name="Pipfile.lock", path=Path("Pipfile.lock"), root=Path(), digest="")
LOCK = read_pipfile(pipfile_document(), ORIGIN)


def pipfile(text: str = PIPFILE) -> dict[str, Any]:
    return tomli.loads(text)


def test_the_hashes_are_those_of_pipenv() -> None:
    assert pipfile_hashes(pipfile()) == PIPFILE_HASHES


@pytest.mark.parametrize("recorded", PIPFILE_HASHES)
def test_a_current_lock(recorded: str) -> None:
    lock = replace(LOCK, content_hash=recorded)
    assert staleness(lock, None, pipfile=pipfile()) == Staleness(known=True)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[packages]", "# a comment\n[packages]"),
        ("[scripts]", "[scripts]\nmore = 'x'"),
        ("allow_prereleases = true", "allow_prereleases = false"),
        ("Py_YAML", "PY-yaml"),
    ],
)
def test_what_does_not_count(old: str, new: str) -> None:
    assert old in PIPFILE
    lock = replace(LOCK, content_hash=PIPFILE_HASHES[0])
    changed = pipfile(PIPFILE.replace(old, new))
    assert staleness(lock, None, pipfile=changed) == Staleness(known=True)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('Py_YAML = "*"', 'Py_YAML = ">=6"'),
        ('Py_YAML = "*"', ""),
        ("[docs_extra]", "[docs]"),
        ("index.invalid", "other.invalid"),
        ('"3.12"', '"3.13"'),
        ("[dev-packages]", "[dev-packages]\nattrs = '*'"),
    ],
)
def test_what_counts(old: str, new: str) -> None:
    assert old in PIPFILE
    lock = replace(LOCK, content_hash=PIPFILE_HASHES[0])
    result = staleness(lock, None, pipfile=pipfile(PIPFILE.replace(old, new)))
    assert result.known
    (reason,) = result.reasons
    assert reason.startswith("Pipfile has changed since (its hash is ")
    assert PIPFILE_HASHES[0] in reason


@pytest.mark.parametrize(
    ("content", "note"),
    [
        (None, "there is no Pipfile beside it"),
        ("[packages]\na = '*'", "the Pipfile names no source"),
        ("source = []\npackages = 1", "'packages' is no table of the Pipfile"),
        ("source = []\n[packages]\na = 2020-01-01", "its content cannot be hashed"),
    ],
)
def test_what_cannot_be_told(content: str | None, note: str) -> None:
    result = staleness(LOCK, None, pipfile=None if content is None else pipfile(content))
    assert not result.known
    assert result.note.startswith(note)


def test_a_lock_without_a_hash() -> None:
    result = staleness(replace(LOCK, content_hash=None), None, pipfile=pipfile())
    assert result == Staleness(known=False, note="it does not record what it was made from")

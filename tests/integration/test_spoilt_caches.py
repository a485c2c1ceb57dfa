"""Whoever edits an installed file edits uv's cache too; what the lock names comes all the same."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.wheels import make_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.systems import System

pytestmark = pytest.mark.enable_socket
TRUE = "x = 'as it was built'\n"


def cached(system: System, name: str) -> Path:
    """Return the one file of this name in uv's cache."""
    (found,) = (system.caches / "uv").rglob(name)
    return found


def findings(system: System) -> list[tuple[str, str]]:
    document = json.loads((system.project / "run.json").read_text("utf-8"))
    return [
        (each["code"], each["subject"]) for each in document["findings"] if each["code"] != "LCK002"
    ]


def installed(system: System, name: str) -> str:
    (found,) = system.prefix.rglob(name)
    return found.read_text("utf-8")


def spoil(system: System) -> None:
    """Fill the cache, and edit what is in there as somebody who edits an installed file does."""
    names = {"spoiltone": "spoiltone.py", "soundone": "soundone.py"}
    system.lock(
        [
            make_wheel(system.index.directory, name, files={file: TRUE, f"{name}_data/x.txt": "x"})
            for name, file in names.items()
        ]
    )
    assert system.run("install") == 0
    assert system.run("install", "--reinstall-package", "spoiltone", "--json", "run.json") == 0
    assert findings(system) == []
    with cached(system, "spoiltone.py").open("r+", encoding="utf-8") as file:
        file.write("x = 'edited, for everybody'\n")


@pytest.mark.parametrize("verb", ["sync", "install"])
def test_what_was_edited_in_the_cache_is_fetched_again(verb: str, system: System) -> None:
    spoil(system)
    names = ("--reinstall-package", "spoiltone", "--reinstall-package", "soundone")
    assert system.run(verb, *names, "--json", "run.json") == 0
    assert findings(system) == [("FIL004", "spoiltone")]
    assert installed(system, "spoiltone.py") == installed(system, "soundone.py") == TRUE
    assert system.run("check", "--hashes") == 0


def test_where_it_cannot_be_fetched_again_nothing_changes(
    system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil(system)
    before = system.snapshot()
    arguments = ("--reinstall-package", "spoiltone")
    assert system.run("install", *arguments, UV_OFFLINE="1") == 5
    assert "error" in capsys.readouterr().err
    assert system.snapshot() == before


def test_a_record_that_is_wrong_is_the_wheel_s_own_affair(system: System) -> None:
    wheel = make_wheel(
        system.index.directory,
        "careless",
        files={"careless.py": "x = 1\n"},
        override={"careless.py": TRUE},  # RECORD has the hash of what it takes the place of
    )
    system.lock([wheel])
    assert system.run("install", "--json", "run.json") == 0
    assert findings(system) == []
    assert installed(system, "careless.py") == TRUE
    assert system.run("check", "--hashes") == 0

from __future__ import annotations

from typing import TYPE_CHECKING

import tomli

from syncsteps.locks import read_lock
from syncsteps.locks.staleness import read_workspace, staleness

if TYPE_CHECKING:
    from pathlib import Path

    from syncsteps.locks.staleness import Workspace

LOCK = """\
version = 1
revision = 5
requires-python = ">=3.9"
[manifest]
members = ["app", "lib"]
[[package]]
name = "app"
version = "1"
source = { virtual = "." }
[[package]]
name = "lib"
version = "1"
source = { editable = "libs/lib" }
[package.metadata]
requires-dist = [{ name = "six" }]
"""

APP = """\
[project]
name = "app"
version = "1"
requires-python = ">=3.9"
[tool.uv.workspace]
members = ["libs/*"]
exclude = ["libs/out*"]
"""

LIB = '[project]\nname = "{}"\nversion = "1"\nrequires-python = ">=3.9"\ndependencies = ["six"]\n'


def write(root: Path, file: str, text: str) -> None:
    (root / file).parent.mkdir(parents=True, exist_ok=True)
    (root / file).write_text(text, encoding="utf-8")


def read(root: Path, app: str = APP) -> Workspace:
    write(root, "uv.lock", LOCK)
    return read_workspace(read_lock(root / "uv.lock"), tomli.loads(app))


def reasons(root: Path, app: str = APP) -> tuple[str, ...]:
    workspace = read(root, app)
    found = staleness(read_lock(root / "uv.lock"), tomli.loads(app), workspace=workspace)
    assert found.known
    return found.reasons


def test_the_members_that_are_there(tmp_path: Path) -> None:
    write(tmp_path, "libs/lib/pyproject.toml", LIB.format("lib"))
    write(tmp_path, "libs/outside/pyproject.toml", LIB.format("outside"))
    write(tmp_path, "libs/empty/README", "")
    found = read(tmp_path)
    assert found.members == frozenset({"libs/lib"})
    assert list(found.files) == ["libs/lib"]
    assert found.nested == frozenset()
    assert reasons(tmp_path) == ()


def test_a_lock_may_be_there_without_the_members(tmp_path: Path) -> None:
    assert read(tmp_path).files == {}
    assert reasons(tmp_path) == ()
    # Of one member alone it can be told that it allows less, not that another one has.
    assert reasons(tmp_path, APP.replace(">=3.9", ">=3.8")) == ()
    (reason,) = reasons(tmp_path, APP.replace(">=3.9", ">=3.10"))
    assert reason == "pyproject.toml asks for Python >=3.10, the lock is for Python >=3.9"


def test_files_that_cannot_be_read_are_left_out(tmp_path: Path) -> None:
    write(tmp_path, "libs/lib/pyproject.toml", "[")
    assert read(tmp_path).files == {}
    assert reasons(tmp_path) == ()


def test_a_new_member(tmp_path: Path) -> None:
    write(tmp_path, "libs/new/pyproject.toml", LIB.format("New"))
    assert reasons(tmp_path) == (
        (
            "libs/new/pyproject.toml is that of new, a member of the workspace that the lock does"
            " not have"
        ),
    )
    write(tmp_path, "libs/new/pyproject.toml", LIB.format("New") + "[tool.uv]\nmanaged = false\n")
    assert reasons(tmp_path) == ()


def test_a_member_that_does_not_count_any_more(tmp_path: Path) -> None:
    write(tmp_path, "libs/lib/pyproject.toml", LIB.format("lib"))
    assert reasons(tmp_path, APP.replace('"libs/*"', "")) == (
        "the lock has the member lib, and pyproject.toml does not count libs/lib",
    )


def test_a_pattern_that_cannot_be_read_is_no_alarm(tmp_path: Path) -> None:
    for written in ("1", "[1]", '["/x/*"]', '[""]'):
        app = APP.replace('["libs/*"]', written)
        assert reasons(tmp_path, app) == ()


def test_a_project_within_another_one(tmp_path: Path) -> None:
    write(tmp_path, "libs/pyproject.toml", LIB.format("between"))
    write(tmp_path, "libs/lib/pyproject.toml", LIB.format("lib"))
    assert read(tmp_path).nested == {"libs/lib"}


def test_a_members_file_is_named(tmp_path: Path) -> None:
    write(tmp_path, "libs/lib/pyproject.toml", LIB.format("lib").replace("six", "six>1"))
    assert reasons(tmp_path) == (
        "libs/lib/pyproject.toml asks for six>1, the lock does not",
        "the lock asks for six, libs/lib/pyproject.toml does not",
    )
    write(tmp_path, "libs/lib/pyproject.toml", LIB.format("lib").replace('"1"', '"2"'))
    assert reasons(tmp_path) == ("libs/lib/pyproject.toml has version 2, the lock 1",)

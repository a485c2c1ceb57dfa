from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import tomli

from syncsteps.locks.fields import Origin
from syncsteps.locks.pylock import read_pylock
from syncsteps.locks.staleness import Staleness, staleness
from syncsteps.locks.uv import read_uv
from tests.support.lock_texts import PYLOCK

if TYPE_CHECKING:
    from syncsteps.locks.model import Lock

ORIGIN = Origin(name="uv.lock", path=Path("uv.lock"), root=Path(), digest="")

PYPROJECT = """\
[project]
name = "App"
version = "1"
dependencies = ["six >=1.10, <2", "idna[all] ; python_version < '4'", "near", "App[fast]"]
[project.optional-dependencies]
Fast_x = ["attrs", "app[fast]"]
fast = ["pluggy==1.5.0; os_name == 'nt'", "far @ https://files.invalid/far-1.0.zip"]
[dependency-groups]
dev = ["click", { include-group = "Base" }]
base = ["iniconfig"]
[tool.uv]
dev-dependencies = ["colorama"]
[tool.uv.sources]
Near = { path = "../near" }
"""

METADATA = """\
requires-dist = [
    { name = "app", extras = ["fast"] },
    { name = "app", extras = ["fast"], marker = "extra == 'fast-x'" },
    { name = "attrs", marker = "extra == 'fast-x'" },
    { name = "far", marker = "extra == 'fast'", url = "https://files.invalid/far-1.0.zip" },
    { name = "idna", extras = ["all"], marker = "python_full_version < '4'" },
    { name = "near", directory = "../near" },
    { name = "pluggy", marker = "os_name == 'nt' and extra == 'fast'", specifier = "==1.5" },
    { name = "six", specifier = "<2,>=1.10" },
]
requires-dev = { base = [{ name = "iniconfig" }], dev = [{ name = "click" }, \
{ name = "colorama" }, { name = "iniconfig" }] }
"""


def lock(metadata: str = METADATA, source: str = 'virtual = "."') -> Lock:
    text = (
        "version = 1\nrequires-python = '>=3.9'\n[[package]]\nname = 'app'\nversion = '1'\n"
        f"source = {{ {source} }}\n[package.metadata]\n{metadata}"
    )
    return read_uv(tomli.loads(text), ORIGIN)


def check(pyproject: str, locked: Lock | None = None) -> Staleness:
    return staleness(locked or lock(), tomli.loads(pyproject))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ("six >=1.10, <2", "SIX<2,>=1.10"),
        ("python_version < '4'", "python_full_version < '4.0'"),
        ("pluggy==1.5.0", "pluggy==1.5"),
        ('"attrs"', '"attrs", "attrs"'),
        ('{ include-group = "Base" }', '"iniconfig"'),
        ('"near"', '"near>=3"'),
        ("Fast_x", "fast-x"),
    ],
)
def test_a_current_lock(old: str, new: str) -> None:
    assert old in PYPROJECT
    assert check(PYPROJECT.replace(old, new, 1)) == Staleness(known=True)


def test_references_to_own_extras_may_be_written_as_what_they_stand_for() -> None:
    lines = METADATA.splitlines(keepends=True)
    fast = [line for line in lines if "extra == 'fast'" in line]
    in_fast_x = [line.replace("'fast'", "'fast-x'") for line in fast]
    at_runtime = [
        line.replace(" and extra == 'fast'", "").replace(", marker = \"extra == 'fast'\"", "")
        for line in fast
    ]
    others = [line for line in lines[1:] if 'name = "app"' not in line]
    flattened = "".join([lines[0], *in_fast_x, *at_runtime, *others])
    assert check(PYPROJECT, lock(flattened)) == Staleness(known=True)


@pytest.mark.parametrize(
    ("old", "new", "reasons"),
    [
        (
            "six >=1.10, <2",
            "six>=1.11,<2",
            (
                "pyproject.toml asks for six<2,>=1.11, the lock does not",
                "the lock asks for six<2,>=1.10, pyproject.toml does not",
            ),
        ),
        (
            '"six >=1.10, <2", ',
            "",
            ("the lock asks for six<2,>=1.10, pyproject.toml does not",),
        ),
        (
            '"click"',
            '"click", "rich"',
            ("pyproject.toml asks for rich in the group dev, the lock does not",),
        ),
        (
            "idna[all]",
            "idna",
            (
                'pyproject.toml asks for idna where python_version < "4", the lock does not',
                (
                    'the lock asks for idna[all] where python_full_version < "4",'
                    " pyproject.toml does not"
                ),
            ),
        ),
        (
            '"attrs"',
            '"attrs", "rich>1"',
            ("pyproject.toml asks for rich>1 in the extra fast-x, the lock does not",),
        ),
        (
            '["colorama"]',
            "[]",
            ("the lock asks for colorama in the group dev, pyproject.toml does not",),
        ),
        ('name = "App"', 'name = "Other"', ("it locks app, and pyproject.toml is that of other",)),
    ],
)
def test_a_stale_lock(old: str, new: str, reasons: tuple[str, ...]) -> None:
    assert old in PYPROJECT
    assert check(PYPROJECT.replace(old, new, 1)) == Staleness(known=True, reasons=reasons)


@pytest.mark.parametrize(
    ("pyproject", "note"),
    [
        ("[project]\nname = 'app'\ndynamic = ['dependencies']", "dependencies are dynamic"),
        ("[tool.x]", "has no [project] table"),
        ("[project]", "project.name is no string"),
        ("[project]\nname = 'app'\ndependencies = 'six'", "project.dependencies is no array"),
        ("[project]\nname = 'app'\ndependencies = [1]", "project.dependencies is no string"),
        ("[project]\nname = 'app'\ndependencies = ['a b']", "'a b', which is no requirement"),
        (
            "[project]\nname = 'app'\noptional-dependencies = 1",
            "optional-dependencies are no table",
        ),
        ("[project]\nname = 'app'\n[dependency-groups]\na = [{include-group = 'b'}]", "groups"),
        ("[project]\nname = 'app'\n[dependency-groups]\na = [{include-group = 'a'}]", "groups"),
        ("[project]\nname = 'app'\n[dependency-groups]\na = 1", "groups"),
        ("[project]\nname = 'app'\n[dependency-groups]\na = []\nA = []", "groups"),
    ],
)
def test_a_project_that_cannot_be_compared(pyproject: str, note: str) -> None:
    result = check(pyproject)
    assert (result.known, result.reasons) == (False, ())
    assert note in result.note


def test_no_pyproject() -> None:
    assert staleness(lock(), None).note == "there is no pyproject.toml beside it"


def test_a_flat_lock_is_never_known_to_be_stale() -> None:
    result = staleness(read_pylock(tomli.loads(PYLOCK), ORIGIN), tomli.loads(PYPROJECT))
    assert result == Staleness(
        known=False, note="a pylock.toml does not record what it was made from"
    )


def test_a_lock_without_metadata() -> None:
    text = (
        "version = 1\nrequires-python = '>=3.9'\n[[package]]\nname = 'app'\n"
        "source = { virtual = '.' }\ndependencies = [{ name = 'six' }]\n[[package]]\n"
        "name = 'six'\nversion = '1'\nsource = { registry = 'https://index.invalid/' }\n"
    )
    result = check(PYPROJECT, read_uv(tomli.loads(text), ORIGIN))
    assert result.note == "it does not record what the project declared"


def test_a_workspace_whose_root_is_no_project() -> None:
    text = (
        "version = 1\nrequires-python = '>=3.9'\n[manifest]\nmembers = ['lib']\n"
        "[manifest.dependency-groups]\ndev = [{ name = 'rich', specifier = '>=1' }]\n"
        "[[package]]\nname = 'lib'\nsource = { editable = 'lib' }\n"
    )
    locked = read_uv(tomli.loads(text), ORIGIN)
    assert check("[dependency-groups]\ndev = ['rich>=1']", locked) == Staleness(known=True)
    assert check("[dependency-groups]\ndev = ['rich']", locked).reasons == (
        "pyproject.toml asks for rich in the group dev, the lock does not",
        "the lock asks for rich>=1 in the group dev, pyproject.toml does not",
    )
    assert check(PYPROJECT, locked).reasons == (
        "it locks no project, and pyproject.toml is that of app",
    )

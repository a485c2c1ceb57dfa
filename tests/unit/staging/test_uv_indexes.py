from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import tomli

from syncsteps.locks.model import Lookup
from syncsteps.staging.uv_indexes import (
    configured,
    environment_for,
    explicit_indexes,
    settings_for,
)

if TYPE_CHECKING:
    from pathlib import Path

OURS = "https://index.invalid/simple"
PROJECT = """
[tool.uv]
offline = false
[[tool.uv.index]]
url = "https://main.invalid"
[[tool.uv.index]]
name = "own"
url = "https://own.invalid"
explicit = true
[tool.uv.pip]
index-url = "https://pip.invalid"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    return tmp_path


@pytest.mark.parametrize(
    ("variable", "source", "dropped"),
    [
        ("UV_DEFAULT_INDEX", "index", True),
        ("UV_INDEX_URL", "index", True),
        ("UV_INDEX", "index", True),
        ("UV_EXTRA_INDEX_URL", "index", True),
        ("UV_DEFAULT_INDEX", "lock", False),
        ("UV_CACHE_DIR", "index", False),
    ],
)
def test_a_variable_that_names_the_configured_index(
    project: Path, variable: str, source: str, *, dropped: bool
) -> None:
    settings = configured(project, {variable: OURS}, source=source)
    assert ("index" not in settings.table) is dropped
    assert settings.table["pip"] == ({} if dropped else {"index-url": "https://pip.invalid"})
    assert tomli.loads(settings.text)["offline"] is False
    assert explicit_indexes(settings) == (() if dropped else ("https://own.invalid",))


def test_an_empty_variable_names_none(project: Path) -> None:
    assert "index" in configured(project, {"UV_INDEX": ""}, source="index").table


def test_settings_with_the_locks_index(project: Path) -> None:
    settings = configured(project, {}, source="lock")
    assert settings_for(None, settings, project, {}) is settings
    found = settings_for(Lookup(index=OURS), settings, project, {})
    assert tomli.loads(found.text)["index"] == [{"url": OURS, "default": True}]
    assert not found.exclusive


def test_a_file_of_the_users_that_names_indexes_is_not_read(project: Path) -> None:
    file = project / "home" / ".config" / "uv" / "uv.toml"
    file.parent.mkdir(parents=True)
    file.write_text('native-tls = true\nindex-strategy = "first-index"\n[[index]]\nurl = "x"\n')
    environment = {"HOME": str(project / "home")}
    settings = configured(project, environment, source="lock")
    assert not settings.exclusive
    found = settings_for(Lookup(index=OURS), settings, project, environment)
    assert found.exclusive
    # But for how the network is reached.
    assert (found.table["native-tls"], "index-strategy" in found.table) == (True, False)
    assert found.table["index"] == [{"url": OURS, "default": True}]
    further = settings_for(Lookup(extra_indexes=(OURS,)), settings, project, environment)
    assert not further.exclusive


def test_without_any_configuration_there_is_still_the_locks(project: Path) -> None:
    environment = {"UV_NO_CONFIG": "1"}
    settings = configured(project, environment, source="lock")
    found = settings_for(Lookup(index=OURS), settings, project, environment)
    assert (found.exclusive, tomli.loads(found.text)) == (
        True,
        {"index": [{"url": OURS, "default": True}]},
    )
    assert environment_for(Lookup(index=OURS), environment) == {}


def test_variables_that_name_other_places() -> None:
    indexes = ("UV_DEFAULT_INDEX", "UV_EXTRA_INDEX_URL", "UV_INDEX", "UV_INDEX_URL")
    environment = dict.fromkeys((*indexes, "UV_FIND_LINKS", "UV_INDEX_OWN_USERNAME", "HOME"), "x")
    assert environment_for(None, environment) == environment
    kept = {"UV_INDEX_OWN_USERNAME", "HOME"}
    assert set(environment_for(Lookup(index=OURS), environment)) == kept
    folders = environment_for(Lookup(no_index=True), environment)
    assert set(folders) == {*kept, "UV_FIND_LINKS"}
    assert environment_for(Lookup(extra_indexes=(OURS,)), environment) == environment

from __future__ import annotations

import netrc
import os
import stat
from pathlib import Path

import pytest

from syncsteps.staging.logins import Login, login_variables, netrc_text, uv_logins

OWN = Login("own.invalid", "me", "secret")


def with_settings(directory: Path, text: str, name: str = "uv.toml") -> Path:
    (directory / name).write_text(text, encoding="utf-8")
    return directory


def test_an_index_with_a_name_has_its_login_in_variables(tmp_path: Path) -> None:
    project = with_settings(
        tmp_path,
        '[[tool.uv.index]]\nname = "my-own.one"\nurl = "https://own.invalid/simple"\n',
        "pyproject.toml",
    )
    variables = {
        "UV_INDEX_MY_OWN_ONE_USERNAME": "me",
        "UV_INDEX_MY_OWN_ONE_PASSWORD": "secret",
    }
    assert uv_logins(project, variables) == (OWN,)
    assert uv_logins(project, {**variables, "UV_NO_CONFIG": "1"}) == ()
    assert uv_logins(project, {}) == ()


@pytest.mark.parametrize(
    "text",
    [
        'index-url = "https://me:secret@own.invalid/simple"',
        'extra-index-url = ["https://me:secret@own.invalid:8443/simple"]',
        'find-links = ["./wheels", "https://me:secret@own.invalid/links"]',
        '[pip]\nindex-url = "https://me:secret@own.invalid/simple"',
        '[[index]]\nurl = "https://me:secret@own.invalid/simple"',
        '[[index]]\nname = "own"\nurl = "https://me@own.invalid/simple"',
    ],
)
def test_a_url_has_it_in_settings(tmp_path: Path, text: str) -> None:
    variables = {"UV_INDEX_OWN_PASSWORD": "secret"}
    assert uv_logins(with_settings(tmp_path, text), variables) == (OWN,)


@pytest.mark.parametrize(
    "variables",
    [
        {"UV_INDEX_URL": "https://me:secret@own.invalid/simple"},
        {"UV_DEFAULT_INDEX": "own=https://me:secret@own.invalid/simple"},
        {"UV_INDEX": "https://other.invalid/ https://me:secret@own.invalid/simple"},
        {
            "UV_INDEX": "own=https://own.invalid/simple",
            "UV_INDEX_OWN_USERNAME": "me",
            "UV_INDEX_OWN_PASSWORD": "secret",
        },
    ],
)
def test_a_url_has_it_in_a_variable(tmp_path: Path, variables: dict[str, str]) -> None:
    assert uv_logins(tmp_path, variables) == (OWN,)


def test_what_is_encoded_in_a_url_is_not_in_a_login(tmp_path: Path) -> None:
    variables = {"UV_INDEX_URL": "https://m%40e:s%2Fcret@own.invalid/simple"}
    assert uv_logins(tmp_path, variables) == (Login("own.invalid", "m@e", "s/cret"),)


def test_settings_of_the_user_come_after_those_of_the_project(tmp_path: Path) -> None:
    home, project = tmp_path / "home", tmp_path / "project"
    (home / ".config" / "uv").mkdir(parents=True)
    project.mkdir()
    with_settings(home / ".config" / "uv", 'index-url = "https://user:secret@own.invalid/simple"')
    variables = {"HOME": str(home)}
    assert uv_logins(project, variables) == (Login("own.invalid", "user", "secret"),)
    with_settings(project, 'index-url = "https://me:secret@own.invalid/simple"')
    assert uv_logins(project, variables) == (OWN,)


@pytest.mark.parametrize(
    "text",
    [
        "this is no TOML",
        'index-url = "https://me:sec ret@own.invalid/simple"',
        'index-url = "https://me:%22@own.invalid/simple"',
        'index-url = "https://me@own.invalid/simple"',
        'index-url = "ssh://me:secret@own.invalid/simple"',
        'index-url = "https://me:secret@[own.invalid/simple"',
        "index-url = 1",
        'index = "own"',
        "[[index]]\nurl = 1",
    ],
)
def test_what_is_no_login_for_a_netrc_file_is_none(tmp_path: Path, text: str) -> None:
    project = with_settings(tmp_path, text)
    assert uv_logins(project, {}) == ()
    assert login_variables(project, {}, place=tmp_path) == {}


def test_the_file_has_what_is_in_the_user_s_own_as_well(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.write_text(
        "machine other.invalid login you password theirs\nmachine own.invalid login x password y\n"
        "macdef init\necho",
        encoding="utf-8",
    )
    place = tmp_path / "place"
    place.mkdir()
    variables = {"NETRC": str(own), "UV_INDEX_URL": "https://me:s3cret!@own.invalid/simple"}
    named = login_variables(tmp_path, variables, place=place)
    file = Path(named["NETRC"])
    assert file.parent == place
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    read = netrc.netrc(str(file))
    assert read.authenticators("other.invalid") == ("you", "", "theirs")
    assert read.authenticators("own.invalid") == ("me", "", "s3cret!")


def test_the_user_s_own_file_is_the_one_that_is_named_or_in_the_home(tmp_path: Path) -> None:
    assert netrc_text({}) == netrc_text({"HOME": str(tmp_path)}) == ""
    (tmp_path / "_netrc").write_text("second", encoding="utf-8")
    assert netrc_text({"HOME": str(tmp_path)}) == "second"
    (tmp_path / ".netrc").write_text("first", encoding="utf-8")
    assert netrc_text({"HOME": str(tmp_path)}) == "first"
    assert netrc_text({"HOME": str(tmp_path), "NETRC": str(tmp_path / "absent")}) == ""

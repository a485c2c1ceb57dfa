from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import tomli

from syncsteps.errors import StagingError
from syncsteps.staging.uv_settings import is_true, uv_settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    directory = tmp_path / "home" / "project"
    directory.mkdir(parents=True)
    return directory


def _followed(directory: Path, environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    return tomli.loads(uv_settings(directory, environment or {}).text)


def test_what_says_where_from_and_how_is_followed(project: Path) -> None:
    (project / "pyproject.toml").write_text(
        """
        [project]
        name = "x"
        [tool.uv]
        no-build-isolation-package = ["flash"]
        extra-build-dependencies.flash = ["torch", { requirement = "x", match-runtime = true }]
        [[tool.uv.index]]
        name = "mine"
        url = "https://index.invalid/simple"
        authenticate = "always"
        [tool.uv.pip]
        only-binary = ["numpy"]
        """
    )
    assert _followed(project) == {
        "no-build-isolation-package": ["flash"],
        "extra-build-dependencies": {
            "flash": ["torch", {"requirement": "x", "match-runtime": True}]
        },
        "index": [
            {"name": "mine", "url": "https://index.invalid/simple", "authenticate": "always"}
        ],
        "pip": {"only-binary": ["numpy"]},
    }


def test_what_says_what_and_where_to_is_not(project: Path) -> None:
    (project / "pyproject.toml").write_text(
        """
        [tool.uv]
        constraint-dependencies = ["ray>=2"]
        override-dependencies = ["ray>=2"]
        exclude-newer = "7 days"
        default-groups = ["dev"]
        link-mode = "symlink"
        required-version = ">=9"
        [tool.uv.sources]
        x = { path = "." }
        [tool.uv.pip]
        target = "elsewhere"
        python = "3.9"
        verify-hashes = false
        """
    )
    assert _followed(project) == {}


def test_paths_are_made_absolute(project: Path) -> None:
    (project / "uv.toml").write_text(
        """
        cache-dir = "./cache"
        find-links = ["wheels", "/abs", "https://h.invalid/l", "~/l"]
        index = [{ url = "simple" }, { url = "file:///simple" }]
        [pip]
        index-url = "../simple"
        """
    )
    assert _followed(project) == {
        "cache-dir": str(project / "cache"),
        "find-links": [str(project / "wheels"), "/abs", "https://h.invalid/l", "~/l"],
        "index": [{"url": str(project / "simple")}, {"url": "file:///simple"}],
        "pip": {"index-url": str(project / ".." / "simple")},
    }


def test_the_nearest_file_counts_as_uv_takes_it(project: Path) -> None:
    (project.parent / "uv.toml").write_text("offline = true\n")
    (project / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert _followed(project) == {"offline": True}
    (project / "pyproject.toml").write_text("[tool.uv]\noffline = false\n")
    assert _followed(project) == {"offline": False}
    (project / "uv.toml").write_text("no-index = true\n")
    assert _followed(project) == {"no-index": True}


def test_no_file_at_all(project: Path) -> None:
    settings = uv_settings(project, {})
    assert tomli.loads(settings.text) == {}


@pytest.mark.parametrize(
    ("variable", "path"),
    [
        ("HOME", ".config/uv/uv.toml"),
        ("XDG_CONFIG_HOME", "uv/uv.toml"),
        ("XDG_CONFIG_DIRS", "uv/uv.toml"),
        ("APPDATA", "uv/uv.toml"),
    ],
)
@pytest.mark.parametrize(
    ("text", "exclusive"),
    [
        ('[pip]\ntarget = "elsewhere"\n', True),
        ('override-dependencies = ["x"]\n', True),
        ('index-url = "https://index.invalid"\n', False),
    ],
)
def test_a_users_file_that_misleads_is_shut_out(
    project: Path, variable: str, path: str, text: str, *, exclusive: bool
) -> None:
    file = project.parent / path
    file.parent.mkdir(parents=True)
    file.write_text(text)
    assert uv_settings(project, {variable: str(project.parent)}).exclusive is exclusive


def test_the_named_file_is_the_only_one(project: Path, tmp_path: Path) -> None:
    (project / "uv.toml").write_text("offline = true\n")
    named = tmp_path / "mine.toml"
    named.write_text('no-index = true\n[pip]\ntarget = "x"\n')
    settings = uv_settings(project, {"UV_CONFIG_FILE": str(named)})
    assert settings.exclusive
    assert tomli.loads(settings.text) == {"no-index": True}


def test_no_configuration_is_wanted(project: Path) -> None:
    (project / "uv.toml").write_text("offline = true\n")
    settings = uv_settings(project, {"UV_NO_CONFIG": "1"})
    assert (settings.text, settings.exclusive) == ("", False)
    assert _followed(project, {"UV_NO_CONFIG": "0"}) == {"offline": True}


@pytest.mark.parametrize("text", ["not toml [", "config-settings = 1.5\n"])
def test_nonsense_is_an_error_that_names_the_file(project: Path, text: str) -> None:
    (project / "uv.toml").write_text(text)
    with pytest.raises(StagingError, match=r"uv's settings in .*uv\.toml cannot be read"):
        uv_settings(project, {})


@pytest.mark.parametrize("text", ["tool = 1\n", "[tool]\nuv = [1]\n", "[tool.uv]\nindex = [1]\n"])
def test_odd_shapes_are_left_to_uv(project: Path, text: str) -> None:
    (project / "pyproject.toml").write_text(text)
    uv_settings(project, {})


def test_the_table_says_the_same_as_the_text(project: Path) -> None:
    (project / "uv.toml").write_text(
        """
        no-index = true
        exclude-newer = "2020-01-01"
        find-links = ["wheels"]
        [pip]
        index-url = "https://index.invalid/simple"
        """
    )
    settings = uv_settings(project, {})
    assert settings.table == tomli.loads(settings.text)
    assert settings.table.keys() == {"no-index", "find-links", "pip"}


def test_further_keys_of_the_users_can_mislead(project: Path) -> None:
    (project / "uv").mkdir()
    (project / "uv" / "uv.toml").write_text("no-sources = true\n")
    environment = {"XDG_CONFIG_HOME": str(project)}
    assert not uv_settings(project, environment).exclusive
    assert uv_settings(project, environment, misleading=frozenset({"no-sources"})).exclusive


@pytest.mark.parametrize(
    ("value", "expected"), [("1", True), ("True", True), ("0", False), ("", False), (None, False)]
)
def test_what_means_yes(value: str | None, *, expected: bool) -> None:
    assert is_true({} if value is None else {"X": value}, "X") is expected

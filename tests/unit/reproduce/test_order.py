from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from syncsteps.arguments import make_parser
from syncsteps.options import OPTIONS, Option
from syncsteps.reproduce.order import inner_options, inner_variables
from syncsteps.settings import Settings, load_settings

BASE = Settings(directory=Path("/project"), jobs=2.0)
TOLD = [
    option
    for option in OPTIONS
    if option.field
    not in {"cache_dir", "hashes", "interpreter", "json", "junit", "no_cache", "python", "sarif"}
]


def some(option: Option) -> Any:  # noqa: ANN401 - of many types
    values = {
        "flag": True,
        "number": 7.5,
        "list": ("one", "two*"),
        "path": f"/project/{option.name}",
        "text": option.choices[-1] if option.choices else "text",
    }
    return values[option.kind]


def arrived(settings: Settings, directory: Path, **environment: str) -> Settings:
    """The settings that the inner run has."""
    argv = ["sync", *inner_options(settings)]
    return load_settings(
        vars(make_parser(argv).parse_args(argv)),
        environment=inner_variables(settings, environment),
        directory=directory,
        recorded=False,
    )


@pytest.mark.parametrize("option", TOLD, ids=lambda option: option.name)
def test_each_setting_arrives(option: Option, tmp_path: Path) -> None:
    settings = replace(BASE, directory=tmp_path, **{option.field: some(option)})
    found = arrived(settings, tmp_path)
    assert getattr(found, option.field) == getattr(settings, option.field)
    assert replace(found, no_cache=False, directory=tmp_path) == settings


def test_what_the_file_says_does_not_make_a_flag_true(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.syncsteps]\nno-project = true\njobs = 9\n")
    found = arrived(replace(BASE, directory=tmp_path), tmp_path, SYNCSTEPS_ALL_EXTRAS="1")
    assert not found.no_project
    assert not found.all_extras
    assert found.jobs == 2.0


def test_where_it_goes_is_the_outer_runs_matter() -> None:
    settings = replace(BASE, json="-", junit="a", sarif="b", cache_dir="c", python="p", hashes=True)
    assert inner_options(settings) == inner_options(BASE)


def test_other_variables_are_kept_but_for_what_makes_it_speak_to_github() -> None:
    given = {"PIP_INDEX_URL": "x", "GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": "/s"}
    found = inner_variables(BASE, given)
    assert found["PIP_INDEX_URL"] == "x"
    assert not {"GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"} & found.keys()

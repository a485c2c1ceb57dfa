from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from syncsteps.errors import SettingsError
from syncsteps.options import OPTIONS, Option
from syncsteps.selection.model import Request
from syncsteps.settings import Settings, is_file_name, load_settings, read_pyproject
from syncsteps.smoke.policy import SmokePolicy

BY_NAME = {option.name: option for option in OPTIONS}
# For each kind: a value in each of the three sources, from the weakest to the strongest.
VALUES: dict[str, tuple[str, str, Any]] = {
    "text": ('"of-file"', "of-variable", "of-flag"),
    "snapshots": ('["a.json", "f.json"]', "a.json,v.json", ["a.json", "debian:12"]),
    "list": ('["of", "file"]', "of,variable", ["of", "flag"]),
    "flag": ("false", "1", True),
    "number": ("1.5", "2", 3.0),
}
READ: dict[str, tuple[object, object, object]] = {
    "text": ("of-file", "of-variable", "of-flag"),
    "list": (("of", "file"), ("of", "variable"), ("of", "flag")),
    "flag": (False, True, True),
    "number": (1.5, 2.0, 3.0),
}


def write(directory: Path, table: str) -> None:
    (directory / "pyproject.toml").write_text(f"[tool.syncsteps]\n{table}\n", encoding="utf-8")


def load(
    directory: Path,
    flags: dict[str, Any] | None = None,
    environment: dict[str, str] | None = None,
) -> Settings:
    return load_settings(flags or {}, environment=environment or {}, directory=directory)


def values_for(
    option: Option, directory: Path
) -> tuple[tuple[str, str, Any], tuple[object, object, object]]:
    if option.kind == "path":
        paths = tuple(str(directory / name) for name in READ["text"] if isinstance(name, str))
        return VALUES["text"], (paths[0], paths[1], paths[2])
    if option.kind == "snapshots":
        one, two, three = (str(directory / f"{name}.json") for name in "afv")
        return VALUES["snapshots"], ((one, two), (one, three), (one, "debian:12"))
    if not option.choices:
        return VALUES[option.kind], READ[option.kind]
    first, second, third = (option.choices * 2)[:3]
    return (f'"{first}"', second, third), (first, second, third)


class TestOptions:
    def test_each_option_has_its_field_and_each_field_its_option(self) -> None:
        assert [option.field for option in OPTIONS] == [
            field.name
            for field in fields(Settings)
            if field.name not in {"directory", "policy", "smoke"}
        ]

    @pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
    def test_the_default_is_of_the_options_kind(self, option: Option) -> None:
        kinds = {
            "flag": bool,
            "text": str,
            "path": str,
            "snapshots": tuple,
            "list": tuple,
            "number": float,
        }
        default = getattr(Settings(directory=Path()), option.field)
        assert type(default) is kinds[option.kind]
        assert option.choices == () or default in option.choices

    def test_names_follow_from_one_another(self) -> None:
        option = BY_NAME["break-system-packages"]
        assert option.field == "break_system_packages"
        assert option.variable == "SYNCSTEPS_BREAK_SYSTEM_PACKAGES"

    @pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
    def test_help_can_be_shown(self, option: Option) -> None:
        parser = argparse.ArgumentParser()
        parser.add_argument(f"--{option.name}", help=option.help)
        assert option.help.split()[0] in parser.format_help()
        assert bool(option.metavar or option.choices) == (option.kind != "flag")


class TestPrecedence:
    def test_nothing_given_is_the_defaults(self, tmp_path: Path) -> None:
        assert load(tmp_path) == Settings(directory=tmp_path)

    @pytest.mark.parametrize(
        "option", [o for o in OPTIONS if o.name != "lock"], ids=lambda option: option.name
    )
    def test_flag_over_variable_over_file(self, tmp_path: Path, option: Option) -> None:
        (in_file, in_variable, in_flag), expected = values_for(option, tmp_path)
        write(tmp_path, f"{option.name} = {in_file}")
        environment = {option.variable: in_variable}
        flags = {option.field: in_flag}
        assert getattr(load(tmp_path), option.field) == expected[0]
        assert getattr(load(tmp_path, {}, environment), option.field) == expected[1]
        assert getattr(load(tmp_path, flags, environment), option.field) == expected[2]
        assert getattr(load(tmp_path, flags), option.field) == expected[2]

    def test_a_flag_that_was_not_given_counts_for_nothing(self, tmp_path: Path) -> None:
        write(tmp_path, 'python = "python3.12"')
        assert load(tmp_path, {"python": None}).python == "python3.12"

    def test_an_empty_variable_counts_for_nothing(self, tmp_path: Path) -> None:
        write(tmp_path, "quiet = true\njobs = 3")
        settings = load(tmp_path, {}, {"SYNCSTEPS_QUIET": "", "SYNCSTEPS_JOBS": ""})
        assert settings.quiet
        assert settings.jobs == 3

    def test_other_arguments_and_variables_are_not_ours(self, tmp_path: Path) -> None:
        flags = {"verb": "sync", "dry_run": True, "output": "-"}
        environment = {"SYNCSTEPS_TEST_PYTHON": "/x", "EXTRA": "y", "SYNCSTEPS_": "z"}
        assert load(tmp_path, flags, environment) == Settings(directory=tmp_path)

    def test_lists_replace_one_another(self, tmp_path: Path) -> None:
        write(tmp_path, 'extra = ["a", "b"]')
        assert load(tmp_path, {"extra": ["c"]}).extra == ("c",)

    def test_the_value_can_be_hashed(self, tmp_path: Path) -> None:
        assert isinstance(hash(load(tmp_path, {"extra": ["c"], "group": ["d"]})), int)


class TestFlags:
    @pytest.mark.parametrize("number", [0.0, -1.0, float("nan"), float("inf"), 1e300])
    def test_a_number_that_means_nothing(self, tmp_path: Path, number: float) -> None:
        with pytest.raises(SettingsError, match=r"^--smoke-timeout: .* a positive number"):
            load(tmp_path, {"smoke_timeout": number})

    def test_any_sequence_is_a_list(self, tmp_path: Path) -> None:
        assert load(tmp_path, {"extra": ["a", "b"], "group": ("c",)}).extra == ("a", "b")


class TestVariables:
    @pytest.mark.parametrize("text", ["1", "true", "True", "YES", "on"])
    def test_a_flag_that_is_on(self, tmp_path: Path, text: str) -> None:
        assert load(tmp_path, {}, {"SYNCSTEPS_ALL_EXTRAS": text}).all_extras is True

    @pytest.mark.parametrize("text", ["0", "false", "No", "off"])
    def test_a_flag_that_is_off(self, tmp_path: Path, text: str) -> None:
        write(tmp_path, "all-extras = true")
        assert load(tmp_path, {}, {"SYNCSTEPS_ALL_EXTRAS": text}).all_extras is False

    @pytest.mark.parametrize("text", ["a,b", "a b", " a , b ", "a,,b,"])
    def test_a_list(self, tmp_path: Path, text: str) -> None:
        assert load(tmp_path, {}, {"SYNCSTEPS_GROUP": text}).group == ("a", "b")

    @pytest.mark.parametrize(
        ("variable", "text", "said"),
        [
            ("SYNCSTEPS_QUIET", "maybe", "'maybe': expected 1 or 0, true or false"),
            ("SYNCSTEPS_JOBS", "many", "'many': expected a number"),
            ("SYNCSTEPS_JOBS", "0", "a positive number"),
            ("SYNCSTEPS_JOBS", "-1", "a positive number"),
            ("SYNCSTEPS_SMOKE_TIMEOUT", "nan", "a positive number"),
            ("SYNCSTEPS_SMOKE_TIMEOUT", "inf", "a positive number"),
            ("SYNCSTEPS_SMOKE_TIMEOUT", "1e12", "1,000,000 at the most"),
            ("SYNCSTEPS_PRUNE", "some", "'some' is none of none, owned, all"),
        ],
    )
    def test_a_value_that_means_nothing(
        self, tmp_path: Path, variable: str, text: str, said: str
    ) -> None:
        with pytest.raises(SettingsError) as caught:
            load(tmp_path, {}, {variable: text})
        assert str(caught.value).startswith(variable)
        assert said in str(caught.value)
        assert caught.value.exit_code == 2


class TestFile:
    @pytest.mark.parametrize(
        ("table", "said"),
        [
            ('quiet = "yes"', "quiet: expected true or false, found 'yes'"),
            ("quiet = 1", "quiet: expected true or false, found 1"),
            ('jobs = "2"', "jobs: expected a number, found '2'"),
            ("jobs = true", "jobs: expected a number, found True"),
            ("jobs = 0", "jobs is to be a positive number"),
            ("jobs = -2.5", "jobs is to be a positive number"),
            ("jobs = inf", "jobs is to be a positive number"),
            ("jobs = nan", "jobs is to be a positive number"),
            (f"jobs = 1{'0' * 400}", "jobs is to be a positive number, 1,000,000 at the most"),
            ("python = 3.12", "python: expected a string, found 3.12"),
            ('extra = "a"', "extra: expected an array of strings, found 'a'"),
            ('extra = ["a", 1]', "extra: expected an array of strings, found ['a', 1]"),
            ('prune = "some"', "prune: 'some' is none of none, owned, all"),
            ('python = "a\\u0000b"', "python: 'a\\x00b' has a NUL character in it"),
            ('extra = ["a\\u0000"]', "extra: 'a\\x00' has a NUL character in it"),
        ],
    )
    def test_a_value_of_the_wrong_kind(self, tmp_path: Path, table: str, said: str) -> None:
        write(tmp_path, table)
        with pytest.raises(SettingsError) as caught:
            load(tmp_path)
        assert str(tmp_path / "pyproject.toml") in str(caught.value)
        assert "[tool.syncsteps]" in str(caught.value)
        assert said in str(caught.value)

    @pytest.mark.parametrize(
        ("key", "near"),
        [("extras", "extra"), ("all_extras", "all-extras"), ("pruning", "prune")],
    )
    def test_an_unknown_key_with_its_nearest_match(
        self, tmp_path: Path, key: str, near: str
    ) -> None:
        write(tmp_path, f"{key} = true")
        with pytest.raises(SettingsError, match=f"unknown key '{key}'") as caught:
            load(tmp_path)
        assert caught.value.hint == f"did you mean '{near}'?"

    def test_an_unknown_key_without_one(self, tmp_path: Path) -> None:
        write(tmp_path, "zzz = true")
        with pytest.raises(SettingsError) as caught:
            load(tmp_path)
        assert caught.value.hint.startswith("known keys: lock, python,")

    @pytest.mark.parametrize("table", ["[tool]\nsyncsteps = 3", "tool = {syncsteps = []}"])
    def test_a_table_that_is_none(self, tmp_path: Path, table: str) -> None:
        (tmp_path / "pyproject.toml").write_text(table, encoding="utf-8")
        with pytest.raises(SettingsError, match="expected a table"):
            load(tmp_path)

    @pytest.mark.parametrize("text", ["", "tool = 3", "[tool.other]\nkey = 1", "[project]"])
    def test_a_file_that_does_not_mention_us(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
        assert load(tmp_path) == Settings(directory=tmp_path)

    @pytest.mark.parametrize(
        "content",
        [
            b"not toml",
            b"[tool.syncsteps\n",
            b"\xff\xfe",
            b"a = " + b"[" * 50_000,
            b"a = " + b"9" * 10_000,
        ],
        ids=["text", "half a table", "not UTF-8", "deep", "huge number"],
    )
    def test_a_broken_file(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "pyproject.toml").write_bytes(content)
        with pytest.raises(SettingsError) as caught:
            load(tmp_path)
        assert str(caught.value).startswith(f"{tmp_path / 'pyproject.toml'}: not a readable TOML")

    def test_a_directory_of_that_name(self, tmp_path: Path) -> None:
        (tmp_path / "pyproject.toml").mkdir()
        with pytest.raises(SettingsError, match="not a readable TOML file"):
            load(tmp_path)


class TestPolicy:
    def test_the_table_is_read(self, tmp_path: Path) -> None:
        write(tmp_path, 'ignore = ["LCK001"]\n[tool.syncsteps.verify]\nignore = ["LCK002"]')
        settings = load(tmp_path)
        assert settings.ignore == ("LCK001",)
        assert settings.policy is not None
        assert settings.policy.everywhere.ignore == ("LCK002",)
        assert settings.policy.where == f"{tmp_path / 'pyproject.toml'}: [tool.syncsteps.verify]"

    @pytest.mark.parametrize(
        ("table", "said"),
        [
            ('[tool.syncsteps.verify]\nignore = "a"', "[tool.syncsteps.verify] ignore: expected"),
            ("verify = true", "[tool.syncsteps.verify]: expected a table, found True"),
        ],
    )
    def test_a_table_that_means_nothing(self, tmp_path: Path, table: str, said: str) -> None:
        write(tmp_path, table)
        with pytest.raises(SettingsError) as caught:
            load(tmp_path)
        assert str(caught.value).startswith(f"{tmp_path / 'pyproject.toml'}: {said}")

    def test_a_misspelt_one(self, tmp_path: Path) -> None:
        write(tmp_path, "[tool.syncsteps.verifi]")
        with pytest.raises(SettingsError) as caught:
            load(tmp_path)
        assert caught.value.hint == "did you mean 'verify'?"

    def test_it_may_let_paths_leave_the_project(self, tmp_path: Path) -> None:
        write(tmp_path, '[tool.syncsteps.verify]\nignore = ["LCK004"]')
        assert load(tmp_path).may_leave
        write(tmp_path, '[tool.syncsteps.verify]\nignore = ["LCK001"]')
        assert not load(tmp_path).may_leave


class TestSmoke:
    def test_the_table_is_read_into_options_and_the_policy(self, tmp_path: Path) -> None:
        write(
            tmp_path,
            """
            [tool.syncsteps.smoke]
            include = ["demo.*"]
            exclude = ["torch"]
            timeout = 5
            severity = "warning"
            network = true
            environment = { QT_QPA_PLATFORM = "offscreen" }
            packages.Wand = { statements = ["import wand.image"] }
            """,
        )
        settings = load(tmp_path)
        assert settings.smoke_timeout == 5.0
        policy = settings.smoke_policy
        assert (policy.include, policy.exclude) == (("demo.*",), ("torch",))
        assert (policy.severity, policy.network) == ("warning", True)
        assert policy.environment == (("QT_QPA_PLATFORM", "offscreen"),)
        assert policy.statements("wand") == ("import wand.image",)
        assert policy.where == f"{tmp_path / 'pyproject.toml'}: [tool.syncsteps.smoke]"

    def test_a_flag_and_a_variable_win_over_the_table(self, tmp_path: Path) -> None:
        write(tmp_path, '[tool.syncsteps.smoke]\nseverity = "warning"\nexclude = ["a"]')
        settings = load_settings(
            {"smoke_exclude": ["b"]},
            environment={"SYNCSTEPS_SMOKE_SEVERITY": "error"},
            directory=tmp_path,
        )
        assert (settings.smoke_policy.severity, settings.smoke_policy.exclude) == ("error", ("b",))

    def test_without_a_table_options_alone_say_it(self, tmp_path: Path) -> None:
        assert load(tmp_path, {"smoke_include": ["x.*"]}).smoke_policy == SmokePolicy(
            include=("x.*",)
        )

    @pytest.mark.parametrize(
        ("table", "said"),
        [
            ("smoke = true", "[tool.syncsteps.smoke]: expected a table, found True"),
            ("[tool.syncsteps.smoke]\nincl = []", "[tool.syncsteps.smoke]: unknown key 'incl'"),
            (
                "[tool.syncsteps.smoke]\ntimeout = 'x'",
                "[tool.syncsteps.smoke] timeout: expected a number, found 'x'",
            ),
            (
                "[tool.syncsteps.smoke]\nseverity = 'note'",
                "[tool.syncsteps.smoke] severity: 'note' is none of error, warning",
            ),
            (
                "smoke-timeout = 1\n[tool.syncsteps.smoke]\ntimeout = 2",
                "[tool.syncsteps.smoke] timeout: the key smoke-timeout above says it, too",
            ),
            (
                "[tool.syncsteps.smoke.packages.x]\nnetwork = true",
                "[tool.syncsteps.smoke] packages.x: unknown key 'network'",
            ),
        ],
    )
    def test_a_table_that_means_nothing(self, tmp_path: Path, table: str, said: str) -> None:
        write(tmp_path, table)
        with pytest.raises(SettingsError) as caught:
            load(tmp_path)
        assert str(caught.value).startswith(f"{tmp_path / 'pyproject.toml'}: {said}")


class TestReadPyproject:
    def test_its_content(self, tmp_path: Path) -> None:
        (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n", encoding="utf-8")
        assert read_pyproject(tmp_path) == {"project": {"name": "x"}}

    def test_none_where_there_is_none(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        assert read_pyproject(tmp_path) is None
        assert read_pyproject(tmp_path / "absent") is None
        assert read_pyproject(tmp_path / "file") is None


class TestLockPath:
    def test_no_lock_is_named(self, tmp_path: Path) -> None:
        settings = load(tmp_path)
        assert settings.lock == ""
        assert settings.directory == tmp_path

    def test_a_flag_is_relative_to_the_directory(self, tmp_path: Path) -> None:
        settings = load(tmp_path, {"lock": "sub/uv.lock"})
        assert Path(settings.lock) == tmp_path / "sub" / "uv.lock"
        assert settings.directory == tmp_path / "sub"

    def test_a_variable_is_relative_to_the_directory(self, tmp_path: Path) -> None:
        settings = load(tmp_path, {}, {"SYNCSTEPS_LOCK": "sub/uv.lock"})
        assert Path(settings.lock) == tmp_path / "sub" / "uv.lock"
        assert settings.directory == tmp_path / "sub"

    def test_a_flag_may_be_absolute(self, tmp_path: Path) -> None:
        lock = tmp_path / "elsewhere" / "uv.lock"
        settings = load(tmp_path, {"lock": str(lock)})
        assert Path(settings.lock) == lock
        assert settings.directory == lock.parent

    def test_the_files_is_relative_to_the_file(self, tmp_path: Path) -> None:
        write(tmp_path, 'lock = "locks/pylock.toml"')
        settings = load(tmp_path)
        assert Path(settings.lock) == tmp_path / "locks" / "pylock.toml"
        assert settings.directory == tmp_path

    def test_a_flag_wins_over_the_file(self, tmp_path: Path) -> None:
        write(tmp_path, 'lock = "locks/pylock.toml"')
        assert Path(load(tmp_path, {"lock": "uv.lock"}).lock) == tmp_path / "uv.lock"

    def test_the_settings_are_those_beside_the_lock(self, tmp_path: Path) -> None:
        (tmp_path / "sub").mkdir()
        write(tmp_path, "quiet = true")
        write(tmp_path / "sub", "verbose = true")
        settings = load(tmp_path, {"lock": "sub/uv.lock"})
        assert (settings.quiet, settings.verbose) == (False, True)


class TestDefaultGroups:
    """Two options of which each takes away the other one where it is said more strongly."""

    def test_both_at_once_are_an_error(self, tmp_path: Path) -> None:
        both = {"default_groups": True, "no_default_groups": True}
        with pytest.raises(SettingsError, match=r"^--default-groups and --no-default-groups excl"):
            load(tmp_path, both)
        variables = {"SYNCSTEPS_DEFAULT_GROUPS": "1", "SYNCSTEPS_NO_DEFAULT_GROUPS": "1"}
        with pytest.raises(SettingsError, match=r"^SYNCSTEPS_DEFAULT_GROUPS and SYNC"):
            load(tmp_path, environment=variables)
        write(tmp_path, "default-groups = true\nno-default-groups = true")
        with pytest.raises(SettingsError, match=r"no-default-groups of \[tool.syncsteps\] exclude"):
            load(tmp_path)

    def test_the_stronger_source_wins(self, tmp_path: Path) -> None:
        write(tmp_path, "default-groups = true")
        for settings in (
            load(tmp_path, {"no_default_groups": True}),
            load(tmp_path, environment={"SYNCSTEPS_NO_DEFAULT_GROUPS": "1"}),
        ):
            assert (settings.default_groups, settings.no_default_groups) == (False, True)
        variable = {"SYNCSTEPS_NO_DEFAULT_GROUPS": "1"}
        settings = load(tmp_path, {"default_groups": True}, variable)
        assert (settings.default_groups, settings.no_default_groups) == (True, False)

    def test_saying_no_to_one_does_not_take_away_the_other(self, tmp_path: Path) -> None:
        write(tmp_path, "default-groups = true")
        settings = load(tmp_path, environment={"SYNCSTEPS_NO_DEFAULT_GROUPS": "0"})
        assert (settings.default_groups, settings.no_default_groups) == (True, False)


class TestRequest:
    def test_the_default(self) -> None:
        assert Settings(directory=Path()).request == Request()

    def test_every_part(self) -> None:
        settings = Settings(
            directory=Path(),
            extra=("e",),
            all_extras=True,
            group=("g",),
            only_group=("o",),
            all_groups=True,
            no_default_groups=True,
            package=("p",),
            all_packages=True,
            no_project=True,
            no_local=True,
        )
        assert settings.request == Request(
            extras=("e",),
            all_extras=True,
            groups=("g",),
            only_groups=("o",),
            all_groups=True,
            default_groups=False,
            packages=("p",),
            all_packages=True,
            project=False,
            local=False,
        )


@pytest.mark.parametrize("name", ["python", "lock", "interpreter", "json", "junit", "sarif"])
@pytest.mark.parametrize("value", ["", " "])
def test_an_empty_value_is_not_taken_for_the_default(name: str, value: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=rf"^--{name}: the value is empty"):
        load(tmp_path, {name: [value] if name == "interpreter" else value})
    write(tmp_path, f'{name} = "{value}"')
    with pytest.raises(SettingsError, match=rf"{name}: the value is empty"):
        load(tmp_path)


def test_an_empty_variable_is_as_good_as_none(tmp_path: Path) -> None:
    assert load(tmp_path, environment={"SYNCSTEPS_PYTHON": ""}).python == ""


class TestSnapshots:
    @pytest.mark.parametrize(
        "text", ["debian:12", "python:3.13-slim@arm64", "ubi9", "nothing-of-that-name"]
    )
    def test_a_plain_name_is_left_as_it_is(self, tmp_path: Path, text: str) -> None:
        assert load(tmp_path, {"interpreter": [text]}).interpreter == (text,)
        write(tmp_path, f'interpreter = "{text}"')
        assert load(tmp_path).interpreter == (text,)

    @pytest.mark.parametrize(
        "text", ["base.json", "./base", "images/base", "linux/arm64/debian:12"]
    )
    def test_what_can_only_be_a_file_is_one(self, tmp_path: Path, text: str) -> None:
        assert load(tmp_path, {"interpreter": [text]}).interpreter == (str(tmp_path / text),)

    def test_a_file_of_that_name_comes_first(self, tmp_path: Path) -> None:
        (tmp_path / "ubi9").write_text("{}")
        (tmp_path / "alpine").mkdir()
        flags = {"interpreter": ["ubi9", "alpine"]}
        assert load(tmp_path, flags).interpreter == (str(tmp_path / "ubi9"), "alpine")

    def test_a_name_that_is_too_long_for_a_file_is_none(self, tmp_path: Path) -> None:
        assert not is_file_name("a" * 5000, tmp_path)


def test_the_project_s_snapshots_are_no_target_to_change(tmp_path: Path) -> None:
    write(tmp_path, 'interpreter = "base.json"\nquiet = true')
    loaded = load_settings({}, environment={}, directory=tmp_path, recorded=False)
    assert (loaded.interpreter, loaded.quiet) == ((), True)
    assert load(tmp_path).interpreter == (str(tmp_path / "base.json"),)
    for flags, variables in (
        ({"interpreter": ["x.json"]}, {}),
        ({}, {"SYNCSTEPS_INTERPRETER": "x.json"}),
    ):
        loaded = load_settings(flags, environment=variables, directory=tmp_path, recorded=False)
        assert loaded.interpreter == (str(tmp_path / "x.json"),)

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from syncsteps.errors import InterpreterError, SelectionError, SettingsError
from syncsteps.matrix import target_names, verify_targets
from syncsteps.pipeline import verify
from syncsteps.reading import read_project_lock
from syncsteps.settings import load_settings, read_pyproject
from tests.support.targets import UNHASHED, record, write_lock
from tests.support.values import make_installed

if TYPE_CHECKING:
    from syncsteps.settings import Settings

WINDOWS = {"sys_platform": "win32", "os_name": "nt", "platform_system": "Windows"}


def settings_of(directory: Path, *snapshots: Path, **flags: object) -> Settings:
    given = {"interpreter": [str(path) for path in snapshots], **flags}
    return load_settings(given, environment={}, directory=directory)


def test_each_target_is_as_good_as_a_verify_of_its_own(tmp_path: Path) -> None:
    write_lock(tmp_path, UNHASHED, ("demo", "1.0"), marker="python_version < '3.12'")
    files = (
        record(tmp_path, "old", version="3.9.2", externally_managed="ask apt"),
        record(tmp_path, "new", version="3.13.1"),
        record(tmp_path, "windows", version="3.11.1", environment=WINDOWS),
    )
    outcomes = verify_targets(settings_of(tmp_path, *files), environment={})
    assert [outcome.target for outcome in outcomes] == ["old", "new", "windows"]
    for file, outcome in zip(files, outcomes, strict=True):
        alone = verify(settings_of(tmp_path, file), environment={})
        assert outcome.findings == alone.findings
        assert outcome.selection == alone.selection
        assert outcome.plan == alone.plan
    codes = [{finding.code for finding in outcome.findings} for outcome in outcomes]
    assert {"INT002", "LCK003"} <= codes[0]
    assert {"INT002", "LCK003"} & codes[1] == set()
    assert {"INT002", "LCK003"} & codes[2] == {"LCK003"}


def test_the_lock_and_what_belongs_to_it_are_read_once(tmp_path: Path) -> None:
    write_lock(tmp_path, ("demo", "1.0"))
    files = [record(tmp_path, f"t{number}") for number in range(4)]
    with (
        mock.patch("syncsteps.survey.read_project_lock", wraps=read_project_lock) as lock,
        mock.patch("syncsteps.survey.read_pyproject", wraps=read_pyproject) as pyproject,
    ):
        assert len(verify_targets(settings_of(tmp_path, *files), environment={})) == 4
    assert (lock.call_count, pyproject.call_count) == (1, 1)


def test_a_target_for_which_nothing_can_be_selected_does_not_hide_the_others(
    tmp_path: Path,
) -> None:
    both = write_twice(tmp_path)
    linux = record(tmp_path, "linux")
    windows = record(tmp_path, "windows", environment=WINDOWS)
    settings = settings_of(tmp_path, linux, windows, lock=str(both))
    first, second = verify_targets(settings, environment={})
    assert first.refused is None
    assert isinstance(second.refused, SelectionError)
    assert (second.selection, second.findings, second.lock) == (None, (), first.lock)
    with pytest.raises(SelectionError):
        verify_targets(settings_of(tmp_path, windows, lock=str(both)), environment={})


def write_twice(directory: Path) -> Path:
    """Write a lock in which two entries of one name both apply on Windows."""
    path = directory / "pylock.twice.toml"
    entries = "".join(
        f'[[packages]]\nname = "demo"\nversion = "{version}"\n{marker}[[packages.wheels]]\n'
        f'name = "demo-{version}-py3-none-any.whl"\n'
        f'url = "https://index.invalid/demo-{version}-py3-none-any.whl"\n'
        f'hashes = {{sha256 = "{"a" * 64}"}}\n'
        for version, marker in (("1.0", ""), ("2.0", "marker = \"sys_platform == 'win32'\"\n"))
    )
    path.write_text(f'lock-version = "1.0"\ncreated-by = "test"\n{entries}', encoding="utf-8")
    return path


def test_what_holds_for_every_target_is_an_error(tmp_path: Path) -> None:
    write_lock(tmp_path, ("demo", "1.0"))
    files = [record(tmp_path, name) for name in ("a", "b")]
    with pytest.raises(SelectionError, match="nonsense"):
        verify_targets(settings_of(tmp_path, *files, extra=["nonsense"]), environment={})


def test_a_snapshot_that_is_none_is_an_error(tmp_path: Path) -> None:
    write_lock(tmp_path, ("demo", "1.0"))
    files = (record(tmp_path, "a"), tmp_path / "absent.json")
    with pytest.raises(InterpreterError, match=r"absent\.json"):
        verify_targets(settings_of(tmp_path, *files), environment={})


def test_a_package_of_the_settings_may_be_installed_on_one_target_only(tmp_path: Path) -> None:
    write_lock(tmp_path, ("demo", "1.0"))
    table = '[tool.syncsteps.verify.packages.six]\nignore = ["SYS001"]\n'
    (tmp_path / "pyproject.toml").write_text(table, encoding="utf-8")
    without = record(tmp_path, "without")
    has_it = record(tmp_path, "has-it", distributions=(make_installed("six"),))
    assert len(verify_targets(settings_of(tmp_path, without, has_it), environment={})) == 2
    with pytest.raises(SettingsError, match="'six' is neither in the lock nor installed"):
        verify_targets(settings_of(tmp_path, without), environment={})


def test_a_file_that_is_named_twice_is_one_target(tmp_path: Path) -> None:
    write_lock(tmp_path, ("demo", "1.0"))
    file = record(tmp_path, "a")
    assert len(verify_targets(settings_of(tmp_path, file, file), environment={})) == 1


def test_fifty_targets_and_two_hundred_packages_take_seconds(tmp_path: Path) -> None:
    packages = [(f"package-{number}", "1.0") for number in range(200)]
    write_lock(tmp_path, *packages, marker="python_version >= '3.9' and os_name == 'posix'")
    versions = ("3.9.2", "3.10.1", "3.11.4", "3.12.7", "3.13.1")
    files = [record(tmp_path, f"t{n}", version=versions[n % 5]) for n in range(50)]
    started = time.process_time()  # of this process alone, however busy the machine is
    outcomes = verify_targets(settings_of(tmp_path, *files), environment={})
    assert time.process_time() - started < 3
    assert [len(outcome.plan.actions) for outcome in outcomes if outcome.plan] == [200] * 50


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (
            ["/x/debian-12.json", "/y/python3.13", "/y/ubi.v9.json"],
            ["debian-12", "python3.13", "ubi.v9"],
        ),
        (["/x/a/base.json", "/x/b/base.json"], ["a/base", "b/base"]),
        (["/x/base.json", "/x/base"], ["base.json", "base"]),
        (["/x/one.json"], ["one"]),
        (["debian:12", "/x/one.json", "debian:12@arm64"], ["debian:12", "one", "debian:12@arm64"]),
        (["ubi9", "/x/a/ubi9.json", "/x/b/c.json"], ["ubi9", "a/ubi9", "b/c"]),
    ],
)
def test_names_are_short_and_differ(files: list[str], names: list[str]) -> None:
    assert list(target_names([str(Path(file)) for file in files])) == names


def test_profiles_and_files_make_one_matrix(tmp_path: Path) -> None:
    write_lock(tmp_path, ("demo", "1.0"), ("pip", "1.0"))
    flags = {"interpreter": ["debian:12", str(record(tmp_path, "base")), "python:3.13-slim@arm64"]}
    settings = load_settings(flags, environment={}, directory=tmp_path)
    debian, base, python = verify_targets(settings, environment={})
    assert [one.target for one in (debian, base, python)] == [
        "debian:12",
        "base",
        "python:3.13-slim@arm64",
    ]
    assert {finding.code for finding in debian.findings} >= {"INT002", "SYS001"}
    assert [f.code for f in python.findings if f.code.startswith(("INT", "SYS001"))] == []
    assert dict(python.interpreter.environment)["platform_machine"] == "aarch64"
    assert "of python3-pip (dpkg)" in " ".join(finding.message for finding in debian.findings)

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from syncsteps.smoke import _child


class ImproperlyConfigured(Exception):  # noqa: N818 - Django's name
    __module__ = "django.core.exceptions"


class Unprintable(Exception):  # noqa: N818 - what it is
    def __str__(self) -> str:
        raise ValueError


def test_an_exception_is_one_line_with_its_cause() -> None:
    error = ImportError("first\n   second")
    error.__cause__ = OSError("libx.so.1: not found")
    expected = "ImportError: first second (from OSError: libx.so.1: not found)"
    assert _child.describe(error) == expected


def test_a_message_is_bounded_and_may_fail() -> None:
    assert len(_child.describe(ValueError("x" * 5000))) < 1100
    text = _child.describe(Unprintable())
    assert text.endswith("test_child.Unprintable: (its message cannot be shown: ValueError)")


def test_a_chain_that_bites_its_tail_ends() -> None:
    first, second = ValueError("a"), ValueError("b")
    first.__cause__, second.__cause__ = second, first
    assert _child.describe(first).startswith("ValueError: a (from ValueError: ")


def test_frames_leave_out_the_import_system_and_keep_the_last_five(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = "".join(f"def f{i}():\n    f{i + 1}()\n" for i in range(7))
    source = f"{calls}def f7():\n    raise ValueError('deep')\nf0()\n"
    (tmp_path / "smoke_deep.py").write_text(source)
    monkeypatch.syspath_prepend(str(tmp_path))
    report = tmp_path / "report"
    _child.attempt(["smoke_deep"], [], _child.Report(str(report), "n"))
    entry = json.loads(report.read_text().splitlines()[-1].removeprefix("n "))
    assert entry["failed"] == "ValueError: deep"
    assert [frame.rpartition(" ")[2] for frame in entry["frames"]] == ["f3", "f4", "f5", "f6", "f7"]
    assert entry["frames"][-1] == f"{tmp_path / 'smoke_deep.py'}:16 in f7"


@pytest.mark.parametrize(
    ("missing", "optional", "excused"),
    [
        ("flask", ["flask"], True),
        ("flask.json", ["flask"], True),
        ("Flask_Login", ["flask-login"], True),
        ("google.cloud.storage", ["google-cloud-storage"], True),
        ("flask", ["django"], False),
        ("flask", [], False),
    ],
)
def test_only_optional_requirements_excuse(
    missing: str,
    optional: list[str],
    excused: bool,  # noqa: FBT001 - a table
) -> None:
    assert _child.is_excused(ModuleNotFoundError("x", name=missing), optional) is excused


def test_django_outside_a_project_is_excused_and_others_are_not() -> None:
    assert _child.is_excused(ImproperlyConfigured("settings"), [])
    assert not _child.is_excused(RuntimeError("settings"), [])
    assert not _child.is_excused(ImportError("x", name="flask"), ["flask"])


def test_a_fork_reports_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = _child.Report(str(tmp_path / "report"), "n")
    monkeypatch.setattr(report, "_getpid", lambda: 0)
    report.add(done=True)
    assert not (tmp_path / "report").exists()


def test_the_oldest_python_that_has_to_be_told_so_can_parse_it() -> None:
    ast.parse(Path(_child.__file__).read_text(encoding="utf-8"), feature_version=(3, 6))

from __future__ import annotations

import ast
import builtins
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from syncsteps.smoke import _child


class ImproperlyConfigured(Exception):  # noqa: N818 - Django's name
    __module__ = "django.core.exceptions"


class Unprintable(Exception):  # noqa: N818 - what it is
    def __str__(self) -> str:
        raise ValueError


def attempted(report: Path, **request: list[str]) -> list[dict[str, Any]]:
    """Return what is reported of a request."""
    _child.attempt({"modules": [], "optional": [], **request}, _child.Report(str(report), "n"))
    entries = [json.loads(line.removeprefix("n ")) for line in report.read_text().splitlines()]
    return [entry for entry in entries if not entry.keys() & {"took", "effects"}]


def raised(error: BaseException, *, cause: BaseException | None = None) -> BaseException:
    """Return an exception as it is once it was raised in the handling of another."""
    error.__context__ = cause
    return error


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
    entry = attempted(report, modules=["smoke_deep"])[-1]
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


BROKEN = [
    ImportError("libGL.so.1: cannot open shared object file", path="/s/Q.abi3.so"),
    ImportError("/s/x.so: undefined symbol: PyFoo", path="/s/x.cpython-312-x86_64-linux-gnu.so"),
    ImportError("MagickWand shared library not found.\nTry to install it"),
    OSError("cannot load library 'libgobject-2.0-0': error 0x7e"),
    OSError("PortAudio library not found"),
    ImportError("Unable to find zbar shared library"),
    ImportError("failed to find libmagic.  Check your installation of libmagic.so"),
    ImportError("DLL load failed while importing _x: The specified module could not be found."),
    ValueError("numpy.dtype size changed, may indicate binary incompatibility. Expected 96"),
    ImportError("numpy._core.multiarray failed to import"),
    raised(ModuleNotFoundError("x", name="x"), cause=OSError("libx.so: cannot open")),
]
SOUND = [
    ModuleNotFoundError("No module named '_cffi_backend'", name="_cffi_backend"),
    ImportError("no PyInit", path="/s/x.py"),
    ImportError("dynamic module does not define module export function", path="/s/x.abi3.so"),
    ImportError("cannot import name 'f' from 'x.y' (/s/x.abi3.so)", path="/s/x.abi3.so"),
    ImportError("libcuda.so.1: cannot open shared object file", path="/s/x.abi3.so"),
    ImportError("please install demo[extra]"),
    OSError(2, "No such file or directory", "/etc/demo.conf"),
    RuntimeError("no display"),
    SystemExit(1),
]


@pytest.mark.parametrize("error", BROKEN, ids=str)
def test_what_cannot_work_is_broken(error: BaseException) -> None:
    assert _child.is_broken(error)


@pytest.mark.parametrize("error", SOUND, ids=str)
def test_what_may_be_optional_is_not(error: BaseException) -> None:
    assert not _child.is_broken(error)


def test_each_step_has_its_own_excuses() -> None:
    request = {"modules": ["demo"], "optional": ["web"]}
    absent = ModuleNotFoundError("x", name="hub")
    wanted = raised(ImportError("hub is not installed"), cause=absent)
    kinds = ("modules", "deeper", "objects", "statements")

    def excused(error: BaseException) -> list[str]:
        return [kind for kind in kinds if _child.has_excuse(error, kind, request)]

    assert excused(ModuleNotFoundError("x", name="web")) == ["modules", "deeper", "objects"]
    assert excused(absent) == ["deeper"]
    assert excused(wanted) == ["deeper", "objects"]
    assert excused(raised(ImportError("x"), cause=ModuleNotFoundError("x", name="demo.x"))) == []
    assert excused(BROKEN[0]) == []


def test_everything_is_tried_in_its_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "smoke_one.py").write_text("class App:\n    run = 1\n")
    (tmp_path / "smoke_two.py").write_text("raise RuntimeError('later')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    steps = attempted(
        tmp_path / "report",
        modules=["smoke_one"],
        deeper=["smoke_two"],
        objects=["smoke_one:App.run"],
        statements=["import smoke_one; x = smoke_one.App", "x"],
    )
    assert [entry for entry in steps if "frames" not in entry] == [
        {"importing": "smoke_one"},
        {"importing": "smoke_two"},
        {"excused": "RuntimeError: later"},
        {"importing": "smoke_one:App.run"},
        {"importing": "import smoke_one; x = smoke_one.App"},
        {"importing": "x"},
    ]
    assert steps[-1]["failed"] == "NameError: name 'x' is not defined"


def test_an_object_that_was_never_there_fails_only_where_it_has_to_be(tmp_path: Path) -> None:
    reference = ["json:dumps.nothing"]
    one, two = (attempted(tmp_path / kind, **{kind: reference}) for kind in ("modules", "objects"))
    assert one[-1]["failed"].startswith("AttributeError: ")
    assert [list(entry) for entry in two] == [["importing"], ["excused"], ["done"]]


def test_an_attribute_that_a_module_misses_itself_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "smoke_wrong.py").write_text("import json\njson.nothing\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    last = attempted(tmp_path / "report", objects=["smoke_wrong:main"])[-1]
    assert last["failed"] == "AttributeError: module 'json' has no attribute 'nothing'"


def test_an_object_may_be_a_module_that_nothing_has_imported(tmp_path: Path) -> None:
    sys.modules.pop("json.tool", None)
    reference = "json:tool.main"
    assert attempted(tmp_path / "report", objects=[reference])[-1] == {"done": True}
    assert [*attempted(tmp_path / "again", objects=[reference])][1:] == [{"done": True}]


def test_what_is_different_afterwards_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAYS", "1")
    monkeypatch.setenv("GOES", "1")
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.chdir(tmp_path)
    before = _child.Surroundings()
    monkeypatch.setenv("COMES", "1")
    monkeypatch.delenv("GOES")
    monkeypatch.setattr(builtins, "smoke_name", 1, raising=False)
    sys.path.append("/added")
    monkeypatch.chdir("/")
    changes = before.changes()
    assert changes["environment"] == ["COMES", "GOES"]
    assert changes["builtins"] == ["smoke_name"]
    assert changes["path"] == ["/added"]
    assert changes["directory"]
    assert changes["memory"] > 1_000_000


def test_what_was_not_found_and_what_did_not_load_are_named() -> None:
    assert _child.details(ModuleNotFoundError("x", name="a.b")) == {"missing": "a.b"}
    assert _child.details(ImportError("x", name="a", path="/s/a.so")) == {"file": "/s/a.so"}
    assert _child.details(ValueError("x")) == {}


@pytest.mark.parametrize(
    "value", [{'a"\u00e9\ud800': ["x", 1, 2.5, True, False, ("y",), {}]}, [], "", 1e-7]
)
def test_what_is_reported_is_json(value: object) -> None:
    assert json.loads(_child.to_json(value)) == json.loads(json.dumps(value))

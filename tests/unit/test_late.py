from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import syncsteps
from syncsteps.late import import_late
from tests.support.targets import record, write_lock

CHECKOUT = str(Path(syncsteps.__file__).parent.parent)


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = ModuleType("module_with_late_names")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    import_late(module.__name__, {"string": ("digits",), "textwrap": ("dedent", "missing")})
    return module


def run(code: str) -> str:
    start = f"import sys; sys.path.insert(0, {CHECKOUT!r})\n"
    done = subprocess.run(
        [sys.executable, "-I", "-c", start + code], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return done.stdout


def test_a_late_name_is_that_of_its_module(module: ModuleType) -> None:
    assert "digits" not in vars(module)
    assert module.digits == "0123456789"
    assert "digits" in vars(module)
    assert {"digits", "dedent"} <= set(dir(module))


@pytest.mark.parametrize("name", ["other", "missing"])
def test_a_name_that_is_nowhere_is_an_attribute_error(module: ModuleType, name: str) -> None:
    with pytest.raises(AttributeError, match=name):
        getattr(module, name)


def test_a_submodule_does_not_take_the_place_of_a_late_name(module: ModuleType) -> None:
    # As the import system does it.
    for name in ("digits", "other"):
        setattr(module, name, ModuleType(f"{module.__name__}.{name}"))
    assert module.digits == "0123456789"
    assert module.other.__name__ == "module_with_late_names.other"
    vars(module)["digits"] = "replaced"
    assert module.digits == "replaced"


def test_every_public_name_is_there() -> None:
    for name in syncsteps.__all__:
        assert getattr(syncsteps, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        syncsteps.nonsense  # type: ignore[attr-defined]  # noqa: B018 - reading it is the test


@pytest.mark.parametrize("name", ["check", "export", "smoke", "verify"])
def test_a_function_stays_one_where_a_part_of_the_package_has_its_name(name: str) -> None:
    code = (
        f"import syncsteps.pipeline, syncsteps.cli, syncsteps.{name}\n"
        f"from syncsteps import {name}\nprint({name}.__module__, {name}.__name__)\n"
        f"print(sys.modules['syncsteps.{name}'].__name__)\n"
    )
    home = "exporting" if name == "export" else "pipeline"
    assert run(code).split() == [f"syncsteps.{home}", name, f"syncsteps.{name}"]


def test_the_command_line_starts_without_what_only_a_sync_needs() -> None:
    code = "import syncsteps.cli\nprint(*(name for name in sys.modules))"
    loaded = set(run(code).split())
    assert "syncsteps.exporting" in loaded
    late = {"syncsteps.pipeline", "syncsteps.staging", "syncsteps.locks", "packaging.markers"}
    assert loaded.isdisjoint({*late, "syncsteps.plan", "filelock", "rich", "logging"})


def test_an_export_loads_no_report_that_it_does_not_write(tmp_path: Path) -> None:
    write_lock(tmp_path, ("demo", "1.0"))
    argv = ["export", "--interpreter", str(record(tmp_path, "target")), "-o", "out.txt"]
    code = (
        "from pathlib import Path\nfrom syncsteps.cli import main\n"
        f"status = main({argv!r}, environment={{}}, directory=Path({str(tmp_path)!r}))\n"
        "print(status, *(name for name in sys.modules))"
    )
    start = f"import sys; sys.stderr = sys.stdout; sys.path.insert(0, {CHECKOUT!r})\n"
    done = subprocess.run(
        [sys.executable, "-I", "-c", start + code],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    status, *loaded = done.stdout.splitlines()[-1].split()
    assert status == "0"
    assert (tmp_path / "out.txt").read_text(encoding="utf-8").startswith("demo==1.0")
    reports = {name for name in loaded if name.startswith("syncsteps.report.")}
    assert reports <= {"syncsteps.report.console", "syncsteps.report.plain"}
    others = {"syncsteps.verify.policy", "syncsteps.matrix", "syncsteps.pipeline", "xml.etree"}
    assert others.isdisjoint(loaded)

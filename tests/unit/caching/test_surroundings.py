from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from syncsteps.caching.recording import Run
from syncsteps.caching.surroundings import is_known, surroundings
from syncsteps.caching.witness import Witness
from syncsteps.locks.model import Directory
from syncsteps.settings import Settings
from tests.support.interpreters import make_interpreter
from tests.support.values import make_lock, make_package

if TYPE_CHECKING:
    from syncsteps.interpreter.model import Interpreter

PROBE = ("-I", "-B", "-", "fence")


def look(
    directory: Path,
    *,
    target: Interpreter | None = None,
    witness: Witness | None = None,
    environment: dict[str, str] | None = None,
    with_distributions: bool = True,
    packages: tuple[Any, ...] = (),
    **settings: Any,  # noqa: ANN401 - fields of many types
) -> set[str]:
    run = Run(
        Settings(directory=directory, **settings),
        lock=make_lock(*packages, path=directory / "uv.lock", root=directory),
        interpreter=target,
        with_distributions=with_distributions,
    )
    return set(surroundings(run, witness or Witness(), environment=environment or {}))


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    prefix = tmp_path / "python"
    site = prefix / "lib" / "python3.12" / "site-packages"
    (site / "demo-1.0.dist-info" / "licenses").mkdir(parents=True)
    for name in ("METADATA", "RECORD", "WHEEL"):
        (site / "demo-1.0.dist-info" / name).touch()
    (prefix / "bin").mkdir()
    (prefix / "bin" / "python3.12").touch()
    (prefix / "bin" / "python3").symlink_to("python3.12")
    (prefix / "bin" / "python").symlink_to("python3")
    return prefix


def test_of_what_was_opened_and_listed(tmp_path: Path) -> None:
    witness = Witness()
    witness.opened |= {"/etc/x", str(tmp_path / "a" / "b" / "pyproject.toml")}
    witness.opened |= {f"/var/lib/dpkg/info/{n}.list" for n in range(9)}
    witness.listed |= {str(tmp_path), str(tmp_path / "a")}
    (tmp_path / "a" / ".venv").mkdir(parents=True)
    (tmp_path / "a" / ".venv" / "pyvenv.cfg").touch()
    (tmp_path / "link").symlink_to("a")
    found = look(tmp_path, witness=witness)
    assert {"/etc/x", str(tmp_path), str(tmp_path / "link")} <= found
    assert {str(tmp_path / "a" / "b"), str(tmp_path / "a" / ".venv" / "pyvenv.cfg")} <= found
    # It may become a member of the workspace.
    assert str(tmp_path / "a" / "pyproject.toml") in found
    # dpkg's lists stand and fall with their directory.
    assert not any(path.endswith(".list") for path in found)


def test_the_tool_itself(tmp_path: Path) -> None:
    found = look(tmp_path)
    assert str(Path(make_lock.__code__.co_filename)) in found  # a module that is none of Python's
    assert any(path.endswith("caching/surroundings.py") for path in found)
    assert os.__file__ not in found


def test_a_local_project_may_come_to_declare_itself(tmp_path: Path) -> None:
    (tmp_path / "members" / "one").mkdir(parents=True)
    (tmp_path / "members" / "one" / "setup.cfg").touch()
    packages = (make_package("one", source=Directory(path="members/one")),)
    found = look(tmp_path, packages=packages)
    one = tmp_path / "members" / "one"
    assert {str(one), str(one / "setup.cfg"), str(tmp_path / "members")} <= found


def test_the_interpreter_and_the_links_to_it(tmp_path: Path, prefix: Path) -> None:
    interpreter = make_interpreter(prefix, executable=prefix / "bin" / "python")
    found = look(tmp_path, target=interpreter)
    programs = {str(prefix / "bin" / name) for name in ("python", "python3", "python3.12")}
    assert programs <= found
    assert {str(prefix / "pyvenv.cfg"), str(prefix / "lib" / "python3.12")} <= found


def test_links_in_a_circle_come_to_an_end(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    found = look(tmp_path, target=make_interpreter(tmp_path, executable=tmp_path / "a"))
    assert {str(tmp_path / "a"), str(tmp_path / "b")} <= found


def test_what_is_installed_matters_where_it_does(tmp_path: Path, prefix: Path) -> None:
    interpreter = make_interpreter(prefix)
    site = interpreter.scheme.purelib
    info = site / "demo-1.0.dist-info"
    state = site.parent / ".syncsteps"
    (state / "receipts").mkdir(parents=True)
    (state / "receipts" / "demo.json").touch()
    of_those = {str(info), str(info / "METADATA"), str(info / "RECORD")}
    of_those |= {
        str(state),
        str(state / "commit"),
        str(state / "receipts" / "demo.json"),
        "/var/lib/dpkg/status",
    }
    found = look(tmp_path, target=interpreter)
    assert of_those <= found
    assert str(info / "WHEEL") not in found  # nothing is decided by it, and looking takes time
    without = look(tmp_path, target=interpreter, with_distributions=False)
    assert of_those.isdisjoint(without)
    assert str(site) in without


def test_what_every_start_of_python_runs(tmp_path: Path, prefix: Path) -> None:
    interpreter = make_interpreter(prefix)
    site = interpreter.scheme.purelib
    (site / "paths.pth").write_text("/elsewhere\n", encoding="utf-8")
    (site / "code.pth").write_text("import hooked; hooked.run()\n", encoding="utf-8")
    (site / "hooked").mkdir()
    for name in ("hooked/__init__.py", "unnamed.py", "sitecustomize.py"):
        (site / name).touch()
    found = look(tmp_path, target=interpreter, with_distributions=False)
    names = {"paths.pth", "code.pth", "hooked", "hooked/__init__.py", "sitecustomize.py"}
    assert {str(site / name) for name in names} <= found
    assert str(site / "unnamed.py") not in found


def test_path_decides_which_interpreter_it_is(tmp_path: Path, prefix: Path) -> None:
    first = tmp_path / "first"
    first.mkdir()
    (first / "python3").touch()
    (first / "other").touch()
    witness = Witness()
    witness.programs.append((str(prefix / "bin" / "python"), *PROBE))
    environment = {
        "PATH": os.pathsep.join(["", str(first), "/absent"]),
        "VIRTUAL_ENV": str(tmp_path / "venv"),
    }
    interpreter = make_interpreter(prefix)
    found = look(tmp_path, target=interpreter, witness=witness, environment=environment)
    assert {str(first), str(first / "python3"), "/absent", str(tmp_path / "venv" / "bin")} <= found
    assert {str(prefix / "bin"), str(prefix / "bin" / "pyvenv.cfg")} <= found
    assert str(first / "other") not in found
    asked = look(tmp_path, target=interpreter, environment=environment, python=str(first / "other"))
    assert str(first / "other") in asked


def test_of_a_recorded_interpreter_nothing_is_here(tmp_path: Path, prefix: Path) -> None:
    recorded = look(
        tmp_path,
        target=make_interpreter(prefix),
        environment={"PATH": "/bin"},
        interpreter=("recorded.json",),
    )
    assert not any(path.startswith(str(prefix)) for path in recorded)
    assert "/bin" not in recorded
    assert "/bin" not in look(tmp_path, target=None, environment={"PATH": "/bin"})


@pytest.mark.parametrize(
    ("command", "known"),
    [
        (("/usr/bin/python3", *PROBE), True),
        (("rpm", "-q", "-f"), True),
        (("rpm", "-e", "x"), False),
        (("uv", "pip", "compile"), False),
        (("/usr/bin/python3", "-c", "x"), False),
        ((), False),
    ],
)
def test_whose_answer_is_covered(command: tuple[str, ...], *, known: bool) -> None:
    assert is_known(command) is known

from __future__ import annotations

import contextlib
import errno
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from syncsteps.errors import InterpreterError
from syncsteps.interpreter import find_target, probe, resolve
from tests.support.interpreters import make_interpreter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from syncsteps.interpreter.model import Interpreter

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="programs are made as on POSIX")


def make_program(directory: Path, *names: str) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    for name in names:
        (directory / name).write_text("#!/bin/sh\n", "utf-8")
        (directory / name).chmod(0o755)
    return directory


def search_path(*directories: Path | str) -> dict[str, str]:
    return {"PATH": os.pathsep.join(map(str, directories))}


def find(requested: str | None, environment: dict[str, str], own: Path = Path("/nowhere")) -> Path:
    return find_target(requested, environment=environment, own_prefix=own, own_is_virtual=True)


def test_python3_anywhere_on_path_comes_before_python(tmp_path: Path) -> None:
    first = make_program(tmp_path / "first", "python")
    second = make_program(tmp_path / "second", "python3", "python")
    assert find(None, search_path(first, second)) == second / "python3"
    assert find(None, search_path(first)) == first / "python"


def test_own_and_active_environments_are_passed_over(tmp_path: Path) -> None:
    own = make_program(tmp_path / "own/bin", "python3", "python")
    active = make_program(tmp_path / "active/bin", "python3")
    system = make_program(tmp_path / "system/bin", "python3")
    link = tmp_path / "link"
    link.symlink_to(own.parent)
    environment = search_path(link / "bin", active, system)
    environment["VIRTUAL_ENV"] = str(active.parent)
    assert find(None, environment, own.parent) == system / "python3"
    assert find("python3", environment, own.parent) == system / "python3"


def test_the_own_interpreter_is_not_passed_over_where_it_is_the_systems(tmp_path: Path) -> None:
    own = make_program(tmp_path / "bin", "python3")
    found = find_target(
        None, environment=search_path(own), own_prefix=tmp_path, own_is_virtual=False
    )
    assert found == own / "python3"


def test_nothing_on_path_is_an_error_that_lists_where_it_looked(tmp_path: Path) -> None:
    own = make_program(tmp_path / "own/bin", "python3")
    with pytest.raises(InterpreterError, match="There is no python3 or python on PATH") as caught:
        find(None, search_path(own, tmp_path), own.parent)
    assert caught.value.details == (str(tmp_path),)
    assert "--python" in caught.value.hint


def test_the_working_directory_is_not_searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_program(tmp_path, "python3")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InterpreterError, match="There is no python3"):
        find(None, {"PATH": os.pathsep})


@pytest.mark.parametrize(
    ("version", "name"),
    [
        ("3.12", "python3.12"),
        ("3.12.4", "python3.12"),
        ("3", "python3"),
        ("3.13t", "python3.13t"),
    ],
)
def test_a_version_is_a_program_on_path(tmp_path: Path, version: str, name: str) -> None:
    directory = make_program(tmp_path / "bin", "python3.12", "python3", "python3.13t", "python3.13")
    assert find(version, search_path(directory)) == directory / name


def test_a_version_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    directory = make_program(tmp_path / "bin", "python3.12")
    with pytest.raises(InterpreterError, match=r"There is no python3\.9 on PATH"):
        find("3.9", search_path(directory))


def test_a_path_is_taken_as_it_is(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("nowhere")
    assert find(str(link), {}) == link
    assert find("./python3", {}) == Path("python3")


def test_a_prefix_is_a_directory_with_an_interpreter(tmp_path: Path) -> None:
    make_program(tmp_path / "one/bin", "python3.12", "python", "python3-config")
    make_program(tmp_path / "two/bin", "python3.12", "python3.12-config")
    assert find(str(tmp_path / "one"), {}) == tmp_path / "one/bin/python"
    assert find(str(tmp_path / "two"), {}) == tmp_path / "two/bin/python3.12"
    with pytest.raises(InterpreterError, match="There is no Python interpreter in"):
        find(str(tmp_path), {})


def test_where_the_user_may_not_look_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prefix = make_program(tmp_path / "prefix" / "bin", "python3").parent

    def refused(of: Callable[..., object]) -> Callable[..., object]:
        def look(path: str | os.PathLike[str], **options: object) -> object:
            if prefix in Path(path).parents:
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
            return of(path, **options)

        return look

    for name in ("stat", "listdir", "scandir"):
        monkeypatch.setattr(os, name, refused(getattr(os, name)))
    with pytest.raises(InterpreterError, match="There is no Python interpreter in"):
        find(str(prefix), {})
    for inside in (prefix / "bin", prefix / "bin" / "python3"):
        assert find(str(inside), {}) == inside
        with (
            mock.patch("subprocess.Popen", side_effect=PermissionError(errno.EACCES, "no")),
            pytest.raises(InterpreterError, match="is not executable"),
        ):
            probe(inside)


def test_a_name_is_a_command_before_it_is_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = make_program(tmp_path / "bin", "python", "pypy3")
    make_program(tmp_path / "python/bin", "python3")
    monkeypatch.chdir(tmp_path)
    assert find("python", search_path(directory)) == directory / "python"
    assert find("pypy3", search_path(directory)) == directory / "pypy3"
    assert find("python", search_path("/nowhere")) == Path("python/bin/python3")
    with pytest.raises(InterpreterError, match="There is no graal on PATH"):
        find("graal", search_path(directory))
    with pytest.raises(InterpreterError, match="is empty"):
        find(" ", search_path(directory))


class Machine:
    """Interpreters by path, in the place of probing them."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.directory = directory
        self.environment = search_path(directory)
        self.known: dict[Path, Interpreter] = {}
        monkeypatch.setattr("syncsteps.interpreter.find.probing", self.probing)

    def add(
        self,
        name: str,
        *,
        virtual: bool = False,
        base_executable: Path | None = None,
        free_threaded: bool = False,
    ) -> Path:
        path = make_program(self.directory, name) / name
        self.known[path] = make_interpreter(
            self.directory,
            executable=path,
            virtual=virtual,
            base_executable=base_executable,
            free_threaded=free_threaded,
        )
        return path

    @contextlib.contextmanager
    def probing(
        self, path: Path, *, timeout: float, with_distributions: bool, recall: object
    ) -> Iterator[Callable[[], Interpreter]]:
        assert timeout == 30.0
        assert recall is None
        assert with_distributions
        yield lambda: self.known[path]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path / "bin", monkeypatch)


def test_the_base_of_an_environment_on_path_is_the_target(machine: Machine) -> None:
    base = machine.add("base")
    outer = machine.add("outer", virtual=True, base_executable=base)
    machine.add("python3", virtual=True, base_executable=outer)
    assert resolve(None, environment=machine.environment).executable == base
    found = resolve(None, environment=machine.environment, allow_virtualenv=True)
    assert found.executable == base


def test_an_environment_without_a_base_is_an_error(machine: Machine) -> None:
    machine.add("python3", virtual=True)
    with pytest.raises(InterpreterError, match="that it was made from is not found"):
        resolve(None, environment=machine.environment)


def test_an_environment_that_is_its_own_base_is_an_error(machine: Machine) -> None:
    machine.add("python3", virtual=True, base_executable=machine.directory / "python3")
    with pytest.raises(InterpreterError, match="that it was made from is not found"):
        resolve(None, environment=machine.environment)


def test_an_environment_that_is_asked_for_is_refused_unless_it_is_allowed(
    machine: Machine,
) -> None:
    base = machine.add("base")
    path = machine.add("venv", virtual=True, base_executable=base)
    with pytest.raises(InterpreterError, match="belongs to the virtual environment") as caught:
        resolve(str(path), environment={})
    assert f"--python {base}" in caught.value.hint
    assert "--allow-virtualenv" in caught.value.hint
    assert resolve(str(path), environment={}, allow_virtualenv=True).executable == path


@pytest.mark.parametrize(
    ("requested", "free_threaded", "accepted"),
    [
        ("3.12", False, True),
        ("3.12.7", False, True),
        ("3.12.8", False, False),
        ("3.12t", True, True),
        ("3.12t", False, False),
    ],
)
def test_what_is_found_is_of_the_version_that_was_asked_for(
    machine: Machine, requested: str, *, free_threaded: bool, accepted: bool
) -> None:
    machine.add("python3.12", free_threaded=free_threaded)
    machine.add("python3.12t", free_threaded=free_threaded)
    if accepted:
        assert resolve(requested, environment=machine.environment).version == "3.12.7"
    else:
        with pytest.raises(InterpreterError, match=f"is Python 3.12.7, not {requested}"):
            resolve(requested, environment=machine.environment)

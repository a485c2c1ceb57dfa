from __future__ import annotations

import os
import shlex
import sys
import sysconfig
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.markers import default_environment
from packaging.tags import sys_tags

from syncsteps.errors import InterpreterError
from syncsteps.interpreter import from_json, probe, to_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from syncsteps.interpreter.model import Interpreter

    MakeScript = Callable[[str], Path]

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs shell scripts")
PYTHON = shlex.quote(sys.executable)


@pytest.fixture(scope="module")
def own() -> Interpreter:
    """The interpreter that runs the tests."""
    return probe(Path(sys.executable))


@pytest.fixture
def script(tmp_path: Path) -> MakeScript:
    def make(body: str) -> Path:
        path = tmp_path / "fake-python"
        path.write_text(f"#!/bin/sh\n{body}\n", "utf-8")
        path.chmod(0o755)
        return path

    return make


def refusal(path: Path, timeout: float = 30.0) -> InterpreterError:
    with pytest.raises(InterpreterError) as caught:
        probe(path, timeout=timeout)
    assert caught.value.exit_code == 4
    assert "--python" in caught.value.hint
    return caught.value


def test_tags_and_marker_variables_are_those_of_packaging(own: Interpreter) -> None:
    assert own.tags == tuple(str(tag) for tag in sys_tags())
    assert dict(own.environment) == default_environment()


def test_the_interpreter_is_the_one_that_runs_this(own: Interpreter) -> None:
    assert own.executable == Path(sys.executable)
    assert own.version == ".".join(map(str, sys.version_info[:3]))
    assert own.implementation == sys.implementation.name
    assert (own.prefix, own.base_prefix) == (Path(sys.prefix), Path(sys.base_prefix))
    assert own.virtual == (sys.prefix != sys.base_prefix)
    assert own.bits == (64 if sys.maxsize > 2**32 else 32)
    assert own.free_space is not None
    assert own.free_space > 0
    assert {"enum", "os", "sys"} <= set(own.standard_library)
    headers = Path(sysconfig.get_path("include"), "Python.h")
    assert own.python_headers == headers.is_file()


def test_the_distributions_are_those_that_can_be_imported(own: Interpreter) -> None:
    pytest_ = own.find("pytest")
    assert pytest_ is not None
    assert pytest_.version == pytest.__version__
    assert pytest_.location in own.sys_path
    assert (pytest_.metadata / "METADATA").is_file()
    assert pytest_.requires_python
    assert any(line.startswith("pluggy") for line in pytest_.requires)


def test_a_real_snapshot_survives_json(own: Interpreter) -> None:
    assert from_json(to_json(own)) == own


@posix
def test_a_relative_path_becomes_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert str(refusal(Path("python"))).endswith(f"no Python interpreter at {tmp_path}/python.")


def test_a_directory_is_refused(tmp_path: Path) -> None:
    assert str(refusal(tmp_path)) == f"{tmp_path} is a directory, not a Python interpreter."


@posix
def test_a_file_that_is_not_executable_is_refused(script: MakeScript) -> None:
    path = script("exit 0")
    path.chmod(0o644)
    assert str(refusal(path)) == f"{path} is not executable."


@posix
def test_a_file_that_is_no_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "python"
    path.write_text("junk", "utf-8")
    path.chmod(0o755)
    assert str(refusal(path)) == f"{path} is not a program that this system can run."


@posix
def test_a_script_whose_interpreter_is_missing_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "python"
    path.write_text("#!/nowhere/python\n", "utf-8")
    path.chmod(0o755)
    assert "or the interpreter that it names, leads nowhere" in str(refusal(path))


@posix
def test_what_hangs_is_killed_with_its_children(script: MakeScript, tmp_path: Path) -> None:
    started = time.monotonic()
    error = refusal(script(f"sleep 600 & echo $! > {tmp_path}/child; wait"), timeout=1)
    assert "did not answer within 1 seconds" in str(error)
    assert time.monotonic() - started < 10
    child = int((tmp_path / "child").read_text("utf-8"))
    while _lives(child):  # a signal that was sent takes a moment to arrive
        assert time.monotonic() - started < 10
        time.sleep(0.01)


def _lives(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text("utf-8").split()[2] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@posix
@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("exit 0", "it ended without an answer"),
        ("echo '{}'", "it ended without an answer"),
        ("echo boom >&2; exit 3", "it ended with status 3 before it answered"),
        ("echo boom >&2; exit 2", "it ended with status 2 before it answered"),
        ("kill -SEGV $$", "it was killed by SIGSEGV before it answered"),
        ('printf \'%s{broken}%s\' "$4" "$4"', "it ended without an answer"),
    ],
)
def test_what_does_not_answer_is_refused(script: MakeScript, body: str, message: str) -> None:
    error = refusal(script(body))
    assert message in str(error)
    assert error.details == (("boom",) if "boom" in body else ())


@posix
def test_the_last_lines_of_its_errors_are_kept(script: MakeScript) -> None:
    error = refusal(script("seq 1 50 >&2; exit 1"))
    assert error.details == tuple(map(str, range(43, 51)))


@posix
def test_an_old_python_says_which_it_is(script: MakeScript) -> None:
    error = refusal(script('printf \'%s{"too_old": "3.8.18"}%s\' "$4" "$4"'))
    assert "is Python 3.8.18; a target must be Python 3.9 or later." in str(error)


@posix
def test_a_very_old_python_is_asked_again(script: MakeScript) -> None:
    path = script(f'[ "$1" = -I ] && exit 2\nexec {PYTHON} "$@"')
    version = ".".join(map(str, sys.version_info[:3]))
    assert f"is Python {version}; a target must be" in str(refusal(path))


@posix
def test_an_answer_that_lacks_something_is_refused(script: MakeScript) -> None:
    error = refusal(script('printf \'%s{"executable": 1}%s\' "$4" "$4"'))
    assert "key 'executable': expected a string, found a whole number" in str(error)


@posix
@pytest.mark.parametrize(
    "wrapper",
    [
        f'echo noise; echo more >&2; exec {PYTHON} "$@"',
        f"printf 'no newline'; exec {PYTHON} \"$@\"",
        f'echo "$@"; {PYTHON} "$@"; echo bye',
    ],
)
def test_noise_around_the_answer_does_not_hurt(
    script: MakeScript, own: Interpreter, wrapper: str
) -> None:
    assert probe(script(wrapper)).tags == own.tags


@posix
def test_closed_output_is_refused(script: MakeScript) -> None:
    error = refusal(script(f'exec 1>&-\nexec {PYTHON} "$@"'))
    assert "ended with status" in str(error)
    assert "Bad file descriptor" in error.details[-1]


@posix
def test_the_environments_variables_and_directory_do_not_matter(
    own: Interpreter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit(9)\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert probe(Path(sys.executable)).sys_path == own.sys_path


@posix
def test_what_builds_often_need_is_looked_for_on_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("gcc", "cargo"):
        (tmp_path / name).write_text("#!/bin/sh\n", "utf-8")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "cmake").write_text("not executable", "utf-8")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert probe(Path(sys.executable)).build_tools == ("cc", "cargo")


@posix
def test_who_looks_and_whose_the_closed_directories_are(
    monkeypatch: pytest.MonkeyPatch, own: Interpreter
) -> None:
    assert own.user == os.geteuid()
    monkeypatch.setattr(os, "access", lambda *_: False)
    found = probe(Path(sys.executable))
    assert found.unwritable
    nearest = [next(p for p in (path, *path.parents) if p.exists()) for path in found.unwritable]
    assert list(found.unwritable_owners) == [path.stat().st_uid for path in nearest]

from __future__ import annotations

import base64
import hashlib
import importlib.util
import marshal
import os
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

from syncsteps import processes
from syncsteps.errors import StagingError
from syncsteps.processes import Completed
from syncsteps.receipts import staged_digest
from syncsteps.staging.bytecode import add_bytecode
from syncsteps.staging.record import parse_record
from syncsteps.staging.tree import read_stage
from tests.support.interpreters import make_interpreter
from tests.support.locks import make_lock
from tests.support.prefixes import selection_of, unpack
from tests.support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncsteps.staging.model import Stage

TAG = sys.implementation.cache_tag
# Paths are another system's, but what compiles is the Python that runs the tests.
TARGET = make_interpreter(Path("/opt/python"), executable=Path(sys.executable))
SITE = TARGET.scheme.purelib
# Whatever `marshal` could write in two ways: shared, interned, single and hashed constants.
TRICKY = textwrap.dedent('''
    """A module."""
    import os
    def f(path, name, *, x=("name", "(", 1.5, -0.0, 0.0, 1j, b"b", b"", "", 10**20)):
        def g(): return path, name, "join", "(", "not a name", ["not a name", ...]
        if x in {"alpha", "beta", "gamma", 1, (2, "(")} or f"{path}({name!r})": return g
        return os.path.join("alpha", "\\u00e9", "a")
    class C:
        join = "join"
        def __init__(self): self.path = ")" + self.join
''')


def _stage(directory: Path, *wheels: Path) -> Stage:
    for wheel in wheels:
        unpack(wheel, directory)

    def alone(name: str) -> NoReturn:
        raise AssertionError(f"{name} was to be staged alone")

    return read_stage(
        directory,
        interpreter=TARGET,
        selection=selection_of(*wheels),
        lock=make_lock(layout="flat"),
        alone=alone,
    )


def _compile(stage: Stage, jobs: int = 2, environment: Mapping[str, str] | None = None) -> Stage:
    return add_bytecode(stage, interpreter=TARGET, jobs=jobs, environment=environment or {})


def _bytecode(stage: Stage) -> dict[str, bytes]:
    return {
        Path(file.target).relative_to(SITE).as_posix(): Path(file.source).read_bytes()
        for one in stage.distributions
        for file in one.files
        if file.is_bytecode
    }


def test_byte_code_is_bound_to_the_source_and_names_the_target(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, files={"demo/__init__.py": "", "demo/mod.py": TRICKY})
    found = _bytecode(_compile(_stage(tmp_path / "stage", wheel)))
    assert sorted(found) == [f"demo/__pycache__/{n}.{TAG}.pyc" for n in ("__init__", "mod")]
    content = found[f"demo/__pycache__/mod.{TAG}.pyc"]
    assert content[:4] == importlib.util.MAGIC_NUMBER
    assert content[4:8] == b"\x03\0\0\0"
    assert content[8:16] == importlib.util.source_hash(TRICKY.encode())
    path = str(SITE / "demo" / "mod.py")
    code = marshal.loads(content[16:])  # noqa: S302 - what was just made
    assert code == compile(TRICKY, path, "exec", dont_inherit=True, optimize=0)
    assert code.co_filename == path


def test_record_lists_it_and_the_digest_of_the_tree_follows_record(tmp_path: Path) -> None:
    stage = _stage(tmp_path / "stage", make_wheel(tmp_path))
    before = staged_digest(stage.distributions[0])
    (one,) = _compile(stage).distributions
    lines = (one.metadata / "RECORD").read_text()
    entries = {entry.path: entry for entry in parse_record(lines)}
    (compiled,) = [file for file in one.files if file.is_bytecode]
    content = Path(compiled.source).read_bytes()
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
    entry = entries[f"__pycache__/demo.{TAG}.pyc"]
    assert (entry.hash, entry.size, compiled.mode) == (f"sha256={digest}", len(content), 0o644)
    assert lines.splitlines() == sorted(lines.splitlines())
    assert list(one.files) == sorted(one.files, key=lambda file: os.fspath(file.target))
    after = staged_digest(one)
    assert after != before
    without = replace(one, files=tuple(file for file in one.files if not file.is_bytecode))
    assert staged_digest(without) == after


def test_it_is_the_same_whatever_was_compiled_before_it(tmp_path: Path) -> None:
    names = [f"demo/m{number}.py" for number in range(20)]
    files = {name: f"{TRICKY}\ny = {name!r}, 'gamma', '('\n" for name in names}
    found = []
    for seed, jobs in enumerate((1, 2, 5)):
        # Others are compiled as well, in the same processes, before and between them.
        more = {f"demo/a{seed}{n}.py": f"join = '(', '{n}'\nalpha = 'beta'\n" for n in range(seed)}
        wheel = make_wheel(
            tmp_path / str(seed), files={**more, **{name: files[name] for name in names}}
        )
        compiled = _bytecode(_compile(_stage(tmp_path / f"stage{seed}", wheel), jobs))
        found.append({path: code for path, code in compiled.items() if "/m" in path})
    assert len(found[0]) == 20
    assert found[0] == found[1] == found[2]


def test_nothing_that_is_set_changes_it(tmp_path: Path) -> None:
    stage = _stage(tmp_path / "stage", make_wheel(tmp_path, files={"demo.py": TRICKY}))
    variables = {
        "PYTHONHASHSEED": "7",
        "PYTHONOPTIMIZE": "2",
        "PYTHONPYCACHEPREFIX": str(tmp_path / "cache"),
        "PYTHONPATH": str(tmp_path),
        "PYTHONWARNINGS": "error",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    (tmp_path / "json.py").write_text("raise SystemExit")
    assert _bytecode(_compile(stage, environment=variables)) == _bytecode(_compile(stage))


def test_what_does_not_compile_goes_without(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "demo/__init__.py": "",
        "demo/template.py": "class {{ name }}: pass\n",
        "demo/two.py": "print 'python 2'\n",
        "demo/nul.py": b"x = '\0'\n",
        "demo/latin.py": b"x = '\xe9'\n",
        "demo/deep.py": "x = " + "(" * 5000 + ")" * 5000,
        "demo/warns.py": "x = '\\d'\nassert (x, 'always')\n",
    }
    stage = _compile(_stage(tmp_path / "stage", make_wheel(tmp_path, files=files)), jobs=1)
    assert sorted(_bytecode(stage)) == [
        f"demo/__pycache__/__init__.{TAG}.pyc",
        f"demo/__pycache__/warns.{TAG}.pyc",
    ]


@pytest.mark.skipif(sys.version_info >= (3, 11), reason="sets are written in an order there")
def test_a_set_that_is_not_written_the_same_way_twice_goes_without(tmp_path: Path) -> None:
    files = {"demo/__init__.py": "", "demo/sets.py": "x = 1 in {None, 'a', 'b'}\n"}
    stage = _compile(_stage(tmp_path / "stage", make_wheel(tmp_path, files=files)))
    assert sorted(_bytecode(stage)) == [f"demo/__pycache__/__init__.{TAG}.pyc"]


def test_only_what_is_imported_is_compiled(tmp_path: Path) -> None:
    wheel = make_wheel(
        tmp_path,
        files={"demo.py": "", "demo.txt": "", "demo.pyi": ""},
        scripts={"run.py": "#!python\n"},
        data={"data/share/demo/x.py": ""},
    )
    assert list(_bytecode(_compile(_stage(tmp_path / "stage", wheel)))) == [
        f"__pycache__/demo.{TAG}.pyc"
    ]


def test_a_module_of_two_distributions_is_in_both(tmp_path: Path) -> None:
    wheels = [
        make_wheel(tmp_path, name, files={"ns/__init__.py": "x = 1\n", f"ns/{name}.py": ""})
        for name in ("one", "two")
    ]
    stage = _compile(_stage(tmp_path / "stage", *wheels))
    shared = [
        {file for file in one.files if file.is_bytecode and "__init__" in Path(file.target).name}
        for one in stage.distributions
    ]
    assert shared[0] == shared[1]
    assert len(shared[0]) == 1


def test_nothing_to_compile(tmp_path: Path) -> None:
    stage = _stage(tmp_path / "stage", make_wheel(tmp_path, files={"demo.txt": ""}))
    assert _compile(stage).distributions == stage.distributions


def test_where_it_crashes_the_others_are_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = processes.run

    def crash(command: list[str], *, input_text: str, **options: object) -> Completed:
        # The compiler of the target dies when it comes to this module.
        fatal = "import os; real = attempt\ndef attempt(s, *r):\n"
        fatal += "    return os.abort() if s.endswith('b.py') else real(s, *r)\n"
        changed = command[-1].replace("if __name__", f"{fatal}\nif __name__")
        return real([*command[:-1], changed], input_text=input_text, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(processes, "run", crash)
    files = {f"demo/{name}.py": "" for name in "abcd"}
    stage = _compile(_stage(tmp_path / "stage", make_wheel(tmp_path, files=files)), jobs=1)
    assert sorted(_bytecode(stage)) == [f"demo/__pycache__/{name}.{TAG}.pyc" for name in "acd"]


@pytest.mark.parametrize(
    ("done", "says"),
    [
        (Completed(status=1, stdout="tag\n", stderr="Traceback\nOSError: full\n"), "OSError: full"),
        (Completed(status=-6, stdout="", stderr=""), "ended with status -6"),
    ],
)
def test_a_target_that_cannot_compile_is_told(
    done: Completed, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = _stage(tmp_path / "stage", make_wheel(tmp_path))
    monkeypatch.setattr(processes, "run", lambda *_, **__: done)
    with pytest.raises(StagingError, match=f"cannot compile byte code: .*{says}"):
        _compile(stage)


def test_a_target_that_is_not_there_is_told(tmp_path: Path) -> None:
    stage = _stage(tmp_path / "stage", make_wheel(tmp_path))
    nowhere = replace(TARGET, executable=tmp_path / "none")
    with pytest.raises(StagingError, match="byte code cannot be compiled: No such file"):
        add_bytecode(stage, interpreter=nowhere, jobs=1, environment={})


def test_a_target_without_byte_code_files_gets_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = _stage(tmp_path / "stage", make_wheel(tmp_path))
    none = Completed(status=0, stdout="\n", stderr="")
    monkeypatch.setattr(processes, "run", lambda *_, **__: none)
    assert _compile(stage).distributions == stage.distributions


def test_the_interpreter_takes_it(tmp_path: Path) -> None:
    source = "import sys\nprint(__cached__ if sys.flags.verbose else 'ran')\n"
    stage = _compile(_stage(tmp_path / "stage", make_wheel(tmp_path, files={"demo.py": source})))
    (one,) = stage.distributions
    place = tmp_path / "place"
    (place / "__pycache__").mkdir(parents=True)
    for file in one.files:
        if Path(file.target).stem.startswith("demo"):
            content = Path(file.source).read_bytes()
            (place / Path(file.target).relative_to(SITE)).write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-B", "-v", "-c", "import demo"],
        env={**os.environ, "PYTHONPATH": str(place)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"demo.{TAG}.pyc matches" in done.stderr

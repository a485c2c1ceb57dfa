from __future__ import annotations

import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from syncsteps.errors import InterpreterError
from syncsteps.reproduce import packing
from syncsteps.reproduce.packing import pack

if TYPE_CHECKING:
    from pathlib import Path

CODE = """\
import sys
sys.path[:0] = [sys.argv[1]]
from syncsteps.cli import main
import syncsteps.pipeline, tomli, filelock
assert syncsteps.__file__.startswith(sys.argv[1]), syncsteps.__file__
sys.exit(main(["explain", "LCK001"]))
"""


def run(archive: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", CODE, archive],
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_python_without_anything_runs_it(tmp_path: Path) -> None:
    archive = tmp_path / "tool.pyz"
    pack(archive)
    done = run(archive)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("LCK001: the lock is stale")
    with zipfile.ZipFile(archive) as packed:
        assert not [n for n in packed.namelist() if n.endswith((".so", ".pyc", ".pyd"))]


def test_what_runs_from_an_archive_packs_itself(tmp_path: Path) -> None:
    first, second = tmp_path / "first.pyz", tmp_path / "second.pyz"
    pack(first)
    code = (
        "import sys; sys.path[:0] = [sys.argv[1]]; from pathlib import Path;"
        "from syncsteps.reproduce.packing import pack; pack(Path(sys.argv[2]))"
    )
    subprocess.run([sys.executable, "-I", "-S", "-B", "-c", code, first, second], check=True)
    with zipfile.ZipFile(first) as one, zipfile.ZipFile(second) as other:
        assert sorted(one.namelist()) == sorted(other.namelist())
    assert run(second).returncode == 0


def test_what_is_not_there_as_source_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "_PACKAGES", ("no_such_package",))
    with pytest.raises(InterpreterError, match="no_such_package is not here as source"):
        pack(tmp_path / "tool.pyz")

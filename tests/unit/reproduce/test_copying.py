from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from syncsteps.interpreter.model import Scheme
from syncsteps.reproduce.copying import copied_view, copy_tree, require_copyable
from syncsteps.reproduce.means import MeansMissingError
from tests.support.interpreters import make_interpreter

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links need POSIX")


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    root = tmp_path / "prefix"
    (root / "bin").mkdir(parents=True)
    (root / "lib").mkdir()
    program = root / "bin" / "python3.12"
    program.write_text("program")
    program.chmod(0o755)
    (root / "bin" / "python3").symlink_to("python3.12")
    (root / "bin" / "absolute").symlink_to(program)
    (root / "lib64").symlink_to(root / "lib")
    (root / "outside").symlink_to("/etc/passwd")
    return root


def test_a_copy_is_whole_and_of_its_own(prefix: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy_tree(prefix, copy)
    (copy / "bin" / "python3").write_text("changed")
    assert (prefix / "bin" / "python3").read_text() == "program"
    assert os.access(copy / "bin" / "python3.12", os.X_OK)
    status = [(root / "bin" / "python3.12").stat() for root in (prefix, copy)]
    assert status[0].st_mtime_ns != 0
    assert status[0].st_ino != status[1].st_ino


def test_links_lead_to_the_same_place_in_the_copy(prefix: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy_tree(prefix, copy)
    assert (copy / "bin" / "python3").readlink() == Path("python3.12")
    assert (copy / "bin" / "absolute").readlink() == copy / "bin" / "python3.12"
    assert (copy / "lib64").readlink() == copy / "lib"
    assert (copy / "outside").readlink() == Path("/etc/passwd")


def test_pipes_and_sockets_are_left_out(prefix: Path, tmp_path: Path) -> None:
    os.mkfifo(prefix / "lib" / "pipe")
    copy_tree(prefix, tmp_path / "copy")
    assert list((tmp_path / "copy" / "lib").iterdir()) == []


def test_an_interpreter_in_a_prefix_can_be_copied() -> None:
    require_copyable(make_interpreter(Path("/opt/python")))


@pytest.mark.parametrize("prefix", ["/usr", "/"])
def test_the_systems_own_cannot(prefix: str) -> None:
    with pytest.raises(MeansMissingError, match="a part of the system") as caught:
        require_copyable(make_interpreter(Path(prefix)))
    assert "--image" in caught.value.hint


def test_one_that_installs_elsewhere_cannot() -> None:
    site = Path("/usr/local/lib/python3.12/dist-packages")
    scheme = Scheme(
        purelib=site,
        platlib=site,
        scripts=Path("/usr/local/bin"),
        headers=Path("/opt/python/include"),
        data=Path("/usr/local"),
    )
    with pytest.raises(MeansMissingError, match="/usr/local/bin"):
        require_copyable(make_interpreter(Path("/opt/python"), scheme=scheme))


def test_a_copy_that_finds_other_files_is_refused(tmp_path: Path) -> None:
    prefix, work = tmp_path / "prefix", tmp_path / "work"
    program = prefix / "bin" / "python3.12"
    program.parent.mkdir(parents=True)
    work.mkdir()
    program.write_text("#!/bin/sh\necho /elsewhere\necho /elsewhere\n")
    program.chmod(0o755)
    with (
        pytest.raises(MeansMissingError, match=r"does not find its own files.* in /elsewhere"),
        copied_view(
            make_interpreter(prefix), work=work, path=(), directory=tmp_path, variables=os.environ
        ),
    ):
        pytest.fail("there is no view")

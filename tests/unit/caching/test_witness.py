"""In a process of its own each time: a hook stays for as long as the process."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import syncsteps

CHECKOUT = str(Path(syncsteps.__file__).parent.parent)
BEFORE = "import os, pathlib, shutil, socket, subprocess, sys\n"
AFTER = """
w.rest()
open("after.txt", "w").close()
import json
print(json.dumps({
    "opened": sorted(w.opened), "listed": sorted(w.listed), "written": sorted(w.written),
    "programs": w.programs, "doubts": sorted(w.doubts),
}))
"""


def seen(directory: Path, code: str) -> dict[str, Any]:
    start = (
        f"import sys; sys.path.insert(0, {CHECKOUT!r})\n{BEFORE}"
        "from syncsteps.caching.witness import Witness\nw = Witness()\nw.watch()\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-B", "-c", start + code + AFTER],
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_what_is_read_and_what_is_not_there_to_be_read(tmp_path: Path) -> None:
    (tmp_path / "there").touch()
    found = seen(
        tmp_path,
        "pathlib.Path('there').read_text()\n"
        "try: open(b'absent')\nexcept OSError: pass\n"
        "os.close(os.open(os.devnull, os.O_RDWR))\n",
    )
    assert found["opened"] == [str(tmp_path / "absent"), str(tmp_path / "there")]
    assert (found["written"], found["doubts"], found["programs"]) == ([], [], [])


def test_what_is_listed(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    found = seen(tmp_path, "os.listdir('a'); list(os.scandir()); list(pathlib.Path('b').glob('*'))")
    assert {str(tmp_path), str(tmp_path / "a"), str(tmp_path / "b")} <= set(found["listed"])


def test_a_directory_by_its_descriptor_is_a_doubt(tmp_path: Path) -> None:
    if os_supports_listing_descriptors():
        found = seen(tmp_path, "d = os.open('.', os.O_RDONLY); os.listdir(d)")
        assert found["doubts"] == ["a directory that has no name any more"]


def os_supports_listing_descriptors() -> bool:
    import os  # noqa: PLC0415 - as in the code above

    return os.listdir in os.supports_fd


@pytest.mark.parametrize(
    "code",
    [
        "open('new', 'w').close()",
        "open('new', 'a').close()",
        "open('new', 'x').close()",
        "os.close(os.open('new', os.O_RDWR | os.O_CREAT))",
        "pathlib.Path('new').touch()",
    ],
)
def test_what_is_written(tmp_path: Path, code: str) -> None:
    found = seen(tmp_path, code)
    assert found["written"] == [str(tmp_path / "new")]
    assert found["opened"] == []


@pytest.mark.parametrize(
    ("code", "doubt"),
    [
        ("os.mkdir('d')", "os.mkdir"),
        ("os.rename('f', 'g')", "os.rename"),
        ("os.replace('f', 'g')", "os.rename"),
        ("os.unlink('f')", "os.remove"),
        ("os.chmod('f', 0o600)", "os.chmod"),
        ("os.utime('f')", "os.utime"),
        ("os.symlink('f', 'l')", "os.symlink"),
        ("os.chdir('/')", "os.chdir"),
        ("os.system('')", "os.system"),
        ("socket.getaddrinfo('127.0.0.1', 1)", "socket.getaddrinfo"),
    ],
)
def test_what_nobody_can_answer_for(tmp_path: Path, code: str, doubt: str) -> None:
    (tmp_path / "f").touch()
    assert doubt in seen(tmp_path, code)["doubts"]


def test_what_python_does_to_import_a_module_is_none_of_it(tmp_path: Path) -> None:
    (tmp_path / "module.py").touch()
    code = "sys.dont_write_bytecode = False; sys.path.insert(0, '.'); import module"
    found = seen(tmp_path, code)
    assert (tmp_path / "__pycache__").is_dir()
    assert (found["doubts"], found["written"]) == ([], [])
    assert str(tmp_path / "module.py") in found["opened"]


def test_programs_are_seen_with_their_arguments(tmp_path: Path) -> None:
    code = f"subprocess.run([{sys.executable!r}, '-c', 'pass'], start_new_session=True)"
    found = seen(tmp_path, code)
    assert found["programs"] == [[sys.executable, "-c", "pass"]]
    assert found["doubts"] == []

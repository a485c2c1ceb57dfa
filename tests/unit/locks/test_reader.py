from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

import pytest

from syncsteps.errors import LockError
from syncsteps.locks import find_lock, read_lock
from tests.support.lock_texts import PYLOCK, REQUIREMENTS, UV


def write(directory: Path, **files: str) -> None:
    for name, text in files.items():
        path = directory / name.replace("__", ".")
        path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("uv.lock", UV, "uv.lock"),
        ("renamed", UV, "uv.lock"),
        ("pylock.dev.toml", PYLOCK, "pylock.toml"),
        ("requirements.txt", REQUIREMENTS.replace("-e .  # the project\n", ""), "requirements.txt"),
    ],
)
def test_a_lock_is_read(tmp_path: Path, name: str, text: str, expected: str) -> None:
    path = tmp_path / name
    path.write_bytes(text.encode())
    lock = read_lock(path)
    assert lock.format == expected
    assert (lock.path, lock.root) == (path, tmp_path)
    assert lock.digest == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("text", [UV, PYLOCK, "a==1\n"])
def test_a_byte_order_mark_and_windows_line_ends(tmp_path: Path, text: str) -> None:
    path = tmp_path / "lock"
    path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert read_lock(path).packages


def test_a_relative_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, uv__lock=UV)
    monkeypatch.chdir(tmp_path)
    assert read_lock(Path("uv.lock")).root == tmp_path


def test_requirements_take_their_project_from_the_disk(tmp_path: Path) -> None:
    write(tmp_path, r__txt="-e .\n", pyproject__toml="[project]\nname = 'My.App'\n")
    lock = read_lock(tmp_path / "r.txt")
    assert (lock.packages[0].name, lock.project) == ("my-app", "my-app")


@pytest.mark.parametrize("text", ["", "[project]\n", "[project", "[project]\nname = 1\n"])
def test_a_project_that_has_no_name(tmp_path: Path, text: str) -> None:
    write(tmp_path, r__txt="-e .\n", pyproject__toml=text)
    with pytest.raises(LockError, match=r"cannot tell the name of the package at '\.'"):
        read_lock(tmp_path / "r.txt")


def test_the_digest_is_over_all_files_that_were_included(tmp_path: Path) -> None:
    write(tmp_path, r__txt="-r other.txt\n", other__txt="a==1\n")
    first = read_lock(tmp_path / "r.txt").digest
    assert first == hashlib.sha256(b"-r other.txt\na==1\n").hexdigest()
    write(tmp_path, other__txt="a==2\n")
    assert read_lock(tmp_path / "r.txt").digest != first


def test_variables_are_those_that_are_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, r__txt="-i https://${TOKEN}@index.invalid/\na==1\n")
    lock = read_lock(tmp_path / "r.txt", environment={"TOKEN": "t"})
    assert lock.packages[0].index == "https://t@index.invalid/"
    monkeypatch.setenv("TOKEN", "t")
    with pytest.raises(LockError, match="TOKEN is not set"):
        read_lock(tmp_path / "r.txt")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"\x89PNG\0\0", "found a binary file"),
        (b"\xff\xfev\0", "expected UTF-8, found UTF-16"),
        (b"version = 1\nx = '\xe9'", "byte 17 is something else"),
    ],
)
def test_what_is_not_text(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "uv.lock"
    path.write_bytes(content)
    with pytest.raises(LockError, match=message) as caught:
        read_lock(path, name="given/uv.lock")
    assert caught.value.file == "given/uv.lock"


def test_what_is_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(LockError, match="expected a file, found a directory"):
        read_lock(tmp_path)
    with pytest.raises(LockError, match="there is no such file"):
        read_lock(tmp_path / "lost")
    with pytest.raises(LockError, match=r"no such file|not a path"):
        read_lock(tmp_path / "a\0b")
    (tmp_path / "file").touch()
    with pytest.raises(LockError, match=r"cannot be read|there is no such file"):
        read_lock(tmp_path / "file" / "uv.lock")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no FIFOs in the file system")
def test_a_fifo_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "uv.lock")
    with pytest.raises(LockError, match="no regular file"):
        read_lock(tmp_path / "uv.lock")


@pytest.mark.parametrize(
    ("name", "text", "command"),
    [
        ("poetry.lock", "[metadata]\nlock-version = '2.1'\n", "poetry export"),
        ("pdm.lock", "[metadata]\nlock_version = '4.5'\n", "pdm export"),
        ("Pipfile.lock", '{"_meta": {}}', "pipenv requirements --hash"),
    ],
)
def test_formats_that_cannot_be_read_yet(
    tmp_path: Path, name: str, text: str, command: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(LockError, match=f"this is a {name}") as caught:
        read_lock(tmp_path / name)
    assert command in caught.value.hint


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["uv.lock", "requirements.txt", "pyproject.toml"], "uv.lock"),
        (["pylock.toml", "pylock.dev.toml"], "pylock.toml"),
        (["uv.lock", "pylock.dev.toml"], "uv.lock"),
        (["pylock.dev.toml", "requirements.txt"], "pylock.dev.toml"),
        (["requirements.txt", "requirements-dev.txt"], "requirements.txt"),
        (["Pipfile.lock"], "Pipfile.lock"),
    ],
)
def test_the_lock_of_a_directory(tmp_path: Path, names: list[str], expected: str) -> None:
    for name in names:
        (tmp_path / name).touch()
    (tmp_path / "poetry.lock").mkdir()
    assert find_lock(tmp_path, pyproject=None) == tmp_path / expected


@pytest.mark.parametrize(
    "names", [["pdm.lock", "uv.lock"], ["pylock.a.toml", "pylock.b.toml", "requirements.txt"]]
)
def test_several_locks(tmp_path: Path, names: list[str]) -> None:
    for name in names:
        (tmp_path / name).touch()
    with pytest.raises(LockError, match="found several locks: ") as caught:
        find_lock(tmp_path, pyproject=None)
    assert all(name in str(caught.value) for name in names[:2])
    assert "--lock" in caught.value.hint


@pytest.mark.parametrize(
    ("pyproject", "command"),
    [
        (None, "uv lock"),
        ({"tool": {"poetry": {}}}, "poetry lock"),
        ({"tool": {"pdm": {}}}, "pdm lock"),
        ({"tool": 3}, "uv lock"),
    ],
)
def test_no_lock(tmp_path: Path, pyproject: dict[str, object] | None, command: str) -> None:
    with pytest.raises(LockError, match=r"found no lock; looked for uv\.lock, ") as caught:
        find_lock(tmp_path, pyproject=pyproject)
    assert command in caught.value.hint


def test_no_directory(tmp_path: Path) -> None:
    with pytest.raises(LockError, match="cannot look for a lock"):
        find_lock(tmp_path / "lost", pyproject=None)

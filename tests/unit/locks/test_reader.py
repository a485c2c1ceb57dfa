from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path

import pytest

from syncsteps.errors import LockError
from syncsteps.locks import find_lock, read_lock
from tests.support.lock_texts import PYLOCK, REQUIREMENTS, UV
from tests.support.pipfile_texts import PIPFILE_LOCK, pipfile_document


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
        ("Pipfile.lock", PIPFILE_LOCK, "Pipfile.lock"),
        ("requirements.txt", REQUIREMENTS.replace("-e .  # the project\n", ""), "requirements.txt"),
    ],
)
def test_a_lock_is_read(tmp_path: Path, name: str, text: str, expected: str) -> None:
    path = tmp_path / name
    path.write_bytes(text.encode())
    lock = read_lock(path, environment={"USER": "me", "TOKEN": "t"})
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


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", "[project]\nname = 'My.App'\n"),
        ("pyproject.toml", "[tool.poetry]\nname = 'my_app'\n"),
        ("setup.cfg", "[metadata]\nname = My-App\n"),
    ],
)
@pytest.mark.parametrize(
    ("lock", "content"),
    [
        ("r.txt", "-e ./lib\n"),
        (
            "Pipfile.lock",
            '{"_meta": {"pipfile-spec": 6}, "default": {"a1b2c3d": {"path": "./lib"}}}',
        ),
    ],
)
def test_the_name_of_a_directory(
    tmp_path: Path, lock: str, content: str, name: str, text: str
) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / name).write_text(text, encoding="utf-8")
    (tmp_path / lock).write_text(content, encoding="utf-8")
    assert read_lock(tmp_path / lock).packages[0].name == "my-app"


@pytest.mark.parametrize("text", ["", "[metadata]\n", "[metadata\n", "name = x\n"])
def test_a_setup_cfg_that_has_no_name(tmp_path: Path, text: str) -> None:
    write(tmp_path, r__txt="-e .\n", setup__cfg=text)
    with pytest.raises(LockError, match=r"cannot tell the name of the package at '\.'"):
        read_lock(tmp_path / "r.txt")


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
    ("names", "expected"),
    [
        (["Pipfile.lock", "Pipfile", "requirements.txt"], "Pipfile.lock"),
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


ALL = ["uv.lock", "pylock.toml", "poetry.lock", "pdm.lock", "Pipfile.lock"]


@pytest.mark.parametrize(
    ("names", "tools", "expected"),
    [
        (ALL, ["uv"], "uv.lock"),
        (ALL, ["poetry", "ruff"], "poetry.lock"),
        (ALL, ["pdm"], "pdm.lock"),
        ([*ALL, "Pipfile"], [], "Pipfile.lock"),
        (["uv.lock", "pylock.toml"], ["uv", "poetry"], "uv.lock"),
    ],
)
def test_of_several_locks_the_one_whose_tool_is_in_use(
    tmp_path: Path, names: list[str], tools: list[str], expected: str
) -> None:
    for name in names:
        (tmp_path / name).touch()
    pyproject: dict[str, object] = {"tool": {tool: {} for tool in tools}}
    assert find_lock(tmp_path, pyproject=pyproject) == tmp_path / expected


@pytest.mark.parametrize(
    ("names", "tools", "example"),
    [
        (["pdm.lock", "uv.lock"], [], "uv.lock"),
        (["pylock.a.toml", "pylock.b.toml", "requirements.txt"], [], "pylock.a.toml"),
        (["pdm.lock", "uv.lock"], ["poetry"], "uv.lock"),
        (["uv.lock", "pdm.lock", "poetry.lock"], ["poetry", "pdm"], "poetry.lock"),
        (["uv.lock", "Pipfile.lock", "Pipfile"], ["uv"], "uv.lock"),
    ],
)
def test_several_locks(tmp_path: Path, names: list[str], tools: list[str], example: str) -> None:
    for name in names:
        (tmp_path / name).touch()
    with pytest.raises(LockError, match="found several locks: ") as caught:
        find_lock(tmp_path, pyproject={"tool": {tool: {} for tool in tools}})
    locks = [name for name in names if name not in {"Pipfile", "requirements.txt"}]
    assert sorted(str(caught.value).rpartition(": ")[2].split(", ")) == sorted(locks)
    assert f"--lock {example}," in caught.value.hint


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


def test_no_lock_beside_a_pipfile(tmp_path: Path) -> None:
    (tmp_path / "Pipfile").touch()
    with pytest.raises(LockError) as caught:
        find_lock(tmp_path, pyproject=None)
    assert "pipenv lock" in caught.value.hint


def test_no_directory(tmp_path: Path) -> None:
    with pytest.raises(LockError, match="cannot look for a lock"):
        find_lock(tmp_path / "lost", pyproject=None)


class TestOutside:
    """What a lock refers to is looked at only within its own directory, unless more is allowed."""

    @pytest.fixture
    def inner(self, tmp_path: Path) -> Path:
        inner = tmp_path / "inner"
        inner.mkdir()
        (tmp_path / "secrets.txt").write_text("root:$6$hash:0\n", encoding="utf-8")
        (tmp_path / "base.txt").write_text("plain==1.0\n", encoding="utf-8")
        for directory in (tmp_path / "sibling", inner / "below"):
            directory.mkdir()
            text = f"[project]\nname = '{directory.name}-project'\n"
            (directory / "pyproject.toml").write_text(text, encoding="utf-8")
        return inner

    @pytest.mark.parametrize("included", ["../secrets.txt", "below/../../secrets.txt", "ABSOLUTE"])
    def test_nothing_is_included_from_there(self, inner: Path, included: str) -> None:
        included = included.replace("ABSOLUTE", str(inner.parent / "secrets.txt"))
        write(inner, requirements__txt=f"plain==1.0\n-r {included}\n")
        with pytest.raises(LockError) as caught:
            read_lock(inner / "requirements.txt", name="requirements.txt")
        error = caught.value
        assert (error.file, error.table) == ("requirements.txt", "line 2")
        assert "it is outside of the project's directory" in error.message
        assert included[-15:] in error.message
        assert "root:" not in str(error)
        assert "--allow-outside" in error.hint

    def test_it_can_be_allowed(self, inner: Path) -> None:
        write(inner, requirements__txt="-r ../base.txt\n-e ../sibling\n")
        lock = read_lock(inner / "requirements.txt", allow_outside=True)
        assert [package.name for package in lock.packages] == ["plain", "sibling-project"]

    def test_no_name_is_looked_for_there(self, inner: Path) -> None:
        write(inner, requirements__txt="-e ./below\n-e ../sibling\n")
        with pytest.raises(LockError) as caught:
            read_lock(inner / "requirements.txt")
        assert caught.value.table == "line 2"
        assert "'../sibling': it is outside" in caught.value.message
        assert "--allow-outside" in caught.value.message

    def test_a_name_that_is_written_down_needs_no_look(self, inner: Path) -> None:
        write(inner, requirements__txt="a @ file:../sibling\n-e ../other#egg=b\n")
        lock = read_lock(inner / "requirements.txt")
        assert [package.name for package in lock.packages] == ["a", "b"]

    def test_a_pipfile_lock_keeps_its_own_word_for_it(self, inner: Path) -> None:
        document = pipfile_document(default={"x": {"path": "../sibling"}, "y": {"path": "./below"}})
        write(inner, Pipfile__lock=json.dumps(document))
        path = inner / "Pipfile.lock"
        assert [package.name for package in read_lock(path).packages] == ["x", "below-project"]
        allowed = read_lock(path, allow_outside=True)
        assert [package.name for package in allowed.packages] == [
            "sibling-project",
            "below-project",
        ]

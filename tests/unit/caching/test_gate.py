from __future__ import annotations

import io
import marshal
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from syncsteps.caching import gate
from syncsteps.caching.gate import ANSWERS, Question, answer, ask, pack
from syncsteps.caching.marks import mark_all
from syncsteps.caching.store import write

ENVIRONMENT = {"HOME": "/nowhere", "PATH": "/bin", "SECRET": "of mine"}


def question(directory: Path, environment: dict[str, str] | None = None) -> Question:
    found = ask(
        ["sync"], {**ENVIRONMENT, "SYNCSTEPS_CACHE_DIR": str(directory), **(environment or {})}
    )
    assert found is not None
    return found


def keep(asked: Question, **parts: Any) -> None:  # noqa: ANN401 - whatever `pack` takes
    values = {"said": ("said\n", ""), "outputs": [], "marks": ((), ()), "access": [], **parts}
    assert write(asked.directory, asked.name, pack(**values), now=asked.moment / 1e9) == ""


@pytest.mark.parametrize(
    "argv", [[], ["--help"], ["verify"], ["check"], ["recover"], ["--version", "sync"]]
)
def test_what_is_asked_by_the_long_way_only(argv: list[str]) -> None:
    assert ask(argv, ENVIRONMENT) is None


def test_the_same_run_has_the_same_name_and_no_other_has(tmp_path: Path) -> None:
    name = question(tmp_path).name
    assert question(tmp_path).name == name
    for ignored in ("_", "PWD", "OLDPWD", "SHLVL"):
        assert question(tmp_path, {ignored: "x"}).name == name
    others = [
        question(tmp_path, {"A": "1"}).name,
        question(tmp_path, {"A": "1", "B": ""}).name,
        question(tmp_path, {"SECRET": "of theirs"}).name,
        question(tmp_path / "other").name,
    ]
    assert len({name, *others}) == 5


@pytest.mark.parametrize(
    ("module", "name", "value"),
    [
        (sys, "executable", "/other/python"),
        (sys, "version", "3.99"),
        (sys, "path", ["/elsewhere"]),
        (gate, "__version__", "99"),
        (os, "getcwd", lambda: "/elsewhere"),
        (os, "cpu_count", lambda: 1234),
    ],
    ids=["program", "its version", "its path", "our version", "directory", "processors"],
)
def test_what_no_argument_says_is_part_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: object, name: str, value: object
) -> None:
    before = question(tmp_path).name
    monkeypatch.setattr(module, name, value)
    assert question(tmp_path).name != before


def test_a_terminal_is_another_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stderr", io.StringIO())
    before = question(tmp_path).name
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert question(tmp_path).name != before


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_where_a_stream_is_closed_nothing_is_answered(
    monkeypatch: pytest.MonkeyPatch, stream: str
) -> None:
    monkeypatch.setattr(sys, stream, None)
    assert ask(["sync"], ENVIRONMENT) is None


def test_where_the_directory_has_gone_nothing_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> str:
        raise FileNotFoundError

    monkeypatch.setattr(os, "getcwd", gone)
    assert ask(["sync"], ENVIRONMENT) is None


def test_names_that_are_no_unicode_are_names(tmp_path: Path) -> None:
    assert question(tmp_path, {"A": "\udcff"}).name != question(tmp_path, {"A": "\\udcff"}).name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('cache-dir = "own"', "own"),
        ("  cache-dir='own'  ", "own"),
        ('[tool.other]\nx = "cache-dir"\n', None),
        ("", None),
        ("\n\ncache-dir=", ""),
    ],
)
def test_the_directory_that_pyproject_toml_seems_to_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, expected: str | None
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    found = ask(["sync"], {"HOME": "/h"})
    assert found is not None
    if expected is None:
        assert Path(found.directory).is_relative_to("/h")
    else:
        assert found.directory == os.path.join(tmp_path, expected, ANSWERS)  # noqa: PTH118 - as is


def test_without_a_home_there_is_nowhere_to_look() -> None:
    found = ask(["sync"], {})
    assert found is not None
    assert found.directory == ""
    assert answer(found) is None


def test_what_was_said_is_said_with_the_time_of_this_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = question(tmp_path)
    keep(asked, said=("nothing to do\ndone: ", "; tree\n"))
    asked.started -= 1.25
    assert answer(asked) == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err in {f"nothing to do\ndone: in {took} s; tree\n" for took in ("1.2", "1.3")}


def test_what_was_written_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = question(tmp_path / "cache")
    target = tmp_path / "out.txt"
    outputs = [("-", "to stdout\n"), (str(target), "ä\n"), (str(tmp_path / "none"), None)]
    keep(asked, outputs=outputs)
    assert answer(asked) == 0
    assert capsys.readouterr() == ("to stdout\n", "said\n")
    assert target.read_text(encoding="utf-8") == "ä\n"
    assert not (tmp_path / "none").exists()


def test_nothing_is_written_or_said_if_one_target_will_not_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = question(tmp_path / "cache")
    (tmp_path / "directory").mkdir()
    outputs = [("-", "to stdout\n"), (str(tmp_path / "out.txt"), "x")]
    for unusable in ((str(tmp_path / "directory"), "x"), (str(tmp_path / "cache"), None)):
        keep(asked, outputs=[*outputs, unusable])
        assert answer(asked) is None
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        keep(asked, outputs=[*outputs, (str(tmp_path / "pipe"), "x")])
        assert answer(asked) is None
    assert capsys.readouterr() == ("", "")
    assert not (tmp_path / "out.txt").exists()


def test_a_file_that_cannot_be_written_is_left_to_the_long_way(tmp_path: Path) -> None:
    asked = question(tmp_path / "cache")
    keep(asked, outputs=[(str(tmp_path / "absent" / "out.txt"), "x")])
    assert answer(asked) is None


def test_a_reader_who_has_gone_is_left_to_the_long_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Gone(io.StringIO):
        def write(self, _text: str) -> int:
            raise BrokenPipeError

    asked = question(tmp_path)
    keep(asked, outputs=[("-", "x")])
    monkeypatch.setattr(sys, "stdout", Gone())
    assert answer(asked) is None


def test_a_mark_that_has_changed_is_the_end_of_an_answer(tmp_path: Path) -> None:
    asked = question(tmp_path / "cache")
    path = tmp_path / "file"
    path.touch()
    keep(asked, marks=mark_all([str(path)])[:2])
    assert answer(asked) == 0
    path.write_text("x", encoding="utf-8")
    assert answer(asked) is None


def test_what_could_be_written_to_has_to_be_still(tmp_path: Path) -> None:
    asked = question(tmp_path / "cache")
    keep(asked, access=[(str(tmp_path), True), (str(tmp_path / "absent"), False)])
    assert answer(asked) == 0
    (tmp_path / "absent").mkdir()
    assert answer(asked) is None


@pytest.mark.parametrize(
    "content", [(), None, 1, ("a", "b"), (("", ""), (), ((), ()), ((1, 2),)), (1, 2, 3, 4)]
)
def test_what_is_no_answer_is_none(
    tmp_path: Path,
    content: Any,  # noqa: ANN401 - of many types
) -> None:
    asked = question(tmp_path)
    assert write(asked.directory, asked.name, marshal.dumps(content), now=0) == ""
    assert answer(asked) is None

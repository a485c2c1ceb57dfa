from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import syncsteps
from syncsteps import start

if TYPE_CHECKING:
    import pytest

CHECKOUT = str(Path(syncsteps.__file__).parent.parent)

# What Python itself has imported on start-up, or is compiled into it.
CHEAP = {"__future__", "_blake2"}


def test_the_first_question_is_asked_with_next_to_nothing_imported() -> None:
    code = (
        f"import sys; sys.path.insert(0, {CHECKOUT!r}); before = set(sys.modules)\n"
        "import syncsteps.start\n"
        "print(*(set(sys.modules) - before))"
    )
    # Without `site`: an environment's own start-up files import what they like.
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True
    )
    loaded = {name for name in done.stdout.split() if name.partition(".")[0] != "syncsteps"}
    standard = {"abc", "_abc", "_collections_abc", "_stat", "genericpath", "os", "os.path"}
    standard |= {"ntpath", "posixpath", "stat"}
    assert loaded - standard <= CHEAP


def test_misuse_is_told_by_the_long_way() -> None:
    code = (
        f"import sys; sys.path.insert(0, {CHECKOUT!r})\n"
        "sys.argv[1:] = ['sync', '--nonsense']\n"
        "from syncsteps.start import entry_point; entry_point()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "--nonsense" in done.stderr


def test_an_answer_that_holds_is_the_whole_run(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def note(question: object) -> int:
        asked.append(question)
        return 0

    monkeypatch.setattr(start, "answer", note)
    assert start.main(["sync", "--nonsense"]) == 0
    assert len(asked) == 1


def test_without_one_it_is_the_command_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(start, "ask", lambda *_: None)
    assert start.main(["explain", "INT002"]) == 0
    assert "externally managed" in capsys.readouterr().out
    assert start.main(["sync", "--nonsense"]) == 2

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from syncsteps.arguments import VERBS
from syncsteps.cli import main
from syncsteps.manual import GROUPS, MANUAL
from syncsteps.options import OPTIONS
from tests.support.readme import README


def test_it_is_about_verbs_that_there_are() -> None:
    assert MANUAL.keys() - {""} <= VERBS.keys()


def test_its_exit_codes_are_those_of_the_readme() -> None:
    text = README.read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| (.*) \|$", text, re.MULTILINE)
    assert rows
    said = " ".join(MANUAL[""].split())
    assert " ".join(f"{code} {meaning}" for code, meaning in rows) in said


@pytest.mark.parametrize("verb", MANUAL)
def test_help_says_it_in_its_own_lines(
    verb: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert main([*filter(None, [verb]), "--help"]) == 0
    said = capsys.readouterr().out
    assert MANUAL[verb] in said
    assert max(map(len, said.splitlines())) < 80


def test_options_are_listed_once_under_a_title(capsys: pytest.CaptureFixture[str]) -> None:
    listed = [name for names in GROUPS.values() for name in names]
    assert sorted(listed) == sorted({option.name for option in OPTIONS} & set(listed))
    assert main(["verify", "--help"]) == 0
    said = capsys.readouterr().out
    for title in GROUPS:
        assert f"\n{title}:\n" in said


def test_a_run_does_without_it() -> None:
    code = (
        "import sys; from syncsteps.arguments import make_parser; argv = ['sync', '--dry-run'];"
        "make_parser(argv).parse_args(argv); print('syncsteps.manual' in sys.modules)"
    )
    command = [sys.executable, "-c", code]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"

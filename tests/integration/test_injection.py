"""What pip itself reads in the requirements files that are made of hostile locks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from syncsteps.staging.pip import embedded_pip
from tests.support.injection import Judge, cases
from tests.support.injection_texts import ENVIRONMENT, SAMPLES

if TYPE_CHECKING:
    from pathlib import Path

EVERY = 8
# pip's own parser: each line as a requirement or as options, nothing being looked for anywhere.
READER = """
import json, sys
from pip._internal.network.session import PipSession
from pip._internal.req.req_file import RequirementsFileParser, get_line_parser

parser = RequirementsFileParser(PipSession(), get_line_parser(None))
for path in json.load(sys.stdin):
    lines = [
        [line.requirement or "", line.is_editable, vars(line.opts)]
        for line in parser.parse(path, constraint=False)
    ]
    print(json.dumps(lines, default=str))
"""


def read_by_pip(
    paths: list[Path], directory: Path
) -> list[list[tuple[str, bool, dict[str, object]]]]:
    wheel = embedded_pip("3.11")
    assert wheel is not None
    script = directory / "reader.py"
    script.write_text(READER, encoding="utf-8")
    completed = subprocess.run(
        [sys.executable, script],
        input=json.dumps([str(path) for path in paths]),
        env={**os.environ, **ENVIRONMENT, "PYTHONPATH": str(wheel)},
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
    )
    assert completed.returncode == 0, completed.stderr
    return [json.loads(line) for line in completed.stdout.splitlines()]


def test_pip_reads_exactly_the_requirements_of_the_selection(tmp_path: Path) -> None:
    judge = Judge()
    for sample in SAMPLES:
        for case in cases(sample, every=EVERY):
            judge.faults(case)
    texts = [text for text in judge.texts if text.text]
    paths = []
    for number, text in enumerate(texts):
        path = tmp_path / f"{number}.txt"
        path.write_text(text.text, encoding="utf-8")
        paths.append(path)
    # What a line that should not be there would include.
    (tmp_path / "other.txt").write_text("evil==6.6\n", encoding="utf-8")
    plain = tmp_path / "plain.txt"
    plain.write_text("a==1.0\n", encoding="utf-8")
    (((_, _, none_given),), *found) = read_by_pip([plain, *paths], tmp_path)
    assert len(found) == len(texts) > 200
    for text, lines in zip(texts, found, strict=True):
        assert len(lines) == text.count, text
        for requirement, is_editable, options in lines:
            assert requirement, text
            assert not is_editable, text
            # A variable that pip had replaced, or a comment that it had cut off, would be missed.
            assert requirement.strip() in text.text
            assert {**options, "hashes": None} == none_given, text


def test_pip_would_see_an_option(tmp_path: Path) -> None:
    path = tmp_path / "hostile.txt"
    path.write_text("a==1.0\n--index-url https://evil.invalid/simple\n-e .\n", encoding="utf-8")
    ((first, options, editable),) = read_by_pip([path], tmp_path)
    assert (first[0], editable[0], editable[1]) == ("a==1.0", ".", True)
    assert not options[0]
    assert options[2]["index_url"] == "https://evil.invalid/simple"

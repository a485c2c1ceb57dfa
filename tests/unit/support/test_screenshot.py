from __future__ import annotations

import re
import sys
from xml.etree import ElementTree as ET

import pytest

if sys.platform == "win32":
    pytest.skip("there are no terminals of this kind", allow_module_level=True)

from rich.console import Console
from rich.progress import Progress

from tests.support.readme import README
from tests.support.screenshot import PICTURE, screen, svg

NAMESPACE = "http://www.w3.org/2000/svg"


def shown(picture: str) -> str:
    """Return the text of a picture, its lines as they are below one another."""
    texts = ET.fromstring(picture).iter(f"{{{NAMESPACE}}}text")  # noqa: S314 - our own
    return "\n".join("".join(text.itertext()).replace("\xa0", " ") for text in texts)


def test_the_readme_shows_the_picture() -> None:
    assert f"]({PICTURE.relative_to(README.parent).as_posix()})" in README.read_text("utf-8")


def test_the_picture_is_of_a_run_and_of_no_machine() -> None:
    picture = PICTURE.read_text("utf-8")
    assert len(picture) < 40_000
    text = shown(picture)
    assert "$ \nsyncsteps sync\n" in text
    assert re.search(r"done: \d+ installed, (\d+) of \1 import ", text)
    assert "sha256:" in text
    assert set(re.findall(r"/[a-z]+(?=/)", text)) <= {"/opt", "/python", "/bin", "/lib"}
    assert re.findall(r"https?://[^\"' ]+", picture) == [NAMESPACE]


def test_what_is_drawn_over_is_not_shown() -> None:
    assert screen("one\r\ntwo\r\n") == ["one", "two", ""]
    assert screen("1 of 2\r\x1b[2K2 of 2\r\n\x1b[1A\x1b[2Kend") == ["end", ""]
    assert screen("\x1b[?25l\x1b[32mgreen\x1b[0m\x1b[?25h") == ["\x1b[32mgreen\x1b[0m"]


def test_of_a_bar_of_rich_nothing_is_left_but_what_is_printed_above_it() -> None:
    console = Console(force_terminal=True, width=40)
    with console.capture() as capture, Progress(console=console, transient=True) as progress:
        task = progress.add_task("going", total=3)
        for number in range(3):
            progress.advance(task)
            progress.refresh()
            console.print(f"line {number}")
    left = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in screen(capture.get())]
    assert [line for line in left if line] == ["line 0", "line 1", "line 2"]


def test_a_picture_has_each_command_with_its_lines_in_their_colours() -> None:
    picture = svg([("a thing", ["\x1b[31mred\x1b[0m & plain"]), ("another", [])])
    assert [line for line in shown(picture).splitlines() if line.strip()][1:] == [
        "$ ",
        "a thing",
        "red",
        " & plain",
        "$ ",
        "another",
    ]
    assert len(set(re.findall(r"fill: (#[0-9a-f]{6})", picture))) > 2

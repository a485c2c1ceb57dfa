from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.fetched import Fetch, fetches_in
from tests.support.readme import README, Block, code_block, code_blocks, read_blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TESTS = Path(__file__).resolve().parents[2]
BLOCKS = read_blocks(README.read_text(encoding="utf-8"))
MARKDOWN = """\
```console
one
```

## First

```toml
## no heading
two
```

### Within

```python
three
```
"""


@functools.cache
def fetches() -> Mapping[str, frozenset[Fetch]]:
    """Return what each module of tests fetches, by its path; this one runs nothing."""
    paths = sorted(TESTS.rglob("test_*.py"))
    return {
        path.relative_to(TESTS).as_posix(): fetches_in(path.read_text(encoding="utf-8"))
        for path in paths
        if path != Path(__file__)
    }


def runners(block: Block) -> list[str]:
    return [path for path, found in fetches().items() if any(each.takes(block) for each in found)]


def test_a_test_runs_every_block_of_the_readme(tell: Callable[[str], None]) -> None:
    nobodys = [
        f"line {block.line}, in {block.section!r}: {block.opening}"
        for block in BLOCKS
        if not runners(block)
    ]
    assert not nobodys, f"write a test that runs each; {code_block.__module__} says how"
    modules = {path for block in BLOCKS for path in runners(block)}
    tell(f"{len(BLOCKS)} blocks of the README, run by {', '.join(sorted(modules))}")


def test_no_test_asks_for_a_block_that_is_not_there() -> None:
    assert not [
        (path, fetch)
        for path, found in fetches().items()
        for fetch in found
        if not any(fetch.takes(block) for block in BLOCKS)
    ]


def test_the_readme_has_blocks_of_each_language_that_it_is_to_have() -> None:
    assert {"console", "dockerfile", "python", "toml", "yaml"} <= {b.language for b in BLOCKS}


def test_blocks_have_their_section_language_and_line() -> None:
    assert read_blocks(MARKDOWN) == (
        Block(section="", language="console", text="one\n", line=2),
        Block(section="First", language="toml", text="## no heading\ntwo\n", line=8),
        Block(section="First", language="python", text="three\n", line=15),
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [("```toml\none\n", "has no end"), ("```\none\n```\n", "is of no language")],
)
def test_a_block_that_is_none_is_an_error(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        read_blocks(text)


def test_a_block_is_found_by_how_it_begins() -> None:
    (whole,) = code_blocks("In tox", "toml")
    assert code_block("In tox", "[env.system]") == whole
    with pytest.raises(ValueError, match="0 blocks in 'In tox' begin with 'deps'"):
        code_block("In tox", "deps")


@pytest.mark.parametrize(
    "source",
    [
        "def test_a(): code_block('First', 'two')",
        "class TestIt:\n    def test_a(self): code_block('First', 'two')",
        "@parametrize('t', [code_block('First', 'two')])\ndef test_a(t): run(t)",
        "TEXT = code_block('First', 'two')\ndef test_a(): run(TEXT)",
        "A, B = code_block('First', 'two'), 1\ndef test_a(): run(A)",
        "TEXT: str = code_block('First', 'two')\ndef test_a(): run(TEXT)",
        "@fixture\ndef text(): return code_block('First', 'two')\ndef test_a(text): run(text)",
        (
            "def inner(): return code_block('First', 'two')\n"
            "def outer(): return inner()\ndef test_a(): run(outer())"
        ),
    ],
)
def test_a_fetch_counts_where_a_test_comes_to_it(source: str) -> None:
    (fetch,) = fetches_in(source)
    assert fetch == Fetch(function="code_block", section="First", which="two")
    block = Block(section="First", language="toml", text="two\nthree\n", line=1)
    assert fetch.takes(block)


@pytest.mark.parametrize(
    "source",
    [
        "TEXT = code_block('First', 'two')\ndef test_a(): run('another')",
        "def unused(): return code_block('First', 'two')\ndef test_a(): run('another')",
        "def test_a(): other('First', 'two')",
    ],
)
def test_a_fetch_that_no_test_comes_to_does_not_count(source: str) -> None:
    assert not fetches_in(source)


def test_a_fetch_of_a_language_takes_all_of_the_section_and_nothing_else() -> None:
    (fetch,) = fetches_in("def test_a(): code_blocks('First', 'toml')")
    taken = [b.text for b in read_blocks(MARKDOWN) if fetch.takes(b)]
    assert taken == ["## no heading\ntwo\n"]


@pytest.mark.parametrize("arguments", ["section, 'two'", "'First'", "'First', opening='two'"])
def test_a_fetch_that_cannot_be_read_off_is_an_error(arguments: str) -> None:
    with pytest.raises(ValueError, match="two plain strings"):
        fetches_in(f"def test_a(): code_block({arguments})")

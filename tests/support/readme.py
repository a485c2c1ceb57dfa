"""The code in the README, and its table of codes: run as a module it writes one of them.

Every block of code is run by a test. A test that runs one, of whatever suite, fetches it by
``code_block(section, opening)``, or all of a section's by ``code_blocks(section, language)``, with
both arguments as plain strings, in itself, in a decorator, or in a fixture, a function or a
constant of its module that it uses. That is all: tests/unit/support/test_readme.py reads the
sources of the tests and fails for a block that none of them fetches.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from syncsteps import errors
from syncsteps.verify import RULES

__all__ = [
    "README",
    "Block",
    "code_block",
    "code_blocks",
    "code_table",
    "read_blocks",
    "with_codes",
]

README = Path(__file__).resolve().parents[2] / "README.md"
_BEGIN = "<!-- codes: written by `nox -s codes` -->\n"
_END = "<!-- codes: end -->\n"
_FENCE = "```"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced block: the title of its section, its language, its text, its first line's number."""

    section: str
    language: str
    text: str
    line: int

    @property
    def opening(self) -> str:
        """The first line of its text."""
        return self.text.partition("\n")[0]


def code_table() -> str:
    """Return a Markdown table of every code: of each rule, and of each error that ends a run."""
    rows = [(rule.code, rule.severity.value, rule.title) for rule in RULES]
    kinds = [getattr(errors, name) for name in errors.__all__]
    kinds.remove(errors.SyncstepsError)  # the base of them all, which none is raised as
    for kind in sorted(kinds, key=lambda kind: kind.code):
        summary = " ".join((kind.__doc__ or "").split("\n\n")[0].split())
        title = summary.removesuffix(f" (exit {kind.exit_code}).").replace("``", "`")
        rows.append((kind.code, f"exit {kind.exit_code}", title))
    if any("|" in cell for row in rows for cell in row):
        raise ValueError("a cell of a Markdown table cannot have a | in it")
    lines = ["| code | severity | what |", "|---|---|---|"]
    lines += [f"| {code} | {severity} | {what} |" for code, severity, what in rows]
    return "\n".join(lines) + "\n"


def with_codes(text: str) -> str:
    """Return the README's text with the table as it is to be, between its two marks."""
    before, _, rest = text.partition(_BEGIN)
    _, mark, after = rest.partition(_END)
    if not mark:
        raise ValueError(f"the text has no table between {_BEGIN!r} and {_END!r}")
    return f"{before}{_BEGIN}\n{code_table()}\n{_END}{after}"


def read_blocks(text: str) -> tuple[Block, ...]:
    """Return every fenced block of a Markdown text; a section is one of the second level.

    Raises:
        ValueError: a fence is not closed, or does not say which language it is for.
    """
    found: list[Block] = []
    section, language, start, lines = "", None, 0, [""]
    for number, line in enumerate(text.splitlines(), start=1):
        if language is None:
            if line.startswith("## "):
                section = line[3:].strip()
            if line.startswith(_FENCE):
                language, start, lines = line.removeprefix(_FENCE).strip(), number + 1, []
                if not language:
                    raise ValueError(f"the block in line {number} is of no language")
        elif line == _FENCE:
            code = "".join(f"{each}\n" for each in lines)
            found.append(Block(section=section, language=language, text=code, line=start))
            language = None
        else:
            lines.append(line)
    if language is not None:
        raise ValueError(f"the block in line {start} has no end")
    return tuple(found)


def code_block(section: str, opening: str) -> str:
    """Return the README's only block in the section of this title whose text begins like this.

    Raises:
        ValueError: there is none, or more than one.
    """
    blocks = read_blocks(README.read_text(encoding="utf-8"))
    found = [b.text for b in blocks if b.section == section and b.text.startswith(opening)]
    if len(found) != 1:
        raise ValueError(f"{len(found)} blocks in {section!r} begin with {opening!r}")
    return found[0]


def code_blocks(section: str, language: str) -> list[str]:
    """Return the README's blocks of code of this language in the section of this title."""
    blocks = read_blocks(README.read_text(encoding="utf-8"))
    return [b.text for b in blocks if b.section == section and b.language == language]


def main() -> None:
    """Write the table of codes into the README, or its use of the library into a file."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--codes", action="store_true")
    what.add_argument("--library", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    if arguments.codes:
        README.write_text(with_codes(README.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        (text,) = code_blocks("As a library", "python")
        arguments.library.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

"""The code in the README, and its table of codes: run as a module it writes that table."""

from __future__ import annotations

import re
from pathlib import Path

from syncsteps import errors
from syncsteps.verify import RULES

__all__ = ["README", "code_blocks", "code_table", "with_codes"]

README = Path(__file__).resolve().parents[2] / "README.md"
_BEGIN = "<!-- codes: written by `nox -s codes` -->\n"
_END = "<!-- codes: end -->\n"


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


def code_blocks(section: str, language: str) -> list[str]:
    """Return the README's blocks of code of this language in the section of this title."""
    _, _, rest = README.read_text(encoding="utf-8").partition(f"\n## {section}\n")
    text = rest.partition("\n## ")[0]
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


if __name__ == "__main__":
    README.write_text(with_codes(README.read_text(encoding="utf-8")), encoding="utf-8")

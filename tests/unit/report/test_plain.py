from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncsteps.report.plain import plain


@pytest.mark.parametrize(
    "text", ["", "plain", "  indented", "[red]grüße[/red] :smile:", "日本語 🎉"]
)
def test_what_can_be_shown_stays(text: str) -> None:
    assert plain(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b[1;38;5;9mbold\x1b[m", "bold"),
        ("\x1b[2Jcleared", r"\x1b[2Jcleared"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("\x9b31m", r"\x9b31m"),
        ("a\x00b\x08c\x7f", r"a\x00b\x08c\x7f"),
        ("over\rwritten", "over written"),
        ("first\nsecond", "first second"),
        ("first\r\n    second\n\n  ^^^", "first second ^^^"),
        ("  first\n", "  first"),
        ("a\u2028b\x85c\x0bd", "a b c d"),
        ("tab\tbed", "tab    bed"),
        ("user\u202etxt.exe", r"user\u202etxt.exe"),
        ("zero\u200bwidth", r"zero\u200bwidth"),
        ("lone\udc80", r"lone\udc80"),
    ],
)
def test_what_cannot_be_shown(text: str, shown: str) -> None:
    assert plain(text) == shown


@given(st.text(alphabet=st.characters(), max_size=40))
def test_whatever_comes_is_one_line_that_can_be_shown(text: str) -> None:
    shown = plain(text)
    assert shown.isprintable()
    assert plain(shown) == shown
    shown.encode("utf-8")

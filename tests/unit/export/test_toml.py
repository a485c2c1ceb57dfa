from __future__ import annotations

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st

from syncsteps.export.toml import to_toml

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
SCALARS = TEXT | st.booleans() | st.integers(-(2**63), 2**63 - 1)
VALUES = st.recursive(
    SCALARS, lambda v: st.lists(v, max_size=3) | st.dictionaries(TEXT, v, max_size=3), max_leaves=8
)


@given(st.dictionaries(TEXT, VALUES, max_size=4))
def test_a_toml_parser_reads_back_what_was_written(document: dict[str, object]) -> None:
    assert tomli.loads(to_toml(document)) == document


def test_the_text_is_one_line_for_each_value() -> None:
    assert to_toml({"a": 'x"\n\\\x7f\u2028', "t": [{"b c": True, "l": ["x"]}], "n": [1, 2]}) == (
        'a = "x\\"\\n\\\\\\U0000007F\\U00002028"\n'
        "n = [1, 2]\n"
        "\n[[t]]\n"
        '"b c" = true\n'
        'l = [\n    "x",\n]\n'
    )


def test_other_values_are_refused() -> None:
    with pytest.raises(TypeError, match="float"):
        to_toml({"a": 1.5})
    with pytest.raises(ValueError, match="not Unicode"):
        to_toml({"a": "\ud800"})

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conformance.compare import Compared, Difference
from tests.conformance.disagreements import TABLE, Disagreement, read_table, unexplained

if TYPE_CHECKING:
    from pathlib import Path

SEEN = (("default", "3.9-linux"), ("--extra x", "3.9-linux"), ("--extra x", "3.9-windows"))
ENTRY = Disagreement(
    lock="uv/demo",
    oracle="uv 1.*",
    requests=("--extra *",),
    targets=("*-linux",),
    ours=("a==1",),
    theirs=("a==2",),
    why="because",
)


def _difference(ours: str = "a==1", theirs: str = "a==2", **case: str) -> Difference:
    where = {"request": "--extra x", "target": "3.9-linux", **case}
    return Difference(lock="uv/demo", oracle="uv 1.0", ours=(ours,), theirs=(theirs,), **where)


def _compared(*differences: Difference, oracle: str = "uv 1.0") -> Compared:
    return Compared(
        lock="uv/demo",
        oracle=oracle,
        refused=0,
        pins=0,
        differences=differences,
        seconds=0.0,
        seen=SEEN,
    )


def test_what_the_table_says_exactly_is_explained() -> None:
    assert unexplained(_compared(_difference()), [ENTRY]) == ()


@pytest.mark.parametrize(
    "difference",
    [
        _difference(theirs="a==3"),
        _difference(ours="b==1"),
        _difference(request="default"),
        _difference(target="3.9-windows"),
    ],
)
def test_anything_else_is_not(difference: Difference) -> None:
    wrong = unexplained(_compared(_difference(), difference), [ENTRY])

    assert [each for each in wrong if each.ours == difference.ours] == [difference]


def test_a_disagreement_that_is_gone_fails() -> None:
    (wrong,) = unexplained(_compared(), [ENTRY])

    assert (wrong.request, wrong.target) == ("--extra x", "3.9-linux")
    assert (wrong.ours, wrong.theirs) == (("a==1",), ("a==2",))
    assert "not there any more" in wrong.said


def test_an_entry_of_another_oracle_counts_for_nothing() -> None:
    assert unexplained(_compared(oracle="uv 2.0"), [ENTRY]) == ()
    assert unexplained(_compared(_difference(), oracle="uv 2.0"), [ENTRY]) == (_difference(),)


def test_every_entry_of_the_table_has_its_evidence(tmp_path: Path) -> None:
    assert all(len(entry.why.split()) > 10 for entry in read_table())

    bare = tmp_path / "table.toml"
    bare.write_text(
        TABLE.read_text(encoding="utf-8").partition("why = ")[0] + 'why = " "\n', encoding="utf-8"
    )
    with pytest.raises(ValueError, match="has no evidence"):
        read_table(bare)

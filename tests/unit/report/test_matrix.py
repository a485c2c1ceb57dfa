from __future__ import annotations

from syncsteps.errors import SelectionError
from syncsteps.report import error_of_targets
from syncsteps.report.matrix import matrix_lines, matrix_summary
from syncsteps.verify import Severity
from tests.support.runs import make_finding, make_outcome

ERROR = make_finding(code="LCK003", subject="six", message="six has no hash", hint="lock again")
WARNING = make_finding(Severity.WARNING, "FIL002", subject="numpy", message="w", hint="h")
NOTE = make_finding(Severity.NOTE, "LCK002", subject="uv.lock", message="n", hint="h")
OUTCOMES = (
    make_outcome("verify", target="debian-12", findings=(NOTE, WARNING, ERROR, ERROR)),
    make_outcome("verify", target="slim", findings=(NOTE, WARNING)),
    make_outcome("verify", target="ubi9", findings=(NOTE,)),
    make_outcome("verify", target="alpine"),
    make_outcome("verify", target="old", refused=SelectionError("two entries both apply")),
)
HINT = "--verbose says what was found, and on which targets; `syncsteps explain CODE` why"


def lines(*, quiet: bool = False, verbose: bool = False) -> list[str]:
    return list(matrix_lines(OUTCOMES, quiet=quiet, verbose=verbose))


def test_a_target_is_a_line_and_no_more() -> None:
    assert lines() == [
        "error    debian-12  2 errors, 1 warning, 1 note   LCK003 (2) FIL002",
        "warning  slim       1 warning, 1 note             FIL002",
        "fits     ubi9       1 note",
        "fits     alpine",
        "error    old        nothing can be selected       ERR310",
        "error ERR310: old: two entries both apply",
        HINT,
    ]


def test_quiet_leaves_the_targets_on_which_something_is_wrong() -> None:
    assert lines(quiet=True) == [
        "error    debian-12  2 errors, 1 warning, 1 note   LCK003 (2)",
        "error    old        nothing can be selected       ERR310",
        "error ERR310: old: two entries both apply",
        HINT,
    ]


def test_verbose_tells_each_finding_once_with_its_targets() -> None:
    said = lines(verbose=True)
    assert said[0].endswith("LCK003 (2) FIL002 LCK002")
    assert said[5:8] == [
        "error LCK003: six has no hash",
        "  on: debian-12",
        "  what to do: lock again",
    ]
    assert said[8:10] == ["warning FIL002: w", "  on: debian-12, slim"]
    assert said[11:13] == ["note LCK002: n", "  on: debian-12, slim, ubi9"]
    assert HINT not in said


def test_where_nothing_is_found_there_is_nothing_to_ask_for() -> None:
    assert list(matrix_lines(OUTCOMES[2:4], quiet=False, verbose=False)) == [
        "fits     ubi9    1 note",
        "fits     alpine",
    ]


def test_a_hostile_name_stays_on_its_line() -> None:
    outcomes = [make_outcome("verify", target="a\n::error::b\x1b[31m")]
    (line,) = matrix_lines(outcomes, quiet=False, verbose=False)
    assert line == "fits     a ::error::b"


def test_the_last_line_counts_and_the_error_names_the_codes() -> None:
    assert matrix_summary(OUTCOMES) == "done: the lock fits 3 of 5 targets in 6.2 s"
    error = error_of_targets(OUTCOMES)
    assert error is not None
    assert str(error) == "the lock does not fit 2 of 5 targets (ERR310, LCK003)"
    assert error.exit_code == 1
    assert error_of_targets(OUTCOMES[1:4]) is None

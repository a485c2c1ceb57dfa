from __future__ import annotations

from dataclasses import replace

import pytest

from syncsteps.events import Reproducing
from syncsteps.report.reproduction import found_lines, reproduced_line, reproducing_line
from syncsteps.reproduce.model import Difference, DifferenceKind, Reproduction
from tests.support.reproductions import make_evidence, make_tree
from tests.support.runs import BAD, GOOD, make_outcome

MANY = Difference(
    distribution="demo",
    kind=DifferenceKind.CONTENT,
    there="a",
    here="b",
    files=tuple(f"~ demo/{number}.py" for number in range(25)),
)
FOUND = Reproduction(
    isolation="overlay",
    untouched="e" * 64,
    plan=({"action": "install"}, {"action": "install"}, {"action": "keep"}),
)


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (Reproducing(isolation="overlay", of="/usr/local"), "in a layer over /usr/local: "),
        (
            Reproducing(isolation="copy", of="/opt", reason="no overlay"),
            "in a copy of /opt (no overlay): ",
        ),
        (Reproducing(isolation="podman", of="x:1"), "in a container of x:1, by podman: "),
    ],
)
def test_where_it_is_done_is_told(event: Reproducing, said: str) -> None:
    assert reproducing_line(event) == f"reproducing {said}the system stays as it is"


def test_of_many_files_some_are_shown_unless_all_are_wanted() -> None:
    found = replace(FOUND, differences=(MANY,), remarks=("Python is 3.12.1 there",))
    lines = found_lines(found, verbose=False)
    assert lines[0] == "differs: demo: other files: a there, b here"
    assert lines[1] == "  ~ demo/0.py"
    assert lines[-2:] == ("  and 5 more (--verbose)", "note: Python is 3.12.1 there")
    assert len(found_lines(found, verbose=True)) == 27


def test_the_last_line_has_all_of_it() -> None:
    outcome = make_outcome(
        "reproduce",
        receipt=make_evidence(demo=make_tree()).receipt,
        imports=(GOOD, BAD),
        placed=7,
        retired=2,
        size=1_250_000,
    )
    digest = make_evidence(demo=make_tree()).receipt.digest
    rest = (
        "2 installed, 1 kept, 7 files in (1.2 MB), 2 out, 1 of 2 import in 1.2 s;"
        f" the system is untouched, sha256:{'e' * 64}; tree sha256:{digest}"
    )
    assert reproduced_line(outcome, FOUND) == f"done: {rest}"
    against = replace(FOUND, against="r.json")
    assert reproduced_line(outcome, against) == f"reproduced, as r.json says: {rest}"
    different = replace(against, differences=(MANY,))
    assert reproduced_line(outcome, different) == f"not reproduced: {rest}"


def test_of_a_container_nothing_is_said_of_the_system() -> None:
    line = reproduced_line(make_outcome("reproduce"), replace(FOUND, plan=(), untouched=""))
    assert line == "done: nothing to do in 1.2 s"

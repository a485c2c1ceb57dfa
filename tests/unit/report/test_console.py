from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from syncsteps.errors import InterpreterError, LockError, SyncstepsError
from syncsteps.events import (
    AddressesMissing,
    AskingIndex,
    Event,
    Fetched,
    Fetching,
    Imported,
    Importing,
    LockSelected,
    Outcome,
    Planned,
    Recovered,
    Staged,
    Staging,
    StagingLine,
    StagingProgress,
    Swapping,
    TargetFound,
    Verified,
    Waiting,
)
from syncsteps.plan import Install, Replace
from syncsteps.report import ColourConsole, Console, TerminalConsole
from syncsteps.smoke.model import ImportResult, Verdict
from syncsteps.staging.model import Progress
from syncsteps.verify import Severity
from tests.support.runs import BAD, DRIFTS, GOOD, PLAN, full_outcome, make_finding, make_outcome
from tests.support.values import (
    SITE,
    make_directory,
    make_installed,
    make_lock,
    make_package,
    make_plan_of,
    make_receipt,
    make_selected,
    make_selection,
    make_system,
)
from tests.support.wheelhouses import make_housed, make_manifest

if TYPE_CHECKING:
    from collections.abc import Sequence

MARKUP = "[red]x[/red] :boom:"
HOSTILE = f"{MARKUP} \x1b[2J\x1b]0;t\x07\x9b5m\nerror ERR999: forged\r\u202e"
EVENTS: tuple[Event, ...] = (
    TargetFound(interpreter=make_system()),
    Recovered(message="an earlier sync was cut off; it has been undone"),
    LockSelected(
        lock=make_lock(make_package("attrs"), make_package("idna"), make_package("colorama")),
        selection=make_selection(make_selected("attrs"), make_selected("idna")),
    ),
    Verified(
        findings=(
            make_finding(Severity.WARNING, "FIL002", message="idna has no wheel", hint="wait"),
            make_finding(Severity.NOTE, "LCK002", message="cannot be told", hint="nothing"),
        )
    ),
    Waiting(state=Path("/opt/python/lib/python3.12/.syncsteps")),
    Planned(plan=PLAN, dry_run=False),
    Staging(total=2),
    StagingLine(text="Downloading attrs (60.2KiB)"),
    Staged(total=2, files=41, size=1_250_000, seconds=0.84),
    Importing(total=2),
    Imported(result=GOOD),
    Imported(
        result=ImportResult(distribution="idna", verdict=Verdict.NOTHING, seconds=0.1),
    ),
    Swapping(placed=43, retired=17),
)


FETCHED: tuple[Event, ...] = (
    Fetched(total=2, built=1, size=1_250_000, strangers=("a.whl", "notes.txt"), seconds=3.14),
)


def written(
    events: Sequence[Event] = (),
    *,
    outcome: Outcome | None = None,
    error: SyncstepsError | None = None,
    quiet: bool = False,
    verbose: bool = False,
) -> list[str]:
    stream = io.StringIO()
    console = Console(stream, quiet=quiet, verbose=verbose)
    for event in events:
        console(event)
    console.close()
    if outcome is not None:
        console.outcome(outcome)
    if error is not None:
        console.error(error)
    return stream.getvalue().splitlines()


class TestPlainLines:
    def test_a_run(self) -> None:
        target = "target: CPython 3.12.7 at /opt/python/bin/python3.12, installs into"
        done = "done: 1 installed, 1 replaced, 1 removed, 1 kept, 1 of 1 import in 1.2 s"
        assert written(EVENTS, outcome=full_outcome()) == [
            f"{target} /opt/python/lib/python3.12/site-packages",
            "recovered: an earlier sync was cut off; it has been undone",
            "pylock.toml: 2 of 3 packages are for this target",
            "warning FIL002: idna has no wheel",
            "  what to do: wait",
            "waiting for another sync of this interpreter to end",
            "+  attrs  25.1  not installed",
            "~  idna  3.9 -> 3.10  3.9 is installed",
            "-  toml  0.10  the lock does not name it",
            "staging 2 distributions",
            "staged 2 (41 files, 1.2 MB) in 0.8 s",
            "importing 2 distributions",
            "swapping 43 files in, 17 out",
            f"{done}; tree sha256:{'f' * 64}",
        ]

    def test_verbose_adds_what_is_kept_and_what_installers_say(self) -> None:
        lines = written(EVENTS, verbose=True)
        more = [line for line in lines if line not in written(EVENTS)]
        assert more == [
            "note LCK002: cannot be told",
            "  what to do: nothing",
            "=  six  1.17  already there",
            "  | Downloading attrs (60.2KiB)",
            "  attrs: ok (0.25 s)",
            "  idna: nothing to import (0.10 s)",
        ]

    def test_quiet_leaves_problems_only(self) -> None:
        problems = (
            Verified(findings=(make_finding(), make_finding(Severity.WARNING, "FIL002"))),
            Imported(result=BAD),
        )
        assert written(EVENTS, quiet=True) == [
            "recovered: an earlier sync was cut off; it has been undone"
        ]
        assert written(problems, quiet=True) == [
            "error INT003: /usr cannot be written to",
            "  what to do: run as root",
            *written([Imported(result=BAD)]),
        ]
        assert written(outcome=full_outcome(), quiet=True) == []

    def test_a_wheelhouse_that_is_filled(self) -> None:
        house = make_manifest(make_housed(make_selected()), make_housed(make_selected("other")))
        lines = written(
            [Fetching(total=2, kept=0), *FETCHED], outcome=make_outcome("fetch", wheelhouse=house)
        )
        assert lines == [
            "fetching 2 distributions",
            "fetched 2, built 1 of them, in 3.1 s; the wheelhouse has 1.2 MB",
            "left as they are, though the manifest does not name them: a.whl, notes.txt",
            "done: 2 wheels in the wheelhouse in 1.2 s",
        ]
        assert written([Fetching(total=0, kept=1)]) == ["fetching no distributions, 1 is there"]
        assert written([Fetching(total=1, kept=3)]) == ["fetching 1 distribution, 3 are there"]
        assert written([Fetching(total=1, kept=3), *FETCHED], quiet=True) == []

    def test_quiet_wins_over_verbose(self) -> None:
        assert written(EVENTS, quiet=True, verbose=True) == written(EVENTS, quiet=True)

    def test_an_import_that_fails(self) -> None:
        assert written([Imported(result=BAD)]) == [
            f"failed: idna: idna.core does not import: {BAD.exception}",
            "  | idna/__init__.py:1 in <module>",
            "  | idna/core.py:3 in <module>",
            "  what to do: look elsewhere",
        ]

    def test_an_import_that_fails_and_does_not_matter(self) -> None:
        lines = written([Imported(result=replace(BAD, tolerated=True))])
        assert lines[0] == f"warning: idna: idna.core does not import: {BAD.exception}"
        assert len(lines) == 4
        assert written([Imported(result=replace(BAD, tolerated=True))], quiet=True) == []

    def test_what_is_good_and_yet_remarkable_is_a_warning(self) -> None:
        flaky = Imported(result=replace(BAD, verdict=Verdict.FLAKY))
        lines = written([flaky])
        assert lines[0].startswith("warning: idna: idna.core does not always import: ")
        assert written([flaky], quiet=True) == []
        assert "    leaves 1 thread, 2 processes" in written([flaky], verbose=True)

    def test_the_slowest_come_last_where_that_is_wanted(self) -> None:
        outcome = make_outcome("smoke", imports=(GOOD, BAD))
        lines = written(outcome=outcome, verbose=True)
        assert lines[-3:-1] == ["the slowest to import:", "  idna: 0.40 s, 12 MB"]

    @pytest.mark.parametrize(
        ("verdict", "said"),
        [
            (Verdict.CRASHED, "crashes the interpreter"),
            (Verdict.TIMED_OUT, "does not end importing"),
            (Verdict.EXITED, "ends the process"),
        ],
    )
    def test_other_ways_to_fail(self, verdict: Verdict, said: str) -> None:
        result = ImportResult(distribution="idna", verdict=verdict)
        assert written([Imported(result=result)]) == [f"failed: idna: it {said}"]

    def test_an_index_is_asked(self) -> None:
        events = (AskingIndex(total=1), AddressesMissing(left_out=("no a", "no b")))
        warnings = ["warning: left out: no a", "warning: left out: no b"]
        assert written(events) == [
            "asking the index for the addresses of 1 package, which the lock does not have",
            *warnings,
        ]
        assert written(events, quiet=True) == warnings

    def test_nothing_to_do(self) -> None:
        keep = make_plan_of(*PLAN.kept)
        assert written([Planned(plan=keep, dry_run=False)]) == [
            "nothing to do: 1 distribution as the lock says"
        ]
        assert written([Planned(plan=make_plan_of(), dry_run=True)]) == [
            "nothing to do: no distributions as the lock says"
        ]

    def test_a_dry_run_says_so(self) -> None:
        assert written([Planned(plan=PLAN, dry_run=True)])[-1] == "dry run: nothing has been done"

    def test_versions_that_are_not_known(self) -> None:
        tree = make_directory("mine", version=None)
        plan = make_plan_of(
            Install(selected=make_directory("extra", version=None), reason="not installed"),
            Replace(selected=tree, installed=make_installed("mine", "1.0"), reason="has changed"),
        )
        assert written([Planned(plan=plan, dry_run=False)]) == [
            "+  extra  not installed",
            "~  mine  1.0 -> (from its source)  has changed",
        ]

    def test_one_of_each_is_not_plural(self) -> None:
        lines = written([Staging(total=1), Importing(total=1)])
        assert lines == ["staging 1 distribution", "importing 1 distribution"]

    def test_another_implementation(self) -> None:
        pypy = replace(make_system(), implementation="pypy", version="3.11.13")
        other = replace(make_system(), implementation="graalpy")
        assert written([TargetFound(interpreter=pypy)])[0].startswith("target: PyPy 3.11.13 at ")
        assert written([TargetFound(interpreter=other)])[0].startswith("target: graalpy 3.12.7 at ")


class TestErrors:
    def test_what_where_and_what_next(self) -> None:
        error = LockError(
            "is missing", file="uv.lock", table="package[2]", key="name", hint="lock again"
        )
        assert written(error=error) == [
            "error ERR300: uv.lock, package[2], key 'name': is missing",
            "  what to do: lock again",
        ]

    def test_details_come_between(self) -> None:
        error = InterpreterError("it is no Python", details=["one", "two"], hint="name another")
        assert written(error=error, quiet=True) == [
            "error ERR400: it is no Python",
            "  | one",
            "  | two",
            "  what to do: name another",
        ]

    def test_without_a_hint_none_is_made_up(self) -> None:
        assert written(error=InterpreterError("it is no Python")) == [
            "error ERR400: it is no Python"
        ]
        assert written([Verified(findings=(make_finding(hint=""),))]) == [
            "error INT003: /usr cannot be written to"
        ]


class TestSummary:
    @pytest.mark.parametrize(
        ("outcome", "line"),
        [
            (make_outcome(), "done: nothing to do in 1.2 s"),
            (
                make_outcome(plan=PLAN, dry_run=True),
                "done: 1 to be installed, 1 to be replaced, 1 to be removed, 1 kept in 1.2 s",
            ),
            (
                make_outcome("install", plan=PLAN),
                "done: 1 installed, 1 replaced, 1 removed, 1 kept in 1.2 s",
            ),
            (
                make_outcome("verify", findings=(make_finding(), make_finding(Severity.NOTE))),
                "done: 1 error, no warnings, 1 note in 1.2 s",
            ),
            (make_outcome("verify"), "done: no errors, no warnings, no notes in 1.2 s"),
            (make_outcome("smoke", imports=(GOOD, BAD)), "done: 1 of 2 import in 1.2 s"),
            (make_outcome("smoke"), "done: nothing to import in 1.2 s"),
            (
                make_outcome("check", receipt=make_receipt()),
                f"done: no differences in 1.2 s; tree sha256:{'f' * 64}",
            ),
            (make_outcome("recover"), "done: there was nothing to recover"),
            (make_outcome("recover", recovered="it was undone"), "done: it was undone"),
        ],
    )
    def test_the_last_line_of_each_verb(self, outcome: Outcome, line: str) -> None:
        assert written(outcome=outcome)[-1] == line

    def test_differences_come_before_it(self) -> None:
        outcome = make_outcome("check", drifts=DRIFTS)
        assert written(outcome=outcome) == [
            "drift: attrs: file modified: /site/attr.py",
            "drift: idna: missing: not installed",
            "done: 2 differences in 1.2 s",
        ]
        assert len(written(outcome=outcome, quiet=True)) == 2


def hostile_events() -> list[Event]:
    """Return a run in which everything that others may write is written by an enemy."""
    bad = replace(BAD, module=HOSTILE, exception=HOSTILE, frames=(HOSTILE,), distribution=HOSTILE)
    plan = make_plan_of(
        Install(selected=make_selected("attrs"), reason=HOSTILE),
        Replace(
            selected=make_selected("idna"),
            installed=make_installed("idna", HOSTILE),
            reason="another",
        ),
    )
    system = make_system(externally_managed=HOSTILE)
    return [
        TargetFound(interpreter=replace(system, executable=Path("/x") / HOSTILE)),
        LockSelected(lock=make_lock(path=Path(HOSTILE)), selection=make_selection()),
        Verified(findings=(make_finding(message=HOSTILE, hint=HOSTILE),)),
        Planned(plan=plan, dry_run=False),
        Staging(total=1),
        StagingLine(text=HOSTILE),
        Staged(total=1, files=1, size=1, seconds=1.0),
        Fetched(total=1, built=1, size=1, strangers=(HOSTILE,), seconds=1.0),
        Importing(total=1),
        Imported(result=bad),
        Imported(result=replace(bad, verdict=Verdict.OK)),
    ]


def without_styles(text: str) -> str:
    """Return what a terminal shows of rich's own output: colours, cursor and line movements go."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


class TestHostileText:
    ERROR = InterpreterError(HOSTILE, hint=HOSTILE, details=[HOSTILE])

    @pytest.mark.parametrize("verbose", [False, True])
    def test_a_log_gets_one_printable_line_for_each(self, *, verbose: bool) -> None:
        lines = written(hostile_events(), error=self.ERROR, verbose=verbose)
        assert all(line.isprintable() for line in lines)
        assert not any(line.startswith("error ERR999") for line in lines)
        assert r"[red]x[/red] :boom: \x1b[2J\x1b]0;t\x07\x9b5m error ERR999: forged" in lines[2]

    @pytest.mark.parametrize("verbose", [False, True])
    def test_a_terminal_gets_it_without_markup_and_control(self, *, verbose: bool) -> None:
        text = shown(hostile_events(), error=self.ERROR, verbose=verbose)
        assert "\x1b[2J" not in text
        assert "\x1b]" not in text
        assert not set(text) & {"\x07", "\x9b", "\u202e"}
        visible = without_styles(text)
        assert "[red]x[/red] :boom:" in visible
        assert "\x1b" not in visible
        forged = [line for line in visible.splitlines() if line.startswith("error ERR999")]
        assert forged == []

    @pytest.mark.parametrize(
        "events",
        [
            [Recovered(message=MARKUP)],
            [
                Planned(
                    plan=make_plan_of(Install(selected=make_selected(), reason=MARKUP)),
                    dry_run=False,
                )
            ],
            [Staging(total=1), StagingLine(text=MARKUP)],
            [Importing(total=1), Imported(result=replace(GOOD, distribution=MARKUP))],
        ],
        ids=["line", "table", "installer", "import"],
    )
    def test_a_terminal_shows_markup_as_it_is(self, events: list[Event]) -> None:
        assert MARKUP in without_styles(shown(events))

    def test_a_log_that_cannot_be_written_stops_nothing(self) -> None:
        class Full(io.StringIO):
            def write(self, _text: str) -> int:
                raise OSError(28, "No space left on device")

        console = Console(Full())
        for event in EVENTS:
            console(event)
        console.error(self.ERROR)


def far(fetched: int, unpacked: int = 0, **fields: bool | int) -> StagingProgress:
    """Return the event of so much of twenty packages of 40 MB."""
    values: dict[str, Any] = {"size": fetched * 2_000_000, "of": 40_000_000, **fields}
    return StagingProgress(
        progress=Progress(fetched=fetched, unpacked=unpacked, total=20, **values)
    )


class TestProgress:
    @staticmethod
    def log(*events: tuple[float, Event], quiet: bool = False, progress: bool = True) -> list[str]:
        """Return the lines of a log of events, each at a time in seconds."""
        stream, now = io.StringIO(), [0.0]
        console = Console(stream, quiet=quiet, progress=progress, clock=lambda: now[0])
        for moment, event in events:
            now[0] = moment
            console(event)
        return stream.getvalue().splitlines()

    LONG = (
        (100.0, Staging(total=20)),
        (101.0, far(1)),
        (109.9, far(2)),
        (110.5, far(3)),
        (112.0, far(4)),
        (121.0, far(20, 7)),
    )

    def test_a_log_has_few_lines_of_it(self) -> None:
        assert self.log(*self.LONG) == [
            "staging 20 distributions",
            "staging: fetched 3 of 20 (6.0 of 40.0 MB)",
            "staging: unpacked 7 of 20",
        ]

    def test_a_wheelhouse_is_fetched_and_not_staged(self) -> None:
        events = ((0.0, Fetching(total=20, kept=0)), (60.0, far(3)))
        assert self.log(*events) == [
            "fetching 20 distributions",
            "fetching: fetched 3 of 20 (6.0 of 40.0 MB)",
        ]

    def test_none_where_none_is_wanted(self) -> None:
        assert self.log(*self.LONG, progress=False) == ["staging 20 distributions"]
        assert self.log(*self.LONG, quiet=True) == []

    def test_what_is_not_known_is_not_said(self) -> None:
        events = (
            (0.0, Staging(total=20)),
            (
                50.0,
                StagingProgress(
                    progress=Progress(fetched=3, unpacked=0, total=20, size=5, of=None, partly=True)
                ),
            ),
        )
        assert self.log(*events)[1:] == ["staging: fetched at least 3 of 20"]

    def test_a_terminal_shows_it_live(self) -> None:
        events: list[Event] = [Staging(total=20), far(3), StagingLine(text="Collecting six")]
        visible = without_styles(shown(events))
        assert "3/20" in visible
        assert "fetched 3 of 20 (6.0 of 40.0 MB)" in visible
        assert "staging:" not in visible
        assert shown([Staging(total=20), far(3)], quiet=True) == ""


def shown(
    events: Sequence[Event],
    *,
    outcome: Outcome | None = None,
    error: SyncstepsError | None = None,
    quiet: bool = False,
    verbose: bool = False,
) -> str:
    """Return what a terminal of 80 columns with colours is sent."""
    stream = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORCE_COLOR", "1")
        patch.setenv("TERM", "xterm-256color")
        patch.setenv("COLUMNS", "80")
        patch.delenv("NO_COLOR", raising=False)
        console = TerminalConsole(stream, quiet=quiet, verbose=verbose)
        try:
            for event in events:
                console(event)
        finally:
            console.close()
        if outcome is not None:
            console.outcome(outcome)
        if error is not None:
            console.error(error)
    return stream.getvalue()


def test_a_coloured_log_has_the_lines_of_a_plain_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    plain, coloured = io.StringIO(), io.StringIO()
    for console in (Console(plain), ColourConsole(coloured)):
        for event in EVENTS:
            console(event)
        console.outcome(full_outcome())
        console.error(InterpreterError("x" * 300))
    assert without_styles(coloured.getvalue()) == plain.getvalue()
    assert "\x1b[1;31merror ERR400" in coloured.getvalue()
    assert "\x1b[32mdone: " in coloured.getvalue()


class TestTerminal:
    def test_a_run(self) -> None:
        visible = without_styles(shown(EVENTS, outcome=full_outcome()))
        for line in ("target: CPython 3.12.7", "staged 2 (41 files, 1.2 MB) in 0.8 s"):
            assert line in visible
        rows = [line.split() for line in visible.splitlines()]
        assert ["distribution", "version", "why"] in rows
        assert ["+", "attrs", "25.1", "not", "installed"] in rows
        assert ["~", "idna", "3.9", "->", "3.10", "3.9", "is", "installed"] in rows
        assert ["-", "toml", "0.10", "the", "lock", "does", "not", "name", "it"] in rows
        assert visible.rstrip().splitlines()[-1] == written(outcome=full_outcome())[-1]

    def test_it_has_colours(self) -> None:
        assert "\x1b[1;31merror ERR400" in shown([], error=InterpreterError("no Python"))

    @pytest.mark.parametrize(
        ("events", "colour"),
        [
            ([AddressesMissing(left_out=("no a",))], "33mwarning: left out"),
            ([Verified(findings=(make_finding(Severity.WARNING, "FIL002"),))], "33mwarning FIL002"),
        ],
    )
    def test_warnings_have_theirs(self, events: list[Event], colour: str) -> None:
        assert f"\x1b[{colour}" in shown(events)

    def test_the_end_has_one(self) -> None:
        assert "\x1b[32mdone: " in shown([], outcome=full_outcome())

    def test_the_live_line_goes_in_the_end(self) -> None:
        text = shown([Staging(total=2), StagingLine(text="Building six")])
        assert "\x1b[?25h" in text
        assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")

    def test_the_live_line_is_gone_while_files_are_swapped(self) -> None:
        text = shown([Importing(total=1), Imported(result=GOOD), Swapping(placed=2, retired=0)])
        assert text.index("\x1b[?25h") < text.index("swapping 2 files in")

    def test_the_live_line_is_gone_once_everything_is_fetched(self) -> None:
        text = shown([Fetching(total=2, kept=0), StagingLine(text="Building six"), *FETCHED])
        assert "fetching 2 distributions" in text
        assert text.rindex("\x1b[?25h") < text.index("fetched 2, built 1 of them")

    def test_closing_twice_and_without_a_live_line(self) -> None:
        console = TerminalConsole(io.StringIO())
        console.close()
        console(Importing(total=1))
        console.close()
        console.close()

    def test_a_long_reason_is_not_cut_off(self) -> None:
        reason = " ".join(f"word{number}" for number in range(40))
        plan = make_plan_of(Install(selected=make_selected("attrs"), reason=reason))
        visible = without_styles(shown([Planned(plan=plan, dry_run=False)]))
        assert visible.split()[-40:] == reason.split()

    def test_a_long_message_stays_one_line(self) -> None:
        visible = without_styles(shown([], error=InterpreterError("x" * 300)))
        assert f"error ERR400: {'x' * 300}" in visible.splitlines()

    def test_quiet_shows_problems_only(self) -> None:
        assert without_styles(shown(EVENTS, quiet=True)) == (
            "recovered: an earlier sync was cut off; it has been undone\n"
        )
        assert "failed: idna" in shown([Importing(total=1), Imported(result=BAD)], quiet=True)

    def test_verbose_keeps_the_installers_lines(self) -> None:
        visible = without_styles(shown(EVENTS, verbose=True))
        assert "  | Downloading attrs (60.2KiB)" in visible
        assert ["=", "six", "1.17", "already", "there"] in [
            row.split() for row in visible.splitlines()
        ]

    def test_purelib_is_named_first(self) -> None:
        assert str(SITE) in without_styles(shown(EVENTS[:1]))

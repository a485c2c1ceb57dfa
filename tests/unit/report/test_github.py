from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from syncsteps.errors import CheckError, LockError, SelectionError
from syncsteps.report.github import summary, workflow_commands
from syncsteps.report.places import Places
from syncsteps.reproduce.model import Difference, DifferenceKind, Reproduction
from syncsteps.verify import Severity
from tests.support.runs import BAD, DRIFTS, GOOD, make_finding, make_outcome
from tests.support.targets import write_lock
from tests.support.values import make_lock, make_package

HOSTILE = "100%\r\n::error file=x::pwned\n::set-output name=a,b:c::d | <b>`x`</b> [l](u) @me #1"
NOT_REPRODUCED = make_outcome(
    "reproduce",
    reproduction=Reproduction(
        isolation="overlay",
        differences=(Difference(distribution="demo", kind=DifferenceKind.MISSING, there="1.0"),),
    ),
)
HERE = Places(Path("/checkout"))


class TestWorkflowCommands:
    def test_a_finding_has_the_line_of_its_entry(self, tmp_path: Path) -> None:
        path = write_lock(tmp_path, ("six", "1.0"))
        lock = make_lock(make_package("six"), path=path)
        finding = make_finding(code="LCK003", subject="six", message="six has no hash", hint="lock")
        outcome = make_outcome("verify", lock=lock, findings=(finding,))
        (command,) = workflow_commands(
            [outcome], error=CheckError("does not fit"), places=Places(tmp_path)
        )
        line = path.read_text().split("\n").index('name = "six"') + 1
        assert command == (
            f"::error file=pylock.toml,line={line},title=LCK003 six"
            "::six has no hash. What to do: lock"
        )

    def test_what_is_about_the_system_has_the_lock_alone(self) -> None:
        lock = make_lock(path=Path("/checkout/sub/pylock.toml"))
        outcome = make_outcome("verify", lock=lock, findings=(make_finding(Severity.WARNING),))
        (command,) = workflow_commands([outcome], error=None, places=HERE)
        assert command == (
            "::warning file=sub/pylock.toml,title=INT003 /usr::/usr cannot be written to."
            " What to do: run as root"
        )

    @pytest.mark.parametrize(
        ("quiet", "verbose", "levels"),
        [
            (False, False, ["error", "warning"]),
            (False, True, ["error", "warning", "notice"]),
            (True, False, ["error"]),
        ],
    )
    def test_levels_are_those_that_the_console_shows(
        self, *, quiet: bool, verbose: bool, levels: list[str]
    ) -> None:
        findings = tuple(make_finding(severity) for severity in reversed(Severity))
        commands = workflow_commands(
            [make_outcome("verify", findings=findings)],
            error=None,
            places=HERE,
            quiet=quiet,
            verbose=verbose,
        )
        assert [command.split(" ")[0] for command in commands] == [f"::{each}" for each in levels]

    def test_no_text_is_another_command(self) -> None:
        finding = make_finding(message=HOSTILE, subject=HOSTILE, hint=HOSTILE)
        outcome = make_outcome("verify", findings=(finding,), target=HOSTILE)
        (command,) = workflow_commands([outcome], error=None, places=HERE)
        assert "\n" not in command
        assert "\r" not in command
        match = re.fullmatch(r"::error title=([^:,]*)::(.*)", command)
        assert match is not None
        assert "100%25 %3A%3Aerror file=x%3A%3Apwned" in match[1]
        assert "a%2Cb%3Ac" in match[1]
        assert match[2].startswith("100%25 ::error file=x::pwned ")

    def test_github_shows_ten_of_each_level(self) -> None:
        findings = tuple(make_finding(message=f"number {n}") for n in range(12))
        findings += (make_finding(Severity.WARNING),)
        outcome = make_outcome("verify", findings=findings)
        commands = workflow_commands([outcome], error=None, places=HERE)
        assert [command.split(" ")[0] for command in commands] == ["::error"] * 10 + ["::warning"]

    def test_a_finding_of_several_targets_is_told_once(self) -> None:
        outcomes = [
            make_outcome("verify", findings=(make_finding(),), target=name) for name in ("a", "b")
        ]
        (command,) = workflow_commands(outcomes, error=None, places=HERE)
        assert command.endswith("What to do: run as root (targets: a, b)")

    def test_imports_and_differences(self) -> None:
        outcome = make_outcome("sync", imports=(GOOD, BAD), drifts=DRIFTS[:1])
        commands = workflow_commands([outcome], error=CheckError("x"), places=HERE)
        assert len(commands) == 2
        assert commands[0].startswith("::error title=import idna::failed: idna: idna.core does not")
        assert commands[1].startswith("::error title=attrs%3A file modified::drift: attrs: ")

    def test_an_import_that_does_not_matter_is_a_warning(self) -> None:
        outcome = make_outcome("sync", imports=(replace(BAD, tolerated=True),))
        (command,) = workflow_commands([outcome], error=None, places=HERE)
        assert command.startswith("::warning title=import idna::warning: idna: ")

    def test_a_target_that_was_refused(self) -> None:
        outcome = make_outcome("verify", refused=SelectionError("both apply"), target="ubi9")
        commands = workflow_commands([outcome], error=CheckError("no"), places=HERE)
        assert list(commands) == ["::error title=ERR310 ubi9::both apply"]
        other = make_outcome("verify", target="slim")
        lines = summary("verify", [outcome, other], error=None).split("\n")
        assert "| ubi9 | 0 | 0 | 0 | ERR310 |" in lines
        assert "| ubi9 | both apply |" in lines

    def test_what_is_not_reproduced(self) -> None:
        error = CheckError("not reproduced")
        (command,) = workflow_commands([NOT_REPRODUCED], error=error, places=HERE)
        assert command == ("::error title=not reproduced::differs: demo: missing here: 1.0 there")

    def test_an_early_end(self) -> None:
        error = LockError("broken", file="uv.lock")
        assert list(workflow_commands([], error=error, places=HERE)) == [
            "::error title=ERR300::uv.lock: broken"
        ]


class TestSummary:
    def test_findings_are_a_table(self) -> None:
        findings = (make_finding(Severity.NOTE), make_finding(code="LCK001", subject="uv.lock"))
        text = summary("verify", [make_outcome("verify", findings=findings)], error=None)
        assert text == (
            "\n## syncsteps verify: done\n\n"
            "| severity | code | about | what | what to do |\n"
            "| --- | --- | --- | --- | --- |\n"
            "| error | LCK001 | uv.lock | /usr cannot be written to | run as root |\n"
            "| note | INT003 | /usr | /usr cannot be written to | run as root |\n"
        )

    def test_several_targets_are_a_matrix(self) -> None:
        outcomes = [
            make_outcome("verify", findings=(make_finding(),), target="a"),
            make_outcome("verify", target="b"),
        ]
        lines = summary("verify", outcomes, error=CheckError("no", hint="h")).split("\n")
        assert lines[1:4] == ["## syncsteps verify: failed", "", "**ERR120** no"]
        assert "| a | 1 | 0 | 0 | INT003 |" in lines
        assert "| b | 0 | 0 | 0 |  |" in lines
        assert "| error | INT003 | a | /usr | /usr cannot be written to | run as root |" in lines

    def test_imports_and_differences(self) -> None:
        outcome = make_outcome("sync", imports=(GOOD, BAD), drifts=DRIFTS)
        text = summary("sync", [outcome], error=None)
        assert "1 of 2 distributions import." in text
        assert text.count("\n| import | failed\\: idna\\: ") == 1
        assert text.count("\n| difference | drift\\: ") == 2

    def test_what_others_have_written_stays_text(self) -> None:
        finding = make_finding(message=HOSTILE, subject=HOSTILE, hint=HOSTILE)
        text = summary("verify", [make_outcome("verify", findings=(finding,))], error=None)
        (row,) = [line for line in text.split("\n") if line.startswith("| error")]
        assert len(re.findall(r"(?<!\\)\|", row)) == 6
        for special in ("<b>", "`x`", " [l]", " @me", " #1"):
            assert special not in row
        assert "\\`x\\`&lt;/b&gt; \\[l\\]\\(u\\) \\@me \\#1" in row

    def test_what_is_not_reproduced(self) -> None:
        text = summary("reproduce", [NOT_REPRODUCED], error=CheckError("not reproduced"))
        assert "| difference | differs\\: demo\\: missing here\\: 1.0 there |" in text

    def test_its_size_is_bounded(self) -> None:
        findings = tuple(make_finding(message=f"{n} " + "x|" * 5000) for n in range(300))
        text = summary("verify", [make_outcome("verify", findings=findings)], error=None)
        assert len(text.encode()) < 2**20
        assert text.endswith("\n\n100 more are in the log.\n")

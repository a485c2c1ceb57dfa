from __future__ import annotations

import errno
import io
import json
import os
import re
import shlex
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from syncsteps import cli, errors, exporting, pipeline
from syncsteps.arguments import VERBS
from syncsteps.cli import main
from syncsteps.errors import CommitError, InterpreterError, LockError, StagingError
from syncsteps.events import Event, Outcome, Swapping, TargetFound, Verified
from syncsteps.export import Requirements
from syncsteps.options import OPTIONS
from syncsteps.smoke.model import ImportResult, Verdict
from syncsteps.verify import RULES, Finding, Severity
from tests.support.interpreters import make_interpreter
from tests.support.targets import UNHASHED, record, write_lock

if TYPE_CHECKING:
    from collections.abc import Callable

    from syncsteps.interpreter.model import Interpreter
    from syncsteps.settings import Settings


@pytest.fixture
def substitute(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Callable[..., Any]], None]:
    """Put a function in the place of a verb's."""

    def replace_verb(verb: str, function: Callable[..., Any]) -> None:
        module = exporting if verb in exporting.__all__ else pipeline
        monkeypatch.setattr(module, verb, function)

    return replace_verb


def outcome(verb: str) -> Outcome:
    return Outcome(verb=verb, interpreter=make_interpreter(), seconds=1.25)


def test_every_verb_has_help_that_names_its_options(capsys: pytest.CaptureFixture[str]) -> None:
    for verb in VERBS:
        assert main([verb, "--help"]) == 0
        said = capsys.readouterr().out
        for option in OPTIONS:
            named = re.search(rf"--{option.name}\b(?!-)", said) is not None
            assert named == (verb != "explain"), (verb, option.name)


@pytest.mark.parametrize(
    "argv", [[], ["nonsense"], ["sync", "--nonsense"], ["sync", "--jobs", "0"], ["sync", "--ext"]]
)
def test_misuse_is_exit_2(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(argv, environment={}) == 2
    assert "usage: syncsteps" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("variables", "coloured"),
    [
        ({}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": ""}, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_a_log_has_colours_where_they_are_asked_for(
    variables: dict[str, str],
    coloured: bool,  # noqa: FBT001
    substitute: Callable[[str, Callable[..., Any]], None],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)  # which rich reads by itself
    substitute("check", lambda *_, **__: outcome("check"))
    assert main(["check"], environment=variables) == 0
    assert ("\x1b[32mdone" in capsys.readouterr().err) is coloured


@pytest.mark.parametrize(
    "error",
    [
        LockError("broken", file="uv.lock", table="package[0]", key="name", hint="lock again"),
        InterpreterError("refused"),
        StagingError("no network", details=("line one", "line two")),
        CommitError("disk full"),
    ],
)
def test_an_error_is_told_with_its_exit_code(
    error: errors.SyncstepsError,
    substitute: Callable[[str, Callable[..., Any]], None],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*_: object, **__: object) -> Outcome:
        raise error

    substitute("sync", fail)
    target = tmp_path / "report.json"
    assert main(["sync", "--json", str(target)], environment={}, directory=tmp_path) == (
        error.exit_code
    )
    said = capsys.readouterr().err.splitlines()
    assert said[0] == f"error {error.code}: {error}"
    assert [line.strip() for line in said[1:]] == [
        *(f"| {detail}" for detail in error.details),
        *([f"what to do: {error.hint}"] if error.hint else []),
    ]
    document = json.loads(target.read_text())
    assert document["ok"] is False
    assert document["error"]["exit_code"] == error.exit_code
    assert document["error"]["message"] == str(error)


def test_a_run_that_is_refused_reports_what_it_came_to(
    substitute: Callable[[str, Callable[..., Any]], None],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    finding = Finding(code="INT002", severity=Severity.ERROR, message="m", hint="h")

    def refuse(*_: object, on_event: Callable[[object], None], **__: object) -> Outcome:
        on_event(TargetFound(interpreter=make_interpreter()))
        on_event(Verified(findings=(finding,)))
        raise InterpreterError("refused")

    substitute("sync", refuse)
    assert main(["sync", "--json", "-"], environment={}, directory=tmp_path) == 4
    document = json.loads(capsys.readouterr().out)
    assert document["error"]["message"] == "refused"
    assert [found["code"] for found in document["findings"]] == ["INT002"]
    assert document["interpreter"]["version"] == make_interpreter().version


@pytest.mark.parametrize("verb", ["sync", "install", "verify", "smoke", "check", "recover"])
def test_the_snapshots_that_a_project_names_are_what_it_verifies_against(
    verb: str, substitute: Callable[[str, Callable[..., Any]], None], tmp_path: Path
) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.syncsteps]\ninterpreter = "base.json"\n', encoding="utf-8"
    )
    seen: list[Settings] = []

    def note(settings: Settings, **_: object) -> Outcome:
        seen.append(settings)
        return outcome(verb)

    substitute(verb, note)
    assert main([verb], environment={}, directory=tmp_path) == 0
    assert seen[0].interpreter == ((str(tmp_path / "base.json"),) if verb == "verify" else ())
    assert main([verb, "--interpreter", "x.json"], environment={}, directory=tmp_path) == 0
    assert seen[1].interpreter == (str(tmp_path / "x.json"),)


def test_verify_ends_with_1_on_an_error_only(
    substitute: Callable[[str, Callable[..., Any]], None], tmp_path: Path
) -> None:
    def finding(severity: Severity) -> Finding:
        return Finding(code="INT002", severity=severity, message="m", hint="h")

    for severity, status in ((Severity.ERROR, 1), (Severity.WARNING, 0), (Severity.NOTE, 0)):
        found = replace(outcome("verify"), findings=(finding(severity),))
        substitute("verify", lambda *_, found=found, **__: found)
        assert main(["verify"], environment={}, directory=tmp_path) == status


def test_smoke_ends_with_1_when_something_does_not_import(
    substitute: Callable[[str, Callable[..., Any]], None],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    failed = ImportResult(distribution="alpha", verdict=Verdict.FAILED)
    substitute("smoke", lambda *_, **__: replace(outcome("smoke"), imports=(failed,)))
    assert main(["smoke"], environment={}, directory=tmp_path) == 1
    assert "does not import: alpha" in capsys.readouterr().err


def test_ctrl_c_and_sigterm_end_with_130_and_the_handler_is_put_back(
    substitute: Callable[[str, Callable[..., Any]], None],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def terminated(*_: object, **__: object) -> Outcome:
        signal.raise_signal(signal.SIGTERM)
        raise AssertionError("the signal did not interrupt")

    def interrupted(*_: object, **__: object) -> Outcome:
        raise KeyboardInterrupt

    before = signal.getsignal(signal.SIGTERM)
    for function in (terminated, interrupted):
        substitute("sync", function)
        assert main(["sync"], environment={}, directory=tmp_path) == 130
        assert "interrupted: nothing has been changed" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGTERM) == before


def test_ctrl_c_during_the_swap_does_not_claim_that_nothing_was_changed(
    substitute: Callable[[str, Callable[..., Any]], None],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def interrupted(*_: object, on_event: Callable[[Event], None], **__: object) -> Outcome:
        on_event(Swapping(placed=2, retired=1))
        raise KeyboardInterrupt

    substitute("sync", interrupted)
    assert main(["sync"], environment={}, directory=tmp_path) == 130
    said = capsys.readouterr().err
    assert "interrupted during the swap" in said
    assert "nothing has been changed" not in said


def test_ctrl_c_after_the_end_does_not_make_it_another(
    substitute: Callable[[str, Callable[..., Any]], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def install(*_: object, on_event: Callable[[Event], None], **__: object) -> Outcome:
        on_event(TargetFound(interpreter=make_interpreter()))
        return outcome("install")

    kept = []

    def interrupted(interpreter: Interpreter, **_: object) -> str:
        kept.append(interpreter)
        raise KeyboardInterrupt

    substitute("install", install)
    monkeypatch.setattr("syncsteps.caching.probes.keep_probe", interrupted)
    assert main(["install"], environment={}, directory=tmp_path) == 0
    assert kept
    assert "interrupted" not in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGHUP")
def test_a_closed_terminal_ends_with_130_unless_it_is_ignored(
    substitute: Callable[[str, Callable[..., Any]], None], tmp_path: Path
) -> None:
    def hang_up(*_: object, **__: object) -> Outcome:
        signal.raise_signal(signal.SIGHUP)
        return outcome("sync")

    substitute("sync", hang_up)
    before = signal.getsignal(signal.SIGHUP)
    assert main(["sync"], environment={}, directory=tmp_path) == 130
    assert signal.getsignal(signal.SIGHUP) == before
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert main(["sync"], environment={}, directory=tmp_path) == 0
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_flags_variables_and_the_file_reach_the_pipeline(
    substitute: Callable[[str, Callable[..., Any]], None], tmp_path: Path
) -> None:
    seen: list[Settings] = []

    def note(settings: Settings, **_: object) -> Outcome:
        seen.append(settings)
        return outcome("verify")

    substitute("verify", note)
    (tmp_path / "pyproject.toml").write_text('[tool.syncsteps]\nextra = ["file"]\nquiet = true\n')
    argv = ["verify", "--group", "a", "--group", "b", "--no-local"]
    assert main(argv, environment={"SYNCSTEPS_EXTRA": "one,two"}, directory=tmp_path) == 0
    assert seen[0].group == ("a", "b")
    assert seen[0].extra == ("one", "two")
    assert seen[0].no_local
    assert seen[0].quiet


def test_json_goes_to_standard_output_alone(
    substitute: Callable[[str, Callable[..., Any]], None],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    substitute("verify", lambda *_, **__: outcome("verify"))
    assert main(["verify", "--json", "-"], environment={}, directory=tmp_path) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["verb"] == "verify"
    assert captured.err.startswith("done: ")


def test_a_result_that_cannot_be_written_is_told(
    substitute: Callable[[str, Callable[..., Any]], None],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    substitute("export", lambda *_, **__: Requirements(hashed="text", unhashed=""))
    target = tmp_path / "missing" / "out.txt"
    assert main(["export", "-o", str(target)], environment={}, directory=tmp_path) == 2
    assert f"cannot write {target}: there is no {target.parent}" in capsys.readouterr().err


def test_an_export_can_be_told_of_as_well(
    substitute: Callable[[str, Callable[..., Any]], None],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    substitute("export", lambda *_, **__: Requirements(hashed="text", unhashed=""))
    arguments = ["export", "--json", str(tmp_path / "run.json")]
    assert main(arguments, environment={}, directory=tmp_path) == 0
    assert capsys.readouterr().out == "text"
    document = json.loads((tmp_path / "run.json").read_text("utf-8"))
    assert (document["verb"], document["ok"], document["error"]) == ("export", True, None)
    assert main(["export", "--json", "-"], environment={}, directory=tmp_path) == 2
    assert "two outputs are to be written to standard output" in capsys.readouterr().err


def test_a_report_that_cannot_be_written_is_told_before_anything_is_done(
    substitute: Callable[[str, Callable[..., Any]], None],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*_: object, **__: object) -> Outcome:
        raise AssertionError("it was begun")

    substitute("sync", fail)
    missing = tmp_path / "missing"
    for target, why in ((missing / "x.json", f"there is no {missing}"), (tmp_path, "a directory")):
        assert main(["sync", "--json", str(target)], environment={}, directory=tmp_path) == 2
        assert f"cannot write {target}: " in (said := capsys.readouterr().err)
        assert why in said


def test_reports_are_written_of_a_run_that_ends_well_and_of_one_that_does_not(
    substitute: Callable[[str, Callable[..., Any]], None], tmp_path: Path
) -> None:
    def refuse(*_: object, **__: object) -> Outcome:
        raise InterpreterError("refused")

    argv = ["verify", "--json", "out.json", "--junit", "out.xml"]
    substitute("verify", lambda *_, **__: outcome("verify"))
    assert main(argv, environment={}, directory=tmp_path) == 0
    assert json.loads((tmp_path / "out.json").read_text())["ok"] is True
    assert "refused" not in (tmp_path / "out.xml").read_text()
    substitute("verify", refuse)
    assert main(argv, environment={}, directory=tmp_path) == 4
    assert json.loads((tmp_path / "out.json").read_text())["ok"] is False
    assert 'message="refused"' in (tmp_path / "out.xml").read_text()


def test_two_reports_do_not_share_a_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "link").symlink_to("out")
    for first, second in (("-", "-"), ("out", "./out"), ("out", "link")):
        argv = ["verify", "--json", first, "--junit", second]
        assert main(argv, environment={}, directory=tmp_path) == 2
        assert "two outputs are to be written to" in capsys.readouterr().err


class TestTargets:
    def run(self, directory: Path, verb: str, *arguments: str) -> int:
        argv = [verb]
        for name, version in (("old", "3.9.2"), ("new", "3.13.1")):
            argv += ["--interpreter", str(record(directory, name, version=version))]
        return main([*argv, *arguments], environment={}, directory=directory)

    def test_verify_takes_several_and_every_report_names_them(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        write_lock(tmp_path, UNHASHED, marker="python_version < '3.12'")
        reports = ["--json", "out.json", "--junit", "out.xml", "--sarif", "out.sarif"]
        assert self.run(tmp_path, "verify", *reports) == 1
        captured = capsys.readouterr()
        assert captured.out == ""
        said = captured.err.splitlines()
        assert [line.split()[:2] for line in said[:2]] == [["error", "old"], ["fits", "new"]]
        assert said[3].startswith("done: the lock fits 1 of 2 targets in ")
        assert said[4] == "error ERR120: the lock does not fit 1 of 2 targets (LCK003)"
        document = json.loads((tmp_path / "out.json").read_text())
        assert [(t["name"], t["ok"]) for t in document["targets"]] == [
            ("old", False),
            ("new", True),
        ]
        named = [(f["target"], f["line"]) for f in document["findings"] if f["code"] == "LCK003"]
        assert named == [("old", 5)]
        assert 'name="syncsteps.verify.new"' in (tmp_path / "out.xml").read_text()
        results = json.loads((tmp_path / "out.sarif").read_text())["runs"][0]["results"]
        assert [r["properties"]["targets"] for r in results if r["level"] == "error"] == [["old"]]

    def test_a_single_snapshot_is_named_too(self, tmp_path: Path) -> None:
        write_lock(tmp_path, UNHASHED)
        snapshot = str(record(tmp_path, "slim"))
        argv = ["verify", "--interpreter", snapshot, "--json", "out.json"]
        assert main(argv, environment={}, directory=tmp_path) == 1
        document = json.loads((tmp_path / "out.json").read_text())
        assert {finding["target"] for finding in document["findings"]} == {"slim"}

    @pytest.mark.parametrize("verb", ["export", "inspect", "sync", "install", "smoke", "check"])
    def test_every_other_verb_refuses_several(
        self, verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        write_lock(tmp_path, ("demo", "1.0"))
        assert self.run(tmp_path, verb) == 2
        assert "snapshot" in capsys.readouterr().err
        if verb in {"sync", "install"}:
            assert self.run(tmp_path, verb, "--dry-run") == 2
            assert "2 snapshots are named, and this takes one" in capsys.readouterr().err

    def test_a_lock_that_fits_all_ends_with_0(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        write_lock(tmp_path, ("demo", "1.0"))
        assert self.run(tmp_path, "verify", "--quiet") == 0
        assert capsys.readouterr().err == ""


class TestGitHub:
    FINDING = Finding(code="INT002", severity=Severity.ERROR, message="m", hint="h")

    def run(self, directory: Path, **environment: str) -> int:
        variables = {"GITHUB_ACTIONS": "true", **environment}
        return main(["verify"], environment=variables, directory=directory)

    def test_a_step_gets_annotations_and_a_summary(
        self,
        substitute: Callable[[str, Callable[..., Any]], None],
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        substitute("verify", lambda *_, **__: replace(outcome("verify"), findings=(self.FINDING,)))
        target = tmp_path / "summary.md"
        target.write_text("# before\n")
        assert self.run(tmp_path, GITHUB_STEP_SUMMARY=str(target)) == 1
        captured = capsys.readouterr()
        assert captured.out == ""
        assert "\n::error title=INT002::m. What to do: h\n" in captured.err
        assert target.read_text().startswith("# before\n\n## syncsteps verify: failed\n")

    def test_an_early_end_is_annotated_too(
        self,
        substitute: Callable[[str, Callable[..., Any]], None],
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        def refuse(*_: object, **__: object) -> Outcome:
            raise InterpreterError("refused")

        substitute("verify", refuse)
        assert self.run(tmp_path) == 4
        assert "::error title=ERR400::refused\n" in capsys.readouterr().err

    def test_a_summary_that_cannot_be_written_ends_nothing(
        self,
        substitute: Callable[[str, Callable[..., Any]], None],
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        substitute("verify", lambda *_, **__: outcome("verify"))
        assert self.run(tmp_path, GITHUB_STEP_SUMMARY=str(tmp_path)) == 0
        assert f"warning: no summary in {tmp_path}: Is a directory" in capsys.readouterr().err

    def test_paths_are_those_of_the_workspace(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        project = tmp_path / "sub"
        project.mkdir()
        write_lock(project, UNHASHED)
        argv = ["verify", "--interpreter", str(record(tmp_path, "target"))]
        for workspace, path in ((tmp_path, "sub/pylock.toml"), (None, "pylock.toml")):
            variables = {"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(workspace or "")}
            assert main(argv, environment=variables, directory=project) == 1
            said = capsys.readouterr().err
            assert f"\n::error file={path},line=5,title=LCK003 plain::plain 1.0 has " in said

    @pytest.mark.parametrize("value", ["", "false", "1"])
    def test_elsewhere_nothing_is_told(
        self,
        value: str,
        substitute: Callable[[str, Callable[..., Any]], None],
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        substitute("verify", lambda *_, **__: replace(outcome("verify"), findings=(self.FINDING,)))
        target = tmp_path / "summary.md"
        environment = {"GITHUB_ACTIONS": value, "GITHUB_STEP_SUMMARY": str(target)}
        assert main(["verify"], environment=environment, directory=tmp_path) == 1
        assert "::error" not in capsys.readouterr().err
        assert not target.exists()


class NobodyReads(io.StringIO):
    def write(self, _text: str) -> int:
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")


@pytest.mark.parametrize(
    ("stream", "said"), [(None, "it is closed"), (NobodyReads(), "Broken pipe")]
)
@pytest.mark.parametrize("argv", [["export"], ["explain", "INT002"]])
def test_standard_output_that_takes_nothing_is_told(
    argv: list[str],
    stream: io.StringIO | None,
    said: str,
    substitute: Callable[[str, Callable[..., Any]], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    substitute("export", lambda *_, **__: Requirements(hashed="text", unhashed=""))
    monkeypatch.setattr(sys, "stdout", stream)
    assert main(argv, environment={}, directory=tmp_path) == 2
    assert f"error ERR200: cannot write to standard output: {said}" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="descriptors are closed by a POSIX shell")
@pytest.mark.parametrize(
    ("redirection", "status", "said"),
    [
        ("2>&-", 0, ""),
        (">&-", 2, "error ERR200: cannot write to standard output: it is closed\n"),
        (">&- 2>&-", 2, ""),
        ("| :", None, None),
    ],
)
def test_closed_streams_bring_no_traceback(
    redirection: str, status: int | None, said: str | None
) -> None:
    command = f"{shlex.quote(sys.executable)} -m syncsteps explain INT002 {redirection}"
    root = Path(cli.__file__).parent.parent
    done = subprocess.run(
        ["sh", "-c", command], cwd=root, check=False, capture_output=True, text=True
    )
    assert status is None or done.returncode == status
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert said is None or done.stderr == said


def test_what_cannot_carry_a_hash_goes_to_a_second_file(
    substitute: Callable[[str, Callable[..., Any]], None],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    texts = Requirements(
        hashed="a==1 --hash=sha256:0\n", unhashed="# why\nb @ git+https://x\n    # via a\n"
    )
    substitute("export", lambda *_, **__: texts)
    assert main(["export"], environment={}, directory=tmp_path) == 0
    captured = capsys.readouterr()
    assert captured.out == texts.hashed
    assert captured.err.endswith("left out; -o FILE writes them to a second file: b\n")
    target = tmp_path / "requirements.txt"
    assert main(["export", "-o", str(target)], environment={}, directory=tmp_path) == 0
    assert target.read_text() == texts.hashed
    second = tmp_path / "requirements.unhashed.txt"
    assert second.read_text() == texts.unhashed
    # The next one has nothing of that kind.
    texts = Requirements(hashed="a==1 --hash=sha256:0\n", unhashed="")
    assert main(["export", "-o", str(target)], environment={}, directory=tmp_path) == 0
    assert second.read_text() == "# Everything carries a hash.\n"
    assert "is empty now" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="a device is no path there")
def test_a_device_gets_no_second_file_beside_it(
    substitute: Callable[[str, Callable[..., Any]], None],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    substitute(
        "export", lambda *_, **__: Requirements(hashed="a\n", unhashed="b @ git+https://x\n")
    )
    assert main(["export", "-o", str(pipe)], environment={}, directory=tmp_path) == 0
    assert os.read(reader, 10) == b"a\n"
    os.close(reader)
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]
    assert "left out" in capsys.readouterr().err


def test_explain_knows_every_code(capsys: pytest.CaptureFixture[str]) -> None:
    codes = [rule.code for rule in RULES]
    codes += [getattr(errors, name).code for name in errors.__all__]
    assert len(codes) == len(set(codes))
    for code in codes:
        assert main(["explain", code.lower()]) == 0
        assert capsys.readouterr().out.startswith(f"{code}: ")
    assert main(["explain", "XYZ"]) == 2
    assert "no such code: XYZ" in capsys.readouterr().err


def test_version_is_that_of_pyproject(capsys: pytest.CaptureFixture[str]) -> None:
    pyproject = Path(cli.__file__).parent.parent / "pyproject.toml"
    found = re.search(r'^version = "(.+)"$', pyproject.read_text(encoding="utf-8"), re.MULTILINE)
    assert found is not None
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"syncsteps {found[1]}\n"


class TestProfiles:
    """Images by name, in place of a file."""

    def lock_native(self, directory: Path, platform: str) -> None:
        name = f"demo-1.0-cp39-abi3-{platform}.whl"
        (directory / "pylock.toml").write_text(
            'lock-version = "1.0"\ncreated-by = "test"\n'
            '[[packages]]\nname = "demo"\nversion = "1.0"\n'
            f'[[packages.wheels]]\nname = "{name}"\nurl = "https://index.invalid/{name}"\n'
            f'hashes = {{sha256 = "{"a" * 64}"}}\n',
            encoding="utf-8",
        )

    def run(self, directory: Path, verb: str, image: str) -> int:
        return main([verb, "--interpreter", image], environment={}, directory=directory)

    @pytest.mark.parametrize(
        ("image", "platform", "said"),
        [
            ("debian:11@amd64", "manylinux_2_34_x86_64", "needs glibc 2.34, the target has 2.31"),
            ("debian:12@amd64", "manylinux_2_34_x86_64", ""),
            ("ubi8-python3.11@amd64", "manylinux_2_34_x86_64", "needs glibc 2.34, the target has"),
            ("alpine:3.22@amd64", "manylinux_2_34_x86_64", "needs glibc, the target has musl"),
            ("alpine:3.22@amd64", "musllinux_1_1_x86_64", ""),
            ("python:3.12-slim@amd64", "musllinux_1_1_x86_64", "needs musl, the target has glibc"),
            ("debian:12@arm64", "manylinux_2_17_x86_64", "is for x86_64, the target is aarch64"),
            ("debian:12@arm64", "manylinux_2_17_aarch64", ""),
        ],
    )
    def test_wheels_fit_the_images_that_they_are_for(
        self,
        image: str,
        platform: str,
        said: str,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        self.lock_native(tmp_path, platform)
        self.run(tmp_path, "verify", image)
        errors = " ".join(capsys.readouterr().err.split())
        assert ("FIL001" in errors) == bool(said)
        assert said in errors

    def test_what_a_managed_image_says_is_shown(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        write_lock(tmp_path, ("demo", "1.0"))
        assert self.run(tmp_path, "verify", "debian:12") == 1
        errors = " ".join(capsys.readouterr().err.split())
        assert "INT002" in errors
        assert "To install Python packages system-wide, try apt install python3-xyz" in errors
        assert self.run(tmp_path, "verify", "python:3.12-slim") == 0

    def test_export_and_inspect_take_them_too(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        write_lock(tmp_path, ("demo", "1.0"), marker="platform_machine == 'aarch64'")
        assert self.run(tmp_path, "export", "ubi9@arm64") == 0
        assert "demo==1.0" in capsys.readouterr().out
        assert self.run(tmp_path, "export", "ubi9@amd64") == 0
        assert "demo==1.0" not in capsys.readouterr().out
        assert self.run(tmp_path, "inspect", "ubi9@arm64") == 0
        snapshot = capsys.readouterr().out
        (tmp_path / "ubi.json").write_text(snapshot, encoding="utf-8")
        assert self.run(tmp_path, "inspect", "ubi.json") == 0
        assert capsys.readouterr().out == snapshot

    @pytest.mark.parametrize("verb", ["sync", "smoke", "check"])
    def test_what_needs_the_interpreter_itself_refuses_them(
        self, verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        write_lock(tmp_path, ("demo", "1.0"))
        assert self.run(tmp_path, verb, "debian:12") == 2
        errors = " ".join(capsys.readouterr().err.split())
        assert "debian:12: recorded, and this needs the interpreter itself" in errors

    def test_an_unknown_one_ends_as_a_bad_snapshot_does(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        write_lock(tmp_path, ("demo", "1.0"))
        (tmp_path / "bad.json").write_text("{}", encoding="utf-8")
        bad = self.run(tmp_path, "verify", "bad.json")
        capsys.readouterr()
        assert self.run(tmp_path, "verify", "debain:12") == bad == 4
        errors = capsys.readouterr().err
        assert "debain:12: there is neither such a file here nor a profile of that name" in errors
        assert "Did you mean debian:12" in " ".join(errors.split())
        assert "python:3.13-slim" in errors

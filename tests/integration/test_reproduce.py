"""The same sync in a throwaway view, with real installers, a real interpreter and a local index."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import uv

from syncsteps import Settings, reproduce
from syncsteps.cli import main
from syncsteps.errors import CheckError, InterpreterError, StagingError
from syncsteps.events import Event, InnerLine, Reproducing
from syncsteps.interpreter import from_json
from syncsteps.processes import run
from syncsteps.receipts import from_json as receipt_from_json
from syncsteps.reproduce.collecting import collect, open_shell
from syncsteps.reproduce.model import DifferenceKind
from syncsteps.reproduce.packing import pack
from tests.support.debian_tool import project_wheels
from tests.support.engine import add_engine
from tests.support.projects import snapshot
from tests.support.wheels import make_source_tree, make_wheel

if TYPE_CHECKING:
    from tests.support.systems import System

pytestmark = [
    pytest.mark.enable_socket,
    pytest.mark.skipif(sys.platform == "win32", reason="scripts are programs there"),
]


def no_overlay() -> str:
    """Why nothing can be laid over a directory here, or nothing."""
    if sys.platform != "linux" or shutil.which("unshare") is None:
        return "needs Linux, and unshare to find out"
    done = run(["unshare", "--mount", "--map-root-user", "mount", "-t", "tmpfs", "none", "/mnt"])
    return done.stderr.strip() if done.status else ""


WHY = no_overlay()
OVERLAY = pytest.param(
    "overlay", marks=pytest.mark.skipif(bool(WHY), reason=f"no overlay here: {WHY}")
)
EITHER = pytest.mark.parametrize("isolation", [OVERLAY, "copy"])


@EITHER
@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_it_is_what_a_sync_leaves_and_leaves_nothing(
    isolation: str, installer: str, system: System, tmp_path: Path
) -> None:
    system.lock(project_wheels(system.index.directory))
    before = system.snapshot()
    report, synced = tmp_path / "reproduced.json", tmp_path / "synced.json"

    assert system.run("reproduce", "--isolation", isolation, "--json", str(report),
                      "--installer", installer) == 0  # fmt: skip

    assert system.snapshot() == before
    assert system.run("sync", "--json", str(synced)) == 0
    here, there = (json.loads(path.read_text()) for path in (report, synced))
    assert here["digest"] == there["digest"]
    assert here["distributions"] == there["distributions"]
    assert (here["placed"], here["retired"]) == (there["placed"], there["retired"])
    # The lines with which scripts begin are longer in the copy.
    assert isolation == "copy" or here["size"] == there["size"]
    assert [row["action"] for row in here["plan"]] == ["install", "install"]
    assert {row["verdict"] for row in here["imports"]} == {"ok"}
    assert here["interpreter"] == there["interpreter"]
    assert not here["changed"]
    assert len(here["reproduction"]["untouched"]) == 64


@EITHER
def test_a_project_that_is_built_is_reproduced(
    isolation: str, system: System, tmp_path: Path
) -> None:
    make_source_tree(
        system.project / "app",
        "app",
        "1.0",
        files={"app/__init__.py": "NAME = 'app'\n"},
        entry_points={"console_scripts": {"app": "app:NAME"}},
    )
    lock = (
        'lock-version = "1.0"\ncreated-by = "test"\n'
        '[[packages]]\nname = "app"\n[packages.directory]\npath = "app"\n'
    )
    (system.project / "pylock.toml").write_text(lock, encoding="utf-8")
    file = tmp_path / "synced.json"
    assert system.run("reproduce", "--isolation", isolation, "--json", str(file)) == 0
    assert system.run("sync") == 0
    assert system.run("reproduce", "--isolation", isolation, "--against", str(file)) == 0


@EITHER
def test_files_that_differ_are_named(
    isolation: str, system: System, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "synced.json"
    system.lock(project_wheels(system.index.directory))
    assert system.run("sync", "--json", str(file)) == 0
    (site,) = system.prefix.glob("lib/python3.*/site-packages")
    (site / "low" / "__init__.py").write_text("DEPTH = 4\n")
    before = system.snapshot()

    status = system.run("reproduce", "--isolation", isolation, "--against", str(file))

    assert status == 1
    said = capsys.readouterr().err
    assert "differs: low: other files: " in said
    assert "\n  ~ low/__init__.py\n" in said
    assert "differs: high" not in said
    assert system.snapshot() == before
    # Installed anew in the view, it is what it was.
    again = ("--reinstall-package", "low", "--against", str(file))
    assert system.run("reproduce", "--isolation", isolation, *again) == 0
    assert system.snapshot() == before


def test_another_file_of_the_same_version_is_named(system: System, tmp_path: Path) -> None:
    file = tmp_path / "reproduced.json"
    make_wheel(system.index.directory, "low", "1.0", files={"low.py": "A = 1\n"})
    system.lock(system.index.directory.glob("*.whl"))
    assert system.run("reproduce", "--json", str(file)) == 0
    shutil.rmtree(system.caches)
    make_wheel(system.index.directory, "low", "1.0", files={"low.py": "A = 2\n"})
    system.lock(system.index.directory.glob("*.whl"))
    settings = Settings(directory=system.project, python=str(system.target))
    outcome = reproduce(settings, environment=system.environment, against=file)
    assert outcome.reproduction is not None
    (difference,) = outcome.reproduction.differences
    assert (difference.distribution, difference.kind) == ("low", DifferenceKind.SOURCE)
    assert "~ low.py" in difference.files
    (remark,) = outcome.reproduction.remarks
    assert remark.startswith("the lock is another one there: sha256:")


@EITHER
def test_an_error_of_the_inner_sync_is_the_error(
    isolation: str, system: System, tmp_path: Path
) -> None:
    (wheel,) = [make_wheel(system.index.directory, "low", "1.0", files={"low.py": ""})]
    system.lock([wheel], low="0" * 64)
    before = system.snapshot()
    report = tmp_path / "report.json"
    settings = Settings(directory=system.project, python=str(system.target))
    with pytest.raises(StagingError, match="hash"):
        reproduce(settings, environment=system.environment, isolation=isolation)
    assert system.run("reproduce", "--isolation", isolation, "--json", str(report)) == 5
    assert json.loads(report.read_text())["error"]["code"] == "ERR500"
    assert system.snapshot() == before


def test_what_watches_hears_where_it_is_done_and_what_is_said_there(system: System) -> None:
    system.lock(project_wheels(system.index.directory))
    heard: list[Event] = []
    settings = Settings(directory=system.project, python=str(system.target))
    outcome = reproduce(
        settings, environment=system.environment, on_event=heard.append, isolation="copy"
    )
    assert [event.of for event in heard if isinstance(event, Reproducing)] == [str(system.prefix)]
    lines = [event.text for event in heard if isinstance(event, InnerLine)]
    assert "importing 2 distributions" in lines
    assert not [line for line in lines if line.startswith(("target:", "done:"))]
    assert outcome.receipt is not None
    assert outcome.interpreter.executable == system.target


def test_the_projects_own_settings_hold_inside(system: System, tmp_path: Path) -> None:
    make_wheel(system.index.directory, "low", "1.0", files={"low.py": "import nowhere\n"})
    system.lock(system.index.directory.glob("*.whl"))
    text = "[tool.syncsteps.smoke.packages.low]\nseverity = 'warning'\n"
    (system.project / "pyproject.toml").write_text(text, encoding="utf-8")
    report = tmp_path / "report.json"
    assert system.run("reproduce", "--json", str(report)) == 0
    (result,) = json.loads(report.read_text())["imports"]
    assert result["tolerated"]


def test_what_is_written_can_go_to_a_directory(system: System, tmp_path: Path) -> None:
    system.lock(project_wheels(system.index.directory))
    scratch = tmp_path / "scratch"
    assert system.run("reproduce", "--scratch", str(scratch)) == 2
    scratch.mkdir()
    assert system.run("reproduce", "--scratch", str(scratch)) == 0
    assert list(scratch.iterdir()) == []


def test_a_standard_that_is_none_is_told_before_anything_is_done(
    system: System, tmp_path: Path
) -> None:
    settings = Settings(directory=system.project, python=str(system.target))
    file = tmp_path / "receipt.json"
    file.write_text("{}")
    with pytest.raises(CheckError, match="receipt"):
        reproduce(settings, environment=system.environment, against=file)
    assert system.index.requests == []


def test_a_virtual_environment_is_refused_as_by_a_sync(system: System, tmp_path: Path) -> None:
    done = run([system.target, "-m", "venv", "--without-pip", tmp_path / "venv"])
    assert done.status == 0, done.stderr
    system.lock(project_wheels(system.index.directory))
    settings = Settings(directory=system.project, python=str(tmp_path / "venv" / "bin" / "python3"))
    with pytest.raises(InterpreterError, match="virtual environment"):
        reproduce(settings, environment=system.environment)


FROM_ARCHIVE = """\
import sys
sys.path[:0] = [sys.argv.pop(1)]
from syncsteps.cli import main
sys.exit(main(sys.argv[1:]))
"""


@EITHER
def test_from_one_file_it_works_as_well(isolation: str, system: System, tmp_path: Path) -> None:
    archive = tmp_path / "tool.pyz"
    pack(archive)
    system.lock(project_wheels(system.index.directory))
    before = system.snapshot()
    done = run(
        [sys.executable, "-I", "-S", "-c", FROM_ARCHIVE, archive, "reproduce",
         "--isolation", isolation, "--python", system.target],
        environment={**system.environment, "PATH": os.pathsep.join([*uv_directory(), os.defpath])},
        directory=system.project,
    )  # fmt: skip
    assert done.status == 0, done.stderr
    assert "2 of 2 import" in done.stderr
    assert system.snapshot() == before


def uv_directory() -> list[str]:
    """Where uv is: without anything that is installed here, the tool finds it on PATH alone."""
    return [str(Path(uv.find_uv_bin()).parent)]


@pytest.mark.parametrize("engine", ["docker", "podman"])
def test_what_an_engine_is_told_leads_to_a_sync(
    engine: str, system: System, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    add_engine(programs, engine, system.target)
    make_source_tree(system.project / "app", "app", "1.0", files={"app/__init__.py": ""})
    lock = (
        'lock-version = "1.0"\ncreated-by = "test"\n'
        '[[packages]]\nname = "app"\n[packages.directory]\npath = "app"\n'
    )
    (system.project / "pylock.toml").write_text(lock, encoding="utf-8")
    before = snapshot(system.project)
    report = tmp_path / "report.json"
    path = os.pathsep.join([str(programs), os.environ["PATH"]])

    status = main(
        ["reproduce", "--image", "some:image", "--isolation", engine, "--json", str(report)],
        environment={**system.environment, "PATH": path},
        directory=system.project,
    )

    said = capsys.readouterr().err
    assert status == 0, said
    assert f"reproducing in a container of some:image, by {engine}: " in said
    assert f"target: CPython {'.'.join(map(str, sys.version_info[:2]))}" in said
    document = json.loads(report.read_text())
    assert [row["name"] for row in document["distributions"]] == ["app"]
    assert document["interpreter"]["executable"] == str(system.target)
    assert document["reproduction"]["image"] == "some:image"
    assert document["reproduction"]["untouched"] == ""
    assert snapshot(system.project) == before
    assert (programs / "calls").read_text().split() == ["version", "run", "rm"]
    # What was built there was a copy.
    assert (programs / "project" / "app").is_dir()


def test_what_a_sync_has_left_is_collected(system: System, tmp_path: Path) -> None:
    system.lock(project_wheels(system.index.directory))
    report, evidence = tmp_path / "report.json", tmp_path / "evidence.json"
    assert system.run("sync", "--json", str(report)) == 0
    scripts = collect(str(report), str(evidence), environment=system.environment)
    assert scripts == str(system.target.parent)
    told = json.loads(evidence.read_text())
    receipt = receipt_from_json(told["receipt"])
    assert receipt.digest == json.loads(report.read_text())["digest"]
    assert from_json(told["interpreter"]).executable == system.target
    ((path, text),) = told["trees"]["high"]["scripts"]
    assert path == "../../../bin/high"
    assert text.startswith(f"#!{system.target}\n")
    assert "high/__init__.py,sha256=" in told["trees"]["high"]["record"]
    shell = open_shell(scripts, environment={**system.environment, "SHELL": f"{scripts}/high"})
    assert shell == 0

"""The whole chain on real interpreters, with real uv and real pip, against a local index."""

from __future__ import annotations

import errno
import itertools
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from syncsteps import commit, pipeline
from syncsteps.survey import Surveyor
from tests.support.projects import write_requirements
from tests.support.wheels import make_source_tree, make_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from syncsteps.interpreter import Interpreter
    from syncsteps.survey import Survey
    from tests.support.systems import System

pytestmark = pytest.mark.enable_socket


INSTALLERS = pytest.mark.parametrize("installer", ["uv", "pip"])


@INSTALLERS
def test_sync_installs_the_lock_and_the_second_run_changes_nothing(
    installer: str, system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    wheels = [
        make_wheel(
            system.index.directory, "alpha", "1.0", files={"alpha/__init__.py": "import beta\n"}
        ),
        make_wheel(
            system.index.directory,
            "beta",
            "2.0",
            files={"beta.py": "def main(): print('from beta')\n"},
            entry_points={"console_scripts": {"beta-tool": "beta:main"}},
        ),
    ]
    system.lock(wheels)

    assert system.run("sync", "--installer", installer) == 0
    said = capsys.readouterr().err
    assert said.splitlines()[0].startswith("target: CPython ")
    assert "done: 2 installed, 2 of 2 import" in said.splitlines()[-1]
    assert "tree sha256:" in said.splitlines()[-1]
    assert system.installed() == {"alpha": "1.0", "beta": "2.0"}
    script = system.target.parent / "beta-tool"
    assert subprocess.run([script], capture_output=True, text=True, check=True).stdout == (
        "from beta\n"
    )

    before = system.snapshot()
    assert system.run("sync", "--installer", installer) == 0
    assert "nothing to do: 2 distributions as the lock says" in capsys.readouterr().err
    assert system.snapshot() == before
    assert system.run("check") == 0
    assert system.run("smoke") == 0


@pytest.mark.skipif(sys.platform == "win32", reason="each has programs of its own there")
def test_uv_and_pip_leave_the_same_tree(system: System, capsys: pytest.CaptureFixture[str]) -> None:
    wheel = make_wheel(
        system.index.directory,
        "alpha",
        "1.0",
        files={"alpha/__init__.py": "def main(): pass\n", "alpha/data.txt": "x"},
        entry_points={"console_scripts": {"alpha-tool": "alpha:main"}},
        scripts={"alpha-script": "#!python\n"},
    )
    trees = []
    for installer in ("uv", "pip"):
        system.lock([wheel])
        assert system.run("sync", "--installer", installer) == 0
        trees.append(system.snapshot())
        system.lock([])
        assert system.run("sync", "--installer", installer) == 0
        assert system.installed() == {}  # it was this project's, and nothing needs it
    assert trees[0] == trees[1]
    assert sum(".syncsteps/receipts/" in path for path in trees[0]) == 1
    assert "1 removed" in capsys.readouterr().err


@pytest.mark.parametrize("tool", ["uv", "pip"])
def test_uv_and_pip_know_what_to_do_with_what_syncsteps_installed(
    tool: str, system: System
) -> None:
    wheel = make_wheel(
        system.index.directory,
        "alpha",
        "1.0",
        files={"alpha/__init__.py": "def main(): print('ran')\n"},
        entry_points={"console_scripts": {"alpha-tool": "alpha:main"}},
    )
    before = system.snapshot()
    system.lock([wheel])
    assert system.run("sync") == 0

    def run(*arguments: str) -> str:
        command = [sys.executable, "-m", tool, *(["pip"] if tool == "uv" else [])]
        target = ["--python", str(system.target)]
        if tool == "pip":
            command, target = [*command, *target], []
        done = subprocess.run(
            [*command, *arguments, *target],
            env=system.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    assert "alpha==1.0" in run("list", "--format=freeze")
    assert "Location:" in run("show", "alpha")
    run("check")
    run("uninstall", *(["--yes"] if tool == "pip" else []), "alpha")
    left = {path: entry for path, entry in system.snapshot().items() if ".syncsteps" not in path}
    assert left == before


@INSTALLERS
def test_an_upgrade_replaces_every_file_of_the_old_version(installer: str, system: System) -> None:
    old = make_wheel(
        system.index.directory, "alpha", "1.0", files={"alpha/__init__.py": "", "alpha/gone.py": ""}
    )
    new = make_wheel(
        system.index.directory, "alpha", "2.0", files={"alpha/__init__.py": "new = 1\n"}
    )
    system.lock([old])
    assert system.run("sync", "--installer", installer) == 0
    system.lock([new])
    assert system.run("sync", "--installer", installer) == 0
    assert system.installed() == {"alpha": "2.0"}
    assert not list(system.prefix.rglob("gone.py"))
    assert not list(system.prefix.rglob("alpha-1.0*"))


@INSTALLERS
@pytest.mark.parametrize("case", ["hash", "gone", "dead", "import"])
def test_what_fails_before_the_swap_changes_nothing(
    case: str, installer: str, system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    source = "import not_there\n" if case == "import" else ""
    wheel = make_wheel(system.index.directory, "alpha", "1.0", files={"alpha/__init__.py": source})
    system.lock([wheel], **({"alpha": "0" * 64} if case == "hash" else {}))
    if case == "gone":
        wheel.unlink()
    if case == "dead":
        system.index.stop()
    before = system.snapshot()

    status = system.run("sync", "--installer", installer)

    assert status == (1 if case == "import" else 5)
    assert system.snapshot() == before
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert "alpha" in said
    if case == "import":
        assert "ModuleNotFoundError: No module named 'not_there'" in said
        assert "nothing has been changed" in said


@INSTALLERS
def test_a_hashed_requirements_file_is_a_lock(installer: str, system: System) -> None:
    wheel = make_wheel(system.index.directory, "alpha", "1.0", files={"alpha.py": ""})
    write_requirements(system.project, [wheel])
    assert system.run("sync", "--installer", installer) == 0
    assert system.installed() == {"alpha": "1.0"}


@INSTALLERS
def test_a_directory_of_the_lock_is_built_and_built_again_only_when_it_changed(
    installer: str, system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = make_source_tree(
        system.project / "local", "local", "1.0", files={"local.py": "value = 1\n"}
    )
    (system.project / "pylock.toml").write_text('lock-version = "1.0"\ncreated-by = "test"\n')
    with (system.project / "pylock.toml").open("a", encoding="utf-8") as lock:
        lock.write('[[packages]]\nname = "local"\nversion = "1.0"\n')
        lock.write('directory = { path = "local" }\n')
    assert system.run("sync", "--installer", installer) == 0
    assert system.installed() == {"local": "1.0"}
    capsys.readouterr()
    assert system.run("sync", "--installer", installer) == 0
    assert "nothing to do" in capsys.readouterr().err
    (tree / "src" / "local.py").write_text("value = 2\n", encoding="utf-8")
    assert system.run("sync", "--installer", installer) == 0
    assert "its source has changed" in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["sync", "verify", "check"])
def test_a_directory_of_the_lock_that_is_not_here_is_told(
    verb: str, system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    (system.project / "pylock.toml").write_text(
        'lock-version = "1.0"\ncreated-by = "test"\n[[packages]]\nname = "local"\n'
        'version = "1.0"\ndirectory = { path = "local" }\n',
        encoding="utf-8",
    )
    assert system.run(verb) == 5
    said = capsys.readouterr().err
    assert f"local is built from {system.project / 'local'}, which cannot be read" in said
    assert "--no-local" in said


@pytest.mark.parametrize("verb", ["sync", "verify", "check", "export"])
def test_a_directory_outside_is_not_even_looked_into_unless_it_is_allowed(
    verb: str, system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    (system.project / "pylock.toml").write_text(
        'lock-version = "1.0"\ncreated-by = "test"\n[[packages]]\nname = "local"\n'
        'version = "1.0"\ndirectory = { path = "../nowhere" }\n',
        encoding="utf-8",
    )
    assert system.run(verb) == (1 if verb == "verify" else 3)
    assert "--allow-outside" in capsys.readouterr().err
    if verb != "export":
        assert system.run(verb, "--allow-outside") == 5
        assert "nowhere, which cannot be read" in capsys.readouterr().err


def test_what_another_installed_and_nobody_named_stays(system: System) -> None:
    other = make_wheel(system.index.directory, "other", "1.0", files={"other.py": ""})
    system.lock([other])
    assert system.run("sync") == 0
    system.name_project("second")
    alpha = make_wheel(system.index.directory, "alpha", "1.0", files={"alpha.py": ""})
    system.lock([alpha])
    assert system.run("sync") == 0
    assert system.installed() == {"alpha": "1.0", "other": "1.0"}


def test_two_projects_share_and_the_last_one_takes_it_away(system: System) -> None:
    wheel = make_wheel(system.index.directory, "alpha", "1.0", files={"alpha.py": ""})
    for name, wheels in (("a", [wheel]), ("b", [wheel]), ("a", [])):
        system.name_project(name)
        system.lock(wheels)
        assert system.run("sync") == 0
        assert system.installed() == {"alpha": "1.0"}
    system.name_project("b")
    system.lock([])
    assert system.run("sync") == 0
    assert system.installed() == {}


def test_a_disagreement_of_two_projects_is_refused(
    system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    one = make_wheel(system.index.directory, "alpha", "1.0", files={"alpha.py": ""})
    two = make_wheel(system.index.directory, "alpha", "2.0", files={"alpha.py": ""})
    system.name_project("first")
    system.lock([one])
    assert system.run("sync") == 0
    system.name_project("second")
    system.lock([two])
    capsys.readouterr()
    assert system.run("sync") == 4
    said = capsys.readouterr().err
    assert "SYS002" in said
    assert "'first'" in said
    assert system.installed() == {"alpha": "1.0"}
    assert system.run("sync", "--allow-replace", "alpha") == 0
    assert system.installed() == {"alpha": "2.0"}


def test_check_names_what_was_changed_by_hand(
    system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    wheel = make_wheel(system.index.directory, "alpha", "1.0", files={"alpha.py": "value = 1\n"})
    system.lock([wheel])
    assert system.run("sync") == 0
    module = next(system.prefix.rglob("alpha.py"))
    module.write_text("value = 2\n")
    capsys.readouterr()
    assert system.run("check") == 1
    said = capsys.readouterr().err
    assert "alpha.py" in said


def test_dry_run_writes_nothing_and_says_what_would_be_done(
    system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    wheel = make_wheel(system.index.directory, "alpha", "1.0", files={"alpha.py": ""})
    system.lock([wheel])
    before = system.snapshot()
    assert system.run("sync", "--dry-run", "--json", "-") == 0
    captured = capsys.readouterr()
    assert "+  alpha  1.0  not installed" in captured.err
    assert "1 to be installed" in captured.err
    document = json.loads(captured.out)
    assert document["plan"] == [
        {
            "action": "install",
            "name": "alpha",
            "version": "1.0",
            "installed": None,
            "reason": "not installed",
        }
    ]
    assert system.snapshot() == before


@pytest.mark.parametrize("file_format", ["requirements.txt", "pylock.toml"])
def test_an_export_installs_by_the_tools_themselves(
    file_format: str, system: System, tmp_path: Path
) -> None:
    wheel = make_wheel(system.index.directory, "alpha", "1.0", files={"alpha.py": ""})
    system.lock([wheel])
    exported = tmp_path / f"{'pylock' if file_format == 'pylock.toml' else 'req'}.toml"
    assert system.run("export", "--format", file_format, "-o", str(exported)) == 0
    (system.project / "pylock.toml").unlink()
    (system.project / file_format).write_text(exported.read_text())
    assert system.run("sync") == 0
    assert system.installed() == {"alpha": "1.0"}


def test_a_failed_import_may_be_no_more_than_a_warning(
    system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    system.lock(
        [
            make_wheel(system.index.directory, name, "1.0", files={f"{name}.py": "import absent\n"})
            for name in ("alpha", "beta")
        ]
    )
    (system.project / "pyproject.toml").write_text(
        "[tool.syncsteps.smoke.packages.alpha]\nseverity = 'warning'\n", encoding="utf-8"
    )
    assert system.run("sync") == 1
    said = capsys.readouterr().err
    assert "warning: alpha: alpha misses a Python module: ModuleNotFoundError" in said
    assert "failed: beta: beta misses a Python module: ModuleNotFoundError" in said
    assert "(beta): nothing has been changed" in said
    assert system.installed() == {}
    assert system.run("sync", "--smoke-severity", "warning") == 0
    assert system.installed() == {"alpha": "1.0", "beta": "1.0"}
    assert system.run("smoke", "--smoke-severity", "warning") == 0
    assert system.run("smoke") == 1


def test_a_package_that_the_settings_name_has_to_be_there(
    system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    system.lock([make_wheel(system.index.directory, "alpha", "1.0", files={"alpha.py": ""})])
    table = "[tool.syncsteps.smoke.packages.alfa]\ntimeout = 5\n"
    (system.project / "pyproject.toml").write_text(table, encoding="utf-8")
    assert system.run("sync") == 2
    said = capsys.readouterr().err
    assert "'alfa' is neither in the lock nor installed" in said
    assert "did you mean 'alpha'?" in said
    assert system.run("smoke") == 2
    assert "'alfa' is neither in the lock nor installed" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_what_a_sync_takes_away_is_not_found_by_its_imports(
    system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = system.index.directory
    old = make_wheel(directory, "alpha", "1.0", files={"alpha.py": "", "alpha_old.py": ""})
    user = make_wheel(directory, "user", "1.0", files={"user.py": "import alpha_old\n"})
    system.lock([old, user])
    assert system.run("sync") == 0
    before = system.snapshot()
    new = make_wheel(directory, "alpha", "2.0", files={"alpha.py": ""})
    later = make_wheel(directory, "user", "2.0", files={"user.py": "import alpha_old\n"})
    system.lock([new, later])
    assert system.run("sync") == 1
    said = capsys.readouterr().err
    assert "failed: user: user misses a Python module: ModuleNotFoundError: No module named" in said
    assert "what to do: nothing in the lock brings it" in said
    assert system.snapshot() == before


def test_of_what_the_lock_has_as_a_directory_every_module_is_imported(
    system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {"local/__init__.py": "", "local/deep/part.py": "", "local/part.py": "import absent\n"}
    make_source_tree(system.project / "local", "local", "1.0", files=files)
    (system.project / "pylock.toml").write_text(
        'lock-version = "1.0"\ncreated-by = "test"\n[[packages]]\nname = "local"\n'
        'version = "1.0"\ndirectory = { path = "local" }\n',
        encoding="utf-8",
    )
    assert system.run("sync") == 1
    assert "failed: local: local.part misses a Python module: " in capsys.readouterr().err
    assert system.run("sync", "--smoke-exclude", "local.part") == 0
    assert system.run("smoke") == 1
    assert "failed: local: local.part misses a Python module: " in capsys.readouterr().err


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="users as POSIX has them")
def test_modes_are_for_everyone_whatever_the_umask(system: System) -> None:
    wheel = make_wheel(system.index.directory, "alpha", "1.0", files={"alpha/__init__.py": ""})
    system.lock([wheel])
    before = os.umask(0o077)
    try:
        assert system.run("sync") == 0
    finally:
        os.umask(before)
    module = next(system.prefix.rglob("alpha/__init__.py"))
    assert module.stat().st_mode & 0o777 == 0o644
    assert module.parent.stat().st_mode & 0o777 == 0o755
    receipts = next(system.prefix.rglob(".syncsteps/receipts/*.json"))
    assert receipts.stat().st_mode & 0o777 == 0o644
    assert receipts.parent.stat().st_mode & 0o777 == 0o755
    assert receipts.parent.parent.stat().st_mode & 0o777 == 0o755


@INSTALLERS
def test_a_module_that_writes_into_its_own_files_does_not_get_them_in(
    installer: str, system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    source = (
        "import pathlib\n"
        "with pathlib.Path(__file__).with_name('data.txt').open('a') as data:\n"
        "    data.write('more')\n"
    )
    files = {"alpha/__init__.py": source, "alpha/data.txt": "as locked\n"}
    system.lock([make_wheel(system.index.directory, "alpha", "1.0", files=files)])
    assert system.run("sync", "--installer", installer) == 0
    assert "importing changed files of alpha" in capsys.readouterr().err
    placed = next(system.prefix.rglob("data.txt"))
    assert placed.read_text() == "as locked\n"
    assert system.run("check") == 0
    cached = list((system.caches / "uv").rglob("data.txt")) if installer == "uv" else []
    assert [path.read_text() for path in cached] == ["as locked\n"] * len(cached)


def test_directories_that_syncs_made_go_with_the_last_file_and_others_stay(
    system: System,
) -> None:
    made = system.index.directory
    alpha = make_wheel(made, "alpha", data={"data/share/apps/alpha/icon.png": "icon"})
    beta = make_wheel(made, "beta", data={"data/share/apps/beta.txt": "", "data/etc/b.conf": ""})
    (system.prefix / "etc").mkdir()
    before = {path for path in system.prefix.rglob("*") if path.is_dir()}
    system.lock([alpha, beta])
    assert system.run("sync") == 0
    system.lock([beta])
    assert system.run("sync") == 0
    assert not (system.prefix / "share" / "apps" / "alpha").exists()
    assert (system.prefix / "share" / "apps" / "beta.txt").exists()
    system.lock([])
    assert system.run("sync") == 0
    after = {path for path in system.prefix.rglob("*") if path.is_dir()}
    assert {p.name for p in after ^ before} <= {".syncsteps", "receipts"}
    (receipt,) = system.prefix.rglob(".syncsteps/receipts/*.json")
    written = receipt.stat().st_mtime_ns
    assert system.run("sync") == 0
    assert receipt.stat().st_mtime_ns == written


def test_a_file_that_two_distributions_share_goes_with_the_last_of_them(system: System) -> None:
    shared = "__import__('pkgutil')\n"
    wheels = [
        make_wheel(
            system.index.directory,
            name,
            "1.0",
            files={"ns/__init__.py": shared, f"ns/{name}.py": ""},
        )
        for name in ("alpha", "beta")
    ]
    system.lock(wheels)
    assert system.run("sync") == 0
    upgrade = make_wheel(
        system.index.directory,
        "alpha",
        "2.0",
        files={"ns/__init__.py": shared, "ns/alpha.py": "x = 1\n"},
    )
    system.lock([upgrade, wheels[1]])
    assert system.run("sync") == 0
    assert system.run("check") == 0
    system.lock([wheels[1]])
    assert system.run("sync") == 0
    assert system.run("check") == 0
    assert system.installed() == {"beta": "1.0"}
    system.lock([])
    assert system.run("sync") == 0
    assert not list(system.prefix.rglob("ns"))


def test_a_foreign_file_in_the_way_is_not_overwritten(
    system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    other = make_wheel(system.index.directory, "other", "1.0", files={"clash.py": "1\n"})
    system.lock([other])
    assert system.run("sync") == 0
    system.name_project("second")
    wheel = make_wheel(system.index.directory, "alpha", "1.0", files={"clash.py": "2\n"})
    system.lock([wheel])
    before = system.snapshot()
    capsys.readouterr()
    assert system.run("sync") == 4
    said = capsys.readouterr().err
    assert "error SYS009: alpha would overwrite" in said
    assert "clash.py of other, which stays" in said
    assert system.snapshot() == before


def test_a_foreign_file_of_nobody_s_is_not_overwritten_either(
    system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    other = make_wheel(system.index.directory, "other", "1.0", files={"other.py": ""})
    system.lock([other])
    assert system.run("sync") == 0
    site = next(system.prefix.rglob("other.py")).parent
    (site / "clash.py").write_text("by hand\n", "utf-8")
    system.lock([make_wheel(system.index.directory, "alpha", "1.0", files={"clash.py": "2\n"})])
    before = system.snapshot()
    assert system.run("sync") == 4
    assert "overwrite 1 files of no distribution that is known" in capsys.readouterr().err
    assert system.snapshot() == before


def test_what_was_changed_by_hand_is_put_right_on_request(system: System) -> None:
    wheel = make_wheel(system.index.directory, "alpha", "1.0", files={"alpha.py": "value = 1\n"})
    system.lock([wheel])
    assert system.run("sync") == 0
    module = next(system.prefix.rglob("alpha.py"))
    module.write_text("value = 2\n")
    assert system.run("check") == 1
    assert system.run("sync", "--reinstall-package", "Alpha") == 0
    assert module.read_text() == "value = 1\n"
    assert system.run("check") == 0


def test_who_gets_the_lock_on_an_unchanged_interpreter_works_by_the_first_survey(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    spaces, surveys = itertools.count(10**9), []
    inspect, survey = pipeline.inspect, Surveyor.survey

    def inspected(*args: Any, **options: Any) -> Interpreter:  # noqa: ANN401 - passed on
        return replace(inspect(*args, **options), free_space=next(spaces))

    def surveyed(surveyor: Surveyor, interpreter: Interpreter) -> Survey:
        surveys.append(survey(surveyor, interpreter))
        return surveys[-1]

    monkeypatch.setattr(pipeline, "touched_since", lambda *_: True)
    monkeypatch.setattr(pipeline, "inspect", inspected)
    monkeypatch.setattr(Surveyor, "survey", surveyed)
    system.lock([make_wheel(system.index.directory, "alpha", "1.0")])
    assert system.run("install") == 0
    assert len(surveys) == 1
    assert system.installed() == {"alpha": "1.0"}


@pytest.mark.parametrize("variables", [{}, {"SOURCE_DATE_EPOCH": "1"}])
def test_two_syncs_at_once_end_as_one_after_the_other(
    variables: dict[str, str], system: System
) -> None:
    wheels = [
        make_wheel(system.index.directory, f"pkg{n}", "1.0", files={f"pkg{n}.py": ""})
        for n in range(5)
    ]
    system.lock(wheels)
    with ThreadPoolExecutor(max_workers=2) as pool:
        done = list(pool.map(lambda _: system.start("sync", **variables), range(2)))
    for process in done:
        assert process.returncode == 0, process.stderr
    assert system.installed() == {f"pkg{n}": "1.0" for n in range(5)}
    assert system.run("check") == 0
    assert [path.name for path in system.prefix.rglob(".syncsteps/*")] == ["receipts"]


@pytest.mark.parametrize("verb", ["check", "verify", "sync"])
def test_nobody_looks_at_an_interpreter_between_two_states(
    verb: str, system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    wheel = make_wheel(system.index.directory, "alpha", "1.0", files={"alpha.py": "value = 1\n"})
    system.lock([wheel])
    assert system.run("sync") == 0
    (state,) = system.prefix.rglob(".syncsteps")
    (state / "commit").mkdir()
    options = ["--dry-run"] if verb == "sync" else []
    capsys.readouterr()
    assert system.run(verb, *options) == 4
    said = capsys.readouterr().err
    assert "was cut off while it did" in said
    assert "syncsteps recover" in said
    assert system.run("recover") == 0
    assert system.run(verb, *options) == 0


def test_check_reads_every_file_on_request(
    system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    wheel = make_wheel(system.index.directory, "alpha", "1.0", files={"alpha.py": "value = 1\n"})
    system.lock([wheel])
    assert system.run("sync") == 0
    module = next(system.prefix.rglob("alpha.py"))
    times = module.stat()
    module.write_text("value = 2\n")
    os.utime(module, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert system.run("check") == 0
    capsys.readouterr()
    assert system.run("check", "--hashes") == 1
    assert "alpha.py" in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["check", "recover", "sync"])
def test_a_state_directory_that_cannot_be_looked_into_is_told(
    verb: str,
    system: System,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refuse(_: Path) -> bool:
        raise PermissionError(errno.EACCES, "Permission denied")

    for name in ("pending", "unsettled"):  # root may look everywhere
        monkeypatch.setattr(commit, name, refuse)
    system.lock([])
    assert system.run(verb) == 4
    assert "whether an earlier sync was cut off cannot be told" in capsys.readouterr().err

"""Wheelhouses, filled by the real pip from a local index, for the real uv and the real pip."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import uv

import syncsteps
from syncsteps.cli import main
from syncsteps.interpreter import to_json
from tests.support.interpreters import linux_platforms, make_interpreter
from tests.support.wheels import make_sdist, make_source_tree, make_wheel, sha256

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.support.systems import System

pytestmark = pytest.mark.enable_socket
INSTALLERS = pytest.mark.parametrize("installer", ["uv", "pip"])
MANIFEST = "syncsteps-wheelhouse.json"
HIDDEN = "very-secret-word"
REFUSED, FAILED = 3, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Factory:
    """A system whose interpreter can be brought back to what it was, and a wheelhouse for it."""

    system: System
    kept: Path
    house: Path

    def reset(self) -> None:
        """Bring back the interpreter as it was, without anything that installers have cached."""
        shutil.rmtree(self.system.prefix)
        shutil.copytree(self.kept, self.system.prefix, symlinks=True)
        shutil.rmtree(self.system.caches, ignore_errors=True)

    def lock(self) -> None:
        """Have uv lock the project."""
        command = [uv.find_uv_bin(), "lock", "--no-config", "--default-index"]
        done = subprocess.run(
            [*command, self.system.index.url],
            cwd=self.system.project,
            env=self.system.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def fetch(self, *arguments: str, **variables: str) -> int:
        """Run `syncsteps fetch` into the wheelhouse."""
        return self.system.run("fetch", "--wheelhouse", str(self.house), *arguments, **variables)

    def sync(self, *arguments: str, **variables: str) -> int:
        """Run `syncsteps sync` from the wheelhouse."""
        return self.system.run("sync", "--wheelhouse", str(self.house), *arguments, **variables)

    def manifest(self) -> dict[str, dict[str, object]]:
        """Return the rows of the wheelhouse's manifest, by package."""
        document = json.loads((self.house / MANIFEST).read_text(encoding="utf-8"))
        return {row["name"]: row for row in document["wheels"]}

    def names(self) -> list[str]:
        """Return the names of what lies in the wheelhouse."""
        return sorted(path.name for path in self.house.iterdir())


@pytest.fixture
def factory(system: System, tmp_path: Path) -> Factory:
    kept = tmp_path / "kept"
    shutil.copytree(system.prefix, kept, symlinks=True)
    return Factory(system=system, kept=kept, house=tmp_path / "house")


def _repository(directory: Path) -> str:
    """Make a repository with a project in it; return its address."""
    tree = make_source_tree(directory, "gamma", "3.0", requires_python=">=3.9")
    variables = {
        **os.environ,
        **{
            f"GIT_{who}_{what}": "x@index.invalid"
            for who in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        },
    }
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "first"]):
        subprocess.run(["git", "-C", tree, *command], check=True, env=variables)
    return tree.as_uri()


def _project(factory: Factory, *, files: dict[str, str] | None = None, more: str = "") -> None:
    """Write a project that needs a wheel, an sdist and a repository, and lock it."""
    system = factory.system
    index = system.index.directory
    if not any(index.iterdir()):
        make_wheel(
            index,
            "alpha",
            "1.0",
            files={"alpha/__init__.py": "def main(): print('ran')\n"},
            entry_points={"console_scripts": {"alpha-tool": "alpha:main"}},
            scripts={"alpha-script": "#!python\n"},
            data={"data/share/alpha/notes.txt": "notes\n"},
        )
        make_sdist(index, "beta", "2.0", files={"beta/__init__.py": ""}, requires_python=">=3.9")
    address = _repository(factory.kept.parent / "gamma")
    tree = make_source_tree(
        system.project,
        "app",
        "1.0",
        files=files or {"app/__init__.py": "import alpha, beta, gamma\nmain = print\n"},
        requires=["alpha", "beta", "gamma"],
        requires_python=">=3.9",
        entry_points={"console_scripts": {"app": "app:main"}},
    )
    with (tree / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("\n[tool.syncsteps]\nallow-outside = true\n")
        file.write(f'\n[tool.uv.sources]\ngamma = {{ git = "{address}" }}\n{more}')
    factory.lock()


@INSTALLERS
def test_a_sync_from_a_wheelhouse_leaves_what_a_sync_without_one_does(
    installer: str, factory: Factory, capsys: pytest.CaptureFixture[str]
) -> None:
    _project(factory)
    system = factory.system
    assert system.run("sync", "--installer", installer) == 0, capsys.readouterr().err
    without = system.snapshot()

    factory.reset()
    assert factory.fetch() == 0, capsys.readouterr().err
    said = capsys.readouterr().err
    assert "fetching 4 distributions" in said
    assert "fetched 4, built 3 of them" in said
    assert said.splitlines()[-1].startswith("done: 4 wheels in the wheelhouse in ")
    assert system.installed() == {}

    factory.reset()
    system.index.stop()
    assert factory.sync("--installer", installer) == 0, capsys.readouterr().err
    assert system.snapshot() == without
    assert system.installed() == {"alpha": "1.0", "app": "1.0", "beta": "2.0", "gamma": "3.0"}
    assert factory.sync("--installer", installer) == 0
    assert "nothing to do: 4 distributions as the lock says" in capsys.readouterr().err
    assert system.run("check") == 0


def identity(path: Path) -> tuple[int, int]:
    """Return what is another for a file that was written anew."""
    status = path.stat()
    return status.st_ino, status.st_mtime_ns


def _alpha_and_beta(factory: Factory) -> tuple[Path, Path]:
    """Lock two wheels of the index."""
    directory = factory.system.index.directory
    wheels = (make_wheel(directory, "alpha", "1.0"), make_wheel(directory, "beta", "2.0"))
    factory.system.lock(wheels)
    return wheels


def _unchanged(house: Path, names: Iterable[str]) -> dict[str, tuple[int, int]]:
    """What no file of a wheelhouse keeps that is written once more."""
    found = {name: (house / name).stat() for name in names}
    return {name: (status.st_ino, status.st_mtime_ns) for name, status in found.items()}


def test_what_is_there_is_not_fetched_again_and_what_is_a_strangers_is_left(
    factory: Factory, capsys: pytest.CaptureFixture[str]
) -> None:
    alpha, beta = _alpha_and_beta(factory)
    assert factory.fetch() == 0, capsys.readouterr().err
    assert factory.names() == [alpha.name, beta.name, MANIFEST]
    assert factory.manifest()["alpha"]["sha256"] == sha256(alpha)
    assert not factory.manifest()["alpha"]["built"]
    before = _unchanged(factory.house, factory.names())
    (factory.house / "notes.txt").write_text("mine", encoding="utf-8")
    capsys.readouterr()

    factory.system.index.stop()
    assert factory.fetch() == 0
    said = capsys.readouterr().err
    assert "fetching no distributions, 2 are there" in said
    assert "though the manifest does not name them: notes.txt" in said
    assert _unchanged(factory.house, before) == before
    assert (factory.house / "notes.txt").read_text(encoding="utf-8") == "mine"


def test_what_is_damaged_or_gone_is_fetched_again_and_nothing_else(factory: Factory) -> None:
    alpha, beta = _alpha_and_beta(factory)
    assert factory.fetch() == 0
    kept = factory.house / beta.name
    before = identity(kept)
    asked = len(factory.system.index.requests)
    for gone in (False, True):
        shutil.rmtree(factory.system.caches, ignore_errors=True)
        (factory.house / alpha.name).write_bytes(b"x")
        if gone:
            (factory.house / alpha.name).unlink()
        assert factory.sync() == FAILED
        assert factory.fetch() == 0
        assert sha256(factory.house / alpha.name) == sha256(alpha)
        requests = factory.system.index.requests[asked:]
        assert requests
        assert all(alpha.name in path for path in requests)
    assert identity(kept) == before


def test_wheels_of_the_lock_count_without_a_manifest(
    factory: Factory, capsys: pytest.CaptureFixture[str]
) -> None:
    _alpha_and_beta(factory)
    assert factory.fetch() == 0
    before = factory.manifest()
    (factory.house / MANIFEST).unlink()
    factory.system.index.stop()
    assert factory.sync() == FAILED
    assert f"is no wheelhouse: it has no {MANIFEST}" in capsys.readouterr().err
    assert factory.fetch() == 0
    assert factory.manifest() == before


def test_each_that_is_missing_or_another_is_named_and_nothing_is_changed(
    factory: Factory, capsys: pytest.CaptureFixture[str]
) -> None:
    alpha, beta = _alpha_and_beta(factory)
    gamma = make_wheel(factory.system.index.directory, "gamma", "3.0")
    factory.system.lock([alpha, beta, gamma])
    assert factory.fetch() == 0
    newer = make_wheel(factory.system.index.directory, "alpha", "1.1")
    extra = make_wheel(factory.system.index.directory, "delta", "4.0")
    (factory.house / gamma.name).write_bytes(b"damaged")
    factory.system.lock([newer, beta, gamma, extra])
    before = factory.system.snapshot()
    capsys.readouterr()

    for verb, more in (("sync", []), ("install", []), ("verify", []), ("sync", ["--dry-run"])):
        house = str(factory.house)
        assert factory.system.run(verb, "--wheelhouse", house, *more) == FAILED
        said = capsys.readouterr().err
        assert "cannot give 3 of 4 distributions as the lock says" in said
        assert "alpha 1.1: the wheelhouse has 1.0" in said
        assert "delta 4.0: the wheelhouse does not have it" in said
        assert f"gamma 3.0: {gamma.name} is damaged, or was replaced" in said
        assert "beta" not in said.partition("error ERR500")[2]
        assert "what to do: run `syncsteps fetch --wheelhouse" in said
    assert factory.system.snapshot() == before

    assert factory.fetch() == 0
    assert f"does not name them: {alpha.name}" in capsys.readouterr().err
    assert factory.sync() == 0


def test_a_manifest_cannot_put_another_file_in_the_place_of_the_locks(
    factory: Factory, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    alpha, _ = _alpha_and_beta(factory)
    assert factory.fetch() == 0
    evil = make_wheel(tmp_path / "evil", "alpha", "1.0", files={"alpha.py": "evil = 1\n"})
    shutil.copyfile(evil, factory.house / alpha.name)
    path = factory.house / MANIFEST
    for built in ("false", "true"):
        text = (
            path.read_text(encoding="utf-8")
            .replace(f'"sha256": "{sha256(alpha)}"', (f'"sha256": "{sha256(evil)}"'))
            .replace('"built": false', f'"built": {built}')
        )
        path.write_text(text, encoding="utf-8")
        assert factory.sync() == FAILED
        assert f"{alpha.name} does not have the lock's hash" in capsys.readouterr().err
    assert factory.system.installed() == {}


@pytest.mark.parametrize("source", ["lock", "index"])
def test_a_file_that_does_not_have_the_locks_hash_is_not_let_in(
    source: str, factory: Factory, capsys: pytest.CaptureFixture[str]
) -> None:
    alpha, beta = _alpha_and_beta(factory)
    factory.system.lock([alpha, beta], alpha="0" * 64)
    assert factory.fetch("--source", source) == FAILED
    assert "alpha" in capsys.readouterr().err
    assert alpha.name not in factory.names()
    assert not any(name.startswith(".") for name in factory.names())


def test_the_project_can_come_later_than_its_dependencies(
    factory: Factory, capsys: pytest.CaptureFixture[str]
) -> None:
    _project(factory)
    assert factory.fetch("--no-project") == 0, capsys.readouterr().err
    assert sorted(factory.manifest()) == ["alpha", "beta", "gamma"]
    asked = len(factory.system.index.requests)
    capsys.readouterr()
    assert factory.fetch() == 0
    assert "fetching 1 distribution, 3 are there" in capsys.readouterr().err
    assert sorted(factory.manifest()) == ["alpha", "app", "beta", "gamma"]
    assert len(factory.system.index.requests) == asked
    (factory.system.project / "src/app/__init__.py").write_text("x = 1\n", encoding="utf-8")
    assert factory.fetch() == 0
    assert "fetching 1 distribution, 3 are there" in capsys.readouterr().err


def test_the_sources_need_not_be_where_the_wheels_are_installed(
    factory: Factory, capsys: pytest.CaptureFixture[str]
) -> None:
    _project(factory)
    system = factory.system
    assert system.run("sync") == 0, capsys.readouterr().err
    without = system.snapshot()
    factory.reset()
    assert factory.fetch() == 0
    for path in system.project.iterdir():
        if path.name not in {"pyproject.toml", "uv.lock"}:
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    assert factory.sync() == 0, capsys.readouterr().err
    assert system.snapshot() == without
    assert factory.sync() == 0
    assert "nothing to do" in capsys.readouterr().err
    assert factory.system.run("check", "--wheelhouse", str(factory.house)) == 0


@pytest.mark.parametrize("path", ["src/app/__init__.py", "src/app/new.py"])
def test_a_source_that_has_changed_since_its_wheel_was_built_is_told(
    path: str, factory: Factory, capsys: pytest.CaptureFixture[str]
) -> None:
    _project(factory)
    assert factory.fetch() == 0
    (factory.system.project / path).write_text("y = 2\n", encoding="utf-8")
    assert factory.sync() == FAILED
    said = capsys.readouterr().err
    assert "cannot give 1 of 4 distributions" in said
    assert "app 1.0: its source has changed since its wheel was built" in said
    assert factory.system.installed() == {}


def test_a_wheelhouse_in_the_project_is_no_part_of_it(
    factory: Factory, capsys: pytest.CaptureFixture[str]
) -> None:
    _project(factory)
    inside = str(factory.system.project / "wheels")
    # What one that was killed at its start may have left.
    (factory.system.project / "wheels/.fetching-abc").mkdir(parents=True)
    (factory.system.project / "wheels/.fetching-abc/half.whl").write_bytes(b"half")
    for _ in range(2):
        assert factory.system.run("fetch", "--wheelhouse", inside) == 0, capsys.readouterr().err
    assert "fetching no distributions, 4 are there" in capsys.readouterr().err
    assert factory.system.run("sync", "--wheelhouse", inside) == 0
    assert factory.system.run("check") == 0
    assert factory.system.run("fetch", "--wheelhouse", str(factory.system.project)) == 2
    assert "is the directory that app is built from" in capsys.readouterr().err


def test_an_interrupted_fetch_leaves_whole_wheels_and_goes_on_from_there(
    factory: Factory, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = factory.system.index.directory
    make_wheel(directory, "alpha", "1.0", files={"alpha/__init__.py": ""})
    flag = factory.kept.parent / "building"
    wait = (
        "import os, time\n"
        f"if not os.path.exists({str(flag)!r}):\n"
        f"    open({str(flag)!r}, 'w').close()\n"
        "    time.sleep(600)\n"
    )
    make_sdist(directory, "beta", "2.0", requires_python=">=3.9", build_script=wait)
    _project(factory)
    command = [sys.executable, "-m", "syncsteps", "fetch", "--wheelhouse", str(factory.house)]
    checkout = str(Path(syncsteps.__file__).parent.parent)
    # What is built last is app, then beta: what was complete before each is already in.
    with subprocess.Popen(
        [*command, "--python", str(factory.system.target)],
        cwd=factory.system.project,
        env={**factory.system.environment, "PYTHONPATH": checkout},
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        deadline = time.monotonic() + 60
        while not flag.exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
    assert {"alpha", "app"} <= set(factory.manifest())
    assert "beta" not in factory.manifest()
    assert not [name for name in factory.names() if name.startswith("beta")]
    asked = len(factory.system.index.requests)

    assert factory.fetch() == 0, capsys.readouterr().err
    assert sorted(factory.manifest()) == ["alpha", "app", "beta", "gamma"]
    assert "2 are there" in capsys.readouterr().err
    assert not any("alpha" in path for path in factory.system.index.requests[asked:])
    assert not any(name.startswith(".fetching") for name in factory.names())


def test_two_fetches_into_one_directory_wait_for_one_another(factory: Factory) -> None:
    _project(factory)
    with ThreadPoolExecutor(max_workers=2) as pool:
        runs = [
            pool.submit(factory.system.start, "fetch", "--wheelhouse", str(factory.house))
            for _ in range(2)
        ]
    said = sorted(run.result().stderr for run in runs)
    assert [run.result().returncode for run in runs] == [0, 0], said
    assert sum("fetching no distributions, 4 are there" in text for text in said) == 1
    assert factory.sync() == 0


class TestRecorded:
    """For an interpreter that is not on this machine."""

    def record(self, factory: Factory, **fields: Any) -> str:  # noqa: ANN401 - of many types
        path = factory.kept.parent / "recorded.json"
        interpreter = make_interpreter(factory.kept.parent / "absent", **fields)
        path.write_text(to_json(interpreter), encoding="utf-8")
        return str(path)

    def test_its_wheels_are_fetched(
        self, factory: Factory, capsys: pytest.CaptureFixture[str]
    ) -> None:
        directory = factory.system.index.directory
        platforms = linux_platforms("aarch64", (2, 31))
        recorded = self.record(factory, version="3.13.1", platforms=platforms)
        wheels = [
            make_wheel(directory, "alpha", "1.0", tag="cp313-cp313-manylinux_2_28_aarch64"),
            make_wheel(directory, "beta", "2.0", tag="cp39-abi3-manylinux2014_aarch64"),
            make_wheel(directory, "gamma", "3.0", requires_python=">=3.13"),
        ]
        factory.system.lock(wheels)
        for source in ("lock", "index"):
            house = str(factory.house / source)
            variables = {"SYNCSTEPS_WHEELHOUSE": house, "SYNCSTEPS_SOURCE": source}
            arguments = ["fetch", "--interpreter", recorded]
            environment = {**factory.system.environment, **variables}
            status = main(arguments, environment=environment, directory=factory.system.project)
            assert status == 0, capsys.readouterr().err
            names = sorted(path.name for path in (factory.house / source).iterdir())
            assert names == [*(wheel.name for wheel in wheels), MANIFEST]
            document = json.loads((factory.house / source / MANIFEST).read_text(encoding="utf-8"))
            assert document["target"]["version"] == "3.13.1"
            assert "cp313-cp313-linux_aarch64" in document["target"]["tags"]

    def test_what_would_have_to_be_built_is_refused_with_the_list(
        self, factory: Factory, capsys: pytest.CaptureFixture[str]
    ) -> None:
        _project(factory)
        asked = len(factory.system.index.requests)
        arguments = ["fetch", "--interpreter", self.record(factory), "--wheelhouse"]
        status = main(
            [*arguments, str(factory.house)],
            environment=factory.system.environment,
            directory=factory.system.project,
        )
        assert status == REFUSED
        said = capsys.readouterr().err
        for line in (
            "app 1.0 would have to be built, which is forbidden: it is a directory",
            "beta 2.0 would have to be built, which is forbidden: the lock has no wheel of it",
            "gamma 3.0 would have to be built, which is forbidden: it is a repository",
        ):
            assert f"error FIL003: {line}" in said
        assert "alpha" not in said
        assert len(factory.system.index.requests) == asked
        assert not factory.house.exists()

    def test_a_wheelhouse_for_another_interpreter_is_told(
        self, factory: Factory, capsys: pytest.CaptureFixture[str]
    ) -> None:
        directory = factory.system.index.directory
        alpha = make_wheel(directory, "alpha", "1.0", tag="cp313-cp313-manylinux_2_28_aarch64")
        native = make_wheel(directory, "alpha", "1.0", tag="py3-none-any")
        path = factory.system.project / "requirements.txt"
        hashes = " ".join(f"--hash=sha256:{sha256(wheel)}" for wheel in (alpha, native))
        path.write_text(f"alpha==1.0 {hashes}\n", encoding="utf-8")
        platforms = linux_platforms("aarch64", (2, 31))
        recorded = self.record(factory, version="3.13.1", platforms=platforms)
        status = main(
            ["fetch", "--interpreter", recorded, "--wheelhouse", str(factory.house)],
            environment=factory.system.environment,
            directory=factory.system.project,
        )
        assert status == 0, capsys.readouterr().err
        assert factory.names() == [alpha.name, MANIFEST]
        assert factory.sync() == FAILED
        said = capsys.readouterr().err
        assert f"alpha 1.0: {alpha.name} is for another interpreter" in said
        assert "it was fetched for CPython 3.13.1 with glibc 2.36" in said


@INSTALLERS
def test_files_that_the_lock_names_by_their_hashes_only(
    installer: str, factory: Factory, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = factory.system.index.directory
    alpha = make_wheel(directory, "alpha", "1.0")
    beta = make_sdist(directory, "beta", "2.0")
    path = factory.system.project / "requirements.txt"
    path.write_text(
        f"alpha==1.0 --hash=sha256:{sha256(alpha)}\nbeta==2.0 --hash=sha256:{sha256(beta)}\n",
        encoding="utf-8",
    )
    assert factory.fetch() == 0, capsys.readouterr().err
    rows = factory.manifest()
    assert {name: row["built"] for name, row in rows.items()} == {"alpha": False, "beta": True}
    factory.system.index.stop()
    assert factory.sync("--installer", installer) == 0, capsys.readouterr().err
    assert factory.system.installed() == {"alpha": "1.0", "beta": "2.0"}


@INSTALLERS
def test_where_builds_are_forbidden_nothing_is_built(
    installer: str, factory: Factory, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = factory.system.index.directory
    ran = factory.kept.parent / "ran"
    beta = make_sdist(directory, "beta", "2.0", build_script=f"open({str(ran)!r}, 'w').close()\n")
    path = factory.system.project / "requirements.txt"
    path.write_text(f"beta==2.0 --hash=sha256:{sha256(beta)}\n", encoding="utf-8")
    never = ("--build", "never")
    assert factory.system.run("sync", "--installer", installer, *never) == FAILED
    assert "beta" in capsys.readouterr().err
    assert factory.fetch(*never) == FAILED
    assert not ran.exists()
    assert factory.fetch() == 0
    assert ran.exists()
    ran.unlink()
    assert factory.sync("--installer", installer, *never) == 0, capsys.readouterr().err
    assert not ran.exists()


def test_a_fetch_that_cannot_be_is_told(
    factory: Factory, capsys: pytest.CaptureFixture[str]
) -> None:
    _alpha_and_beta(factory)
    assert factory.system.run("fetch") == 2
    assert "--wheelhouse DIR" in capsys.readouterr().err
    file = factory.kept.parent / "file"
    file.touch()
    assert factory.system.run("fetch", "--wheelhouse", str(file)) == 2
    assert "is no directory" in capsys.readouterr().err
    assert factory.system.run("fetch", "--wheelhouse", str(file / "below")) == FAILED
    assert "cannot be filled: Not a directory" in capsys.readouterr().err
    assert factory.sync() == FAILED
    assert f"{factory.house} is no wheelhouse" in capsys.readouterr().err
    # A wheelhouse need not stay where it has served.
    assert factory.system.run("check", "--wheelhouse", str(factory.house)) == 1


def test_the_settings_of_the_project_name_it_too(factory: Factory) -> None:
    _alpha_and_beta(factory)
    (factory.system.project / "pyproject.toml").write_text(
        '[tool.syncsteps]\nwheelhouse = "wheels"\n', encoding="utf-8"
    )
    assert factory.system.run("fetch") == 0
    assert (factory.system.project / "wheels" / MANIFEST).is_file()
    factory.system.index.stop()
    assert factory.system.run("sync") == 0
    assert factory.system.installed() == {"alpha": "1.0", "beta": "2.0"}


@pytest.mark.parametrize("verb", ["fetch", "sync"])
@INSTALLERS
def test_the_log_of_a_failing_build_is_shown_and_kept_without_secrets(
    verb: str, installer: str, factory: Factory
) -> None:
    temporary = factory.kept.parent / "temporary"
    temporary.mkdir()
    script = (
        "import os\n"
        "for number in range(300): print('line', number, os.environ['MY_TOKEN'])\n"
        "raise SystemExit('no compiler here')\n"
    )
    beta = make_sdist(factory.system.index.directory, "beta", "2.0", build_script=script)
    path = factory.system.project / "requirements.txt"
    path.write_text(f"beta==2.0 --hash=sha256:{sha256(beta)}\n", encoding="utf-8")
    done = factory.system.start(
        verb,
        *(["--wheelhouse", str(factory.house)] if verb == "fetch" else []),
        "--installer",
        installer,
        MY_TOKEN=HIDDEN,
        TMPDIR=str(temporary),
    )
    assert done.returncode == FAILED, done.stderr
    (log,) = temporary.iterdir()
    assert log.suffix == ".log"
    assert f"lines of the installer are in {log}." in done.stderr
    assert "beta" in done.stderr
    assert "cannot be built" in done.stderr
    written = log.read_text(encoding="utf-8")
    for number in range(300):
        assert f"line {number} ***" in written
    assert "no compiler here" in written
    assert "no compiler here" in done.stderr
    assert HIDDEN not in written + done.stderr
    assert factory.system.installed() == {}


def _backend(directory: Path, version: str) -> None:
    """Put a build backend into the index, which notes its own version in what it builds."""
    code = (
        "import os, zipfile\n"
        "def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):\n"
        "    info = 'beta-2.0.dist-info'\n"
        "    members = {\n"
        f"        'beta.py': 'MAKER = \"{version}\"\\n',\n"
        "        info + '/METADATA': 'Metadata-Version: 2.1\\nName: beta\\nVersion: 2.0\\n',\n"
        "        info + '/WHEEL': 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\n'\n"
        "        'Tag: py3-none-any\\n',\n"
        "    }\n"
        "    lines = [name + ',,' for name in (*members, info + '/RECORD')]\n"
        "    members[info + '/RECORD'] = '\\n'.join(lines) + '\\n'\n"
        "    name = 'beta-2.0-py3-none-any.whl'\n"
        "    with zipfile.ZipFile(os.path.join(wheel_directory, name), 'w') as archive:\n"
        "        for path, text in members.items():\n"
        "            archive.writestr(path, text)\n"
        "    return name\n"
    )
    make_wheel(directory, "maker", version, files={"maker.py": code})


@pytest.mark.parametrize("verb", ["fetch", "sync"])
@INSTALLERS
def test_builds_follow_the_constraints_of_a_uv_lock(
    verb: str, installer: str, factory: Factory, capsys: pytest.CaptureFixture[str]
) -> None:
    system = factory.system
    for version in ("1.0", "2.0"):
        _backend(system.index.directory, version)
    tree = factory.kept.parent / "beta-2.0"
    tree.mkdir()
    (tree / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["maker"]\nbuild-backend = "maker"\n'
        '[project]\nname = "beta"\nversion = "2.0"\nrequires-python = ">=3.9"\n',
        encoding="utf-8",
    )
    (tree / "PKG-INFO").write_text(
        "Metadata-Version: 2.2\nName: beta\nVersion: 2.0\nRequires-Python: >=3.9\n",
        encoding="utf-8",
    )
    with tarfile.open(system.index.directory / "beta-2.0.tar.gz", "w:gz") as archive:
        archive.add(tree, arcname="beta-2.0")
    (system.project / "pyproject.toml").write_text(
        '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.9"\n'
        'dependencies = ["beta"]\n'
        '[tool.uv]\npackage = false\nbuild-constraint-dependencies = ["maker<2"]\n',
        encoding="utf-8",
    )
    factory.lock()
    assert "build-constraints" in (system.project / "uv.lock").read_text(encoding="utf-8")
    if verb == "fetch":
        assert factory.fetch() == 0, capsys.readouterr().err
        system.index.stop()
        status = factory.sync("--installer", installer)
    else:
        status = system.run("sync", "--installer", installer)
    assert status == 0, capsys.readouterr().err
    code = "import beta; print(beta.MAKER)"
    done = subprocess.run([system.target, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "1.0\n"


def test_the_members_of_a_workspace_need_not_be_there_either(
    factory: Factory, capsys: pytest.CaptureFixture[str]
) -> None:
    system = factory.system
    for name, needs in (("app", ["member"]), ("member", [])):
        directory = system.project if name == "app" else system.project / "packages/member"
        make_source_tree(directory, name, "1.0", requires=needs, requires_python=">=3.9")
    with (system.project / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write(
            '\n[tool.uv.workspace]\nmembers = ["packages/*"]\n'
            "[tool.uv.sources]\nmember = { workspace = true }\n"
        )
    factory.lock()
    assert factory.fetch() == 0, capsys.readouterr().err
    shutil.rmtree(system.project / "packages")
    shutil.rmtree(system.project / "src")
    assert factory.sync() == 0, capsys.readouterr().err
    assert system.installed() == {"app": "1.0", "member": "1.0"}

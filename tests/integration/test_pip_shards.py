"""Several real pips that share a selection: the same result as of one, and one failure."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.version import Version

import syncsteps
from syncsteps import staging
from syncsteps.abreast import run_abreast
from syncsteps.errors import StagingError
from syncsteps.interpreter import probe
from syncsteps.locks.model import Directory, Hash, Package, Sdist, Wheel
from syncsteps.selection.model import Selected
from syncsteps.staging.model import StageOptions
from syncsteps.staging.pip import PipStager
from tests.support.interpreters import throwaway_interpreter
from tests.support.locks import make_lock
from tests.support.prefixes import selection_of
from tests.support.projects import snapshot
from tests.support.wheels import make_sdist, make_source_tree, make_wheel, sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from syncsteps.abreast import Call, Failure
    from syncsteps.interpreter.model import Interpreter
    from syncsteps.selection.model import Selection
    from tests.support.index import Index
    from tests.support.systems import System

pytestmark = pytest.mark.enable_socket
PKGUTIL = '__path__ = __import__("pkgutil").extend_path(__path__, __name__)\n'
# What the lock says of each wheel, whatever is true: enough for a pip of its own.
SIZE = 10_000_000


@dataclass
class Counted:
    """Runs what it is told to, and notes how many chains that were."""

    chains: list[int] = field(default_factory=list)

    def __call__(
        self,
        chains: Sequence[Sequence[Call]],
        *,
        on_line: Callable[[int, str], None],
        on_tick: Callable[[], None] | None = None,
    ) -> Failure | None:
        self.chains.append(len(chains))
        return run_abreast(chains, on_line=on_line, on_tick=on_tick)


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Interpreter:
    return probe(throwaway_interpreter(tmp_path_factory.mktemp("target")))


def _locked(index: Index, file: Path) -> Selected:
    kind = Wheel if file.suffix == ".whl" else Sdist
    entry = kind(
        filename=file.name,
        url=index.file_url(file.name),
        hashes=(Hash(algorithm="sha256", digest=sha256(file)),),
        size=SIZE,
    )
    name, version = file.name.removesuffix(".tar.gz").split("-")[:2]
    package = Package(name=name.replace("_", "-"), version=Version(version), index=index.url)
    return Selected(package=package, chosen=entry)


def _of_every_kind(system: System) -> Selection:
    """Distributions that share directories, files and scripts with each other, in many ways."""
    index, files = system.index, system.index.directory
    wheels = []
    for number, name in enumerate(("anna", "bert", "cleo", "dora", "emil", "fritz")):
        wheels.append(
            make_wheel(
                files,
                name,
                files={
                    f"{name}.py": "",
                    f"implicit/{name}/__init__.py": "",
                    "pkgutil_style/__init__.py": PKGUTIL,
                    f"pkgutil_style/{name}.py": f"name = {name!r}\n",
                    "clash/content.py": f"name = {name!r}\n",
                    "clash/mode": "#!/bin/sh\n",
                    "tests/__init__.py": "",
                },
                executable=["clash/mode"] if number % 3 == 0 else (),
                entry_points={"console_scripts": {f"run-{name}": f"{name}:m", "run": f"{name}:m"}},
                scripts={"script": f"#!python\nprint({name!r})\n", f"own-{name}": "#!python\n"},
                data={f"data/share/{name}/x": "x", "data/share/all": name, "headers/x.h": "h"},
            )
        )
    sdist = make_sdist(files, "gustav", files={"implicit/gustav/__init__.py": "", "gustav.py": ""})
    make_source_tree(
        system.project / "tree", "heinz", files={"implicit/heinz.py": "", "clash/content.py": "h"}
    )
    source = Directory(path="tree")
    local = Package(name="heinz", version=Version("1.0"), source=source)
    return selection_of(
        *(_locked(index, file) for file in (*wheels, sdist)),
        Selected(package=local, chosen=source),
    )


def _fill(
    system: System, target: Interpreter, selection: Selection, *, jobs: int, place: Path
) -> int:
    """Stage by at most ``jobs`` pips into ``place``; return how many there were."""
    requests = place / ".requests"
    requests.mkdir(parents=True)
    runner = Counted()
    stager = staging.choose_stager("pip", interpreter=target, environment=system.environment)
    assert isinstance(stager, PipStager)
    replace(stager, runner=runner).stage(
        selection,
        lock=make_lock(root=system.project),
        interpreter=target,
        directory=place,
        requests=requests,
        options=StageOptions(jobs=jobs),
        on_line=lambda _: None,
    )
    (count,) = runner.chains
    shutil.rmtree(requests)
    return count


def test_many_pips_leave_what_one_leaves(
    system: System, target: Interpreter, tmp_path: Path
) -> None:
    """Each file, its content (RECORD's too) and its mode, whoever else brings it."""
    selection = _of_every_kind(system)
    found = {}
    for jobs in (1, 2, 8):
        place = tmp_path / f"stage-{jobs}"
        assert _fill(system, target, selection, jobs=jobs, place=place) == jobs
        found[jobs] = {
            Path(path).relative_to(place): what
            for path, what in snapshot(place).items()
            if path != str(place)
        }
    assert len(found[1]) > 100
    assert found[2] == found[1]
    assert found[8] == found[1]


def test_clashes_are_seen_across_parts(system: System, target: Interpreter, tmp_path: Path) -> None:
    selection = _of_every_kind(system)

    def stage(jobs: int) -> staging.Stage:
        place = tmp_path / f"whole-{jobs}"
        place.mkdir()
        return staging.stage(
            selection,
            lock=make_lock(root=system.project),
            interpreter=target,
            directory=place,
            installer="pip",
            options=StageOptions(jobs=jobs),
            environment=system.environment,
            on_line=lambda _: None,
        )

    one, many = stage(1), stage(3)
    assert many.clashes == one.clashes
    assert {clash.target.name for clash in many.clashes} == {"all", "content.py", "run", "script"}
    assert [
        [(file.target, file.sha256, file.mode) for file in each.files]
        for each in many.distributions
    ] == [
        [(file.target, file.sha256, file.mode) for file in each.files] for each in one.distributions
    ]


def _left_over(place: Path) -> list[str]:
    """The processes that work in ``place``, or for it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            directory = str((process / "cwd").readlink())
        except OSError:
            continue
        if int(process.name) != os.getpid() and (str(place) in command or str(place) in directory):
            found.append(command)
    return found


def _all_gone(place: Path) -> bool:
    """Whether nothing works there; what has been killed may take a moment to be gone."""
    deadline = time.monotonic() + 5
    while (left := _left_over(place)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not left


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_one_that_fails_stops_the_others_and_is_named(
    system: System, target: Interpreter, tmp_path: Path
) -> None:
    index = system.index
    wheels = [make_wheel(index.directory, name) for name in ("aaa", "mmm")]
    slow = make_sdist(index.directory, "zzz", build_script="import time; time.sleep(100)")
    items = [_locked(index, file) for file in (*wheels, slow)]
    wrong = Hash(algorithm="sha256", digest="0" * 64)
    chosen = items[0].chosen
    assert isinstance(chosen, Wheel)
    items[0] = replace(items[0], chosen=replace(chosen, hashes=(wrong,)))
    started = time.monotonic()
    with pytest.raises(StagingError, match="the file that came for aaa does not have the lock's"):
        _fill(system, target, selection_of(*items), jobs=3, place=tmp_path / "stage")
    assert time.monotonic() - started < 60
    assert _all_gone(tmp_path / "stage")


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_ends_a_sync_ends_its_pips(
    system: System, tmp_path: Path, number: signal.Signals
) -> None:
    note = tmp_path / "building"
    script = f"import pathlib, time; pathlib.Path({str(note)!r}).touch(); time.sleep(100)"
    wheels = [make_wheel(system.index.directory, f"w{n:02}") for n in range(30)]
    for name in ("slow-a", "slow-b"):
        make_source_tree(system.project / name, name, build_script=script)
    lines = [
        f"{wheel.name.partition('-')[0]} @ {system.index.file_url(wheel.name)}"
        f" --hash=sha256:{sha256(wheel)}\n"
        for wheel in wheels
    ]
    (system.project / "requirements.txt").write_text("".join([*lines, "./slow-a\n", "./slow-b\n"]))
    before = system.snapshot()
    options = ("--installer", "pip", "--jobs", "2", "--no-project")
    sync = subprocess.Popen(
        [sys.executable, "-m", "syncsteps", "sync", "--python", system.target, *options],
        cwd=system.project,
        env={**system.environment, "PYTHONPATH": str(Path(syncsteps.__file__).parent.parent)},
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not note.exists() and sync.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    running = _left_over(system.prefix)
    sync.send_signal(number)
    _, said = sync.communicate(timeout=30)
    assert note.exists(), said
    assert len([command for command in running if "--requirement" in command]) >= 2, running
    assert "Traceback" not in said
    assert _all_gone(system.prefix)
    after = system.snapshot()
    assert {p: v for p, v in after.items() if "syncsteps" not in p} == before

"""Wheels that misbehave are imported: each gets its verdict, and nothing of them stays."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
import time
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.tags import sys_tags

from syncsteps.smoke import ImportResult, SmokeTarget, Verdict, smoke_imports
from tests.support.interpreters import make_interpreter
from tests.support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="found and ended by /proc")

INTERPRETER = make_interpreter(
    executable=Path(sys.executable), tags=tuple(str(tag) for tag in sys_tags())
)
# Forks; a process for each, started from here; and one for each, started by a keeper, because of a
# .pth file that starts a thread.
WAYS = ("forked", "plain", "kept")
_THREAD = "import threading, time; threading.Thread(target=time.sleep, args=(600,), daemon=True)"


@dataclass
class Stage:
    """A site directory with unpacked wheels, and what every process of theirs can be known by."""

    root: Path
    way: str
    targets: list[SmokeTarget] = field(default_factory=list)

    @property
    def site(self) -> Path:
        return self.root / "site"

    def add(self, name: str, files: Mapping[str, str] | str) -> None:
        if isinstance(files, str):
            files = {f"{name.replace('-', '_')}.py": files}
        wheel = make_wheel(self.root / "wheels", name, files=files)
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(self.site)
        info = self.site / f"{name.replace('-', '_')}-1.0.dist-info"
        self.targets.append(SmokeTarget(name=name, metadata=info))

    def run(
        self,
        *,
        timeout: float = 30.0,
        jobs: int = 2,
        on_result: Callable[[ImportResult], None] = lambda _: None,
    ) -> dict[str, ImportResult]:
        if self.way == "kept":
            (self.site / "thread.pth").write_text(f"{_THREAD}.start()\n")
        results = smoke_imports(
            self.targets,
            interpreter=INTERPRETER,
            site=(self.site,),
            jobs=jobs,
            timeout=timeout,
            environment=dict(os.environ),
            on_result=on_result,
            forking=self.way != "plain",
        )
        return {result.distribution: result for result in results}

    def only(self, source: str, *, timeout: float = 30.0) -> ImportResult:
        self.add("demo", source)
        return self.run(timeout=timeout)["demo"]


def processes(root: Path) -> dict[int, str]:
    """Return the processes that a test has started: they have its directory about them."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            command = (entry / "cmdline").read_bytes()
            environment = (entry / "environ").read_bytes()
        except OSError:
            continue
        if state not in "ZX" and os.fsencode(root) in command + environment:
            found[int(entry.name)] = command.replace(b"\0", b" ").decode(errors="replace")[:200]
    return found


def gone(root: Path) -> bool:
    """Whether there are none left, within a few seconds."""
    for _ in range(100):
        if not processes(root):
            return True
        time.sleep(0.05)
    return False


@pytest.fixture(params=WAYS)
def stage(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stage]:
    """A stage that leaves nothing: no process, and no file outside the throwaway places."""
    throwaway, home = tmp_path / "throwaway", tmp_path / "home"
    throwaway.mkdir()
    home.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(throwaway))
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("DISPLAY", ":7")
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-7")
    stage = Stage(tmp_path, request.param)
    stage.site.mkdir()
    yield stage
    assert gone(tmp_path), processes(tmp_path)
    assert list(throwaway.iterdir()) == []
    assert list(home.iterdir()) == []
    assert list(stage.site.rglob("__pycache__")) == []


# name: source, verdict, the exception or the beginning of it
ENDINGS = {
    "exit-0": ("import sys; sys.exit(0)", Verdict.EXITED, "SystemExit: 0"),
    "exit-3": ("import sys; sys.exit(3)", Verdict.EXITED, "SystemExit: 3"),
    "os-exit": ("import os; os._exit(0)", Verdict.EXITED, "the process ended with status 0"),
    "abort": ("import os; os.abort()", Verdict.CRASHED, "SIGABRT"),
    "segfault": ("import ctypes; ctypes.string_at(0)", Verdict.CRASHED, "SIGSEGV"),
    "interrupt": ("raise KeyboardInterrupt", Verdict.FAILED, "KeyboardInterrupt"),
    "group": (
        "import os, signal; os.killpg(0, signal.SIGTERM)",
        Verdict.CRASHED,
        "SIGTERM",
    ),
    "megabyte": ("print('x' * 1_000_000, flush=True)", Verdict.OK, ""),
    "closes": ("import os; os.close(1); os.close(2); os.closerange(3, 64)", Verdict.OK, ""),
    "moves": ("import os; os.chdir('/')", Verdict.OK, ""),
    "patches": (
        (
            "import builtins\n"
            "def broken(*a, **k): raise RuntimeError\n"
            "for name in ('print', 'open', 'dict', 'isinstance', 'len', 'str', 'set'):\n"
            "    setattr(builtins, name, broken)\n"
        ),
        Verdict.OK,
        "",
    ),
    "display": (
        "import os; raise RuntimeError('cannot connect to display ' + repr(os.environ['DISPLAY']))",
        Verdict.NEEDS_DISPLAY,
        "KeyError: 'DISPLAY'",
    ),
    "reads": ("input()", Verdict.FAILED, "EOFError: EOF when reading a line"),
    "connects": (
        (
            "import socket\n"
            "with socket.socket() as s:\n"
            "    s.bind(('127.0.0.1', 0)); s.listen(); socket.create_connection(s.getsockname())\n"
            "try:\n"
            "    socket.create_connection(('192.0.2.1', 9), timeout=1)\n"
            "except OSError as error:\n"
            "    raise ValueError(type(error).__name__, error.errno)\n"
        ),
        Verdict.FAILED,
        "ValueError: (",
    ),
}


def test_how_they_end(stage: Stage) -> None:
    for name, (source, _, _) in ENDINGS.items():
        stage.add(name, source)
    results = stage.run()
    assert {name: each.verdict for name, each in results.items()} == {
        name: verdict for name, (_, verdict, _) in ENDINGS.items()
    }
    for name, (_, _, text) in ENDINGS.items():
        assert results[name].exception.startswith(text), name
    assert results["moves"].effects.moved
    assert "print" in results["patches"].effects.builtins
    if results["connects"].network == "none":
        assert results["connects"].exception == "ValueError: ('OSError', 101)"
    ways = {each.forked for each in results.values() if each.verdict is Verdict.OK}
    assert ways == {stage.way == "forked"}


def test_a_hang_is_cut_off(stage: Stage) -> None:
    result = stage.only("import time\nwhile True: time.sleep(60)\n", timeout=1.0)
    assert (result.verdict, result.module) == (Verdict.TIMED_OUT, "demo")
    assert result.frames == ("demo.py:2 in <module>",)


@pytest.mark.parametrize("new_session", [False, True])
def test_a_process_that_forks_for_ever_ends_with_its_kin(
    stage: Stage, *, new_session: bool
) -> None:
    # Each generation starts the next and ends: there is one at a time, always another.
    source = (
        "import os, time\n"
        "if not os.fork():\n"
        f"    {new_session} and os.setsid()\n"
        "    while True:\n"
        "        if os.fork(): os._exit(0)\n"
        f"        {new_session} and os.setsid()\n"
        "        time.sleep(0.002)\n"
    )
    if stage.way == "plain" and new_session:
        pytest.skip("found by what it has in its environment, which takes longer than it lives")
    result = stage.only(source)
    assert result.verdict is Verdict.OK
    if stage.way != "plain":
        assert result.effects.processes >= 1


def test_a_tree_of_processes_ends(stage: Stage) -> None:
    source = "import os, time\nfor _ in range(5): os.fork()\ntime.sleep(600)\n"
    assert stage.only(source, timeout=1.0).verdict is Verdict.TIMED_OUT


def test_a_daemon_with_its_own_environment_ends(stage: Stage, tmp_path: Path) -> None:
    if stage.way == "plain":
        pytest.skip("nothing there knows whose it is")
    source = (
        "import os, sys, time\n"
        "if not os.fork():\n"
        "    os.setsid()\n"
        "    if os.fork(): os._exit(0)\n"
        "    os.closerange(0, 64)\n"
        "    os.execve(sys.executable, [sys.executable, '-c', 'import time; time.sleep(600)',"
        f" {str(tmp_path)!r}], {{}})\n"
        "os.wait()\n"
        "time.sleep(0.2)\n"
    )
    result = stage.only(source)
    assert (result.verdict, result.effects.processes) == (Verdict.OK, 1)


def test_what_they_write_is_told_and_gone(stage: Stage) -> None:
    source = (
        "import os, pathlib, tempfile, threading, time\n"
        "cache = pathlib.Path.home() / '.cache' / 'demo'\n"
        "cache.mkdir(parents=True)\n"
        "(cache / 'x').write_text('x')\n"
        "pathlib.Path('here').write_text('x')\n"
        "tempfile.mkstemp(suffix='.demo')\n"
        "os.environ['DEMO'] = '1'\n"
        "import sys; sys.path.append('/demo')\n"
        "threading.Thread(target=time.sleep, args=(600,)).start()\n"
    )
    result = stage.only(source)
    assert result.verdict is Verdict.OK
    written = result.effects.written
    assert {"~/.cache/demo/x", "./here"} < set(written)
    assert [path for path in written if path.startswith("$TMPDIR/") and path.endswith(".demo")]
    assert result.effects.environment == ("DEMO",)
    assert result.effects.path == ("/demo",)
    # The .pth file's own thread is there as well.
    assert result.effects.threads == (2 if stage.way == "kept" else 1)
    assert result.memory > 5_000_000
    assert [timing.step for timing in result.timings] == ["demo"]


def test_those_that_hang_together(stage: Stage) -> None:
    stage.add("one", {"one/__init__.py": "import two\nX = 1"})
    stage.add("two", {"two/__init__.py": "import one"})
    stage.add("ns-a", {"ns/a/__init__.py": "import ns.b, ns.deep.c"})
    stage.add("ns-b", {"ns/b/__init__.py": ""})
    stage.add("ns-c", {"ns/deep/c.py": "import ns.b"})
    # They would be broken if they came before the standard library; they do not.
    stage.add("backports", {"enum.py": "raise ImportError", "typing.py": "raise ImportError"})
    # This one puts its own copy there itself, and must get it.
    stage.add(
        "vendors",
        {
            "vendors/__init__.py": "import os, sys\n"
            "sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'own'))\n"
            "import dataclasses; assert dataclasses.OWN\n",
            "vendors/own/dataclasses.py": "OWN = True",
        },
    )
    # Nothing has imported these submodules, so that they are not there.
    stage.add("forgets", "import importlib, xml, concurrent, email\nimportlib.util, xml.etree")
    results = stage.run()
    verdicts = {name: each.verdict for name, each in results.items()}
    assert verdicts.pop("forgets") is Verdict.FAILED
    assert results["forgets"].exception.startswith("AttributeError: module ")
    assert set(verdicts.values()) == {Verdict.OK}


@pytest.mark.parametrize("jobs", [1, 4])
def test_parallel_jobs_do_not_see_each_other(stage: Stage, jobs: int) -> None:
    for number in range(12):
        stage.add(
            f"demo-{number}",
            "import os, pathlib\n"
            "assert not any(pathlib.Path.home().iterdir())\n"
            "assert not os.listdir()\n"
            f"pathlib.Path.home().joinpath('{number}').write_text('')\n"
            f"assert os.environ.setdefault('DEMO', '{number}') == '{number}'\n",
        )
    assert {each.verdict for each in stage.run(jobs=jobs).values()} == {Verdict.OK}


def test_ctrl_c_ends_all_of_it_quickly(stage: Stage, tmp_path: Path) -> None:
    for name in ("one", "two"):
        stage.add(
            name,
            "import os, pathlib, subprocess, sys, time\n"
            "subprocess.Popen(['sleep', '600'], start_new_session=True)\n"
            f"pathlib.Path({str(tmp_path / name)!r}).write_text('x')\n"
            "time.sleep(600)\n",
        )
    started = [tmp_path / "one", tmp_path / "two"]
    moment = []

    def interrupt() -> None:
        while not all(path.exists() for path in started):
            time.sleep(0.01)
        moment.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        stage.run(timeout=100)
    thread.join()
    assert time.monotonic() - moment[0] < 10


def test_a_tool_that_is_killed_leaves_nothing(stage: Stage, tmp_path: Path) -> None:
    if stage.way == "plain":
        pytest.skip("nobody is there who could see it")
    stage.add(
        "demo",
        "import pathlib, time\n"
        f"pathlib.Path({str(tmp_path / 'started')!r}).write_text('x')\n"
        "time.sleep(600)\n",
    )
    pid = os.fork()
    if not pid:
        try:
            stage.run(timeout=100)
        finally:
            os._exit(0)
    while not (tmp_path / "started").exists():
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    assert gone(tmp_path), processes(tmp_path)
    for directory in (tmp_path / "throwaway").iterdir():
        shutil.rmtree(directory)

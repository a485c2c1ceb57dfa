"""Real child processes of this interpreter import small staged trees."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import TYPE_CHECKING

import packaging
import pytest
from packaging.tags import sys_tags

from syncsteps.smoke import ImportResult, SmokeTarget, Verdict, smoke_imports
from syncsteps.smoke.policy import SmokeChoice, SmokePolicy
from tests.support.interpreters import make_interpreter
from tests.support.wheels import metadata, record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

POSIX = sys.platform != "win32"
INTERPRETER = make_interpreter(
    executable=Path(sys.executable), tags=tuple(str(tag) for tag in sys_tags())
)
posix_only = pytest.mark.skipif(not POSIX, reason="signals and process groups")


class Site:
    """A staged site directory that distributions are added to."""

    def __init__(self, root: Path) -> None:
        self.path = root / "stage" / "site-packages"
        self.path.mkdir(parents=True)
        self.targets: list[SmokeTarget] = []
        self.shown: list[ImportResult] = []

    def add(
        self,
        name: str,
        files: Mapping[str, str],
        *,
        requires: tuple[str, ...] = (),
        entry_points: str = "",
        own: bool = False,
    ) -> None:
        for path, content in files.items():
            (self.path / path).parent.mkdir(parents=True, exist_ok=True)
            (self.path / path).write_text(content)
        info = self.path / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(metadata(name, "1.0", requires=requires))
        members = {path: content.encode() for path, content in files.items()}
        (info / "RECORD").write_text(record(members, f"{info.name}/RECORD"))
        (info / "entry_points.txt").write_text(entry_points)
        self.targets.append(SmokeTarget(name=name, metadata=info, own=own))

    def run(
        self,
        *,
        timeout: float = 30.0,
        jobs: int = 2,
        on_result: Callable[[ImportResult], None] | None = None,
        policy: SmokePolicy | None = None,
    ) -> tuple[ImportResult, ...]:
        return smoke_imports(
            self.targets,
            interpreter=INTERPRETER,
            site=(self.path,),
            jobs=jobs,
            timeout=timeout,
            environment=dict(os.environ),
            on_result=on_result or self.shown.append,
            policy=policy or SmokePolicy(),
        )

    def only(self, source: str, *, timeout: float = 30.0) -> ImportResult:
        """The verdict on a distribution that is one module with this source."""
        self.add("demo", {"demo.py": source})
        (result,) = self.run(timeout=timeout)
        return result


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.fixture(autouse=True)
def throwaway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the throwaway directories are made; empty again after every test."""
    directory = tmp_path / "throwaway"
    directory.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(directory))
    yield directory
    assert list(directory.iterdir()) == []


def listing(root: Path) -> dict[str, tuple[int, int]]:
    return {str(path): (path.stat().st_mtime_ns, path.stat().st_size) for path in root.rglob("*")}


def gone(pid: int) -> bool:
    """Whether a process is dead (a zombie is), within a few seconds."""
    for _ in range(100):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state in "ZX":
            return True
        time.sleep(0.05)
    return False


def test_results_come_in_the_order_of_targets_and_the_site_is_left_alone(site: Site) -> None:
    site.add("slow", {"slow.py": "import time; time.sleep(0.4)"})
    site.add("stubs", {"demo-stubs/__init__.pyi": ""})
    site.add("quick", {"quick/__init__.py": "from quick import part", "quick/part.py": ""})
    before = listing(site.path)
    results = site.run()
    assert [(each.distribution, each.verdict, each.modules) for each in results] == [
        ("slow", Verdict.OK, ("slow",)),
        ("stubs", Verdict.NOTHING, ()),
        ("quick", Verdict.OK, ("quick",)),
    ]
    assert results[0].seconds >= 0.4
    assert [each.distribution for each in site.shown] == ["stubs", "quick", "slow"]
    assert listing(site.path) == before


def test_a_missing_dependency_says_who_wanted_it(site: Site) -> None:
    result = site.only("import json\nimport no_such_thing\n")
    assert result.verdict is Verdict.MISSING_MODULE
    assert result.module == "demo"
    assert result.exception == "ModuleNotFoundError: No module named 'no_such_thing'"
    assert result.frames == ("demo.py:2 in <module>",)


def test_an_optional_dependency_may_be_missing_and_the_rest_is_still_imported(site: Site) -> None:
    files = {"first.py": "import no_such_thing", "second.py": "raise ValueError('second')"}
    site.add("demo", files, requires=("no-such-thing; extra == 'more'",))
    site.add("other", {"other.py": "import no_such_thing"}, requires=("no-such-thing",))
    site.add("excused", {"excused.py": "import fancy.x"}, requires=("fancy; extra == 'more'",))
    demo, other, excused = site.run()
    assert (demo.verdict, demo.module) == (Verdict.FAILED, "second")
    assert other.verdict is Verdict.MISSING_MODULE
    assert (excused.verdict, excused.module) == (Verdict.OK, "excused")
    assert excused.exception == "ModuleNotFoundError: No module named 'fancy'"


def test_a_package_that_opens_libraries_only_below_is_imported_there(site: Site) -> None:
    api = (
        "import ctypes, ctypes.util\n"
        "if ctypes.util.find_library('no_such_library') is None:\n"
        "    raise ImportError('NoSuch shared library not found')\n"
    )
    site.add("opener", {"opener/__init__.py": "", "opener/api.py": api, "opener/x.py": "1 / 0"})
    (result,) = site.run()
    assert (result.verdict, result.module) == (Verdict.FAILED, "opener.api")
    assert result.exception == "ImportError: NoSuch shared library not found"


def test_a_file_that_the_loader_refuses_below_the_name_fails(site: Site) -> None:
    broken = f"broken/_core{EXTENSION_SUFFIXES[0]}"
    site.add("broken", {"broken/__init__.py": "", broken: "this is no library"})
    (result,) = site.run()
    assert (result.verdict, result.module) == (Verdict.FAILED, "broken._core")
    assert result.exception.startswith("ImportError: ")


def test_scripts_load_their_objects(site: Site) -> None:
    points = "[console_scripts]\nrun = {}\n"
    cli = "def main(): pass\n"
    missing = "import no_such_thing\n"
    told = "try:\n    import hub\nexcept ImportError:\n    raise ImportError('wants hub')\n"
    site.add("good", {"good/__init__.py": "", "good/cli.py": cli}, entry_points=points)
    for name, source in (("less", cli), ("mine", cli), ("gone", missing), ("told", told)):
        files = {f"{name}/__init__.py": "", f"{name}/cli.py": source}
        reference = f"{name}.cli:{'start' if source is cli else 'main'}"
        site.add(name, files, entry_points=points.format(reference), own=name == "mine")
    site.add(
        "extra",
        {"extra/__init__.py": "", "extra/cli.py": missing},
        requires=("no-such-thing; extra == 'cli'",),
        entry_points=points.format("extra.cli:main [cli]"),
    )
    good, less, mine, gone, told_of, extra = site.run()
    assert good.verdict is Verdict.OK
    assert (less.verdict, less.module) == (Verdict.OK, "less.cli:start")
    assert (mine.verdict, mine.module) == (Verdict.FAILED, "mine.cli:start")
    assert mine.exception == "AttributeError: module 'mine.cli' has no attribute 'start'"
    assert (gone.verdict, gone.module) == (Verdict.MISSING_MODULE, "gone.cli:main")
    assert (told_of.verdict, told_of.exception) == (Verdict.OK, "ImportError: wants hub")
    assert (extra.verdict, extra.module) == (Verdict.OK, "extra.cli:main")


def test_the_projects_own_is_imported_deep(site: Site) -> None:
    files = {
        "mine/__init__.py": "",
        "mine/part/__init__.py": "",
        "mine/part/deep.py": "raise ValueError('deep')",
        "mine/tests/__init__.py": "raise ValueError('a test')",
    }
    site.add("other", {path.replace("mine", "other"): text for path, text in files.items()})
    site.add("mine", files, own=True)
    other, mine = site.run()
    assert other.verdict is Verdict.OK
    assert (mine.verdict, mine.module) == (Verdict.FAILED, "mine.part.deep")


def test_what_the_settings_say_is_done(site: Site) -> None:
    for name in ("plain", "said", "slow", "out"):
        source = "import os, time\nKEY = os.environ.get('SMOKE_KEY')\n"
        site.add(name, {f"{name}/__init__.py": source, f"{name}/part.py": "time.sleep(9)"})
    (site.path / "slow" / "part.py").write_text("import time; time.sleep(60)")
    policy = SmokePolicy(
        exclude=("out",),
        environment=(("SMOKE_KEY", "all"),),
        packages=(
            (
                "said",
                SmokeChoice(
                    statements=("import said; assert said.KEY == 'own'", "assert 1 > 2, 'math'"),
                    environment=(("SMOKE_KEY", "own"),),
                ),
            ),
            ("plain", SmokeChoice(statements=("import plain; assert plain.KEY == 'all'",))),
            ("slow", SmokeChoice(include=("slow.part",), timeout=1.0)),
        ),
    )
    plain, said, slow = site.run(policy=policy)
    assert plain.verdict is Verdict.OK
    assert (said.verdict, said.module) == (Verdict.FAILED, "assert 1 > 2, 'math'")
    assert said.exception == "AssertionError: math"
    assert (slow.verdict, slow.exception) == (Verdict.TIMED_OUT, "not imported within 1 seconds")


def test_syntax_that_this_interpreter_does_not_know(site: Site) -> None:
    result = site.only("x = 1\nprint 'old'\n")
    assert result.exception.startswith("SyntaxError: Missing parentheses")
    assert result.frames == ("demo.py:2 in <module>",)


@pytest.mark.parametrize(
    ("source", "verdict", "exception"),
    [
        ("import sys; sys.exit(0)", Verdict.EXITED, "SystemExit: 0"),
        ("import sys; sys.exit(3)", Verdict.EXITED, "SystemExit: 3"),
        ("raise SystemExit", Verdict.EXITED, "SystemExit"),
        ("import os; os._exit(0)", Verdict.EXITED, "the process ended with status 0"),
        ("import os; os._exit(7)", Verdict.EXITED, "the process ended with status 7"),
        ("raise KeyboardInterrupt", Verdict.FAILED, "KeyboardInterrupt"),
        ("input('name? ')", Verdict.FAILED, "EOFError: EOF when reading a line"),
        ("raise ValueError('one\\n  two')", Verdict.FAILED, "ValueError: one two"),
    ],
)
def test_how_an_import_can_end(site: Site, source: str, verdict: Verdict, exception: str) -> None:
    result = site.only(source)
    assert (result.verdict, result.exception, result.module) == (verdict, exception, "demo")


@posix_only
@pytest.mark.parametrize(
    ("last", "name"),
    [
        ("os.abort()", "SIGABRT"),
        ("ctypes.string_at(0)", "SIGSEGV"),
        ("os.kill(os.getpid(), 9)", "SIGKILL"),
    ],
)
def test_a_crash_has_the_name_of_its_signal(site: Site, last: str, name: str) -> None:
    result = site.only(f"import os, ctypes\nprint('last words', flush=True)\n{last}\n")
    assert (result.verdict, result.exception, result.module) == (Verdict.CRASHED, name, "demo")
    if name == "SIGKILL":
        assert result.frames == ("last words",)
    else:
        assert (
            result.frames[-1].endswith("demo.py:3 in <module>") or "string_at" in result.frames[-1]
        )


@posix_only
def test_a_hang_is_cut_off_and_says_where(site: Site) -> None:
    start = time.monotonic()
    result = site.only("import time\ndef wait():\n    time.sleep(600)\nwait()\n", timeout=1.5)
    assert time.monotonic() - start < 10
    assert (result.verdict, result.module) == (Verdict.TIMED_OUT, "demo")
    assert result.exception == "not imported within 1.5 seconds"
    assert result.frames == ("demo.py:4 in <module>", "demo.py:3 in wait")


@posix_only
def test_a_hang_that_ignores_signals_is_cut_off_too(site: Site) -> None:
    source = (
        "import signal, time\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, range(1, signal.NSIG))\n"
        "time.sleep(600)\n"
    )
    assert site.only(source, timeout=0.5).verdict is Verdict.TIMED_OUT


def test_output_is_read_and_forgotten(site: Site) -> None:
    loud = "import sys\nfor _ in range(80):\n    sys.stdout.write('x' * 65536)\n"
    site.add("loud", {"loud.py": loud})
    site.add(
        "failing",
        {"failing.py": loud + "import os; print(); print('end'); os.write(1, b'z'); os._exit(4)"},
    )
    ok, failing = site.run()
    assert ok.verdict is Verdict.OK
    assert failing.verdict is Verdict.EXITED
    assert sum(map(len, failing.frames)) <= 16 * 1024


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("import os; os.close(1); os.close(2)", id="closes-its-output"),
        pytest.param("import os; os.closerange(0, 256)", id="closes-everything"),
        pytest.param("import os; os.chdir(os.sep)", id="changes-directory"),
        pytest.param("print('{\"done\": true}'); import demo", id="prints-a-result"),
        pytest.param("import os; os.write = os.open = None", id="breaks-os"),
        pytest.param("import atexit, os; atexit.register(os._exit, 5)", id="exit-function"),
        pytest.param(
            "import threading, time\nthreading.Thread(target=time.sleep, args=(600,)).start()",
            id="leaves-a-thread",
        ),
        pytest.param(
            "import pathlib\npathlib.Path.home().joinpath('.rc').write_text('x')\n"
            "pathlib.Path('here').write_text('x')",
            id="writes-to-home-and-here",
        ),
        pytest.param(
            "import sys, os\nassert not sys.stdin.read()\nassert 'PYTHONPATH' not in os.environ\n"
            "assert sys.flags.dont_write_bytecode and sys.flags.isolated",
            id="is-isolated",
        ),
    ],
)
def test_odd_but_good_modules(
    site: Site, source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    result = site.only(source)
    assert (result.verdict, result.exception, result.frames) == (Verdict.OK, "", ())
    assert result.seconds < 20
    assert list(home.iterdir()) == []


@posix_only
@pytest.mark.parametrize("new_session", [False, True])
def test_a_process_that_is_left_running_is_killed(
    site: Site,
    tmp_path: Path,
    new_session: bool,  # noqa: FBT001 - both ways
) -> None:
    if new_session and sys.platform != "linux":
        pytest.skip("found by /proc")
    pid = tmp_path / "pid"
    source = (
        "import pathlib, subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'],\n"
        f"                         start_new_session={new_session})\n"
        f"pathlib.Path({str(pid)!r}).write_text(str(child.pid))\n"
    )
    start = time.monotonic()
    assert site.only(source).verdict is Verdict.OK
    assert time.monotonic() - start < 10
    assert gone(int(pid.read_text()))


@posix_only
def test_a_fork_that_goes_on_does_not_speak_for_its_parent(site: Site) -> None:
    result = site.only("import os\nif os.fork():\n    os.waitpid(-1, 0)\n    os._exit(0)\n")
    assert result.verdict is Verdict.EXITED


def test_a_namespace_over_three_distributions(site: Site) -> None:
    site.add("ns-a", {"ns/a/__init__.py": "import ns.b, ns.deep.c"})
    site.add("ns-b", {"ns/b/__init__.py": ""})
    site.add("ns-c", {"ns/deep/c.py": "import ns.b"})
    results = site.run()
    assert [each.modules for each in results] == [("ns.a",), ("ns.b",), ("ns.deep.c",)]
    assert {each.verdict for each in results} == {Verdict.OK}


def test_a_cycle_of_distributions(site: Site) -> None:
    site.add("one", {"one/__init__.py": "import two\nX = 1"})
    site.add("two", {"two/__init__.py": "import one"})
    assert [each.verdict for each in site.run()] == [Verdict.OK, Verdict.OK]


def test_the_standard_library_comes_before_what_is_staged_as_after_installation(
    site: Site,
) -> None:
    site.add("enum34", {"enum.py": "raise ImportError('a backport that is too old')"})
    site.add("user", {"user.py": "import enum; enum.IntFlag"})
    assert [each.verdict for each in site.run()] == [Verdict.OK, Verdict.OK]


def test_staged_files_come_before_installed_ones_and_their_pth_files_work(site: Site) -> None:
    (site.path / "demo.pth").write_text("vendored\n")
    (site.path / "vendored").mkdir()
    (site.path / "vendored" / "inner.py").write_text("")
    site.add("packaging", {"packaging/__init__.py": "MARK = 1"})
    site.add("user", {"user.py": "import inner, packaging; packaging.MARK"})
    assert [each.verdict for each in site.run()] == [Verdict.OK, Verdict.OK]


@posix_only
@pytest.mark.parametrize("forking", [True, False])
def test_what_will_be_retired_is_not_found(
    tmp_path: Path,
    forking: bool,  # noqa: FBT001 - both ways
) -> None:
    installed = tmp_path / "installed"
    old = {
        "shared/__init__.py": "",
        "old_module.py": "",
        "ns/old.py": "",
        "ns/kept.py": "",
        "old.pth": "import sys; sys.old_was_here = True\n",
        "old-1.dist-info/METADATA": metadata("old", "1"),
        "old-1.dist-info/RECORD": "",
    }
    for path, content in old.items():
        (installed / path).parent.mkdir(parents=True, exist_ok=True)
        (installed / path).write_text(content)
    system = tmp_path / "system"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", system], check=True)
    executable = system / "bin" / "python"
    site_packages = next(system.glob("lib/python*/site-packages"))
    for entry in installed.iterdir():
        entry.rename(site_packages / entry.name)
    site = Site(tmp_path)
    source = (
        "import sys, importlib.util, importlib.metadata\n"
        "import ns.kept\n"
        "found = [n for n in ('old_module', 'ns.old', 'shared') if importlib.util.find_spec(n)]\n"
        "found += [d.name for d in importlib.metadata.distributions() if d.name == 'old']\n"
        "found += [n for n in vars(sys) if n == 'old_was_here']\n"
        "assert not found, found\n"
    )
    site.add("demo", {"demo.py": source})

    def run(*hidden: str) -> ImportResult:
        (result,) = smoke_imports(
            site.targets,
            interpreter=make_interpreter(
                executable=executable, sys_path=(site_packages,), site_packages=(site_packages,)
            ),
            site=(site.path,),
            jobs=1,
            timeout=30.0,
            environment=dict(os.environ),
            on_result=lambda _result: None,
            hidden=tuple(site_packages / path for path in hidden),
            forking=forking,
        )
        return result

    result = run(*(path for path in old if path != "ns/kept.py"))
    assert (result.verdict, result.exception) == (Verdict.OK, "")
    there = run().exception
    assert "['old_module', 'ns.old', 'shared', 'old', 'old_was_here']" in there


def test_what_fails_once_is_tried_again_alone(site: Site, tmp_path: Path) -> None:
    log = tmp_path / "log"
    source = (
        "import pathlib\n"
        f"log = pathlib.Path({str(log)!r})\n"
        "first = not log.exists()\n"
        "log.open('a').write('x')\n"
        "assert not first, 'the machine is busy'\n"
    )
    result = site.only(source)
    assert result.verdict is Verdict.FLAKY
    assert result.verdict.good
    assert (result.module, result.exception) == ("demo", "AssertionError: the machine is busy")
    assert "alone" in result.advice
    assert log.read_text() == "xx"
    assert len(site.shown) == 1


def test_an_installed_distribution_needs_no_stage() -> None:
    found = next(Path(packaging.__file__).parents[1].glob("packaging-*.dist-info"))
    (result,) = smoke_imports(
        [SmokeTarget(name="packaging", metadata=found)],
        interpreter=INTERPRETER,
        site=(),
        jobs=1,
        timeout=30.0,
        environment=dict(os.environ),
        on_result=lambda _result: None,
    )
    assert (result.verdict, result.modules) == (Verdict.OK, ("packaging",))


@posix_only
def test_ctrl_c_kills_every_child_and_passes_on(site: Site, tmp_path: Path) -> None:
    for name in ("one", "two", "three"):
        source = (
            "import os, pathlib, time\n"
            f"pathlib.Path({str(tmp_path / name)!r}).write_text(str(os.getpid()))\n"
            "time.sleep(600)\n"
        )
        site.add(name, {f"{name}.py": source})
    started = [tmp_path / "one", tmp_path / "two"]

    def interrupt() -> None:
        while not all(path.exists() and path.read_text() for path in started):
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        site.run(timeout=60)
    thread.join()
    assert all(gone(int(path.read_text())) for path in started)
    assert not (tmp_path / "three").exists()
    assert site.shown == []


def test_an_error_in_the_caller_stops_the_children(site: Site) -> None:
    class StopError(Exception):
        pass

    def stop(_result: ImportResult) -> None:
        raise StopError

    site.add("quick", {"quick.py": ""})
    site.add("slow", {"slow.py": "import time; time.sleep(600)"})
    start = time.monotonic()
    with pytest.raises(StopError):
        site.run(timeout=60, on_result=stop)
    assert time.monotonic() - start < 20


@pytest.mark.skipif(sys.platform != "linux", reason="there are keepers on Linux alone")
@pytest.mark.parametrize("program", ["/bin/false", "/nowhere/python3"])
def test_where_the_tools_own_python_does_not_start_tests_are_done_in_the_plain_way(
    program: str, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As with a Python that finds its libraries by the variables that it was started with.
    monkeypatch.setattr("sys.executable", program)
    site.add("alpha", {"alpha.py": ""})
    site.add("beta", {"beta.py": "import absent\n"})
    alpha, beta = site.run()
    assert (alpha.verdict, alpha.forked) == (Verdict.OK, False)
    assert (beta.verdict, beta.forked) == (Verdict.MISSING_MODULE, False)


def test_a_line_about_a_display_is_no_excuse_for_another_failure(site: Site) -> None:
    result = site.only(
        "print('no display name and no $DISPLAY environment variable', flush=True)\n"
        "raise ImportError('half of it is missing')\n"
    )
    assert (result.verdict, result.stops) == (Verdict.FAILED, True)

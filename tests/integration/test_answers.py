"""Runs that are answered by what an earlier one came to, and all that makes them look again."""

from __future__ import annotations

import marshal
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import syncsteps
from syncsteps.caching.marks import mark
from syncsteps.caching.store import read
from tests.support import asking
from tests.support.asking import LONG_WAY
from tests.support.index import Index
from tests.support.interpreters import throwaway_interpreter
from tests.support.projects import snapshot, write_pylock
from tests.support.systems import System
from tests.support.wheels import make_source_tree, make_wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

pytestmark = [
    pytest.mark.enable_socket,
    pytest.mark.skipif(sys.platform == "win32", reason="modes and links are those of POSIX"),
]

PACKAGE = Path(syncsteps.__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A system with something installed, a project, a copy of the tool, and a cache."""

    system: System
    tool: Path
    cache: Path

    @property
    def asking(self) -> Path:
        return self.tool / "asking.py"

    @property
    def project(self) -> Path:
        return self.system.project

    @property
    def site(self) -> Path:
        return next(self.system.prefix.glob("lib/python3*/site-packages"))

    @property
    def library(self) -> Path:
        return self.site.parent

    @property
    def state(self) -> Path:
        return self.library / ".syncsteps"

    @property
    def info(self) -> Path:
        return self.site / "alpha-1.0.dist-info"

    @property
    def answers(self) -> list[Path]:
        return sorted(self.cache.glob("answers/*"))

    @property
    def environment(self) -> dict[str, str]:
        inherited = self.system.environment
        # Of this machine's own no more than is needed: anyone may install something meanwhile.
        path = f"{self.system.target.parent}{os.pathsep}{os.defpath}"
        return {
            **{name: value for name, value in inherited.items() if name != "GITHUB_ACTIONS"},
            "PATH": path,
            "PYTHONPATH": str(self.tool),
            "PYTHONDONTWRITEBYTECODE": "1",
            "SYNCSTEPS_CACHE_DIR": str(self.cache),
        }

    def start(
        self,
        mode: str,
        *arguments: str,
        directory: Path | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(self.asking), mode, *arguments],
            cwd=directory or self.project,
            env={**self.environment, **(variables or {})},
            capture_output=True,
            text=True,
            check=False,
        )

    def is_answered(
        self,
        *arguments: str,
        directory: Path | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> bool:
        done = self.start("ask", *arguments, directory=directory, variables=variables)
        assert done.returncode in {0, LONG_WAY}, done.stderr
        return done.returncode == 0

    def record(self, *arguments: str, variables: Mapping[str, str] | None = None) -> str:
        """Let a run keep its answer, see that it is one, and return what it said."""
        done = self.start("run", *arguments, variables=variables)
        assert done.returncode == 0, done.stderr
        assert self.is_answered(*arguments, variables=variables), self.why_not(*arguments)
        return done.stderr

    def why_not(self, *arguments: str) -> str:
        return self.start("run", *arguments, "--verbose").stderr


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    root = tmp_path_factory.mktemp("answers")
    project = root / "project"
    project.mkdir()
    shutil.copytree(
        PACKAGE, root / "tool" / "syncsteps", ignore=shutil.ignore_patterns("__pycache__")
    )
    # Somewhere where nobody else makes files.
    shutil.copy(asking.__file__, root / "tool" / "asking.py")
    make_source_tree(project / "member", "member", "1.0")
    with Index(root / "files") as index:
        wheel = make_wheel(index.directory, "alpha", "1.0")
        lock = write_pylock(project, index, [wheel])
        member = '[[packages]]\nname = "member"\ndirectory = { path = "member" }\n'
        lock.write_text(lock.read_text(encoding="utf-8") + member, encoding="utf-8")
        (project / "pyproject.toml").write_text(
            '[project]\nname = "whole"\nversion = "1"\n', encoding="utf-8"
        )
        place = Place(
            system=System(
                target=throwaway_interpreter(root / "system"),
                project=project,
                index=index,
                caches=root / "caches",
            ),
            tool=root / "tool",
            cache=root / "cache",
        )
        done = place.start("run", "sync")
        assert done.returncode == 0, done.stderr
        assert "2 installed" in done.stderr
        assert place.answers == []  # a run that changes something is no answer
        for path in place.info.iterdir():
            unlinked(path)  # uv may have linked it to its cache, where others link it too
        yield place


@contextmanager
def edited(path: Path, change: Callable[[bytes], bytes]) -> Iterator[None]:
    """Another content of the same length, where that is possible, and of the same time."""
    status, content = path.stat(), path.read_bytes()
    # A file in the interpreter may be one with that of its template, or of uv's cache.
    path.unlink()
    path.write_bytes(change(content))
    path.chmod(status.st_mode)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    try:
        yield
    finally:
        path.write_bytes(content)


@contextmanager
def edited_in_place(path: Path) -> Iterator[None]:
    status, content = path.stat(), path.read_bytes()
    path.write_bytes(content.swapcase())
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert path.stat().st_ino == status.st_ino
    try:
        yield
    finally:
        path.write_bytes(content)


def unlinked(path: Path) -> None:
    copy = path.with_name("copy")
    shutil.copy2(path, copy)
    copy.replace(path)


@contextmanager
def touched(path: Path) -> Iterator[None]:
    path.touch()
    yield


@contextmanager
def added(path: Path, content: str = "") -> Iterator[None]:
    path.write_text(content, encoding="utf-8")
    try:
        yield
    finally:
        path.unlink()


@contextmanager
def added_directory(path: Path) -> Iterator[None]:
    path.mkdir()
    try:
        yield
    finally:
        path.rmdir()


@contextmanager
def moved(path: Path) -> Iterator[None]:
    aside = path.with_name(f"{path.name}.aside")
    path.rename(aside)
    try:
        yield
    finally:
        aside.rename(path)


@contextmanager
def replaced(path: Path) -> Iterator[None]:
    """The same content as another file."""
    unlinked(path)
    yield


@contextmanager
def relinked(path: Path) -> Iterator[None]:
    """A symbolic link that leads to the same by another way."""
    before = path.readlink()
    path.unlink()
    path.symlink_to(path.parent / before)
    try:
        yield
    finally:
        path.unlink()
        path.symlink_to(before)


@contextmanager
def mode_of(path: Path, mode: int) -> Iterator[None]:
    before = path.stat().st_mode
    path.chmod(mode)
    try:
        yield
    finally:
        path.chmod(before)


def receipt(place: Place) -> Path:
    return next((place.state / "receipts").iterdir())


def program(place: Place) -> Path:
    return place.system.target.resolve()


MUTATIONS = {
    "the lock is touched": lambda p: touched(p.project / "pylock.toml"),
    "the lock is another file": lambda p: replaced(p.project / "pylock.toml"),
    "the lock is edited, its time set back": lambda p: edited_in_place(p.project / "pylock.toml"),
    "pyproject.toml is edited": lambda p: edited(
        p.project / "pyproject.toml", lambda old: old.replace(b"1", b"2")
    ),
    "pyproject.toml goes": lambda p: moved(p.project / "pyproject.toml"),
    "another lock comes": lambda p: added(p.project / "uv.lock", "version = 1\n"),
    "a Pipfile comes": lambda p: added(p.project / "Pipfile"),
    "a local project's file is edited": lambda p: edited_in_place(
        p.project / "member" / "src" / "member.py"
    ),
    "a local project's file becomes a program": lambda p: mode_of(
        p.project / "member" / "src" / "member.py", 0o755
    ),
    "a local project has another file": lambda p: added(p.project / "member" / "src" / "new.py"),
    "a local project has a file deep down": lambda p: added(
        p.project / "member" / "_backend" / "new.txt"
    ),
    "a directory becomes a project": lambda p: added(
        p.project / "member" / "src" / "pyproject.toml", "[project]\n"
    ),
    "a local project goes": lambda p: moved(p.project / "member"),
    "the interpreter is another file": lambda p: replaced(program(p)),
    "the interpreter's link is another": lambda p: relinked(p.system.target),
    "the interpreter becomes a virtual environment": lambda p: added(
        p.system.prefix / "pyvenv.cfg", "home = /nowhere\n"
    ),
    "a pyvenv.cfg lies beside the interpreter": lambda p: added(
        p.system.target.with_name("pyvenv.cfg"), "home = /nowhere\n"
    ),
    "the interpreter becomes externally managed": lambda p: added(p.library / "EXTERNALLY-MANAGED"),
    "a distribution goes": lambda p: moved(p.info),
    "a distribution comes": lambda p: added_directory(p.site / "other-1.0.dist-info"),
    "an egg-info comes": lambda p: added(p.site / "other.egg-info"),
    "METADATA is edited in its place": lambda p: edited_in_place(p.info / "METADATA"),
    "METADATA goes": lambda p: moved(p.info / "METADATA"),
    "RECORD is edited in its place": lambda p: edited_in_place(p.info / "RECORD"),
    "direct_url.json comes": lambda p: added(p.info / "direct_url.json", "{}"),
    "a .pth comes": lambda p: added(p.site / "new.pth", "/nowhere\n"),
    "a sitecustomize comes": lambda p: added(p.site / "sitecustomize.py"),
    "a sitecustomize of the library comes": lambda p: added(p.library / "sitecustomize.py"),
    "site-packages cannot be written to": lambda p: mode_of(p.site, 0o555),
    "another project's receipt comes": lambda p: added(p.state / "receipts" / "b.json", "{}"),
    "the receipt is edited in its place": lambda p: edited_in_place(receipt(p)),
    "the receipt goes": lambda p: moved(receipt(p)),
    "a swap was cut off": lambda p: added_directory(p.state / "commit"),
    "a stage was left": lambda p: added_directory(p.state / "stage-x"),
    "the state goes": lambda p: moved(p.state),
    "a program comes on PATH": lambda p: added(p.system.target.with_name("cc")),
    "the tool is changed": lambda p: touched(p.tool / "syncsteps" / "plan.py"),
    "the probe is changed": lambda p: touched(p.tool / "syncsteps" / "interpreter" / "_inside.py"),
}


def test_nothing_is_answered_that_has_not_been_asked_before(place: Place) -> None:
    assert not place.is_answered("sync", "--lock-timeout", "7")


@pytest.fixture(scope="module")
def look(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], object]:
    """Return all that an answer to `sync` is held against, as it is now."""
    cache = tmp_path_factory.mktemp("alone")
    place.record("sync", variables={"SYNCSTEPS_CACHE_DIR": str(cache)})
    (answer,) = (cache / "answers").iterdir()
    payload = read(str(answer.parent), answer.stem)
    assert payload is not None
    _, _, (own, behind), access = marshal.loads(payload)  # noqa: S302 - it has just been written

    def state() -> object:
        return (
            [mark(path) for path, _ in own],
            [mark(path, follow=True) for path, _ in behind],
            [os.access(path, os.W_OK | os.X_OK) for path, _ in access],
        )

    assert state() == (
        [found for _, found in own],
        [found for _, found in behind],
        [found for _, found in access],
    )
    return state


@pytest.mark.parametrize("change", MUTATIONS.values(), ids=MUTATIONS)
def test_whatever_changes_something_is_no_longer_as_it_was(
    place: Place,
    look: Callable[[], object],
    change: Callable[[Place], AbstractContextManager[None]],
) -> None:
    before = look()
    assert look() == before
    with change(place):
        assert look() != before


@pytest.mark.parametrize(
    "name",
    [
        "the lock is touched",
        "the interpreter is another file",
        "a distribution goes",
        "a swap was cut off",
        "the tool is changed",
    ],
)
def test_what_has_changed_is_looked_at_again(place: Place, name: str) -> None:
    place.record("sync")
    with MUTATIONS[name](place):
        assert not place.is_answered("sync")


@pytest.mark.parametrize(
    "variables",
    [
        {"PATH": f"/nowhere{os.pathsep}{os.environ['PATH']}"},
        {"VIRTUAL_ENV": "/nowhere"},
        {"SYNCSTEPS_EXTRA": ""},
        {"SYNCSTEPS_NO_CACHE": "1"},
        {"SOURCE_DATE_EPOCH": "1"},
        {"PYTHONUTF8": "1"},
        {"NO_COLOR": "1"},
        {"ANYTHING": "at all"},
    ],
    ids=lambda variables: next(iter(variables)),
)
def test_a_run_that_is_told_something_else_is_another(
    place: Place, variables: dict[str, str]
) -> None:
    place.record("sync")
    assert not place.is_answered("sync", variables=variables)


def test_other_arguments_and_another_directory_are_another_run(
    place: Place, tmp_path: Path
) -> None:
    place.record("sync")
    assert not place.is_answered("sync", "--no-local")
    assert not place.is_answered("install")
    assert not place.is_answered("sync", directory=tmp_path)
    assert not place.is_answered("sync", "--no-cache")


def test_the_answer_is_what_the_long_way_says_and_nothing_is_written(place: Place) -> None:
    said = place.record("sync")
    before = snapshot(place.system.prefix, place.project, place.cache)
    again = place.start("ask", "sync")
    assert (again.returncode, again.stdout) == (0, "")
    assert [line.split(" in ")[0] for line in again.stderr.splitlines()] == [
        line.split(" in ")[0] for line in said.splitlines()
    ]
    first, second = said.splitlines()[-1], again.stderr.splitlines()[-1]
    assert first.startswith("done: 2 kept in ")
    assert first.partition(" s; ")[2] == second.partition(" s; ")[2] != ""
    assert snapshot(place.system.prefix, place.project, place.cache) == before


def test_an_install_and_a_dry_run_are_answered_too(place: Place) -> None:
    assert "nothing to do" in place.record("install")
    assert "nothing to do" in place.record("sync", "--dry-run")


def test_a_dry_run_that_has_something_to_do_is_none(place: Place) -> None:
    arguments = ("sync", "--dry-run", "--reinstall-package", "alpha")
    assert place.start("run", *arguments).returncode == 0
    assert not place.is_answered(*arguments)


def test_what_has_only_just_changed_is_not_vouched_for(place: Place) -> None:
    arguments = ("sync", "--jobs", "3")
    (place.project / "pylock.toml").touch()
    assert place.start("now", *arguments).returncode == 0
    assert not place.is_answered(*arguments)
    place.record(*arguments)


def test_an_interpreter_that_comes_first_on_path(place: Place, tmp_path: Path) -> None:
    first = tmp_path / "first"
    first.mkdir()
    path = {"PATH": f"{first}{os.pathsep}{place.environment['PATH']}"}
    place.record("sync", variables=path)
    (first / "python3").symlink_to(place.system.target)
    assert not place.is_answered("sync", variables=path)
    place.record("export", "--no-local", variables=path)
    (first / "python3").unlink()
    (first / "python3").symlink_to(sys.executable)
    assert not place.is_answered("export", "--no-local", variables=path)


def test_a_module_that_every_start_of_the_target_runs(place: Place) -> None:
    with (
        added(place.site / "hook.pth", "import hooked\n"),
        added(place.site / "hooked.py", "number = 1\n"),
    ):
        place.record("sync")
        with edited_in_place(place.site / "hooked.py"):
            assert not place.is_answered("sync")


def test_a_run_that_fails_writes_nothing(place: Place) -> None:
    kept = place.answers
    assert place.start("run", "sync", "--extra", "nonsense").returncode == 3
    assert place.answers == kept


@pytest.mark.parametrize("arguments", [("--json", "-"), ("--verbose",)], ids=lambda each: each[0])
def test_a_run_that_is_told_of_elsewhere_takes_the_long_way(
    place: Place, arguments: tuple[str, ...]
) -> None:
    assert place.start("run", "sync", *arguments).returncode == 0
    assert not place.is_answered("sync", *arguments)
    actions = {"GITHUB_ACTIONS": "true"}
    assert place.start("run", "sync", variables=actions).returncode == 0
    assert not place.is_answered("sync", variables=actions)


class TestExport:
    @pytest.mark.parametrize("file_format", ["requirements.txt", "pylock.toml"])
    def test_to_standard_output(self, place: Place, file_format: str) -> None:
        arguments = ("export", "--no-local", "--format", file_format)
        first = place.start("run", *arguments)
        place.record(*arguments)
        again = place.start("ask", *arguments)
        long = place.start("run", *arguments, "--no-cache")
        assert "alpha" in long.stdout
        assert (again.returncode, again.stdout, again.stderr) == (0, long.stdout, long.stderr)
        assert (first.stdout, first.stderr) == (long.stdout, long.stderr)

    def test_to_a_file(self, place: Place, tmp_path: Path) -> None:
        target, other = tmp_path / "out.txt", tmp_path / "out.unhashed.txt"
        arguments = ("export", "-o", str(target))
        said = place.record(*arguments)
        expected = [path.read_bytes() for path in (target, other)]
        assert b"member" in expected[1]
        target.unlink()
        other.write_text("of before", encoding="utf-8")
        again = place.start("ask", *arguments)
        assert (again.returncode, again.stderr) == (0, said)
        assert [path.read_bytes() for path in (target, other)] == expected

    def test_what_an_earlier_export_left_beside_it(self, place: Place, tmp_path: Path) -> None:
        arguments = ("export", "--no-local", "-o", str(tmp_path / "out.txt"))
        place.record(*arguments)
        (tmp_path / "out.unhashed.txt").write_text("of before", encoding="utf-8")
        assert not place.is_answered(*arguments)

    def test_a_target_that_cannot_be_written_is_the_same_error(
        self, place: Place, tmp_path: Path
    ) -> None:
        target = tmp_path / "there" / "out.txt"
        target.parent.mkdir()
        arguments = ("export", "--no-local", "-o", str(target))
        place.record(*arguments)
        shutil.rmtree(target.parent)
        done = place.start("run", *arguments)
        assert done.returncode == 2
        assert f"cannot write {target}" in done.stderr

    def test_for_every_platform(self, place: Place) -> None:
        arguments = ("export", "--no-local", "--universal")
        place.record(*arguments)
        again = place.start("ask", *arguments)
        assert again.stdout == place.start("run", *arguments, "--no-cache").stdout != ""
        with moved(place.system.target):
            assert place.is_answered(*arguments)
        with edited_in_place(place.project / "pylock.toml"):
            assert not place.is_answered(*arguments)

    def test_for_a_recorded_interpreter(self, place: Place, tmp_path: Path) -> None:
        recorded = tmp_path / "recorded.json"
        assert place.start("run", "inspect", "-o", str(recorded)).returncode == 0
        for target in (str(recorded), "debian:12"):
            arguments = ("export", "--no-local", "--interpreter", target)
            place.record(*arguments)
            again = place.start("ask", *arguments)
            assert again.stdout == place.start("run", *arguments, "--no-cache").stdout != ""
            with moved(place.system.target):
                assert place.is_answered(*arguments)
        with edited(recorded, lambda old: old.replace(b"alpha", b"gamma")):
            assert not place.is_answered("export", "--no-local", "--interpreter", str(recorded))

    def test_what_is_installed_does_not_matter(self, place: Place) -> None:
        place.record("export", "--no-local")
        with moved(place.info / "METADATA"):
            assert place.is_answered("export", "--no-local")
        with edited_in_place(place.project / "pylock.toml"):
            assert not place.is_answered("export", "--no-local")


class TestCache:
    def test_a_damaged_answer_is_none(self, place: Place, tmp_path: Path) -> None:
        variables = {"SYNCSTEPS_CACHE_DIR": str(tmp_path / "cache")}
        place.record("sync", variables=variables)
        (path,) = (tmp_path / "cache" / "answers").iterdir()
        good = path.read_bytes()
        damaged = {
            "empty": b"",
            "shorter": good[:-1],
            "only a start": good[:40],
            "longer": good + b"x",
            "one bit": good[:-1] + bytes([good[-1] ^ 1]),
            "another format": good.replace(b"answer 1", b"answer 0", 1),
            "zeros": bytes(len(good)),
        }
        for how, content in damaged.items():
            path.write_bytes(content)
            assert not place.is_answered("sync", variables=variables), how
        path.write_bytes(good)
        assert place.is_answered("sync", variables=variables)

    def test_an_answer_that_another_may_have_written_is_none(
        self, place: Place, tmp_path: Path
    ) -> None:
        variables = {"SYNCSTEPS_CACHE_DIR": str(tmp_path / "cache")}
        place.record("sync", variables=variables)
        (path,) = (tmp_path / "cache" / "answers").iterdir()
        for of in (path, path.parent):
            before = of.stat().st_mode
            for mode in (before | 0o020, before | 0o002):
                of.chmod(mode)
                assert not place.is_answered("sync", variables=variables)
            of.chmod(before)
            if os.geteuid() == 0:
                os.chown(of, 1234, -1)
                assert not place.is_answered("sync", variables=variables)
                os.chown(of, 0, -1)
        real = path.with_suffix(".real")
        path.rename(real)
        path.symlink_to(real)
        assert not place.is_answered("sync", variables=variables)
        real.replace(path)
        assert place.is_answered("sync", variables=variables)

    def test_what_is_in_the_way_of_an_answer_stops_no_run(
        self, place: Place, tmp_path: Path
    ) -> None:
        variables = {"SYNCSTEPS_CACHE_DIR": str(tmp_path / "cache")}
        place.record("sync", variables=variables)
        (path,) = (tmp_path / "cache" / "answers").iterdir()
        path.unlink()
        path.mkdir()
        assert place.start("run", "sync", variables=variables).returncode == 0
        assert list(path.parent.iterdir()) == [path]

    def test_a_directory_that_others_may_write_to_is_not_looked_into(self, place: Place) -> None:
        place.record("sync")
        with mode_of(place.cache / "answers", 0o777):
            assert not place.is_answered("sync")
            kept = place.answers
            assert place.start("run", "sync", "--jobs", "5").returncode == 0
            assert place.answers == kept

    def test_what_is_no_directory_stops_no_run(self, place: Place, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        for directory in (
            tmp_path / "file",
            tmp_path / "file" / "deeper",
            "/proc/nowhere",
            "\udcff",
        ):
            done = place.start("run", "sync", "--cache-dir", os.fspath(directory))
            assert (done.returncode, "Traceback" in done.stderr) == (0, False)

    def test_the_cache_that_pyproject_toml_names(self, place: Place, tmp_path: Path) -> None:
        own = tmp_path / "own"
        with edited(
            place.project / "pyproject.toml",
            lambda old: old + f'[tool.syncsteps]\ncache-dir = "{own}"\n'.encode(),
        ):
            environment = {"SYNCSTEPS_CACHE_DIR": ""}
            place.record("sync", variables=environment)
            assert len(list(own.glob("answers/*"))) == 1

    def test_no_cache_in_pyproject_toml(self, place: Place) -> None:
        with edited(
            place.project / "pyproject.toml",
            lambda old: old + b"[tool.syncsteps]\nno-cache = true\n",
        ):
            kept = place.answers
            assert place.start("run", "sync").returncode == 0
            assert place.answers == kept

    def test_without_a_home_there_is_none(self, place: Place) -> None:
        environment = {"SYNCSTEPS_CACHE_DIR": "", "HOME": "", "XDG_CACHE_HOME": ""}
        done = place.start("run", "sync", variables=environment)
        assert done.returncode == 0
        assert not place.is_answered("sync", variables=environment)

    def test_a_reproducible_build_leaves_none(self, place: Place, tmp_path: Path) -> None:
        environment = {
            "SYNCSTEPS_CACHE_DIR": "",
            "HOME": str(tmp_path),
            "XDG_CACHE_HOME": "",
        }
        assert (
            place.start(
                "run", "sync", variables={**environment, "SOURCE_DATE_EPOCH": "1"}
            ).returncode
            == 0
        )
        assert list(tmp_path.iterdir()) == []
        place.record("sync", variables=environment)
        assert len(list(tmp_path.glob("*/syncsteps/answers/*"))) == 1 or sys.platform == "darwin"

    def test_several_writers_at_once_leave_whole_answers(self, place: Place) -> None:
        command = [sys.executable, str(place.asking), "run", "sync", "--jobs", "9"]
        runs = [
            subprocess.Popen(
                command,
                cwd=place.project,
                env=place.environment,
                stderr=subprocess.DEVNULL,
            )
            for _ in range(4)
        ]
        assert [run.wait() for run in runs] == [0] * 4
        assert place.is_answered("sync", "--jobs", "9")
        assert [path for path in place.answers if path.suffix != ".answer"] == []

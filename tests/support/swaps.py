"""A real sync that can be begun any number of times: an interpreter between two locks."""

from __future__ import annotations

import hashlib
import math
import os
import stat
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from syncsteps.processes import Completed, run
from tests.support.swap_child import READY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.support.places import Place

__all__ = ["Lab", "Tree", "differences", "without_stages"]

CHECKOUT = Path(__file__).resolve().parents[2]

_TICK = 0.0002

Tree = dict[str, tuple[int, int, int, str]]


@dataclass(kw_only=True, slots=True)
class Lab:
    """An interpreter in a place, a project that is synced into it, and the trees that can come.

    ``python`` is the interpreter, inside of the place. ``modules`` are what can be imported before
    the swap and after it. What `capture` and `rehearse` find is set then: ``old`` and ``new``.
    """

    place: Place
    python: Path
    project: Path
    environment: Mapping[str, str]
    modules: tuple[str, ...] = ()
    old: Tree = field(default_factory=dict)
    new: Tree = field(default_factory=dict)
    old_values: str = ""
    new_values: str = ""
    _known: dict[tuple[int, ...], str] = field(default_factory=dict)

    @property
    def state(self) -> Path:
        """The state directory, as this process sees it."""
        (library,) = self.place.seen(self.place.prefix / "lib").glob("python3.*")
        return library / ".syncsteps"

    @property
    def journal(self) -> Path:
        """The directory of the journal, as this process sees it."""
        return self.state / "commit"

    def command(self, module: str, *arguments: str | Path) -> list[str | Path]:
        """The command line that runs a module of this checkout in the project."""
        return self.place.command([sys.executable, "-m", module, *arguments], self.project)

    def syncsteps(self, verb: str, *arguments: str) -> Completed:
        """Run a verb on the interpreter."""
        return self.run(self.command("syncsteps", verb, "--python", self.python, *arguments))

    def child(
        self, verb: str, *arguments: str | Path, under: Sequence[str | Path] = ()
    ) -> list[str | Path]:
        """The command line of a swap in a process of its own, or of its recovery.

        It is one of the verbs of `tests.support.swap_child`, started by the program ``under``.
        """
        module: list[str | Path] = [
            sys.executable,
            "-m",
            "tests.support.swap_child",
            verb,
            self._captured,
        ]
        return self.place.command([*under, *module, *arguments], self.project)

    def run(self, command: Sequence[str | Path]) -> Completed:
        """Run a command line of one of the above."""
        return run(command, environment=self._environment(), timeout=300)

    def start(self, command: Sequence[str | Path]) -> subprocess.Popen[str]:
        """Start it, and return it running."""
        return subprocess.Popen(
            command,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    def settle(self) -> None:
        """Take the interpreter as it is now for the old one, and keep it."""
        self.old, self.old_values = self.tree(), self.values()
        self.place.keep()

    def become_new(self) -> None:
        """Take the interpreter as it is now for the new one."""
        self.new, self.new_values = self.tree(), self.values()
        assert self.new != self.old
        assert self.new_values != self.old_values

    def capture(self, *arguments: str) -> None:
        """Sync up to the commit, and keep the interpreter as it is then."""
        done = self.run(self.child("capture", "install", "--python", self.python, *arguments))
        assert done.status == 0, done.stderr
        self.place.keep()

    def rehearse(self) -> tuple[float, float]:
        """Do what was captured, once to its end and once back; what comes is the new tree.

        Returns how many seconds of work a swap is from its journal on, and undoing one of which
        half was done.
        """
        self.place.reset()
        swap, status = self.kill("commit", math.inf)
        assert status == 0
        cleared = self.run(self.child("recover"))  # of the stage: that is not the commit's to do
        assert cleared.status == 0, cleared.stderr
        self.become_new()
        self.place.reset()
        self.kill("commit", swap / 2)
        undoing, status = self.kill("recover", math.inf)
        assert status == 0
        return swap, undoing

    def kill(self, verb: str, moment: float) -> tuple[float, int]:
        """Start a child, and kill it when it has worked for ``moment`` seconds.

        They count from when there is a journal, or from when it was ready if there is one already;
        and they are those in which it had a processor, so that others that work on this machine do
        not shift them. Returns how long it had worked, and its status.
        """
        with self.start(self.child(verb)) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            assert process.stdout.readline() == READY, process.stderr.read()
            return self.kill_when_begun(process, moment), process.wait()

    def kill_when_begun(self, process: subprocess.Popen[str], moment: float) -> float:
        """Kill a process when it has worked for ``moment`` seconds since there is a journal."""
        while not self.journal.exists() and process.poll() is None:
            time.sleep(_TICK)
        begun = now = _worked(process)
        while now - begun < moment and process.poll() is None:
            time.sleep(_TICK)
            now = max(now, _worked(process))
        process.kill()
        process.communicate(timeout=300)
        return now - begun

    def promised(self, status: int) -> str:
        """Which tree the journal of a swap, or else its status, says that it has to end in.

        That is "old", "new", or "either" where it was cut off before it wrote one, or after it had
        removed it.
        """
        if (self.journal / "journal.json").exists():
            return "old"
        if (self.journal / "committed.json").exists() or status == 0:
            return "new"
        return "either"

    def reached(self, promise: str) -> str:
        """Which of the two trees is there; an AssertionError if none, or not the promised one."""
        tree = self.tree()
        found = "new" if tree == self.new else "old"
        assert tree in (self.old, self.new), (promise, differences(tree, self.old)[:20])
        assert promise in (found, "either")
        assert self.values() == (self.new_values if found == "new" else self.old_values)
        return found

    def tree(self) -> Tree:
        """Path to mode, owner, group and content of all that is in the prefix.

        A file that has not been touched since it was read before is not read again.
        """
        top = self.place.seen(self.place.prefix)
        return {os.path.relpath(path, top): _describe(path, self._known) for path in _below(top)}

    def values(self) -> str:
        """What the interpreter says of all of ``modules`` when it has imported them."""
        code = (
            "import importlib, sys\n"
            "for name in sys.argv[1:]:\n"
            "    try: print(name, importlib.import_module(name).__version__)\n"
            "    except ModuleNotFoundError as error: print(name, error)\n"
        )
        command: list[str | Path] = [self.python, "-I", "-B", "-c", code, *self.modules]
        done = self.run(self.place.command(command))
        assert done.status == 0, done.stderr
        return done.stdout

    @property
    def _captured(self) -> Path:
        return self.project.with_name("captured.pickle")

    def _environment(self) -> dict[str, str]:
        return {**self.environment, "PYTHONPATH": str(CHECKOUT), "PYTHONDONTWRITEBYTECODE": "1"}


def without_stages(tree: Tree) -> Tree:
    """A tree without what is staged in it, and without the lock of a process that was killed."""
    return {
        path: value
        for path, value in tree.items()
        if "/.syncsteps/stage-" not in path and not path.endswith("/.syncsteps/lock")
    }


def differences(one: Tree, other: Tree) -> list[str]:
    """The paths at which two trees differ, with what is there."""
    return [
        f"{path}: {one.get(path)} and {other.get(path)}"
        for path in sorted(one.keys() | other.keys())
        if one.get(path) != other.get(path)
    ]


def _worked(process: subprocess.Popen[str]) -> float:
    """How many seconds a process has had a processor; 0 where it has ended."""
    try:
        return int(Path(f"/proc/{process.pid}/schedstat").read_text("ascii").split()[0]) / 1e9
    except (FileNotFoundError, ProcessLookupError):
        return 0.0


def _below(top: Path) -> list[str]:
    return [
        f"{parent}/{name}"
        for parent, directories, files in os.walk(top)
        for name in (*directories, *files)
    ]


def _describe(path: str, known: dict[tuple[int, ...], str]) -> tuple[int, int, int, str]:
    status = os.lstat(path)
    content = ""
    if stat.S_ISLNK(status.st_mode):
        content = os.readlink(path)  # noqa: PTH115 - thousands of them: no Path for each
    elif stat.S_ISREG(status.st_mode):
        # Not the time of its content, which a copy takes over and a wheel sets as it likes.
        identity = (status.st_dev, status.st_ino, status.st_size, status.st_ctime_ns)
        if identity not in known:
            known[identity] = hashlib.sha256(Path(path).read_bytes()).hexdigest()
        content = known[identity]
    return status.st_mode, status.st_uid, status.st_gid, content

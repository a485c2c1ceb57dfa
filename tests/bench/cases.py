"""What is measured: exports against each tool, a lock for many targets, a sync that has no work."""

from __future__ import annotations

import functools
import os
import shutil
import statistics
from collections import defaultdict
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import syncsteps
from syncsteps.interpreter import probe, to_json
from syncsteps.interpreter.model import InstalledDistribution
from syncsteps.locks import read_lock
from syncsteps.settings import load_settings
from tests.bench.again import Again
from tests.bench.installs import installs
from tests.bench.rivals import RIVALS, add_beside, install_own, uv_pair
from tests.bench.steps import COMMIT, Steps, steps_of_export, steps_of_sync
from tests.bench.timing import Command, compare, time_of
from tests.bench.universe import WRITERS, make_universe, write_uv_lock_of
from tests.conformance.tools import PINNED, clean_environment, install
from tests.support.index import Index
from tests.support.interpreters import linux_platforms, make_interpreter, throwaway_interpreter
from tests.support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.bench.timing import Pair

__all__ = ["Bench"]

_CHECKOUT = Path(syncsteps.__file__).parent.parent
_SMALL, _LARGE, _HUGE = 200, 1_000, 10_000
_DISTRIBUTIONS, _FILES = 50, 100
_TARGETS = 50


class Bench:
    """Runs the cases in the empty directory ``work``, on the interpreter ``python``.

    ``tools`` is where the other tools are installed, ``say`` takes lines on what goes on.
    """

    def __init__(
        self, *, work: Path, tools: Path, python: Path, rounds: int, say: Callable[[str], None]
    ) -> None:
        self.work = work
        self.tools = tools
        self.python = python
        self.rounds = rounds
        self.say = say

    def exports(self) -> Iterator[Pair]:
        """Yield an export of 200 packages against each tool's export of its own lock of 200.

        Once more as the tools do it, none of which asks the target: from a snapshot of it.
        """
        for rival in RIVALS:
            project = self.project(rival.format, _SMALL)
            name = f"export {_SMALL} packages"
            try:
                other = rival.command(project, self.tools)
                for kind in dict.fromkeys(("uv", rival.format)):
                    own = self.export(kind, _SMALL)
                    yield compare(f"{name} of {kind}", own, other, rounds=self.rounds)
                own = self.export("uv", _SMALL, "--interpreter", self.snapshot, "--no-cache")
                yield compare(f"{name} of uv for a snapshot", own, other, rounds=self.rounds)
            except RuntimeError as error:
                self.say(f"left out: {name}, {rival.name}: {error}")

    def again(self) -> Iterator[Pair]:
        """Yield runs that are answered by what the same run came to before."""
        return Again(self).pairs()

    def growth(self) -> Iterator[Pair]:
        """Yield an export of 1,000 packages against one of 10,000, and a dry run of a sync."""
        for name, run in (
            ("export", functools.partial(self.export, "uv")),
            ("plan", self._dry_run),
        ):
            yield compare(
                f"{name} {_LARGE:,} and {_HUGE:,} packages",
                run(_LARGE),
                run(_HUGE),
                rounds=max(3, self.rounds // 4),
            )

    def _dry_run(self, count: int) -> Command:
        """Return a dry run of a sync where all is installed, a fifth of it in another version."""
        project = self.project("uv", count)
        lock = read_lock(project / "uv.lock")
        target = make_interpreter()
        site = target.scheme.purelib
        installed = tuple(
            InstalledDistribution(
                name=package.name,
                version=str(package.version) if number % 5 else "0",
                location=site,
                metadata=site / f"{package.name}.dist-info",
            )
            for number, package in enumerate(lock.packages)
        )
        path = self.work / f"installed-{count}.json"
        path.write_text(to_json(replace(target, distributions=installed)), encoding="utf-8")
        return Command(
            label=f"syncsteps sync --dry-run, {count:,}",
            steps=(self.own("sync", "--dry-run", "--no-cache", "--interpreter", path),),
            directory=project,
            environment=self.environment,
        )

    def matrix(self) -> Iterator[Pair]:
        """Yield `verify` of 200 packages for one target against the same for 50."""
        project = self.project("uv", _SMALL)
        first, second = (
            Command(
                label=f"syncsteps verify, {count} targets",
                steps=(self.own("verify", *self.targets(count)),),
                directory=project,
                environment=self.environment,
            )
            for count in (1, _TARGETS)
        )
        yield compare(f"verify {_SMALL} packages", first, second, rounds=self.rounds)

    def targets(self, count: int) -> Iterator[str | Path]:
        """Yield the options that name ``count`` recorded interpreters, no two of them equal."""
        for number in range(count):
            machine = ("x86_64", "aarch64")[number % 2]
            interpreter = make_interpreter(
                version=f"3.{9 + number % 6}.{number}",
                platforms=linux_platforms(machine, glibc=(2, 28 + number // 6)),
                environment={"platform_machine": machine},
            )
            path = self.work / f"target-{number}.json"
            path.write_text(to_json(interpreter), encoding="utf-8")
            yield from ("--interpreter", path)

    def syncs(self, system: Path) -> Iterator[Pair | Steps]:
        """Yield the steps of a sync into ``system``, a throwaway interpreter, and of a second one.

        Then that second one, which finds all as it should be, against uv, which finds the same.
        """
        project, files = self.work / "project", self.work / "files"
        project.mkdir()
        wheels = [make_wheel(files, f"demo-{n:02}", "1.0") for n in range(_DISTRIBUTIONS)]
        uv = install("uv", self.tools).program("uv")
        with Index(files) as index:
            write_uv_lock_of(wheels, project, index)
            environment = {**self.environment, "UV_CACHE_DIR": str(self.work / "cache")}
            arguments: tuple[str | Path, ...] = ("--python", system)
            settings = load_settings({"python": str(system)}, environment={}, directory=project)
            for name in (f"sync of {_DISTRIBUTIONS}", "sync with nothing to do"):
                yield Steps(name=name, seconds=steps_of_sync(settings, environment))
            yield compare(
                f"nothing to do for {_DISTRIBUTIONS} distributions",
                Command(
                    label="syncsteps sync --no-cache",
                    steps=(self.own("sync", "--no-cache", *arguments),),
                    directory=project,
                    environment=environment,
                ),
                uv_pair(uv, system, project, environment),
                rounds=self.rounds,
            )

    def commits(self) -> Iterator[Steps]:
        """Yield what journal and swap take of an install, beside uv's install of the same.

        Both have everything in uv's cache, and a new interpreter each time, in turn.
        """
        project, files = self.work / "commits", self.work / "many"
        project.mkdir()
        modules = {f"part{n % 10}/module{n}.py": f"number = {n}\n" for n in range(_FILES)}
        wheels = [
            make_wheel(
                files, name, files={f"{name}/{path}": text for path, text in modules.items()}
            )
            for name in (f"many{n:03}" for n in range(_SMALL))
        ]
        uv = install("uv", self.tools).program("uv")
        seconds: dict[str, list[float]] = defaultdict(list)
        with Index(files) as index:
            write_uv_lock_of(wheels, project, index)
            environment = {
                **self.environment,
                "UV_CACHE_DIR": str(self.work / "cache"),
                "UV_DEFAULT_INDEX": index.url,
            }
            for number in range(self.rounds + 1):
                took = self._commit(uv, project, environment, self.work / f"commit-{number}")
                for step, value in took.items() if number else ():  # the first one fills the cache
                    seconds[step].append(value)
        yield Steps(
            name=f"install {_SMALL} distributions of {_FILES} files, all in the cache",
            seconds={step: statistics.median(values) for step, values in seconds.items()},
        )

    def _commit(
        self, uv: Path, project: Path, environment: dict[str, str], place: Path
    ) -> dict[str, float]:
        theirs = throwaway_interpreter(place / "theirs")
        ours = throwaway_interpreter(place / "ours")
        command = uv_pair(uv, theirs, project, environment)
        alone = time_of(command).clock
        settings = load_settings({"python": str(ours)}, environment={}, directory=project)
        steps = steps_of_sync(settings, environment, smoke=False)
        shutil.rmtree(place)
        return {
            "uv export | uv pip install": alone,
            "syncsteps install": sum(steps.values()),
            "its journal and swap": steps[COMMIT],
        }

    def installs(self, count: int, against: Sequence[str]) -> Iterator[Pair]:
        """Yield each way to install ``count`` packages against ours; see `installs`."""
        place = self.work / "installs"
        place.mkdir()
        # What the others use, of the same versions.
        add_beside(self.program, *PINNED["uv"], *PINNED["pip"])
        yield from installs(
            place,
            tools=self.tools,
            program=self.program,
            environment=self.environment,
            rounds=self.rounds,
            count=count,
            against=against,
            say=self.say,
        )

    def steps(self) -> Iterator[Steps]:
        """Yield the steps of an export of 200 packages."""
        lock = self.project("uv", _SMALL) / "uv.lock"
        yield Steps(
            name=f"export {_SMALL} packages",
            seconds=steps_of_export(lock, self.python, rounds=self.rounds),
        )

    def project(self, kind: str, count: int) -> Path:
        """Return the directory of a project of ``count`` packages, locked as ``kind``."""
        directory = self.work / f"{kind}-{count}"
        if not directory.is_dir():
            directory.mkdir(parents=True)
            WRITERS[kind](make_universe(count), directory)
        return directory

    def export(self, kind: str, count: int, *target: str | Path) -> Command:
        """Return syncsteps's export of such a project; ``target`` are other options for it."""
        # Without more, the way that a run takes when it is the first of its kind.
        target = target or ("--python", self.python, "--no-cache")
        return Command(
            label=f"syncsteps, {kind}, {count:,}",
            steps=(self.own("export", *target, "-o", "exported.txt"),),
            directory=self.project(kind, count),
            environment=self.environment,
        )

    @cached_property
    def snapshot(self) -> Path:
        """The interpreter's snapshot as a file."""
        path = self.work / "snapshot.json"
        path.write_text(to_json(probe(self.python)), encoding="utf-8")
        return path

    def own(self, *arguments: str | Path) -> tuple[str | Path, ...]:
        """Return a call of the installed program."""
        return (self.program, *arguments)

    @cached_property
    def program(self) -> Path:
        """The program, installed from this checkout: an editable install starts more slowly."""
        return install_own(_CHECKOUT, self.work / "own")

    @property
    def environment(self) -> dict[str, str]:
        """Variables for every program, none of them a setting of this machine's."""
        return {
            **clean_environment(self.tools / "home"),
            "PATH": os.environ.get("PATH", os.defpath),
        }

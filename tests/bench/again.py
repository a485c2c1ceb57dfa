"""Runs that are answered by what the same run came to before, beside others."""

from __future__ import annotations

import shutil
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import syncsteps
from syncsteps.settings import load_settings
from tests.bench.rivals import RIVALS, add_beside, uv_pair
from tests.bench.timing import SETTLED, Command, compare, time_of
from tests.bench.universe import write_uv_lock_of
from tests.conformance.tools import install
from tests.support.index import Index
from tests.support.interpreters import throwaway_interpreter
from tests.support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.bench.cases import Bench
    from tests.bench.timing import Pair

__all__ = ["Again"]

_COUNT = 200
_NOXFILE = """\
import nox
from syncsteps.nox_sessions import register

register()


@nox.session(python=False)
def empty(session):
    pass
"""
_EMPTY, _SYNC = ("-s", "empty"), ("-s", "sync_system", "--")


class Again:
    """Runs with a cache, on the projects of ``bench``."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    def pairs(self) -> Iterator[Pair]:
        """Yield runs that are answered by what the same run came to before, each against others.

        What the first of an export costs more than one without a cache; then the second one,
        against the first and against each tool; then a sync that finds nothing to do, against uv,
        which finds the same, against a Python that does nothing at all, and in a session of nox;
        and of another verb, which looks at the same lock and the same target.
        """
        name = f"export {_COUNT} packages"
        without = self._bench.export("uv", _COUNT, "--python", self._bench.python, "--no-cache")
        yield compare(
            f"{name}, and a cache",
            self._emptied(without),
            self._emptied(
                self._bench.export("uv", _COUNT, *self._cached("--python", self._bench.python))
            ),
            rounds=self._bench.rounds,
        )
        for rival in (None, *RIVALS):
            project = self._bench.project(rival.format if rival else "uv", _COUNT)
            try:
                other = rival.command(project, self._bench.tools) if rival else without
                for kind in dict.fromkeys(("uv", rival.format if rival else "uv")):
                    own = self._kept(
                        self._bench.export(
                            kind, _COUNT, *self._cached("--python", self._bench.python)
                        )
                    )
                    yield compare(f"{name} of {kind} again", own, other, rounds=self._bench.rounds)
            except RuntimeError as error:
                self._bench.say(
                    f"left out: {name} again, {rival.name if rival else 'own'}: {error}"
                )
        yield from self._nothing_to_do()

    def _nothing_to_do(self) -> Iterator[Pair]:
        project, files = self._bench.work / "settled", self._bench.work / "settled-files"
        project.mkdir()
        wheels = [make_wheel(files, f"settled-{n:03}", "1.0") for n in range(_COUNT)]
        uv = install("uv", self._bench.tools).program("uv")
        system = throwaway_interpreter(self._bench.work / "settled-system")
        name = f"nothing to do for {_COUNT} distributions"
        with Index(files) as index:
            write_uv_lock_of(wheels, project, index)
            environment = {
                **self._bench.environment,
                "UV_CACHE_DIR": str(self._bench.work / "cache"),
            }
            settings = load_settings({"python": str(system)}, environment={}, directory=project)
            syncsteps.install(settings, environment=environment)
            theirs = uv_pair(uv, system, project, environment)
            for label, arguments in (
                ("syncsteps sync --no-cache", ("--python", system, "--no-cache")),
                ("syncsteps sync", self._cached("--python", system)),
            ):
                own = Command(
                    label=label,
                    steps=(self._bench.own("sync", *arguments),),
                    directory=project,
                    environment=environment,
                )
                # The same way around as the ratio that is wanted: ours by theirs.
                ready = own if "--no-cache" in arguments else self._kept(own)
                yield compare(name, theirs, ready, rounds=self._bench.rounds)
            yield self._verified(system, own)
            program = self._bench.program.with_name(
                "python.exe" if sys.platform == "win32" else "python"
            )
            bare = Command(
                label="a bare Python",
                steps=((program, "-c", ""),),
                directory=project,
                environment=environment,
            )
            yield compare(name, bare, own, rounds=self._bench.rounds)
            yield self._under_nox(name, own)

    def _verified(self, system: Path, sync: Command) -> Pair:
        """Return a run of another verb with a cache, against the same that looks at all anew."""

        def verify(*arguments: str | Path) -> Command:
            run = self._bench.own("verify", "--python", system, *arguments)
            return replace(sync, label="syncsteps verify, no cache", steps=(run,))

        cached = replace(
            verify(*self._cached()), label="syncsteps verify, of a target that it knew"
        )
        for _ in range(2):
            time.sleep(SETTLED)
            time_of(cached)
        missing = {"locks", "probes"} - {path.name for path in self._answers.iterdir()}
        if missing:
            raise RuntimeError(f"{cached.label}: no {', '.join(sorted(missing))} were kept")
        name = f"verify {_COUNT} distributions"
        return compare(name, verify("--no-cache"), cached, rounds=self._bench.rounds)

    def _under_nox(self, name: str, own: Command) -> Pair:
        """Return the same run in a session of nox, against nox with nothing to do and that run."""
        add_beside(self._bench.program, "nox>=2025.2.9")
        nox = self._bench.program.with_name("nox")
        (own.directory / "noxfile.py").write_text(_NOXFILE, encoding="utf-8")
        (run,) = own.steps
        alone = replace(own, label="an empty session of nox, and that", steps=((nox, *_EMPTY), run))
        session = replace(own, label="nox -s sync_system", steps=((nox, *_SYNC, *run[2:]),))
        for command in (alone, session):
            time_of(command)
        time.sleep(SETTLED)
        return compare(name, alone, session, rounds=self._bench.rounds)

    def _cached(self, *arguments: str | Path) -> tuple[str | Path, ...]:
        return (*arguments, "--cache-dir", self._answers)

    @property
    def _answers(self) -> Path:
        return self._bench.work / "answers"

    def _emptied(self, command: Command) -> Command:
        """Return it with the cache emptied before each run; settled is what it then depends on."""
        time_of(command)
        time.sleep(SETTLED)
        code = f"import shutil; shutil.rmtree({str(self._answers)!r}, ignore_errors=True)"
        empty = (sys.executable, "-I", "-S", "-c", code)
        kind = "without" if "--no-cache" in command.steps[0] else "filling one"
        return replace(command, label=f"{command.label}, {kind}", steps=(empty, *command.steps))

    def _kept(self, command: Command) -> Command:
        """Return the command, whose answer is in the cache then.

        Raises:
            RuntimeError: it is not.
        """
        shutil.rmtree(self._answers, ignore_errors=True)
        time_of(command)  # which may well make files, or byte code
        time.sleep(SETTLED)
        time_of(command)
        if not list(self._answers.glob("answers/*")):
            raise RuntimeError(f"{command.label}: nothing was kept")
        return replace(command, label=f"{command.label}, again")

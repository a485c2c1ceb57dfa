"""Installs of one lock: ours against each of the other ways, in all the states of a machine."""

from __future__ import annotations

import itertools
import os
import shutil
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.bench.installers import INSTALLERS, Place
from tests.bench.locked import write_every_lock
from tests.bench.timing import SETTLED, Command, compare, time_of
from tests.support.index import Index
from tests.support.interpreters import throwaway_interpreter
from tests.support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from tests.bench.installers import Installer
    from tests.bench.timing import Pair

__all__ = ["CASES", "installs", "ratio_table"]

CASES = ("cold", "warm", "nothing to do", "one changed")
_OWN = ("install", "--lock", "uv.lock", "--no-project", "--quiet")
_FILES = 40


@dataclass(slots=True, kw_only=True)
class _Project:
    """A directory with every lock, of which there are two variants that differ in one package."""

    directory: Path
    variants: tuple[Path, Path]
    turn: Iterator[Path] = field(init=False)

    def __post_init__(self) -> None:
        self.directory.mkdir()
        self.turn = itertools.cycle(self.variants)
        self.change()

    def change(self) -> None:
        """Have the other variant's locks from now on."""
        shutil.copytree(next(self.turn), self.directory, dirs_exist_ok=True)


def installs(
    work: Path,
    *,
    tools: Path,
    program: Path,
    environment: Mapping[str, str],
    rounds: int,
    count: int,
    against: Sequence[str],
    say: Callable[[str], None],
) -> Iterator[Pair]:
    """Yield, for each way and each of `CASES`, that way against an install by ``program``.

    All of it in the empty directory ``work``. ``against`` are parts of the names of those to run;
    all of them if it is empty. What cannot be run is left out, and ``say`` told why.
    """
    files, variants = work / "files", (work / "one", work / "other")
    wheels = [_wheel(files, number, "1.0") for number in range(count)]
    changed = [_wheel(files, 0, "1.1"), *wheels[1:]]
    with Index(files) as index:
        index.cacheable = True
        for directory, locked in zip(variants, (wheels, changed), strict=True):
            directory.mkdir()
            write_every_lock(locked, directory, index)
        for number, installer in enumerate(INSTALLERS):
            if against and not any(part in installer.name for part in against):
                continue
            place = work / f"way-{number}"
            place.mkdir()
            bench = _Way(
                installer=installer, place=place, variants=variants, tools=tools, program=program
            )
            try:
                yield from bench.pairs({**environment, **_variables(index)}, rounds=rounds)
            except RuntimeError as error:
                say(f"left out: {installer.name}: {error}")
            shutil.rmtree(place)


def _wheel(files: Path, number: int, version: str) -> Path:
    """A wheel of as many files, and as much source code, as wheels usually have."""
    name = f"many{number:03}"
    body = "\n".join(f"def function_{n}(value):\n    return [value, {n}] * 2\n" for n in range(120))
    modules = {f"{name}/part{n % 5}/module{n}.py": f"{body}\n" for n in range(_FILES)}
    return make_wheel(files, name, version, files={f"{name}/__init__.py": "", **modules})


def _variables(index: Index) -> dict[str, str]:
    return {
        "PIP_INDEX_URL": index.url,
        "PIP_TRUSTED_HOST": "127.0.0.1",  # without which pip keeps nothing of what is not https
        "PIP_CONFIG_FILE": os.devnull,
        "PIPENV_PYPI_MIRROR": index.url,  # the sources of the lock are not what it goes by
        "UV_DEFAULT_INDEX": index.url,
    }


class _Way:
    """One way to install, and ours beside it, each with an interpreter and caches of its own."""

    def __init__(
        self,
        *,
        installer: Installer,
        place: Path,
        variants: tuple[Path, Path],
        tools: Path,
        program: Path,
    ) -> None:
        self.installer = installer
        self.place = place
        self.program = program
        self.theirs = Place(python=throwaway_interpreter(place / "theirs"), tools=tools)
        self.ours = Place(python=throwaway_interpreter(place / "ours"), tools=tools)
        if installer.beside:
            self.theirs.add(*installer.beside)
        self.projects = [
            _Project(directory=place / name, variants=variants) for name in ("project", "own")
        ]
        self.before = [_entries(each.prefix) for each in (self.theirs, self.ours)]

    def pairs(self, environment: Mapping[str, str], *, rounds: int) -> Iterator[Pair]:
        for case in CASES:
            first, second = (self._command(number, case, environment) for number in (0, 1))
            if case == "warm":
                # Once unprepared, so that the caches have it all, however cold the case before.
                for command in (first, second):
                    time_of(command)
            if case == "nothing to do":
                # As it is some time after an install, which then is answered for.
                for command in (first, second):
                    time_of(command)
                    time.sleep(SETTLED)
                    time_of(command)
            pair = compare(case, first, second, rounds=rounds, warm=case != "cold")
            self._require_installed()
            yield pair

    def _require_installed(self) -> None:
        """Make sure that both ways have installed into the interpreter that is meant.

        Raises:
            RuntimeError: one has not, so that it must have been another one.
        """
        for name, place in ((self.installer.name, self.theirs), ("syncsteps", self.ours)):
            if not any(place.prefix.glob("lib/python*/site-packages/many000/__init__.py")):
                raise RuntimeError(f"{name} has not installed into {place.prefix}")

    def _command(self, number: int, case: str, environment: Mapping[str, str]) -> Command:
        place = (self.theirs, self.ours)[number]
        caches = self.place / f"caches-{number}"
        label, steps = self.installer.name, self.installer.steps(place)
        if number == 1:
            label = " ".join(("syncsteps install", *self.installer.own))
            steps = ((self.program, *_OWN, "--python", place.python, *self.installer.own),)

        def prepare() -> None:
            if case == "cold":
                shutil.rmtree(caches, ignore_errors=True)
            if case in {"cold", "warm"}:
                _reset(place.prefix, self.before[number])
            if case == "one changed":
                self.projects[number].change()

        return Command(
            label=label,
            steps=steps,
            directory=self.projects[number].directory,
            environment={
                **environment,
                "UV_CACHE_DIR": str(caches / "uv"),
                "PIP_CACHE_DIR": str(caches / "pip"),
                "POETRY_CACHE_DIR": str(caches / "poetry"),
                "PDM_CACHE_DIR": str(caches / "pdm"),
                **(self.installer.variables(place) if number == 0 else {}),
            },
            prepare=prepare,
        )


def _entries(prefix: Path) -> frozenset[Path]:
    places = (prefix, prefix / "bin", *prefix.glob("lib/python*"))
    return frozenset(
        entry
        for place in (*places, *prefix.glob("lib/python*/site-packages"))
        for entry in place.iterdir()
    )


def _reset(prefix: Path, before: frozenset[Path]) -> None:
    """Remove what has come to an interpreter since ``before``."""
    for entry in _entries(prefix) - before:
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)


def ratio_table(pairs: Sequence[Pair]) -> list[str]:
    """Return the lines of a table: how many times as long ours took, by way and case."""
    by_way: dict[str, dict[str, str]] = {}
    for pair in pairs:
        by_way.setdefault(pair.labels[0], {})[pair.name] = f"{pair.ratios.clock:.2f}"
    width = max(map(len, by_way), default=0)
    head = "  ".join(f"{case:>13}" for case in CASES)
    return [
        f"{'ours, as a multiple of':<{width}}  {head}",
        *(
            f"{way:<{width}}  " + "  ".join(f"{cells.get(case, '-'):>13}" for case in CASES)
            for way, cells in by_way.items()
        ),
    ]

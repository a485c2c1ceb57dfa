"""Eight syncs of three projects, started at once on one interpreter, again and again."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from syncsteps.processes import Completed, run
from tests.support.effort import often
from tests.support.interpreters import throwaway_interpreter
from tests.support.projects import write_pylock
from tests.support.swaps import CHECKOUT
from tests.support.systems import System
from tests.support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.index import Index

pytestmark = pytest.mark.enable_socket

PROJECTS = ("first", "second", "third")
# Which of them each process syncs; twice or three times the same one, as a retried job would.
STARTS = ("first", "second", "third", "first", "second", "third", "first", "second")


def locks_of(round_number: int, directory: Path) -> dict[str, list[Path]]:
    """The locks of a round: versions agree, and what is shared, by whom, is another each time."""

    def wheel(name: str, version: str = "1.0") -> Path:
        files = {f"{name}/part{number}.py": f"# {version}\n" for number in range(20)}
        files[f"{name}/__init__.py"] = f"__version__ = {version!r}\n"
        return make_wheel(directory, name, version, files=files)

    shared = [wheel(f"shared{number}") for number in range(4)]
    return {
        project: [
            wheel(f"own_{project}", f"{round_number}.0"),
            *(each for place, each in enumerate(shared) if (place + which + round_number) % 3),
        ]
        for which, project in enumerate(PROJECTS)
    }


def test_syncs_that_start_at_once_end_with_true_receipts(
    index: Index, tmp_path: Path, tell: Callable[[str], None]
) -> None:
    python = throwaway_interpreter(tmp_path / "system")
    systems = {}
    for name in PROJECTS:
        (tmp_path / name).mkdir()
        systems[name] = System(
            target=python, project=tmp_path / name, index=index, caches=tmp_path / "caches"
        )
        systems[name].name_project(name)
    rounds = often(2, 20)
    for number in range(1, rounds + 1):
        locks = locks_of(number, index.directory)
        for name, wheels in locks.items():
            write_pylock(systems[name].project, index, wheels)

        with ThreadPoolExecutor(max_workers=len(STARTS)) as pool:
            ended = list(pool.map(lambda name: start(systems[name], "install"), STARTS))

        for done in ended:
            assert done.status == 0, (number, done.stderr)
        for system in systems.values():
            checked = start(system, "check")
            assert checked.status == 0, (number, checked.stderr)
        named = {wheel.name.split("-")[0].replace("_", "-") for w in locks.values() for wheel in w}
        found = {name.replace("_", "-"): version for name, version in system.installed().items()}
        assert found.keys() == named, number
        assert {found[f"own-{name}"] for name in PROJECTS} == {f"{number}.0"}
        (state,) = system.prefix.rglob(".syncsteps")
        assert [path.name for path in state.iterdir()] == ["receipts"]
        assert len(list((state / "receipts").iterdir())) == len(PROJECTS)
    tell(f"{len(STARTS)} syncs of {len(PROJECTS)} projects at once: {rounds} rounds")


def start(system: System, verb: str) -> Completed:
    """Run a verb as a process of its own; one that waits for ever fails the test."""
    return run(
        [
            sys.executable,
            "-m",
            "syncsteps",
            verb,
            "--python",
            system.target,
            "--lock-timeout",
            "300",
        ],
        environment={**system.environment, "PYTHONPATH": str(CHECKOUT)},
        directory=system.project,
        timeout=400,
    )

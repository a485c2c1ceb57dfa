"""A swap of thousands of files, killed at random moments: old or new, byte for byte."""

from __future__ import annotations

import math
import os
import sys
from collections import Counter
from typing import TYPE_CHECKING

import pytest
import uv

from syncsteps.processes import run
from tests.support.effort import often, seeded
from tests.support.interpreters import throwaway_interpreter
from tests.support.places import LinkedPlace
from tests.support.projects import write_pylock
from tests.support.swaps import Lab
from tests.support.systems import System
from tests.support.upgrades import make_upgrade

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.index import Index

pytestmark = [
    pytest.mark.enable_socket,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux says how long one has worked"),
]

BARE = {"PATH": os.defpath}
UV = ("--installer", "uv")


# Pure Python, so that any interpreter can run them.
REAL = (
    ("pygments==2.17.2", "docutils==0.20.1", "sphinx==7.1.2"),
    ("pygments==2.19.1", "docutils==0.21.2", "sphinx==8.1.3"),
)


@pytest.fixture
def bare(index: Index, tmp_path: Path) -> Lab:
    """An interpreter with nothing in it, and a project without a lock."""
    prefix, project = tmp_path / "system", tmp_path / "project"
    project.mkdir()
    python = throwaway_interpreter(prefix)
    system = System(target=python, project=project, index=index, caches=tmp_path / "caches")
    return Lab(
        place=LinkedPlace(prefix=prefix),
        python=python,
        project=project,
        environment=system.environment,
    )


@pytest.fixture
def lab(bare: Lab, index: Index) -> Lab:
    """An interpreter of the old lock, with byte code, and a project with the new lock."""
    upgrade = make_upgrade(index.directory, packages=8, files=200)
    bare.modules = upgrade.modules
    write_pylock(bare.project, index, upgrade.old)
    install(bare)
    (compiled,) = bare.place.prefix.rglob("site-packages/upgraded0")
    assert run([bare.python, "-m", "compileall", "-q", compiled]).status == 0
    bare.settle()
    write_pylock(bare.project, index, upgrade.new)
    return bare


@pytest.fixture
def real(bare: Lab) -> Lab:
    """The same of locks that are made now, from the configured index."""
    bare.environment = os.environ
    bare.modules = ("sphinx", "pygments", "docutils", "requests", "roman_numerals")
    old, new = REAL
    lock(bare, old)
    install(bare)
    bare.settle()
    lock(bare, new)
    return bare


def lock(lab: Lab, requirements: tuple[str, ...]) -> None:
    """Make the project's lock a requirements.txt of ``requirements`` and what they need."""
    wanted = lab.project / "wanted.in"
    wanted.write_text("".join(f"{line}\n" for line in requirements), encoding="utf-8")
    made = lab.project / "requirements.txt"
    options = ("--quiet", "--generate-hashes", "--no-header", "--no-emit-index-url")
    command: list[str | Path] = [
        uv.find_uv_bin(),
        "pip",
        "compile",
        "--python",
        lab.python,
        *options,
    ]
    done = run([*command, wanted, "--output-file", made], timeout=300)
    assert done.status == 0, done.stderr


def install(lab: Lab) -> None:
    done = lab.syncsteps("install", *UV)
    assert done.status == 0, done.stderr
    # Without -B: what has been imported has left byte code, which has to go with it.
    assert run([lab.python, "-c", f"import {lab.modules[0]}"], environment=BARE).status == 0


def moments(rng: random.Random, count: int, seconds: float) -> list[float]:
    """Random moments, one in each of ``count`` equal parts of a time, in random order."""
    parts = [seconds * (number + rng.random()) / count for number in range(count)]
    rng.shuffle(parts)
    return parts


def test_a_swap_killed_at_random_moments_ends_in_the_old_tree_or_in_the_new(
    lab: Lab, tell: Callable[[str], None]
) -> None:
    rng, seed = seeded()
    lab.capture(*UV)
    swap, undoing = lab.rehearse()
    tally: Counter[str] = Counter()
    times = often(12, 200)
    for moment in moments(rng, times, swap):
        lab.place.reset()
        _, status = lab.kill("commit", moment)
        promise = lab.promised(status)
        if rng.random() < 0.5:
            tally["recovering"] += lab.kill("recover", rng.uniform(0, undoing))[1] < 0
        recovered = lab.run(lab.child("recover"))
        assert recovered.status == 0, recovered.stderr
        tally[f"{promise} {lab.reached(promise)}"] += 1
        tally["killed"] += status < 0
    lab.place.reset()
    assert lab.run(lab.child("recover")).status == 0
    assert lab.tree() == lab.old  # none of all those swaps has written into a file that stays
    assert tally["old old"] >= times / 5, tally
    tell(
        f"swap of {len(lab.new)} names: {tally['killed']} kills and {tally['recovering']} more"
        f" while recovering (seed {seed}), spread over {swap:.2f} s of work:"
        f" {tally['old old']} undone, {tally['new new']} completed,"
        f" {tally['either old']} not begun, {tally['either new']} over"
    )


@pytest.mark.network
def test_a_sync_of_a_real_lock_killed_at_random_moments_of_its_swap_ends_in_old_or_new(
    real: Lab, tell: Callable[[str], None]
) -> None:
    lab = real
    rng, seed = seeded()
    swap, status = kill_sync(lab, math.inf)
    assert status == 0
    lab.become_new()
    tally: Counter[str] = Counter()
    for moment in moments(rng, often(4, 50), swap):
        lab.place.reset()
        _, status = kill_sync(lab, moment)
        promise = lab.promised(status)
        recovered = lab.syncsteps("recover")
        assert recovered.status == 0, recovered.stderr
        tally[f"{promise} {lab.reached(promise)}"] += 1
        tally["killed"] += status < 0
    assert tally["old old"], tally
    tell(
        f"sync of {len(lab.new)} names: {tally['killed']} kills of its swap (seed {seed}), spread"
        f" over {swap:.2f} s of work: {tally['old old']} undone, {tally['new new']} completed,"
        f" {tally['either old'] + tally['either new']} over"
    )


def kill_sync(lab: Lab, moment: float) -> tuple[float, int]:
    """Start a sync, and kill it when its swap has worked for ``moment`` seconds; as `Lab.kill`."""
    command = lab.command("syncsteps", "install", "--python", lab.python, *UV)
    with lab.start(command) as process:
        return lab.kill_when_begun(process, moment), process.wait()

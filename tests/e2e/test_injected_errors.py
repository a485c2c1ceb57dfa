"""A swap in which the kernel refuses a call, or kills at it: on ext4, tmpfs and overlayfs."""

from __future__ import annotations

import itertools
import re
import shutil
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.support.effort import often, seeded
from tests.support.interpreters import throwaway_interpreter
from tests.support.mounts import Mounts, missing_mounts
from tests.support.places import LayeredPlace, LinkedPlace
from tests.support.projects import write_pylock
from tests.support.swap_child import READY
from tests.support.swaps import Lab, without_stages
from tests.support.systems import System
from tests.support.upgrades import make_upgrade

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.index import Index
    from tests.support.places import Place

pytestmark = [pytest.mark.root, pytest.mark.enable_socket]

UV = ("--installer", "uv")
KILL = "signal=SIGKILL"
FAULTS = ("error=ENOSPC", "error=EIO", "error=EACCES", KILL)
# Each family is one call with the names that it has by architecture and by C library.
FAMILIES = {
    "rename": ("rename", "renameat", "renameat2"),
    "write": ("write",),
    "sync": ("fsync", "syncfs"),
    "unlink": ("unlink", "unlinkat"),
    "mkdir": ("mkdir", "mkdirat"),
    "rmdir": ("rmdir",),
}
CALLS = tuple(call for family in FAMILIES.values() for call in family)
DONE, NOT_COMMITTED = 0, 6
ENDS = {DONE: "done", NOT_COMMITTED: "rolled back", 7: "not even that", -9: "killed"}


@pytest.fixture
def mounts() -> Iterator[Mounts]:
    reason = missing_mounts()
    if reason is not None:
        pytest.skip(reason)
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed (apt-get install strace)")
    with Mounts() as held:
        yield held


def make_place(kind: str, mounts: Mounts, directory: Path) -> Place:
    """A place on a file system of this kind, with an interpreter in it."""
    template = directory / "template"
    throwaway_interpreter(template)
    disk = directory / "disk"
    if kind == "overlayfs":
        mounts.tmpfs(disk)  # an upper layer cannot be on another overlay, as /tmp often is
        layered = LayeredPlace(prefix=directory / "system", store=disk / "layers", mounts=mounts)
        layered.begin(template)
        return layered
    if kind == "ext4":
        mounts.ext4(disk, size=300, image=directory / "image")
    else:
        mounts.tmpfs(disk)
    mounts.check("cp", "-a", template, disk / "system")
    return LinkedPlace(prefix=disk / "system", mounts=mounts)


@pytest.fixture
def lab(request: pytest.FixtureRequest, mounts: Mounts, index: Index, tmp_path: Path) -> Lab:
    """An interpreter on a file system of this kind, and a swap that can begin at any time."""
    place = make_place(request.param, mounts, tmp_path)
    project = tmp_path / "project"
    project.mkdir()
    python = place.prefix / "bin" / "python3"
    system = System(target=python, project=project, index=index, caches=tmp_path / "caches")
    upgrade = make_upgrade(index.directory, packages=2, files=30)
    lab = Lab(
        place=place,
        python=python,
        project=project,
        environment=system.environment,
        modules=upgrade.modules,
    )
    write_pylock(project, index, upgrade.old)
    installed = lab.syncsteps("install", *UV)
    assert installed.status == 0, installed.stderr
    if isinstance(place, LayeredPlace):
        place.sink()
    lab.settle()
    write_pylock(project, index, upgrade.new)
    lab.capture(*UV)
    lab.rehearse()
    return lab


def count_calls(lab: Lab, log: Path) -> dict[str, range]:
    """Which of the calls a swap makes, and of each the numbers of those after its beginning."""
    lab.place.reset()
    traced = ",".join(f"?{call}" for call in CALLS)
    strace: list[str | Path] = [
        "strace",
        "-f",
        "-qq",
        "-o",
        log,
        "-e",
        "signal=none",
        "-e",
        f"trace={traced}",
    ]
    done = lab.run(lab.child("commit", under=strace))
    assert done.status == 0, done.stderr
    before, mark, after = log.read_text(encoding="utf-8").partition(repr(READY)[1:-1])
    assert mark, before
    earlier = Counter(re.findall(r"^\d+ +(\w+)\(", before, re.MULTILINE))
    later = Counter(re.findall(r"^\d+ +(\w+)\(", after, re.MULTILINE))
    return {
        call: range(earlier[call] + 1, earlier[call] + later[call] + 1)
        for call in CALLS
        if later[call]
    }


@pytest.mark.parametrize("lab", ["ext4", "tmpfs", "overlayfs"], indirect=True)
def test_a_refused_call_leaves_the_old_tree_or_the_new_one(
    lab: Lab, tmp_path: Path, request: pytest.FixtureRequest, tell: Callable[[str], None]
) -> None:
    rng, seed = seeded()
    numbers = count_calls(lab, tmp_path / "calls")
    every = [
        (call, fault, onwards)
        for call, fault, onwards in itertools.product(numbers, FAULTS, ("", "+"))
        # The dead are killed once, and a swap that is refused every write cannot tell of it.
        if not (onwards and (fault == KILL or call == "write"))
    ]
    rng.shuffle(every)
    tally: Counter[str] = Counter()
    times = often(8, 150)
    for call, fault, onwards in itertools.islice(itertools.cycle(every), times):
        injected = f"{call}:{fault}:when={rng.choice(numbers[call])}{onwards}"
        tally[inject(lab, injected)] += 1
    tell(
        f"{request.node.callspec.id}: {times} faults injected into {', '.join(numbers)}"
        f" (seed {seed}): {text_of(tally)}"
    )


def inject(lab: Lab, injected: str) -> str:
    """Swap with this injected; which tree the interpreter has after it and a recovery."""
    lab.place.reset()
    strace = ("strace", "-f", "-qq", "-o", "/dev/null", "-e", f"inject={injected}")
    done = lab.run(lab.child("commit", under=strace))
    assert done.status in ENDS, (injected, done)
    assert "Traceback" not in done.stderr, (injected, done)
    promise = lab.promised(done.status)
    if done.status in (DONE, NOT_COMMITTED):
        # What such an end says is true at once, not only after a recovery.
        promise = "new" if done.status == DONE else "old"
        at_once = without_stages(lab.tree())
        assert at_once == getattr(lab, promise), (injected, done)
        assert not lab.journal.exists(), (injected, done)
    recovered = lab.run(lab.child("recover"))
    assert recovered.status == 0, (injected, done, recovered)
    return f"{ENDS[done.status]}, {lab.reached(promise)}"


def text_of(tally: Counter[str]) -> str:
    return "; ".join(f"{count} {what}" for what, count in sorted(tally.items()))

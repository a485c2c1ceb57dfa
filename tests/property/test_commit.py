"""Whatever the tree, the change and the operation that fails: the old state or the new one."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncsteps.commit import Change, Placement, commit, recover
from syncsteps.errors import CommitError, RecoveryError
from tests.support.faults import Crash, Fault, Faulty, snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Tree = dict[str, tuple[int, bytes]]
Item = tuple[Literal["file", "link", "hard link"], int]

NAMES = ("a", "b", "c")
PATHS = tuple(
    f"{root}/{'/'.join(parts)}"
    for root in ("site", "bin")
    for depth in (1, 2, 3)
    for parts in itertools.product(NAMES[:2] if depth == 3 else NAMES, repeat=depth)
)
ITEMS: st.SearchStrategy[Item] = st.tuples(
    st.sampled_from(("file", "file", "link", "hard link")),
    st.sampled_from((0o644, 0o755, 0o600, 0o444)),
)
FAULTS: tuple[type[Crash | KeyboardInterrupt] | int, ...] = (
    Crash,
    Crash,
    KeyboardInterrupt,
    errno.ENOSPC,
    errno.EIO,
    errno.EACCES,
    errno.EXDEV,
)


def without_conflicts(paths: dict[str, Item]) -> dict[str, Item]:
    """Leave out what lies below a path that is a file already."""
    return {
        path: item
        for path, item in paths.items()
        if not any(path.startswith(f"{other}/") for other in paths)
    }


TREES = st.dictionaries(st.sampled_from(PATHS), ITEMS, max_size=7).map(without_conflicts)


@dataclass(frozen=True)
class Case:
    old: dict[str, Item]
    retire: frozenset[str]
    place: dict[str, Item]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    old = draw(TREES)
    retire = draw(st.sets(st.sampled_from(sorted(old)))) if old else set()
    kept = old.keys() - retire
    wanted = draw(TREES)
    place = {
        path: item
        for path, item in wanted.items()
        if path not in kept
        and not any(path.startswith(f"{other}/") for other in kept)
        and not any(other.startswith(f"{path}/") for other in kept)
    }
    return Case(old=old, retire=frozenset(retire), place=place)


def put(path: Path, item: Item, content: str, store: Path) -> None:
    kind, mode = item
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind == "link":
        path.symlink_to(content)
    elif kind == "hard link":
        # All hard links share one inode, as files out of an installer's cache do.
        if not store.exists():
            store.write_text("shared")
        path.hardlink_to(store)
    else:
        path.write_text(content)
        path.chmod(mode)


class World:
    """A tree, a stage and a change on a real disk, made anew for each attempt.

    With ``mirrored`` the stage is laid out as the target is, so that directories may come whole;
    with ``known`` the change says that there is nothing else in it.
    """

    def __init__(self, case: Case, base: Path, *, mirrored: bool, known: bool) -> None:
        self.base = base
        self.stage = base / "state" / "stage-x"
        self.mirrored = mirrored
        self.roots = (base / "site", base / "bin")
        self.state = base / "state"
        for directory in (*self.roots, self.stage):
            directory.mkdir(parents=True)
        for path, item in case.old.items():
            put(base / path, item, f"old {path}", self.state / "shared")
        place = []
        for number, (path, item) in enumerate(case.place.items()):
            source = self.source(number, path)
            put(source, item, f"new {path}", self.state / "shared")
            place.append(Placement(source=source, target=base / path))
        self.change = Change(
            retire=tuple(base / path for path in sorted(case.retire)),
            place=tuple(place),
            remove_empty=(base / "site",),
            full=(self.stage,) if known else (),
        )
        self.old = self.tree()

    def source(self, number: int, path: str) -> Path:
        return self.stage / (path if self.mirrored else str(number))

    def tree(self) -> Tree:
        return {
            os.path.relpath(path, self.base): value for path, value in snapshot(*self.roots).items()
        }

    def commit(self, files: Faulty) -> None:
        commit(self.change, state=self.state, roots=self.roots, files=files)

    def recover(self, files: Faulty) -> None:
        recover(self.state, roots=self.roots, files=files)


def expected(case: Case, world: World) -> Tree:
    """What the new tree must be, worked out without the code under test."""
    staged = snapshot(world.stage)
    tree = {path: value for path, value in world.old.items() if path not in case.retire}
    for number, path in enumerate(case.place):
        for other in [other for other in tree if other.startswith(f"{path}/")]:
            del tree[other]  # the directories in whose place a file comes
        for parent in reversed(Path(path).parents[:-2]):
            tree.setdefault(str(parent), (0o040755, b""))
        tree[path] = staged[str(world.source(number, path))]
    emptied = {str(p) for path in case.retire for p in Path(path).parents[:-2]}
    for path in sorted(emptied, key=len, reverse=True):
        below = any(other.startswith(f"{path}/") for other in tree)
        if path.startswith("site/") and path not in case.place and not below:
            tree.pop(path, None)
    return tree


def worlds(case: Case, base: Path, *, mirrored: bool, known: bool) -> Iterator[World]:
    return (
        World(case, base / str(number), mirrored=mirrored, known=known)
        for number in itertools.count()
    )


def make_fault(kind: type[Crash | KeyboardInterrupt] | int) -> Fault:
    return OSError(kind, os.strerror(kind)) if isinstance(kind, int) else kind()


def attempt(world: World, files: Faulty) -> Literal["old", "new", "unknown"]:
    """Commit, and say what the way in which it ended promises about the tree."""
    try:
        world.commit(files)
    except CommitError:
        return "old"
    except (Crash, KeyboardInterrupt, RecoveryError):
        return "unknown"
    return "new"


def recover_in_bits(world: World, steps: tuple[int, ...], mounts: tuple[Path, ...]) -> int:
    """Recover, killed at each of ``steps`` in turn, and then for good; how many kills it met."""
    kills = 0
    for step in steps:
        files = Faulty(at=step, fault=Crash(), when="after", mounts=mounts)
        with contextlib.suppress(Crash):
            world.recover(files)
        kills += files.dead
    world.recover(Faulty(mounts=mounts))
    return kills


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    case=cases(),
    kind=st.sampled_from(FAULTS),
    when=st.sampled_from(("before", "during", "after")),
    mirrored=st.booleans(),
    known=st.booleans(),
    mounted=st.booleans(),
    steps=st.tuples(*[st.integers(min_value=0, max_value=30)] * 3),
)
def fail_at_every_operation(
    tally: Counter[str],
    case: Case,
    kind: type[Crash | KeyboardInterrupt] | int,
    when: Literal["before", "during", "after"],
    *,
    mirrored: bool,
    known: bool,
    mounted: bool,
    steps: tuple[int, ...],
) -> None:
    with tempfile.TemporaryDirectory() as name:
        made = worlds(case, Path(name), mirrored=mirrored, known=known)
        plain = next(made)
        new = expected(case, plain)
        counting = Faulty(mounts=(plain.base / "bin",) if mounted else ())
        plain.commit(counting)
        assert plain.tree() == new
        for at in range(counting.count):
            world = next(made)
            mounts = (world.base / "bin",) if mounted else ()
            promise = attempt(
                world, Faulty(at=at, fault=make_fault(kind), when=when, mounts=mounts)
            )
            allowed = {"old": (world.old,), "new": (new,), "unknown": (world.old, new)}[promise]
            if kind is not Crash and promise != "unknown":
                assert world.tree() in allowed, (at, promise)
            tally["recovering"] += recover_in_bits(world, steps, mounts)
            assert world.tree() in allowed, (at, promise)
            assert {path.name for path in world.state.iterdir()} <= {"shared"}
        tally["commits"] += 1
        tally["operations"] += counting.count


def test_a_fault_at_every_operation_leaves_the_old_tree_or_the_new_one(
    tell: Callable[[str], None],
) -> None:
    tally: Counter[str] = Counter()
    fail_at_every_operation(tally)
    assert tally["operations"] > tally["commits"] > 0
    tell(
        f"commit: {tally['operations']} faults injected, one at each of {tally['operations']}"
        f" operations of {tally['commits']} random commits, and {tally['recovering']} more while"
        " recovering: each ended old or new"
    )

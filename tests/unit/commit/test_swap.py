from __future__ import annotations

import contextlib
import errno
import itertools
import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from syncsteps.commit import Change, Outcome, Placement, commit, recover
from syncsteps.errors import CommitError, RecoveryError
from tests.support.faults import Crash, Faulty, snapshot, write


@dataclass(frozen=True)
class Target:
    base: Path

    @property
    def site(self) -> Path:
        return self.base / "lib" / "site-packages"

    @property
    def scripts(self) -> Path:
        return self.base / "bin"

    @property
    def state(self) -> Path:
        return self.base / "lib" / ".syncsteps"

    @property
    def stage(self) -> Path:
        return self.state / "stage-1"

    @property
    def roots(self) -> tuple[Path, ...]:
        return (self.site, self.scripts)

    def staged(self, name: str, content: str, mode: int = 0o644) -> Path:
        return write(self.stage / name, content, mode=mode)

    def tree(self) -> dict[str, tuple[int, bytes]]:
        return snapshot(self.site, self.scripts)


@pytest.fixture
def target(tmp_path: Path) -> Target:
    target = Target(base=tmp_path / "prefix")
    for directory in (target.site, target.scripts, target.stage):
        directory.mkdir(parents=True)
    return target


def upgrade(target: Target) -> Change:
    """demo 1 to demo 2: a file replaced, one gone with its directory, one new, a script, a link."""
    gone = write(target.site / "demo" / "old" / "part.py", "old part")
    module = write(target.site / "demo" / "__init__.py", "version 1", mode=0o640)
    script = write(target.scripts / "demo", "#!old", mode=0o755)
    write(target.site / "other.py", "not ours")
    target.staged("init", "version 2", 0o644)
    target.staged("new", "new part", 0o600)
    target.staged("script", "#!new", 0o755)
    (target.stage / "link").symlink_to("demo")
    return Change(
        retire=(gone, module, script),
        place=(
            Placement(source=target.stage / "init", target=module),
            Placement(source=target.stage / "new", target=target.site / "demo/new/deep/part.py"),
            Placement(source=target.stage / "script", target=script),
            Placement(source=target.stage / "link", target=target.scripts / "demo2"),
        ),
        remove_empty=(target.site,),
    )


def test_a_commit_makes_exactly_the_change(target: Target) -> None:
    change = upgrade(target)
    previous = os.umask(0o077)
    try:
        commit(change, state=target.state, roots=target.roots)
    finally:
        os.umask(previous)
    site, scripts = target.site, target.scripts
    assert target.tree() == {
        str(site / "demo"): ((site / "demo").stat().st_mode, b""),
        str(site / "demo/__init__.py"): (0o100644, b"version 2"),
        str(site / "demo/new"): (0o040755, b""),
        str(site / "demo/new/deep"): (0o040755, b""),
        str(site / "demo/new/deep/part.py"): (0o100600, b"new part"),
        str(site / "other.py"): (0o100644, b"not ours"),
        str(scripts / "demo"): (0o100755, b"#!new"),
        str(scripts / "demo2"): (0o120000, b"demo"),
    }
    assert [path.name for path in target.state.iterdir()] == ["stage-1"]


def package(target: Target) -> Change:
    """A new package, staged as it will be."""
    names = ("pkg/__init__.py", "pkg/core/a.py", "pkg/core/b.py", "pkg.dist-info/RECORD")
    return Change(
        place=tuple(
            Placement(source=target.staged(name, name), target=target.site / name) for name in names
        )
    )


@pytest.mark.parametrize("mounted", [False, True])
def test_a_new_package_comes_by_as_few_renames_as_the_file_system_allows(
    target: Target, *, mounted: bool
) -> None:
    renamed: list[str] = []

    class Watched(Faulty):
        def rename(self, source: Path, target: Path) -> None:
            super().rename(source, target)
            renamed.append(target.name)

    files = Watched(mounts=(target.site,) if mounted else ())
    commit(package(target), state=target.state, roots=target.roots, files=files)
    assert {
        path.removeprefix(f"{target.site}/"): content.decode()
        for path, (mode, content) in target.tree().items()
        if mode == 0o100644
    } == {name: name for name in ("pkg/__init__.py", "pkg/core/a.py", "pkg/core/b.py")} | {
        "pkg.dist-info/RECORD": "pkg.dist-info/RECORD"
    }
    placed = [name for name in renamed if not name.endswith(".json")]
    assert len(placed) == (4 if mounted else 2), renamed


def test_what_somebody_puts_there_in_the_meantime_is_not_overwritten(target: Target) -> None:
    change = upgrade(target)
    theirs = target.scripts / "demo2"
    before = target.tree()

    class Raced(Faulty):
        def make_directory(self, path: Path) -> None:
            super().make_directory(path)
            if path.name == "deep":
                write(theirs, "theirs")

    with pytest.raises(CommitError, match="Somebody has just put this here"):
        commit(change, state=target.state, roots=target.roots, files=Raced())
    assert theirs.read_text() == "theirs"
    theirs.unlink()
    assert target.tree() == before


def test_what_somebody_adds_to_a_new_package_outlives_the_rollback(target: Target) -> None:
    change = package(target)

    class Raced(Faulty):
        def flush(self, directory: Path) -> None:
            if not (target.site / "pkg" / "core" / "theirs.txt").exists():
                write(target.site / "pkg" / "core" / "theirs.txt", "theirs")
                write(target.site / "pkg" / "__pycache__" / "a.pyc", "byte code")
                raise OSError(errno.EIO, "no")
            super().flush(directory)

    with pytest.raises(CommitError, match="rolled back"):
        commit(change, state=target.state, roots=target.roots, files=Raced())
    assert [path.removeprefix(f"{target.site}/") for path in target.tree()] == [
        "pkg",
        "pkg/core",
        "pkg/core/theirs.txt",
    ]


@pytest.mark.parametrize("kind", ["file", "link"])
def test_a_file_or_a_link_comes_in_the_place_of_a_directory(target: Target, kind: str) -> None:
    def staged() -> Path:
        source = target.stage / "x"
        if kind == "file":
            return write(source, "new")
        source.unlink(missing_ok=True)
        source.symlink_to("../elsewhere")
        return source

    old = [write(target.site / "pkg" / "x" / name) for name in ("f", "deep/g")]
    (target.site / "pkg" / "x").chmod(0o750)
    change = Change(
        retire=tuple(old),
        place=(Placement(source=staged(), target=target.site / "pkg" / "x"),),
    )
    before = target.tree()
    for at in itertools.count():
        files = Faulty(at=at, fault=OSError(errno.EIO, "no"))
        try:
            commit(change, state=target.state, roots=target.roots, files=files)
        except CommitError:
            assert target.tree() == before, at
            staged()
        else:
            break
    assert (target.site / "pkg" / "x").is_symlink() == (kind == "link")
    assert at > 10
    for at in itertools.count():
        target.base.joinpath("again", str(at)).mkdir(parents=True)
        if not cut_off_and_recovered(Target(base=target.base / "again" / str(at)), kind, at):
            break
    assert at > 10


def cut_off_and_recovered(target: Target, kind: str, at: int) -> bool:
    """Kill a commit at an operation, and recover; whether there was that operation."""
    old = write(target.site / "x" / "deep" / "f")
    source = target.stage / "x"
    target.stage.mkdir(parents=True)
    source.write_text("new") if kind == "file" else source.symlink_to("../elsewhere")
    change = Change(retire=(old,), place=(Placement(source=source, target=target.site / "x"),))
    before = target.tree()
    try:
        files = Faulty(at=at, fault=Crash(), when="after")
        commit(change, state=target.state, roots=target.roots, files=files)
    except Crash:
        recover(target.state, roots=target.roots)
        assert target.tree() == before or not (target.site / "x").is_dir()
        return True
    return False


@pytest.mark.parametrize("theirs", ["pkg/x/theirs", "pkg/x/deep/theirs"])
def test_a_directory_that_holds_anything_else_is_in_the_way(target: Target, theirs: str) -> None:
    old = write(target.site / "pkg" / "x" / "deep" / "f")
    write(target.site / theirs)
    placement = Placement(source=target.staged("x", "new"), target=target.site / "pkg" / "x")
    refused(target, Change(retire=(old,), place=(placement,)), r"x is in the way: a directory")


def test_a_directory_in_whose_place_a_file_comes_gets_no_files(target: Target) -> None:
    old = write(target.site / "pkg" / "x" / "f")
    place = tuple(
        Placement(source=target.staged(str(n), "new"), target=target.site / "pkg" / name)
        for n, name in enumerate(("x", "x/f"))
    )
    refused(target, Change(retire=(old,), place=place), r"in whose place a file comes")


def test_nothing_to_do_leaves_no_trace(target: Target) -> None:
    commit(Change(), state=target.state, roots=target.roots)
    missing = Change(retire=(target.site / "gone.py",))
    commit(missing, state=target.state, roots=target.roots)
    assert recover(target.state / "none", roots=target.roots) is None
    assert [path.name for path in target.state.iterdir()] == ["stage-1"]


def test_directories_outside_of_remove_empty_stay(target: Target) -> None:
    alone = write(target.site / "pkg" / "__pycache__" / "a.pyc")
    kept = write(target.scripts / "sub" / "tool")
    commit(
        Change(retire=(alone, kept), remove_empty=(target.site,)),
        state=target.state,
        roots=target.roots,
    )
    assert list(target.site.iterdir()) == []
    assert (target.scripts / "sub").is_dir()


def refused(target: Target, change: Change, match: str) -> None:
    before = snapshot(target.base)
    with pytest.raises(CommitError, match=match):
        commit(change, state=target.state, roots=target.roots)
    assert snapshot(target.base) == before


def test_a_file_in_the_way_is_named_and_nothing_changes(target: Target) -> None:
    old = write(target.site / "a.py", "old")
    foreign = write(target.site / "b.py", "foreign")
    change = Change(
        retire=(old,),
        place=(
            Placement(source=target.staged("a", "new"), target=old),
            Placement(source=target.staged("b", "new"), target=foreign),
        ),
    )
    refused(target, change, r"b\.py is in the way: a file")


def test_a_dangling_link_and_a_directory_are_in_the_way_too(target: Target) -> None:
    (target.site / "link.py").symlink_to("nowhere")
    (target.site / "pkg").mkdir()
    for name, what in (("link.py", "a symbolic link"), ("pkg", "a directory")):
        place = Placement(source=target.staged("a", "new"), target=target.site / name)
        refused(target, Change(place=(place,)), rf"{name} is in the way: {what}")


def test_a_directory_is_not_retired(target: Target) -> None:
    (target.site / "pkg").mkdir()
    refused(target, Change(retire=(target.site / "pkg",)), "it is a directory, not a file")


def test_two_files_for_one_place_are_refused(target: Target) -> None:
    (target.base / "alias").symlink_to(target.site)
    place = tuple(
        Placement(source=target.staged(name, name), target=path / "x.py")
        for name, path in (("one", target.site), ("two", target.base / "alias"))
    )
    refused(target, Change(place=place), "two files are to be placed at .*one and .*two")
    place = tuple(
        Placement(source=target.staged(name, name), target=target.site / "x.py")
        for name in ("one", "two")
    )
    refused(target, Change(place=place), "two files are to be placed at .*one and .*two")


def test_a_file_below_a_file_is_refused(target: Target) -> None:
    write(target.site / "pkg", "a file")
    inside = Placement(source=target.staged("a", ""), target=target.site / "pkg/a.py")
    refused(target, Change(place=(inside,)), r"a\.py cannot be placed: .*pkg is a file")
    both = tuple(
        Placement(source=target.staged(name, ""), target=target.site / path)
        for name, path in (("b", "new/b.py"), ("c", "new"))
    )
    refused(target, Change(place=both), "both a file and a directory")


def test_a_source_that_is_missing_or_a_directory_is_refused(target: Target) -> None:
    for source in (target.stage / "missing", target.stage):
        place = Placement(source=source, target=target.site / "a.py")
        refused(target, Change(place=(place,)), "is to be placed, but it is not a file")


@pytest.mark.parametrize("inside", ["../../../etc", "linked"])
def test_nothing_outside_of_the_roots_is_touched(target: Target, inside: str) -> None:
    outside = write(target.base / "outside" / "file.py", "theirs")
    (target.site / "linked").symlink_to(outside.parent)
    path = target.site / inside / "file.py"
    match = "outside of the interpreter's directories|has '..' in it"
    refused(target, Change(retire=(path,)), match)
    new = Placement(source=target.staged("a", "new"), target=path.with_name("new.py"))
    refused(target, Change(place=(new,)), match)


def test_a_root_itself_and_a_relative_path_are_refused(target: Target) -> None:
    place = Placement(source=target.staged("a", "new"), target=target.base / "lib")
    refused(target, Change(place=(place,)), "outside of the interpreter's directories")
    refused(target, Change(retire=(Path("a.py"),)), "is not an absolute path")


def test_a_root_reached_through_a_link_is_the_same_root(target: Target, tmp_path: Path) -> None:
    old = write(target.site / "a.py", "old")
    (tmp_path / "alias").symlink_to(target.base)
    alias = tmp_path / "alias" / "lib" / "site-packages"
    place = Placement(source=target.staged("a", "new"), target=alias / "a.py")
    commit(Change(retire=(old,), place=(place,)), state=target.state, roots=(alias,))
    assert old.read_text() == "new"


def test_an_earlier_commit_has_to_be_recovered_first(target: Target) -> None:
    (target.state / "commit").mkdir()
    refused(target, upgrade(target), "has not been recovered")


def test_no_state_directory_is_an_error_that_changes_nothing(target: Target) -> None:
    change = upgrade(target)
    before = snapshot(target.base)
    with pytest.raises(CommitError, match="rolled back, nothing is changed"):
        commit(change, state=target.site / "nowhere", roots=target.roots)
    assert snapshot(target.base) == before


def linked(target: Target) -> tuple[Path, Change]:
    """A link to a directory elsewhere goes, and a directory of its name comes."""
    outside = write(target.base / "outside" / "mod.py", "theirs")
    link = target.site / "pkg"
    link.symlink_to(outside.parent)
    place = Placement(source=target.staged("a", "new"), target=link / "mod.py")
    return link, Change(retire=(link,), place=(place,))


def test_a_link_replaced_by_a_directory(target: Target) -> None:
    link, change = linked(target)
    commit(change, state=target.state, roots=target.roots)
    assert not link.is_symlink()
    assert (link / "mod.py").read_text() == "new"
    assert (target.base / "outside" / "mod.py").read_text() == "theirs"


def test_undoing_twice_never_reaches_through_a_link_that_is_back(tmp_path: Path) -> None:
    class DiesAtTheRecord(Faulty):
        def rename(self, source: Path, target: Path) -> None:
            self.dead = target.name == "committed.json"
            super().rename(source, target)

    for step in range(100):
        target = Target(base=tmp_path / str(step))
        target.site.mkdir(parents=True)
        _, change = linked(target)
        before = snapshot(target.base / "outside", *target.roots)
        with pytest.raises(Crash):
            commit(change, state=target.state, roots=target.roots, files=DiesAtTheRecord())
        cut = Faulty(at=step, fault=Crash(), when="after")
        with contextlib.suppress(Crash):
            recover(target.state, roots=target.roots, files=cut)
        recover(target.state, roots=target.roots)
        assert snapshot(target.base / "outside", *target.roots) == before, step
        if cut.count <= step:
            return
    pytest.fail("the recovery never came to its end")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EACCES])
def test_an_error_at_any_operation_ends_in_the_old_or_the_new_state(
    tmp_path: Path, number: int
) -> None:
    outcomes = set()
    for at in range(200):
        target = Target(base=tmp_path / str(at))
        change = upgrade(target)
        before = target.tree()
        files = Faulty(at=at, fault=OSError(number, os.strerror(number)), mounts=(target.scripts,))
        try:
            commit(change, state=target.state, roots=target.roots, files=files)
        except CommitError as error:
            message = str(error)
        else:
            message = ""
        if message:
            assert target.tree() == before, at
            assert os.strerror(number) in message
            assert [path.name for path in target.state.iterdir()] == ["stage-1"]
            outcomes.add("undone")
        else:
            assert (target.site / "demo" / "__init__.py").read_text() == "version 2", at
            assert not (target.site / "demo" / "old").exists()
            assert [path.name for path in target.state.iterdir()] == ["stage-1"]
            outcomes.add("done")
        if files.count <= at:
            assert outcomes == {"undone", "done"}
            return
    pytest.fail("the commit never came to its end")


def test_ctrl_c_at_any_operation_rolls_back_and_is_raised_again(tmp_path: Path) -> None:
    for at in range(200):
        target = Target(base=tmp_path / str(at))
        change = upgrade(target)
        before = target.tree()
        files = Faulty(at=at, fault=KeyboardInterrupt(), when="after")
        try:
            commit(change, state=target.state, roots=target.roots, files=files)
        except KeyboardInterrupt:
            new = (target.site / "demo/new/deep/part.py").exists()
            assert new or target.tree() == before
            assert [path.name for path in target.state.iterdir()] == ["stage-1"]
        else:
            assert files.count <= at
            return
    pytest.fail("the commit never came to its end")


def test_a_rollback_that_fails_leaves_the_journal_and_says_where(target: Target) -> None:
    change = upgrade(target)
    before = target.tree()

    class Full(Faulty):
        def make_directory(self, path: Path) -> None:
            if path.name == "deep":
                raise OSError(errno.EIO, "first")
            super().make_directory(path)

        def remove_directory(self, path: Path) -> None:
            raise OSError(errno.EIO, f"second: {path.name}")

    with pytest.raises(RecoveryError, match="second") as caught:
        commit(change, state=target.state, roots=target.roots, files=Full())
    assert str(target.state / "commit" / "retired") in caught.value.details[0]
    assert target.tree() != before
    recovery = recover(target.state, roots=target.roots)
    assert recovery is not None
    assert (recovery.outcome, recovery.files) == (Outcome.UNDONE, 3)
    assert target.tree() == before


def test_a_second_ctrl_c_does_not_stop_the_rollback(target: Target) -> None:
    change = upgrade(target)
    before = target.tree()

    class Impatient(Faulty):
        presses = 0

        def make_directory(self, path: Path) -> None:
            if path.name == "deep":
                raise KeyboardInterrupt
            super().make_directory(path)

        def remove(self, path: Path) -> None:
            self.presses += 1
            if self.presses == 3:
                raise KeyboardInterrupt
            super().remove(path)

    with pytest.raises(KeyboardInterrupt):
        commit(change, state=target.state, roots=target.roots, files=Impatient())
    assert target.tree() == before
    assert not (target.state / "commit").exists()

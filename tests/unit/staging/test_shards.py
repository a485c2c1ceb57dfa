from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from syncsteps.errors import StagingError
from syncsteps.locks.model import Archive, Directory, Hash, Package, Vcs
from syncsteps.selection.model import Pinned, Request, Selected, Selection
from syncsteps.staging.shards import gather, split
from tests.support.locks import make_lock, make_wheel_entry

if TYPE_CHECKING:
    from pathlib import Path

    from syncsteps.locks.model import Wheel

MEGABYTE = 1_000_000
LOCK = make_lock()
HASH = Hash(algorithm="sha256", digest="0" * 64)


def _wheel(name: str, size: int | None = None) -> Wheel:
    return replace(make_wheel_entry(f"{name}-1.0-py3-none-any.whl"), size=size)


def _selected(name: str, size: int | None = None, index: str | None = None) -> Selected:
    package = Package(name=name, version=Version("1.0"), index=index)
    chosen = _wheel(name, size) if index is None else Pinned(hashes=(HASH,))
    return Selected(package=package, chosen=chosen)


def _selection(*items: Selected) -> Selection:
    return Selection(request=Request(), packages=tuple(sorted(items, key=lambda item: item.name)))


def _names(parts: tuple[tuple[Selected, ...], ...]) -> list[list[str]]:
    return [[item.name for item in part] for part in parts]


def _split(*items: Selected, jobs: int) -> list[list[str]]:
    return _names(split(_selection(*items), lock=LOCK, follow=True, jobs=jobs))


def test_little_work_stays_together() -> None:
    assert _split(*(_selected(name, 1) for name in "abc"), jobs=4) == [["c", "b", "a"]]


def test_parts_cost_about_the_same() -> None:
    items = [_selected(f"p{n:03}", 10_000) for n in range(300)]
    assert [len(part) for part in _split(*items, jobs=3)] == [100, 100, 100]
    large = [_selected(name, 40 * MEGABYTE) for name in "ac"]
    small = [_selected(f"b{n}", 10 * MEGABYTE) for n in range(4)]
    assert _split(*large, *small, jobs=3) == [["c"], ["b3", "b2", "b1", "b0"], ["a"]]


def test_one_that_costs_more_than_all_the_others_leaves_no_part_empty() -> None:
    parts = _split(_selected("huge", 900 * MEGABYTE), _selected("a"), _selected("z"), jobs=4)
    assert [name for part in parts for name in part] == ["z", "huge", "a"]
    assert all(parts)


def test_builds_are_shared_out() -> None:
    chosen: tuple[Directory | Vcs | Archive, ...] = (
        Directory(path="x"),
        Vcs(type="git", url="https://x.invalid/r", commit_id="0" * 40),
        Archive(url="https://x.invalid/x.tar.gz#part", hashes=(HASH,)),
    )
    items = [
        Selected(package=Package(name=name, source=each), chosen=each)
        for name, each in zip("abc", chosen, strict=True)
    ]
    # What has a hash comes first.
    assert _split(*items, jobs=3) == [["c"], ["b"], ["a"]]
    wheel = Archive(url="https://x.invalid/x-1-py3-none-any.whl?x=1#part", hashes=(HASH,))
    entry = Selected(package=Package(name="c", source=wheel), chosen=wheel)
    assert len(_split(entry, *(_selected(n, 1) for n in "de"), jobs=3)) == 1


def test_there_are_never_more_than_eight() -> None:
    items = [_selected(f"p{n:03}", MEGABYTE) for n in range(200)]
    assert len(_split(*items, jobs=64)) == 8


def test_the_order_is_that_of_one_pip() -> None:
    """By place to look, the one that needs none first; then hashed ones; then names backwards."""
    directory = Directory(path="tree")
    items = [
        _selected("a", index="https://one.invalid/simple"),
        _selected("b", index="https://two.invalid/simple"),
        _selected("c", index="https://one.invalid/simple"),
        Selected(package=Package(name="d", source=directory), chosen=directory),
        _selected("e"),
        _selected("f"),
    ]
    assert _split(*items, jobs=1) == [["f", "e", "d", "c", "a", "b"]]


@given(
    sizes=st.lists(st.none() | st.integers(0, 10**9), min_size=1, max_size=40),
    jobs=st.integers(1, 12),
)
def test_every_package_is_in_one_part_and_the_order_stays(
    sizes: list[int | None], jobs: int
) -> None:
    items = [_selected(f"p{number:03}", size) for number, size in enumerate(sizes)]
    parts = _split(*items, jobs=jobs)
    assert [parts_of for part in parts for parts_of in part] == sorted(
        (item.name for item in items), reverse=True
    )
    assert all(parts)
    assert len(parts) <= jobs


def _write(root: Path, **files: str) -> Path:
    for path, content in files.items():
        target = root / path.replace("__", "/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content)
    return root


def _read(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): path.read_text()
        for path in root.rglob("*")
        if path.is_file() and "prefixes" not in path.parts
    }


def test_prefixes_are_moved_together_the_last_one_wins(tmp_path: Path) -> None:
    prefixes = [
        _write(tmp_path / "prefixes/0", lib__ns__a="a", lib__one__x="1", bin__tool="first"),
        _write(tmp_path / "prefixes/1", lib__ns__b="b", lib__ns__deep__c="c", bin__tool="second"),
        _write(tmp_path / "prefixes/2", lib__ns__deep__d="d", share__doc="doc"),
    ]
    (prefixes[1] / "bin/tool").chmod(0o755)
    mode = (prefixes[1] / "bin/tool").stat().st_mode
    gather(prefixes, tmp_path)
    assert _read(tmp_path) == {
        "bin/tool": "second",
        "lib/ns/a": "a",
        "lib/ns/b": "b",
        "lib/ns/deep/c": "c",
        "lib/ns/deep/d": "d",
        "lib/one/x": "1",
        "share/doc": "doc",
    }
    assert (tmp_path / "bin/tool").stat().st_mode == mode


@pytest.mark.parametrize("first", ["lib__x", "lib__x__y"])
def test_a_file_and_a_directory_of_one_name(tmp_path: Path, first: str) -> None:
    second = {"lib__x": "lib__x__y", "lib__x__y": "lib__x"}[first]
    prefixes = [_write(tmp_path / f"prefixes/{n}", **{p: p}) for n, p in enumerate((first, second))]
    with pytest.raises(StagingError, match="lib/x is a file of one distribution, and a directory"):
        gather(prefixes, tmp_path)

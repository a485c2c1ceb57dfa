from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from syncsteps.caching.marks import GRANULARITY, mark, mark_all, unchanged, unsettled

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def write_again(path: Path) -> None:
    status = path.stat()
    path.write_text("b", encoding="utf-8")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


@pytest.mark.parametrize(
    "change",
    [
        write_again,
        lambda path: path.touch(),
        lambda path: path.chmod(0o600),
        lambda path: path.unlink(),
        lambda path: path.rename(path.with_name("other")),
        lambda path: os.link(path, path.with_name("other")),
    ],
    ids=["content of the same size and time", "time", "mode", "gone", "moved", "another link"],
)
def test_a_change_changes_the_mark(tmp_path: Path, change: Callable[[Path], object]) -> None:
    path = tmp_path / "file"
    path.write_text("a", encoding="utf-8")
    own, behind, _ = mark_all([str(path)])
    assert unchanged(own, behind)
    assert behind == ()
    change(path)
    assert not unchanged(own, behind)


def test_a_file_that_has_several_names_may_get_more_of_them(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("a", encoding="utf-8")
    os.link(path, tmp_path / "of-a-cache")
    before = mark(str(path))
    os.link(path, tmp_path / "of-another-interpreter")
    assert mark(str(path)) == before
    os.utime(path, ns=(1, path.stat().st_mtime_ns + 1))
    assert mark(str(path)) != before


def test_reading_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("a", encoding="utf-8")
    marks = mark_all([str(path), str(tmp_path)])
    os.utime(path, ns=(1, path.stat().st_mtime_ns))
    marks = mark_all([str(path), str(tmp_path)])
    assert path.read_text(encoding="utf-8") == "a"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["file"]
    assert unchanged(*marks[:2])


def test_of_what_is_not_there_the_nearest_directory_is_around(tmp_path: Path) -> None:
    path = tmp_path / "not" / "there"
    own, behind, around = mark_all([str(path)])
    assert (own, behind) == (((str(path), None),), ())
    assert around == ((str(tmp_path), mark(str(tmp_path))),)
    # What else comes there is no matter, but it may just have been taken away itself.
    (tmp_path / "other").touch()
    assert unchanged(own, behind)
    path.parent.mkdir()
    assert unchanged(own, behind)
    path.touch()
    assert not unchanged(own, behind)


def test_what_is_in_a_file_that_should_be_a_directory_is_that_file(tmp_path: Path) -> None:
    archive = tmp_path / "tool.pyz"
    archive.write_bytes(b"PK")
    marks = mark_all([str(archive / "package" / "module.py")])
    assert unchanged(*marks[:2])
    archive.write_bytes(b"PK!")
    assert not unchanged(*marks[:2])


def test_a_link_is_marked_with_what_it_leads_to(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("a", encoding="utf-8")
    link.symlink_to(target)
    own, behind, _ = mark_all([str(link)])
    assert [path for path, _ in behind] == [str(link)]
    write_again(target)
    assert unchanged(own, ())
    assert not unchanged(own, behind)


def test_a_link_that_leads_nowhere(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "target")
    own, behind, _ = mark_all([str(link)])
    assert behind == ((str(link), None),)
    (tmp_path / "target").touch()
    assert not unchanged(own, behind)


def test_a_name_that_is_no_path_leads_nowhere() -> None:
    assert mark("a\0b") is None
    assert mark("x" * 100_000) is None


def test_what_was_changed_within_a_tick_is_not_settled(tmp_path: Path) -> None:
    own, _, around = mark_all([str(tmp_path), str(tmp_path / "absent")])
    changed = max(tmp_path.stat().st_mtime_ns, tmp_path.stat().st_ctime_ns)
    for marks in (own, around):
        assert unsettled(marks, before=changed) == [str(tmp_path)]
        assert unsettled(marks, before=changed + GRANULARITY) == [str(tmp_path)]
        assert unsettled(marks, before=changed + GRANULARITY + 1) == []


def test_a_time_that_was_set_back_does_not_settle_it(tmp_path: Path) -> None:
    os.utime(tmp_path, ns=(1, 1))
    own, _, _ = mark_all([str(tmp_path)])
    assert unsettled(own, before=tmp_path.stat().st_ctime_ns + 1) == [str(tmp_path)]

from __future__ import annotations

from typing import TYPE_CHECKING

from syncsteps.commit.filesystem import Kind
from syncsteps.commit.listing import Listing
from tests.support.faults import Faulty, write

if TYPE_CHECKING:
    from pathlib import Path


def test_each_directory_is_looked_at_once(tmp_path: Path) -> None:
    write(tmp_path / "a" / "file")
    (tmp_path / "a" / "link").symlink_to("nowhere")
    files = Faulty()
    listing = Listing(files)
    kinds = [listing.kind(f"{tmp_path}/a/{name}") for name in ("file", "link", "absent", "FILE")]
    assert kinds == [Kind.FILE, Kind.LINK, None, None]
    assert files.count == 1
    assert listing.kind(f"{tmp_path}/absent/file") is None
    assert listing.kind(f"{tmp_path}/a/file/below") is None
    assert listing.kind(str(tmp_path.parents[-2])) is Kind.DIRECTORY


def test_what_is_known_is_not_looked_at(tmp_path: Path) -> None:
    write(tmp_path / "a" / "b" / "seen")
    files = Faulty()
    listing = Listing(files)
    below = (str(tmp_path / "a"),)
    assert listing.take(f"{tmp_path}/a/b/c", ["x", "y"], below=below)
    assert listing.take(f"{tmp_path}/a", ["z"], below=below)
    assert not listing.take(f"{tmp_path}/ab", ["z"], below=below)
    assert listing.names(f"{tmp_path}/a/b/c") == {"x": Kind.FILE, "y": Kind.FILE}
    assert listing.names(f"{tmp_path}/a/b") == {"c": Kind.DIRECTORY}
    assert listing.names(f"{tmp_path}/a") == {"b": Kind.DIRECTORY, "z": Kind.FILE}
    assert files.count == 0
    assert listing.names(str(tmp_path)) == {"a": Kind.DIRECTORY}
    assert files.count == 1

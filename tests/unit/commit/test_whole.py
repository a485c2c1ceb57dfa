from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from syncsteps.commit.filesystem import REAL
from syncsteps.commit.journal import Batch
from syncsteps.commit.listing import Listing
from syncsteps.commit.whole import whole_directories
from tests.support.faults import write

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FILES = ("pkg/__init__.py", "pkg/core/a.py", "pkg/core/b.py", "pkg/data/x.txt")
NEW = ("pkg", "pkg/core", "pkg/data")


@pytest.fixture
def stage(tmp_path: Path) -> Path:
    for name in FILES:
        write(tmp_path / "stage" / name)
    return tmp_path / "stage"


def find(new: Iterable[Path], pairs: Iterable[tuple[Path, Path]]) -> dict[str, str]:
    """The new directories that can be renamed, where each pair is one file that comes."""
    place = [
        Batch(
            source=str(source.parent),
            target=str(target.parent),
            names=(target.name,),
            originals=() if source.name == target.name else (source.name,),
        )
        for source, target in pairs
    ]
    return whole_directories([str(path) for path in new], place, Listing(), REAL)


def found(stage: Path, names: tuple[str, ...] = FILES, new: tuple[str, ...] = NEW) -> list[str]:
    """The directories that can be renamed, relative to the target; each from its own place."""
    site = stage.parent / "site"
    whole = find([site / name for name in new], [(stage / name, site / name) for name in names])
    tops = sorted(target.removeprefix(f"{site}/") for target in whole)
    assert whole == {str(site / top): str(stage / top) for top in tops}
    return tops


def test_a_new_package_comes_whole(stage: Path) -> None:
    assert found(stage) == ["pkg"]


def test_in_a_package_that_is_there_its_new_directories_come_whole(stage: Path) -> None:
    assert found(stage, new=("pkg/core", "pkg/data")) == ["pkg/core", "pkg/data"]


@pytest.mark.parametrize("extra", ["pkg/core/a.pyc", "pkg/core/__pycache__/a.pyc", "pkg/core/d/e"])
def test_what_holds_anything_more_does_not(extra: str, stage: Path) -> None:
    write(stage / extra)
    assert found(stage) == ["pkg/data"]


def test_what_lacks_a_file_does_not(stage: Path) -> None:
    assert found(stage, names=(*FILES, "pkg/core/c.py")) == ["pkg/data"]


def test_what_has_another_mode_does_not(stage: Path) -> None:
    (stage / "pkg" / "data").chmod(0o700)
    assert found(stage) == ["pkg/core"]


def test_a_link_to_a_directory_is_none(stage: Path) -> None:
    (stage / "pkg" / "data").rename(stage / "elsewhere")
    (stage / "pkg" / "data").symlink_to("../elsewhere")
    assert found(stage) == ["pkg/core"]


def test_files_from_several_places_or_under_other_names_do_not(stage: Path) -> None:
    site = stage.parent / "site"
    write(stage / "other" / "b.py")
    for a, b in (
        (stage / "pkg/core/a.py", stage / "other/b.py"),
        (stage / "pkg/core/b.py", stage / "pkg/core/a.py"),
    ):
        pairs = [(a, site / "core/a.py"), (b, site / "core/b.py")]
        assert find([site / "core"], pairs) == {}


def test_a_directory_of_a_namespace_is_staged_under_another_parent(stage: Path) -> None:
    site = stage.parent / "site"
    pairs = [(stage / "pkg/core/a.py", site / "space/core/a.py")]
    (stage / "pkg/core/b.py").unlink()
    whole = find([site / "space", site / "space/core"], pairs)
    assert whole == {str(site / "space/core"): str(stage / "pkg/core")}

from __future__ import annotations

import contextlib
import shutil
from typing import TYPE_CHECKING

import pytest

from syncsteps.staging.finish import hash_files
from syncsteps.staging.spoilt import find_spoilt, take_anew
from syncsteps.staging.unpacked import find_files, find_unpacked
from tests.support.prefixes import unpack
from tests.support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SITE = "lib/python3.12/site-packages"
FILES = {"demo/__init__.py": "a = 1\n", "demo/data.txt": "b\n"}


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    (tmp_path / "stage").mkdir()
    unpack(make_wheel(tmp_path, "demo", files=FILES), tmp_path / "stage")
    return tmp_path / "stage"


def spoilt(prefix: Path) -> dict[str, tuple[str, ...]]:
    found = find_unpacked(prefix, find_files(prefix).files)
    return find_spoilt(found, hash_files(prefix, (path for one in found for path, _ in one.files)))


def renew(prefix: Path, spoilt: tuple[str, ...], **files: str) -> bool:
    """Take ``spoilt`` anew, where fetching gives what the wheel has, but for these files."""
    (one,) = find_unpacked(prefix, find_files(prefix).files)

    @contextlib.contextmanager
    def anew(name: str) -> Iterator[Path]:
        assert name == "demo"
        fresh = prefix.with_name("fresh")
        shutil.copytree(prefix, fresh)
        for path, content in {**FILES, **files}.items():
            (fresh / SITE / path).write_text(content)
        yield fresh

    return take_anew(prefix, one, spoilt, anew=anew)


def test_what_is_as_it_came_is_not_spoilt(prefix: Path) -> None:
    # Whoever installs writes these, whatever RECORD says of them.
    (prefix / SITE / "demo-1.0.dist-info" / "INSTALLER").write_text("somebody\n")
    with (prefix / SITE / "demo-1.0.dist-info" / "RECORD").open("a", encoding="utf-8") as record:
        record.write("demo-1.0.dist-info/INSTALLER,sha256=AAAA,4\n")
    assert spoilt(prefix) == {}


def test_what_was_edited_is_taken_anew_with_its_mode(prefix: Path) -> None:
    file = prefix / SITE / "demo" / "data.txt"
    file.write_text("edited\n")
    file.chmod(0o755)
    path = f"{SITE}/demo/data.txt"
    assert spoilt(prefix) == {"demo": (path,)}
    assert renew(prefix, (path,))
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("b\n", 0o755)
    assert spoilt(prefix) == {}


def test_a_wheel_whose_record_is_wrong_is_left_as_it_is(prefix: Path) -> None:
    assert not renew(prefix, (f"{SITE}/demo/data.txt",))


def test_another_build_is_not_mixed_with_this_one(prefix: Path) -> None:
    file = prefix / SITE / "demo" / "data.txt"
    file.write_text("edited\n")
    path = f"{SITE}/demo/data.txt"
    assert not renew(prefix, (path,), **{"demo/__init__.py": "built = 'at another time'\n"})
    assert file.read_text() == "edited\n"


def test_what_two_bring_can_be_as_only_one_of_them_says(prefix: Path, tmp_path: Path) -> None:
    unpack(make_wheel(tmp_path, "other", files={"demo/data.txt": "other\n"}), prefix)
    assert spoilt(prefix) == {}

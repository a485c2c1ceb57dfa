from __future__ import annotations

import os
import stat
import sys
from typing import TYPE_CHECKING

import pytest

if sys.platform != "linux":
    pytest.skip("layers need Linux", allow_module_level=True)

from syncsteps.reproduce import _layers

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def lower(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "lower"
    (place / "lib" / "site" / "demo").mkdir(parents=True)
    (place / "lib" / "site" / "demo" / "mod.py").write_text("content")
    (place / "lib").chmod(0o711)
    (place / "link").symlink_to("lib")
    monkeypatch.chdir(place)
    return place


@pytest.fixture
def upper(tmp_path: Path) -> Path:
    place = tmp_path / "upper"
    place.mkdir()
    return place


def below(directory: Path) -> set[str]:
    return {str(path.relative_to(directory)) for path in directory.rglob("*")}


def test_what_is_the_users_own_is_left_to_the_kernel(lower: Path, upper: Path) -> None:
    _layers.prepare(str(lower), str(upper), [])
    assert below(upper) == set()


def test_directories_of_others_are_made_beforehand(
    lower: Path, upper: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_layers, "is_foreign", lambda path: path.endswith(("demo", "link")))
    _layers.prepare(str(lower), str(upper), [])
    assert below(upper) == {"lib", "lib/site", "lib/site/demo"}
    assert stat.S_IMODE((upper / "lib").stat().st_mode) == 0o711


def test_files_of_others_are_copied_where_they_are_in_this_layer(lower: Path, upper: Path) -> None:
    file = lower / "lib" / "site" / "demo" / "mod.py"
    _layers.prepare(str(lower), str(upper), [str(file), "/elsewhere/file"])
    assert (upper / "lib" / "site" / "demo" / "mod.py").read_text() == "content"
    assert below(upper) == {"lib", "lib/site", "lib/site/demo", "lib/site/demo/mod.py"}


def test_whose_a_file_is_is_told_by_user_and_group(
    lower: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not _layers.is_foreign("lib")
    group = os.getegid()
    monkeypatch.setattr(os, "getegid", lambda: group + 1)
    assert _layers.is_foreign("lib")
    assert lower.is_dir()


def test_a_call_that_fails_says_which_and_why() -> None:
    with pytest.raises(_layers.RefusedError) as caught:
        _layers.call("umount2", b"/nowhere/at/all", 0)
    assert caught.value.step == "umount2"
    assert caught.value.number > 0


def test_a_directory_that_is_still_the_old_one_is_refused(tmp_path: Path) -> None:
    descriptor = os.open(tmp_path, os.O_RDONLY)
    try:
        with pytest.raises(_layers.RefusedError) as caught:
            _layers.require_covered(str(tmp_path), descriptor)
        _layers.require_covered("/proc/self", descriptor)
    finally:
        os.close(descriptor)
    assert caught.value.step == f"the layer over {tmp_path}"


def test_what_does_not_take_attributes_is_told(tmp_path: Path) -> None:
    assert not _layers.takes_attributes(str(tmp_path / "nothing"))

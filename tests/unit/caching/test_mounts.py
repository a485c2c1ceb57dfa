from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from syncsteps.caching.mounts import is_layer, type_of_mount

if TYPE_CHECKING:
    from pathlib import Path

MOUNTS = """\
overlay / overlay rw,relatime,lowerdir=/a:/b 0 0
proc /proc proc rw 0 0
/dev/sda1 /root/.cache ext4 rw 0 0
tmpfs /root/with\\040blank tmpfs rw 0 0
/dev/sdb1 /twice ext4 rw 0 0
overlay /twice overlay rw 0 0
broken
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "overlay"),
        ("/root", "overlay"),
        ("/root/.cache", "ext4"),
        ("/root/.cache/syncsteps", "ext4"),
        ("/root/.cache2", "overlay"),
        ("/root/with blank/x", "tmpfs"),
        ("/proc/1", "proc"),
        ("/twice/x", "overlay"),
    ],
)
def test_the_type_of_the_mount_that_a_path_is_on(path: str, kind: str) -> None:
    assert type_of_mount(path, MOUNTS) == kind


def test_a_layer_is_known_by_its_type(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text("overlay / overlay rw 0 0\n", encoding="utf-8")
    assert is_layer(str(tmp_path / "not" / "there"), mounts=mounts)
    mounts.write_text("/dev/sda1 / ext4 rw 0 0\n", encoding="utf-8")
    assert not is_layer(str(tmp_path / "not" / "there"), mounts=mounts)


def test_where_nothing_is_listed_there_are_no_layers(tmp_path: Path) -> None:
    assert not is_layer(str(tmp_path), mounts=tmp_path / "absent")
    assert type_of_mount("/", "") == ""

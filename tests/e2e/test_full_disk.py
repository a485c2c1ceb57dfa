"""A file system of a few MB that fills up while a sync stages, and one that does while it swaps."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.support.interpreters import throwaway_interpreter
from tests.support.mounts import Mounts, missing_mounts
from tests.support.places import LinkedPlace
from tests.support.projects import write_pylock
from tests.support.swaps import Lab, differences
from tests.support.systems import System
from tests.support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.index import Index

pytestmark = [pytest.mark.root, pytest.mark.enable_socket]

NOT_STAGED, NOT_COMMITTED = 5, 6
MIB = 1 << 20
# What a directory that has grown keeps for itself, in bytes.
SLACK = 64 << 10


@pytest.fixture
def mounts() -> Iterator[Mounts]:
    reason = missing_mounts()
    if reason is not None:
        pytest.skip(reason)
    with Mounts() as held:
        yield held


def make_lab(prefix: Path, mounts: Mounts, index: Index, directory: Path) -> Lab:
    project = directory / "project"
    project.mkdir()
    python = prefix / "bin" / "python3"
    system = System(target=python, project=project, index=index, caches=directory / "caches")
    return Lab(
        place=LinkedPlace(prefix=prefix, mounts=mounts),
        python=python,
        project=project,
        environment=system.environment,
        modules=("alpha", "bulk"),
    )


def wheels(directory: Path, version: str, megabytes: int) -> list[Path]:
    """A small distribution, and one with so much in it, in files of 64 KiB each."""
    bulk = {
        f"bulk/part{number}.bin": bytes([number % 256]) * (64 << 10)
        for number in range(megabytes * 16)
    }
    own = {"bulk/__init__.py": f"__version__ = {version!r}\n"}
    alpha = {"alpha/__init__.py": f"__version__ = {version!r}\n"}
    return [
        make_wheel(directory, "alpha", version, files=alpha),
        make_wheel(directory, "bulk", version, files={**own, **bulk}),
    ]


def refuse_and_change_nothing(lab: Lab, disk: Path, status: int) -> None:
    """Sync what does not fit: it ends with this status, and the disk is as it was."""
    before, free = lab.tree(), free_bytes(disk)
    done = lab.syncsteps("install", "--installer", "uv")
    assert done.status == status, done.stderr
    assert "Traceback" not in done.stderr
    assert "No space left on device" in done.stderr
    after = lab.tree()
    assert after == before, differences(after, before)[:20]
    assert free_bytes(disk) >= free - SLACK
    assert lab.syncsteps("check").status == 1  # the lock is not what is installed, but nothing else


def free_bytes(disk: Path) -> int:
    status = os.statvfs(disk)
    return status.f_bfree * status.f_frsize


def sync_what_fits(lab: Lab, index: Index) -> None:
    write_pylock(lab.project, index, wheels(index.directory, "3.0", 1))
    done = lab.syncsteps("install", "--installer", "uv")
    assert done.status == 0, done.stderr
    assert lab.syncsteps("check").status == 0
    assert lab.values() == "alpha 3.0\nbulk 3.0\n"


def test_a_disk_that_fills_up_while_staging(mounts: Mounts, index: Index, tmp_path: Path) -> None:
    throwaway_interpreter(tmp_path / "template")
    disk = tmp_path / "disk"
    mounts.ext4(disk, size=160, image=tmp_path / "image")
    mounts.check("cp", "-a", tmp_path / "template", disk / "system")
    lab = make_lab(disk / "system", mounts, index, tmp_path)
    write_pylock(lab.project, index, wheels(index.directory, "1.0", 1))
    assert lab.syncsteps("install").status == 0
    left = free_bytes(mounts.seen(disk)) - 5 * MIB
    mounts.check("fallocate", "--length", str(left), disk / "filler")
    write_pylock(lab.project, index, wheels(index.directory, "2.0", 9))

    refuse_and_change_nothing(lab, mounts.seen(disk), NOT_STAGED)
    sync_what_fits(lab, index)


def test_a_disk_that_fills_up_while_swapping(mounts: Mounts, index: Index, tmp_path: Path) -> None:
    prefix = tmp_path / "system"
    throwaway_interpreter(prefix)
    (site,) = prefix.glob("lib/python3.*/site-packages")
    # Staged beside it there is room enough: only when all is copied over does it turn out.
    mounts.ext4(site, size=12, image=tmp_path / "image")
    mounts.check("rmdir", site / "lost+found")
    lab = make_lab(prefix, mounts, index, tmp_path)
    write_pylock(lab.project, index, wheels(index.directory, "1.0", 4))
    assert lab.syncsteps("install").status == 0
    write_pylock(lab.project, index, wheels(index.directory, "2.0", 14))

    refuse_and_change_nothing(lab, mounts.seen(site), NOT_COMMITTED)
    sync_what_fits(lab, index)

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from syncsteps.interpreter.databases import DPKG_LISTS, database_paths

if TYPE_CHECKING:
    from pathlib import Path


def test_every_database_is_named_whether_it_is_there_or_not(tmp_path: Path) -> None:
    found = set(database_paths(tmp_path))
    assert str(tmp_path / DPKG_LISTS) in found
    for name in (
        "var/lib/dpkg/status",
        "lib/apk/db/installed",
        "usr/lib/apk/db/installed",
        "var/lib/rpm/rpmdb.sqlite",
        "usr/lib/sysimage/rpm/Packages",
    ):
        assert str(tmp_path / name) in found


@pytest.mark.parametrize(
    ("file", "others"),
    [("rpmdb.sqlite", set()), ("Packages", {"rpmdb.sqlite", "Packages.db"})],
)
def test_of_rpms_files_it_is_the_one_that_is_there(
    tmp_path: Path, file: str, others: set[str]
) -> None:
    directory = tmp_path / "var" / "lib" / "rpm"
    directory.mkdir(parents=True)
    (directory / file).touch()
    # Below a directory that every query writes to, nothing may be said to be absent needlessly.
    found = {path for path in database_paths(tmp_path) if path.startswith(str(directory))}
    assert found == {str(directory / name) for name in {file, *others}}

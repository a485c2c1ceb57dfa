from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from syncsteps.smoke.retired import stand_ins

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")


def test_a_stand_in_has_all_but_what_is_hidden(tmp_path: Path) -> None:
    site, other = tmp_path / "site", tmp_path / "other"
    for path in (
        "old.py",
        "old-1.dist-info/METADATA",
        "ns/old/__init__.py",
        "ns/kept/a.py",
        "b.py",
    ):
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_text(path)
    other.mkdir()
    hidden = [site / path for path in ("old.py", "old-1.dist-info/METADATA", "ns/old/__init__.py")]
    place = tmp_path / "place"
    place.mkdir()
    ((installed, stand_in),) = stand_ins(hidden, site=[other, site, site], directory=place)
    assert installed == site
    found = {
        path.relative_to(stand_in).as_posix(): path.is_symlink() for path in stand_in.rglob("*")
    }
    assert {name: found[name] for name in ("b.py", "ns", "ns/kept")} == {
        "b.py": True,
        "ns": False,
        "ns/kept": True,
    }
    assert not {"old.py", "old-1.dist-info", "ns/old"} & found.keys()
    assert (stand_in / "ns" / "kept" / "a.py").read_text() == "ns/kept/a.py"


def test_nothing_to_hide_needs_no_stand_in(tmp_path: Path) -> None:
    assert stand_ins([tmp_path / "x"], site=[tmp_path / "site"], directory=tmp_path) == ()

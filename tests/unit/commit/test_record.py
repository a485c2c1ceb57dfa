from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from syncsteps.commit.record import mentions, record_lines
from tests.support.faults import write

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "line",
    [
        "pkg/mod.py,,",
        "../site/pkg/mod.py,,",
        "x/../pkg/./mod.py,,",
        "{site}/pkg/mod.py,,",
        '"pkg/mod.py",,',
    ],
)
def test_whatever_way_round_a_file_is_listed_it_is_mentioned(line: str, tmp_path: Path) -> None:
    site = tmp_path / "site"
    write(site / "demo.dist-info" / "RECORD", line.format(site=site))
    (found,) = record_lines(site / "demo.dist-info")
    assert found.path == str(site / "pkg" / "mod.py")
    assert mentions(site / "demo.dist-info", ["other", "pkg"])
    assert not mentions(site / "demo.dist-info", ["other", "package"])


def test_a_name_that_csv_has_to_quote(tmp_path: Path) -> None:
    write(tmp_path / "demo.dist-info" / "RECORD", '"a""b/\xe4,.py",,')
    (found,) = record_lines(tmp_path / "demo.dist-info")
    assert found.name == 'a"b/\xe4,.py'
    assert mentions(tmp_path / "demo.dist-info", ['a"b'])
    assert mentions(tmp_path / "demo.dist-info", ["\xe4,.py"])


def test_what_cannot_be_read_mentions_everything(tmp_path: Path) -> None:
    assert mentions(tmp_path / "absent.dist-info", ["pkg"])

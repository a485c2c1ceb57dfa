from __future__ import annotations

import pytest

from syncsteps.epoch import source_date_epoch
from syncsteps.errors import SettingsError


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0", 0), ("1700000000", 1_700_000_000), ("007", 7), ("4294967295", 2**32 - 1), ("", None)],
)
def test_seconds(text: str, expected: int | None) -> None:
    assert source_date_epoch({"SOURCE_DATE_EPOCH": text}) == expected


def test_it_need_not_be_set() -> None:
    assert source_date_epoch({"PATH": "/bin"}) is None


@pytest.mark.parametrize(
    "text",
    ["-1", "+1", "1.5", "1e9", " 1", "1\n", "now", "2024-01-01", "1_000", "٣", "²", "4294967296"],
)
def test_what_is_no_number_of_seconds(text: str) -> None:
    with pytest.raises(SettingsError, match=r"SOURCE_DATE_EPOCH=.*expected whole seconds"):
        source_date_epoch({"SOURCE_DATE_EPOCH": text})


def test_a_number_that_no_python_reads() -> None:
    with pytest.raises(SettingsError, match="4294967295 at the most"):
        source_date_epoch({"SOURCE_DATE_EPOCH": "9" * 10_000})

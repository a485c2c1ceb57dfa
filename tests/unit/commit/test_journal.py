from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncsteps.commit.journal import Journal, JournalFormatError

PATHS = st.lists(
    st.binary(min_size=1, max_size=12)
    .filter(lambda name: b"\0" not in name)
    .map(lambda name: Path("/", os.fsdecode(name))),
    max_size=3,
).map(tuple)


@settings(max_examples=30, deadline=None)
@given(retire=PATHS, directories=PATHS, remove=PATHS, place=st.lists(PATHS, max_size=2))
def test_a_journal_reads_back_as_it_was_whatever_the_names(
    retire: tuple[Path, ...],
    directories: tuple[Path, ...],
    remove: tuple[Path, ...],
    place: list[tuple[Path, ...]],
) -> None:
    journal = Journal(
        nonce="12ab",
        retire=retire,
        emptied=tuple((path, 0o755) for path in retire),
        directories=directories,
        place=tuple((str(path), str(path)) for paths in place for path in paths),
        remove_empty=remove,
    )
    assert Journal.load(journal.dump()) == journal
    assert journal.dump().isascii()


@pytest.mark.parametrize("content", [b"", b"\xff", b"[" * 200_000])
def test_what_is_not_json_is_no_journal(content: bytes) -> None:
    with pytest.raises(JournalFormatError, match="it is not JSON"):
        Journal.load(content)

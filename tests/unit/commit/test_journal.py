from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncsteps.commit.journal import Batch, Journal, JournalFormatError

PATHS = st.lists(
    st.binary(min_size=1, max_size=12)
    .filter(lambda name: b"\0" not in name)
    .map(lambda name: Path("/", os.fsdecode(name))),
    max_size=3,
).map(tuple)
NAMES = (
    st.binary(min_size=1, max_size=12)
    .filter(lambda name: not {0, ord("/")} & set(name) and name not in {b".", b".."})
    .map(os.fsdecode)
)


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    names = draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))
    originals = draw(st.lists(NAMES, min_size=len(names), max_size=len(names)))
    return Batch(
        source=f"/{draw(NAMES)}",
        target=f"/{draw(NAMES)}",
        names=tuple(names),
        originals=tuple(originals) if draw(st.booleans()) else (),
    )


BATCHES = batches()


@settings(max_examples=30, deadline=None)
@given(retire=PATHS, directories=PATHS, remove=PATHS, place=st.lists(BATCHES, max_size=2))
def test_a_journal_reads_back_as_it_was_whatever_the_names(
    retire: tuple[Path, ...],
    directories: tuple[Path, ...],
    remove: tuple[Path, ...],
    place: list[Batch],
) -> None:
    journal = Journal(
        nonce="12ab",
        retire=retire,
        emptied=tuple((path, 0o755) for path in retire),
        directories=tuple(map(str, directories)),
        place=tuple(place),
        remove_empty=remove,
    )
    assert Journal.load(journal.dump()) == journal
    assert journal.dump().isascii()


def test_placements_are_numbered_through() -> None:
    journal = Journal(
        nonce="12ab",
        retire=(),
        emptied=(),
        directories=(),
        place=(
            Batch(source="/stage", target="/site", names=("a", "b")),
            Batch(source="/stage/x", target="/bin", names=("c",), originals=("d",)),
        ),
        remove_empty=(),
    )
    assert list(journal.placements()) == [
        (0, "/stage/a", "/site/a"),
        (1, "/stage/b", "/site/b"),
        (2, "/stage/x/d", "/bin/c"),
    ]
    assert journal.total == 3


@pytest.mark.parametrize("content", [b"", b"\xff", b"[" * 200_000])
def test_what_is_not_json_is_no_journal(content: bytes) -> None:
    with pytest.raises(JournalFormatError, match="it is not JSON"):
        Journal.load(content)

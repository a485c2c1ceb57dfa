"""A tree that is moved to another interpreter's place is the one that a sync leaves there."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from syncsteps.receipts import from_json, to_json
from syncsteps.reproduce.comparing import compare, relocated
from tests.support.reproductions import make_against, make_evidence, make_tree

PARTS = st.text("abcXYZ019-_. é'", min_size=1, max_size=60).filter(lambda part: part.strip())
PATHS = st.lists(PARTS, min_size=1, max_size=6).map(lambda parts: "/" + "/".join(parts))


@given(PATHS, PATHS)
def test_places_do_not_matter(one: str, other: str) -> None:
    here, there = (make_evidence(place, demo=make_tree(place)) for place in (one, other))
    moved = relocated(here, other, platform="linux")
    assert moved == there
    assert relocated(moved, one, platform="linux") == here
    assert from_json(to_json(moved.receipt)) == moved.receipt


@given(PATHS, PATHS, st.binary(max_size=20))
def test_what_differs_is_found_wherever_it_lies(one: str, other: str, content: bytes) -> None:
    here = make_evidence(one, demo=make_tree(one), same=make_tree(one, name="same"))
    there = make_evidence(
        other, demo=make_tree(other, content=content), same=make_tree(other, name="same")
    )
    _, differences = compare(here, make_against(there))
    assert [each.distribution for each in differences] == (
        [] if content == b"VALUE = 1\n" else ["demo"]
    )

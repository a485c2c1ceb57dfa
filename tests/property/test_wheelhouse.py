"""Whatever a manifest of a wheelhouse says: it is read back as it is, or it is an error."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncsteps.errors import StagingError
from syncsteps.wheelhouse.manifest import from_json, to_json
from syncsteps.wheelhouse.model import HousedWheel, HouseTarget, Manifest, Origin
from tests.support.values import make_directory, make_selected
from tests.support.wheelhouses import make_housed, make_manifest

TEXTS = st.text(max_size=20)
LISTS = st.lists(TEXTS, max_size=3).map(tuple)
WHEELS = st.builds(
    HousedWheel,
    name=st.just("demo"),
    version=st.just("1.0"),
    filename=st.sampled_from(["demo-1.0-py3-none-any.whl", "Demo-1.0-1-cp312-abi3-any.whl"]),
    sha256=st.text("0123456789abcdef", min_size=64, max_size=64),
    size=st.integers(0, 1 << 40),
    built=st.booleans(),
    origin=st.builds(
        Origin,
        kind=TEXTS,
        source=TEXTS,
        hashes=LISTS,
        digest=TEXTS,
        subdirectory=TEXTS,
        settings=LISTS,
    ),
    files=st.dictionaries(TEXTS, TEXTS, max_size=3).map(lambda files: tuple(files.items())),
)
TARGETS = st.builds(
    HouseTarget, implementation=TEXTS, version=TEXTS, libc=TEXTS, libc_version=TEXTS, tags=LISTS
)
MANIFESTS = st.builds(
    Manifest,
    tool=TEXTS,
    lock=TEXTS,
    lock_digest=TEXTS,
    target=TARGETS,
    wheels=st.lists(WHEELS, max_size=3).map(tuple),
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
DOCUMENT: dict[str, Any] = json.loads(
    to_json(
        make_manifest(
            make_housed(make_selected()), make_housed(make_directory(), files=(("a.py", "1"),))
        )
    )
)


def places(value: object, before: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the way to each value of a document."""
    inner: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    return [before, *(way for key, item in inner for way in places(item, (*before, key)))]


@given(MANIFESTS)
def test_a_manifest_is_read_back_as_it_was_written(manifest: Manifest) -> None:
    assert from_json(to_json(manifest)) == manifest


@given(st.sampled_from(places(DOCUMENT)[1:]), VALUES, st.booleans())
def test_one_that_is_changed_is_read_or_refused(
    way: tuple[Any, ...],
    value: object,
    gone: bool,  # noqa: FBT001 - hypothesis gives it
) -> None:
    document = json.loads(json.dumps(DOCUMENT))
    place = document
    for key in way[:-1]:
        place = place[key]
    if gone:
        del place[way[-1]]
    else:
        place[way[-1]] = value
    try:
        manifest = from_json(json.dumps(document))
    except StagingError as error:
        assert error.hint  # noqa: PT017 - nothing has to be raised
        return
    for wheel in manifest.wheels:
        assert not {"/", "\\"} & set(wheel.filename)
        assert len(wheel.sha256) == 64


@given(VALUES)
def test_any_other_document_is_refused(value: object) -> None:
    with pytest.raises(StagingError):
        from_json(json.dumps(value))

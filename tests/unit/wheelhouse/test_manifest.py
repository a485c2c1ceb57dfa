from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from syncsteps.errors import StagingError
from syncsteps.locks.model import Vcs
from syncsteps.wheelhouse import manifest as module
from syncsteps.wheelhouse.manifest import (
    SCHEMA,
    from_json,
    read_manifest,
    to_json,
    write_manifest,
)
from tests.support.values import make_directory, make_sdist, make_selected
from tests.support.wheelhouses import make_housed, make_manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NAME = "syncsteps-wheelhouse.json"
REPOSITORY = Vcs(type="git", url="https://index.invalid/x", commit_id="abc", subdirectory="s")
MANIFEST = make_manifest(
    make_housed(make_selected("one", chosen=make_sdist("one")), built=True),
    make_housed(make_selected("two", chosen=REPOSITORY, source=REPOSITORY), built=True),
    make_housed(
        make_directory("three"),
        digest="d",
        built=True,
        files=(("pyproject.toml", "1"), ("src/\udcff.py", "2")),
    ),
    make_housed(make_selected("four", config_settings=(("a", "b"),))),
)


def test_what_is_written_is_read_back() -> None:
    text = to_json(MANIFEST)
    assert text.isascii()
    assert from_json(text) == MANIFEST
    assert to_json(from_json(text)) == text


def _paths(value: object, prefix: str = "") -> Iterator[str]:
    if isinstance(value, dict) and not prefix.endswith("files"):
        for key, inner in value.items():
            yield from _paths(inner, f"{prefix}.{key}" if prefix else key)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        yield prefix
        for inner in value:
            yield from _paths(inner, f"{prefix}[]")
    else:
        yield prefix


def test_each_key_is_documented_and_each_documented_key_is_there() -> None:
    documented = re.findall(r"^``([\w.\[\]]+)``:", module.__doc__ or "", re.MULTILINE)
    assert set(_paths(json.loads(to_json(MANIFEST)))) == set(documented)
    assert SCHEMA == 1


def _wheel(**fields: object) -> Callable[[dict[str, Any]], None]:
    return lambda document: document["wheels"][0].update(fields)


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (lambda document: document.update(schema=2), "key 'schema' is 2, expected 1"),
        (lambda document: document.pop("wheels"), "key 'wheels' is missing"),
        (lambda document: document["wheels"][0].pop("origin"), "key 'origin' is missing"),
        (lambda document: document.update(target=[]), "indices"),
        (lambda document: document["target"].update(tags="any"), "'any' is not an array"),
        (_wheel(name=7), "7 is not a string"),
        (_wheel(filename="four.txt"), "'four.txt' is no wheel's file name"),
        (_wheel(filename="five-1.0-py3-none-any.whl"), "is no wheel of four"),
        (_wheel(filename="four-1.0-py3-none-any./../x.whl"), "x.whl' is no wheel"),
        (_wheel(filename="../four-1.0-py3-none-any.whl"), "no wheel's file name"),
        (_wheel(sha256="AB"), "'AB' is no SHA-256 in hex"),
        (_wheel(size="1"), "the size of four-1.0-py3-none-any.whl"),
        (_wheel(built=1), "the size of four-1.0-py3-none-any.whl, or whether it was built"),
        (_wheel(files=[]), "has no attribute"),
    ],
)
def test_what_is_malformed_is_an_error_that_names_the_file(
    damage: Callable[[dict[str, Any]], None], why: str, tmp_path: Path
) -> None:
    document = json.loads(to_json(MANIFEST))
    damage(document)
    (tmp_path / NAME).write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(StagingError, match="manifest cannot be used") as caught:
        read_manifest(tmp_path)
    assert why in str(caught.value)
    assert str(tmp_path / NAME) in str(caught.value)
    assert "fetch again" in caught.value.hint


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"7", b"\xff", b"[" * 100_000])
def test_what_is_no_document_at_all(content: bytes, tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(content)
    with pytest.raises(StagingError, match="manifest cannot be used"):
        read_manifest(tmp_path)


def test_a_directory_without_one_has_none(tmp_path: Path) -> None:
    assert read_manifest(tmp_path) is None
    assert read_manifest(tmp_path / "absent") is None


def test_it_is_written_aside_and_left_as_it_is_if_it_is_the_same(tmp_path: Path) -> None:
    aside = tmp_path / "aside"
    aside.mkdir()
    write_manifest(tmp_path, MANIFEST, aside=aside)
    before = (tmp_path / NAME).stat()
    write_manifest(tmp_path, MANIFEST, aside=aside)
    after = (tmp_path / NAME).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert list(aside.iterdir()) == []
    write_manifest(tmp_path, make_manifest(), aside=aside)
    assert read_manifest(tmp_path) == make_manifest()
    assert (tmp_path / NAME).stat().st_ino != before.st_ino

from __future__ import annotations

import hashlib

import pytest

from syncsteps.staging.record import RecordEntry, format_record, parse_record, record_hash


def test_parse() -> None:
    text = 'a.py,sha256=xyz,12\r\n"b,c.py",sha256=abc,0\n\nd-1.0.dist-info/RECORD,,\nlone\n'
    assert parse_record(text) == (
        RecordEntry(path="a.py", hash="sha256=xyz", size=12),
        RecordEntry(path="b,c.py", hash="sha256=abc", size=0),
        RecordEntry(path="d-1.0.dist-info/RECORD"),
        RecordEntry(path="lone"),
    )


def test_backslashes_are_slashes() -> None:
    assert parse_record("..\\..\\Scripts\\x.exe,,") == (RecordEntry(path="../../Scripts/x.exe"),)


@pytest.mark.parametrize("text", ["a,b,c,d\n", ",sha256=x,1\n", "a,sha256=x,many\n"])
def test_nonsense(text: str) -> None:
    with pytest.raises(ValueError, match=r"line 1|invalid literal"):
        parse_record(text)


def test_format_sorts_quotes_and_round_trips() -> None:
    entries = (
        RecordEntry(path='q"uote,.py', hash="sha256=a", size=1),
        RecordEntry(path="a.py", hash="sha256=b", size=0),
        RecordEntry(path="z/RECORD"),
    )
    text = format_record(entries)
    assert text == 'a.py,sha256=b,0\n"q""uote,.py",sha256=a,1\nz/RECORD,,\n'
    assert set(parse_record(text)) == set(entries)


def test_hash_of_nothing_is_the_well_known_one() -> None:
    expected = "sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"
    assert record_hash(hashlib.sha256(b"").digest()) == expected

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncsteps.errors import InterpreterError
from syncsteps.interpreter import (
    InstalledDistribution,
    Interpreter,
    Libc,
    Owner,
    from_json,
    to_json,
)
from tests.support.interpreters import make_interpreter

SITE = Path("/opt/python/lib/python3.12/site-packages")


def distribution(**overrides: Any) -> InstalledDistribution:  # noqa: ANN401 - fields of many types
    fields: dict[str, Any] = {
        "name": "spam",
        "version": "1.0",
        "location": SITE,
        "metadata": SITE / "spam-1.0.dist-info",
    }
    return InstalledDistribution(**{**fields, **overrides})


def full_interpreter() -> Interpreter:
    return make_interpreter(
        distributions=(
            distribution(
                installer="pip",
                direct_url='{"url": "file:///src", "dir_info": {}}',
                requires=("ham>=2; python_version < '4'", "eggs"),
                requires_python=">=3.9",
                owner=Owner(
                    manager="dpkg",
                    package="python3-spam",
                    needed_by=("breakfast", "lunch"),
                    needed_indirectly=("day",),
                ),
            ),
            distribution(name="ham", metadata=SITE / "ham.egg-info"),
        ),
        broken=(SITE / "half.dist-info",),
        externally_managed="Use apt.\nReally.",
        unwritable=(SITE,),
        free_space=None,
        virtual=True,
        base_executable=Path("/usr/bin/python3"),
        libc=Libc(name="musl", version="1.2"),
        bits=32,
        free_threaded=True,
        debug=True,
        standard_library=("enum", "sys"),
        python_headers=False,
        build_tools=(),
        user=1000,
        unwritable_owners=(0,),
    )


def test_what_is_written_is_read_back_the_same() -> None:
    for interpreter in (full_interpreter(), make_interpreter()):
        assert from_json(to_json(interpreter)) == interpreter


def test_every_field_that_differs_makes_another_text() -> None:
    plain, full = make_interpreter(), full_interpreter()
    for field in dataclasses.fields(Interpreter):
        value = getattr(full, field.name)
        changed = dataclasses.replace(plain, **{field.name: value})
        assert (to_json(changed) != to_json(plain)) == (value != getattr(plain, field.name))


def test_the_text_has_its_schema_first_and_is_ascii() -> None:
    text = to_json(make_interpreter(Path("/opt/pythön")))
    assert text.startswith('{\n  "schema": 1,')
    assert text.isascii()
    assert from_json(text).prefix == Path("/opt/pythön")


@given(st.text(), st.lists(st.text()), st.none() | st.text())
def test_any_text_survives(version: str, requires: list[str], managed: str | None) -> None:
    interpreter = make_interpreter(
        distributions=(distribution(version=version, requires=tuple(requires)),),
        externally_managed=managed,
    )
    assert from_json(to_json(interpreter)) == interpreter


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://me:secret@index.invalid/x.whl", "https://index.invalid/x.whl"),
        ("https://token@index.invalid/x.whl", "https://index.invalid/x.whl"),
        ("https://me:p@ss@index.invalid/x.whl", "https://index.invalid/x.whl"),
        ("https:\\/\\/me:secret@index.invalid\\/x", "https:\\/\\/index.invalid\\/x"),
        ("ssh://git@index.invalid/x.git", "ssh://git@index.invalid/x.git"),
        ("https://${USER}:${PASS}@index.invalid/x", "https://${USER}:${PASS}@index.invalid/x"),
        ("https://index.invalid/x.git@main", "https://index.invalid/x.git@main"),
        (
            "https://index.invalid?mail=me@index.invalid",
            "https://index.invalid?mail=me@index.invalid",
        ),
    ],
)
def test_credentials_of_direct_urls_are_left_out(url: str, expected: str) -> None:
    text = f'{{"url": "{url}"}}'
    written = to_json(make_interpreter(distributions=(distribution(direct_url=text),)))
    assert from_json(written).distributions[0].direct_url == f'{{"url": "{expected}"}}'


def changed(path: str, value: object) -> str:
    document: Any = json.loads(to_json(full_interpreter()))
    *parents, last = path.split("/")
    table = document
    for key in parents:
        table = table[int(key)] if key.isdigit() else table[key]
    if value is KeyError:
        del table[last]
    else:
        table[int(last) if last.isdigit() else last] = value
    return json.dumps(document)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("executable", KeyError, "key 'executable': expected a string, found nothing"),
        ("version", 3.12, "key 'version': expected a string, found a number"),
        ("bits", True, "key 'bits': expected a whole number, found a truth value"),
        ("virtual", 1, "key 'virtual': expected a truth value, found a whole number"),
        ("tags/1", None, "key 'tags[1]': expected a string, found null"),
        ("scheme", [], "key 'scheme': expected an object, found a list"),
        ("scheme/data", KeyError, "key 'scheme.data': expected a string, found nothing"),
        ("environment/os_name", KeyError, "key 'environment.os_name': expected a string"),
        ("libc/version", 2, "key 'libc.version': expected a string, found a whole number"),
        ("distributions/0", "spam", "key 'distributions[0]': expected an object, found a string"),
        ("distributions/1/name", KeyError, "key 'distributions[1].name': expected a string"),
        ("distributions/0/owner", "apt", "key 'distributions[0].owner': expected an object"),
        (
            "distributions/0/owner/needed_by/1",
            None,
            "key 'distributions[0].owner.needed_by[1]': expected a string, found null",
        ),
        ("distributions/0/requires/0", {}, "key 'distributions[0].requires[0]': expected a string"),
    ],
)
def test_a_wrong_value_is_named_by_its_key(path: str, value: object, message: str) -> None:
    with pytest.raises(InterpreterError) as caught:
        from_json(changed(path, value), file="target.json")
    assert str(caught.value).startswith("target.json: ")
    assert message in str(caught.value)
    assert "syncsteps inspect" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "target.json is not JSON"),
        ("[" * 200_000, "target.json is not JSON"),
        ("[]", "target.json holds a list, not an object."),
        ("{}", "target.json has schema None; this program reads schema 1."),
        ('{"schema": 2}', "target.json has schema 2; this program reads schema 1."),
        ('{"schema": true}', "target.json has schema True; this program reads schema 1."),
    ],
)
def test_what_is_no_snapshot_is_refused(text: str, message: str) -> None:
    with pytest.raises(InterpreterError) as caught:
        from_json(text, file="target.json")
    assert message in str(caught.value)


def test_what_earlier_versions_did_not_record_is_not_known() -> None:
    value = json.loads(to_json(full_interpreter()))
    later = ("standard_library", "python_headers", "build_tools", "user", "unwritable_owners")
    for key in later:
        del value[key]
    for key in ("needed_by", "needed_indirectly"):
        del value["distributions"][0]["owner"][key]
    read = from_json(json.dumps(value))
    assert [getattr(read, key) for key in later] == [(), None, None, None, ()]
    assert read.distributions[0].owner == Owner(manager="dpkg", package="python3-spam")


def test_a_number_among_the_owners_is_no_truth_value() -> None:
    value = json.loads(to_json(full_interpreter()))
    value["unwritable_owners"] = [0, True]
    with pytest.raises(
        InterpreterError, match=r"'unwritable_owners\[1\]': expected a whole number"
    ):
        from_json(json.dumps(value))

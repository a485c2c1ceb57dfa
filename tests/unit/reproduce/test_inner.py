from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from syncsteps import errors
from syncsteps.errors import CheckError, InterpreterError, SmokeError, SyncstepsError
from syncsteps.receipts import to_json
from syncsteps.report import render_json
from syncsteps.reproduce.inner import Relay, error_in, evidence_in, findings_in, imports_in
from tests.support.reproductions import make_evidence, make_tree
from tests.support.runs import BAD, full_outcome, make_outcome


def document(**fields: Any) -> dict[str, Any]:  # noqa: ANN401 - of many types
    outcome = replace(full_outcome(), **fields)
    found: dict[str, Any] = json.loads(render_json("sync", outcomes=[outcome]))
    return found


@pytest.mark.parametrize("known", [True, False])
def test_lines_are_passed_on_but_for_those_that_the_outer_run_writes(known: bool) -> None:  # noqa: FBT001
    said: list[str] = []
    relay = Relay(said.append, known=known)
    lines = [
        "target: CPython",
        "error FIL001: no file",
        "importing 2 distributions",
        "done: 2 installed",
        "error ERR110: does not import",
        "  what to do: something",
    ]
    for line in lines:
        relay(line)
    shown = lines[1:3]
    assert said == (shown if known else [lines[0], *shown])
    assert relay.lines == lines


@pytest.mark.parametrize("name", [n for n in errors.__all__ if n != "SyncstepsError"])
def test_an_error_comes_back_as_what_it_was(name: str) -> None:
    kind: type[SyncstepsError] = getattr(errors, name)
    error = kind("message", hint="hint", details=["a", "b"])
    found = error_in(json.loads(render_json("sync", error=error)))
    assert type(found) is kind
    assert (str(found), found.hint, found.details) == ("message", "hint", ("a", "b"))


def test_where_all_went_well_there_is_no_error() -> None:
    assert error_in(document()) is None


def test_an_error_of_an_unknown_kind_is_the_interpreters() -> None:
    told = {"code": "ERR999", "message": "m", "hint": "", "details": []}
    assert isinstance(error_in({"error": told}), InterpreterError)


def test_findings_and_verdicts_come_back() -> None:
    outcome = replace(full_outcome(), imports=(BAD, *full_outcome().imports))
    found = document(imports=outcome.imports)
    assert findings_in(found) == outcome.findings
    assert imports_in(found) == outcome.imports


def test_evidence_comes_back() -> None:
    evidence = make_evidence("/opt/python/bin/python3.12", demo=make_tree())
    listings = {name: tuple(sorted(tree.listing)) for name, tree in evidence.trees.items()}
    tree = evidence.trees["demo"]
    told = {
        "receipt": to_json(evidence.receipt),
        "trees": {
            "demo": {
                "record": tree.record,
                "scripts": [[path, text.decode("latin-1")] for path, text in tree.scripts],
            }
        },
    }
    found = evidence_in(document(receipt=evidence.receipt, listings=listings), told)
    assert found is not None
    assert found.receipt == evidence.receipt
    assert found.trees == {"demo": replace(tree, listing=listings["demo"])}
    assert found.executable == evidence.executable


def test_a_tree_that_is_not_what_the_receipt_says_has_its_own_digest() -> None:
    evidence, drifted = make_evidence(demo=make_tree()), make_tree(content=b"other")
    found = evidence_in(
        document(receipt=evidence.receipt, listings={"demo": drifted.listing}),
        {"receipt": to_json(evidence.receipt), "trees": {}},
    )
    assert found is not None
    assert found.receipt == make_evidence(demo=drifted).receipt


def test_without_a_receipt_there_is_no_evidence() -> None:
    assert evidence_in(document(), {"receipt": "", "trees": {}}) is None


def test_a_receipt_that_was_edited_is_refused() -> None:
    text = to_json(make_evidence(demo=make_tree()).receipt).replace('"1.0"', '"2.0"')
    with pytest.raises(CheckError):
        evidence_in(document(), {"receipt": text, "trees": {}})


def test_a_failed_run_has_its_imports_all_the_same() -> None:
    outcome = make_outcome(imports=(BAD,))
    text = render_json("sync", outcomes=[outcome], error=SmokeError("no"))
    assert imports_in(json.loads(text)) == (BAD,)

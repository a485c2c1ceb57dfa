from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from syncsteps.errors import CheckError, LockError, SelectionError, SmokeError
from syncsteps.receipts import tree_digest
from syncsteps.report import document as document_module
from syncsteps.report import render_json
from syncsteps.report.places import Places
from syncsteps.reproduce.model import Difference, DifferenceKind, Reproduction
from syncsteps.verify import Severity
from tests.support.reproductions import make_evidence, make_tree
from tests.support.runs import BAD, DRIFTS, PLAN, full_outcome, make_finding, make_outcome
from tests.support.targets import write_lock
from tests.support.values import SITE, make_lock, make_package, make_selected
from tests.support.wheelhouses import make_housed, make_manifest

if TYPE_CHECKING:
    from pathlib import Path


DIFFERENCE = Difference(
    distribution="demo",
    kind=DifferenceKind.CONTENT,
    there="a",
    here="b",
    files=("~ demo.py",),
)


def parsed(text: str) -> dict[str, Any]:
    assert text.endswith("}\n")
    document: dict[str, Any] = json.loads(text)
    return document


def test_a_run_comes_back() -> None:
    assert parsed(render_json("sync", outcomes=[full_outcome()])) == {
        "schema": 1,
        "verb": "sync",
        "ok": True,
        "error": None,
        "interpreter": {
            "executable": "/opt/python/bin/python3.12",
            "implementation": "cpython",
            "version": "3.12.7",
            "purelib": str(SITE),
        },
        "targets": [
            {
                "name": "",
                "ok": True,
                "error": None,
                "interpreter": {
                    "executable": "/opt/python/bin/python3.12",
                    "implementation": "cpython",
                    "version": "3.12.7",
                    "purelib": str(SITE),
                },
            }
        ],
        "lock": {"format": "pylock.toml", "name": "pylock.toml", "sha256": "d" * 64},
        "findings": [
            {
                "code": "INT003",
                "severity": "warning",
                "subject": "/usr",
                "message": "/usr cannot be written to",
                "hint": "run as root",
                "target": "",
                "line": None,
            }
        ],
        "plan": [
            {
                "action": "install",
                "name": "attrs",
                "version": "25.1",
                "installed": None,
                "reason": "not installed",
            },
            {
                "action": "replace",
                "name": "idna",
                "version": "3.10",
                "installed": "3.9",
                "reason": "3.9 is installed",
            },
            {
                "action": "keep",
                "name": "six",
                "version": "1.17",
                "installed": "1.17",
                "reason": "already there",
            },
            {
                "action": "remove",
                "name": "toml",
                "version": None,
                "installed": "0.10",
                "reason": "the lock does not name it",
            },
        ],
        "imports": [
            {
                "distribution": "attrs",
                "verdict": "ok",
                "modules": ["attr"],
                "module": "",
                "exception": "",
                "frames": [],
                "advice": "",
                "library": "",
                "needed_by": "",
                "missing": "",
                "doubts": [],
                "timings": [],
                "memory": 0,
                "forked": False,
                "network": "allowed",
                "effects": {
                    "written": [],
                    "environment": [],
                    "builtins": [],
                    "path": [],
                    "startup": [],
                    "threads": 0,
                    "processes": 0,
                    "moved": False,
                },
                "seconds": 0.25,
                "tolerated": False,
            }
        ],
        "drift": [],
        "wheels": [],
        "distributions": [],
        "placed": 0,
        "retired": 0,
        "size": 0,
        "reproduction": None,
        "dry_run": False,
        "changed": True,
        "digest": "f" * 64,
        "seconds": 1.25,
    }


def test_an_error_has_the_same_keys_and_nothing_in_them() -> None:
    error = LockError(
        "missing", file="uv.lock", table="package[0]", key="name", hint="lock", details=["a"]
    )
    document = parsed(render_json("export", error=error))
    whole = parsed(render_json("sync", outcomes=[full_outcome()]))
    assert document.keys() == whole.keys()
    assert document["ok"] is False
    assert document["error"] == {
        "code": "ERR300",
        "message": "uv.lock, package[0], key 'name': missing",
        "details": ["a"],
        "hint": "lock",
        "exit_code": 3,
    }
    others = [document[key] for key in whole if key not in {"schema", "verb", "ok", "error"}]
    assert not any(others)


def test_a_check_that_failed_has_both() -> None:
    outcome = make_outcome("smoke", imports=(BAD,))
    document = parsed(render_json("smoke", outcomes=[outcome], error=SmokeError("does not import")))
    assert document["ok"] is False
    assert document["error"]["code"] == "ERR110"
    assert document["imports"][0]["verdict"] == "failed"
    assert document["imports"][0]["frames"][-1] == "idna/core.py:3 in <module>"


def test_the_wheels_of_a_wheelhouse_are_told() -> None:
    house = make_manifest(make_housed(make_selected(), built=True))
    document = parsed(render_json("fetch", outcomes=[make_outcome("fetch", wheelhouse=house)]))
    assert document["wheels"] == [
        {
            "name": "demo",
            "version": "1.0",
            "filename": "demo-1.0-py3-none-any.whl",
            "sha256": "0" * 64,
            "built": True,
        }
    ]


def test_the_files_of_a_receipt_are_told_as_its_digest_is_made_of_them() -> None:
    evidence = make_evidence(demo=make_tree())
    listings = {"demo": evidence.trees["demo"].listing}
    outcome = make_outcome("sync", receipt=evidence.receipt, listings=listings)
    (row,) = parsed(render_json("sync", outcomes=[outcome]))["distributions"]
    lines = [line.split(" ", 2) for line in row.pop("files")]
    assert row == {
        "name": "demo",
        "version": "1.0",
        "source": "demo-1.0-py3-none-any.whl",
        "hash": "sha256:" + "0" * 64,
        "digest": evidence.receipt.entries[0].digest,
    }
    assert tree_digest((path, x == "x", sha256) for sha256, x, path in lines) == row["digest"]


def test_a_reproduction_is_told_with_the_plan_of_the_inner_run() -> None:
    found = Reproduction(
        isolation="overlay",
        untouched="e" * 64,
        plan=({"action": "install", "name": "demo"},),
        against="r.json",
        executable="/usr/bin/python3",
        differences=(DIFFERENCE,),
        remarks=("another lock",),
    )
    outcome = make_outcome("reproduce", reproduction=found, placed=3, retired=1, size=10)
    document = parsed(render_json("reproduce", outcomes=[outcome]))
    assert document["plan"] == [{"action": "install", "name": "demo"}]
    assert (document["placed"], document["retired"], document["size"]) == (3, 1, 10)
    assert document["reproduction"] == {
        "isolation": "overlay",
        "image": "",
        "untouched": "e" * 64,
        "executable": "/usr/bin/python3",
        "against": "r.json",
        "remarks": ["another lock"],
        "differences": [
            {
                "distribution": "demo",
                "kind": "other files",
                "there": "a",
                "here": "b",
                "files": ["~ demo.py"],
            }
        ],
    }


def test_drift_is_told_with_and_without_a_file() -> None:
    document = parsed(render_json("check", outcomes=[make_outcome("check", drifts=DRIFTS)]))
    assert document["drift"] == [
        {
            "distribution": "attrs",
            "kind": "file modified",
            "path": "/site/attr.py",
            "detail": "",
        },
        {"distribution": "idna", "kind": "missing", "path": None, "detail": "not installed"},
    ]


def test_a_verb_without_a_lock_has_null() -> None:
    document = parsed(render_json("recover", outcomes=[make_outcome("recover")]))
    assert document["lock"] is None
    assert document["digest"] is None
    assert document["plan"] == []


def test_several_targets_are_in_one_document() -> None:
    refused = SelectionError("two entries both apply")
    outcomes = [
        make_outcome("verify", target="a", findings=(make_finding(Severity.WARNING),)),
        make_outcome("verify", target="b", findings=(make_finding(),), plan=PLAN),
        make_outcome("verify", target="c", refused=refused),
    ]
    document = parsed(render_json("verify", outcomes=outcomes, error=CheckError("no")))
    assert [(each["name"], each["ok"]) for each in document["targets"]] == [
        ("a", True),
        ("b", False),
        ("c", False),
    ]
    assert document["targets"][2]["error"]["message"] == "two entries both apply"
    assert [(f["target"], f["severity"]) for f in document["findings"]] == [
        ("a", "warning"),
        ("b", "error"),
    ]
    assert document["interpreter"] is None
    assert document["plan"] == []
    assert document["seconds"] == 3.75


def test_a_finding_has_the_line_of_its_entry(tmp_path: Path) -> None:
    path = write_lock(tmp_path, ("idna", "3.10"), ("six", "1.0"))
    lock = make_lock(make_package("six"), path=path)
    outcome = make_outcome("verify", lock=lock, findings=(make_finding(subject="six"),))
    document = parsed(render_json("verify", outcomes=[outcome], places=Places(tmp_path)))
    line = document["findings"][0]["line"]
    assert path.read_text().split("\n")[line - 1] == 'name = "six"'


def keys_of(value: object, path: str = "") -> set[str]:
    if isinstance(value, dict):
        below = {f"{path}.{key}".lstrip("."): item for key, item in value.items()}
        return below.keys() | {key for name, item in below.items() for key in keys_of(item, name)}
    if isinstance(value, list):
        return {key for item in value for key in keys_of(item, f"{path}[]")}
    return set()


def test_every_key_is_documented_and_no_other() -> None:
    house = make_manifest(make_housed(make_selected()))
    outcome = replace(full_outcome(), imports=(BAD,), drifts=DRIFTS, wheelhouse=house)
    outcome = replace(
        outcome,
        receipt=make_evidence(demo=make_tree()).receipt,
        reproduction=Reproduction(isolation="copy", differences=(DIFFERENCE,)),
    )
    refused = replace(outcome, refused=CheckError("no"))
    written = set[str]()
    for outcomes in ([outcome], [outcome, refused]):
        text = render_json("check", outcomes=outcomes, error=CheckError("no"))
        written |= keys_of(parsed(text))
    documentation = document_module.__doc__ or ""
    documented = re.findall(r"^``([\w.\[\]]+)``: ", documentation, re.MULTILINE)
    # Those that are documented once, for all places that have them.
    written = {key for key in written if not re.match(r"targets\[\]\.(error|interpreter)\.", key)}
    assert sorted(documented) == sorted(written)
    assert f"This is schema {document_module.SCHEMA}." in documentation


def test_text_is_ascii_whatever_is_in_it() -> None:
    strange = "\udc80\x9b31m\u202e\x1b[2J grüße"
    bad = replace(BAD, exception=strange)
    text = render_json("smoke", outcomes=[make_outcome("smoke", imports=(bad,))])
    assert text.isascii()
    assert all(character.isprintable() or character == "\n" for character in text)
    assert parsed(text)["imports"][0]["exception"] == strange

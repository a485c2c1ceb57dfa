from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from syncsteps.errors import LockError, SmokeError
from syncsteps.report import render_json
from tests.support.runs import BAD, DRIFTS, full_outcome, make_outcome
from tests.support.values import SITE


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
        "lock": {"format": "pylock.toml", "name": "pylock.toml", "sha256": "d" * 64},
        "findings": [
            {
                "code": "INT003",
                "severity": "warning",
                "subject": "/usr",
                "message": "/usr cannot be written to",
                "hint": "run as root",
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
                "seconds": 0.25,
            }
        ],
        "drift": [],
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


def test_text_is_ascii_whatever_is_in_it() -> None:
    strange = "\udc80\x9b31m\u202e\x1b[2J grüße"
    bad = replace(BAD, exception=strange)
    text = render_json("smoke", outcomes=[make_outcome("smoke", imports=(bad,))])
    assert text.isascii()
    assert all(character.isprintable() or character == "\n" for character in text)
    assert parsed(text)["imports"][0]["exception"] == strange

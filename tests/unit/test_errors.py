from __future__ import annotations

import pytest

from syncsteps import errors
from syncsteps.errors import LockError, SyncstepsError

KINDS = [getattr(errors, name) for name in errors.__all__]


def test_every_error_is_public() -> None:
    defined = [
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, SyncstepsError)
    ]
    assert sorted(defined) == sorted(errors.__all__)


def test_each_kind_has_its_own_code() -> None:
    codes = [kind.code for kind in KINDS]
    assert len(set(codes)) == len(codes)
    assert all(code.startswith("ERR") and code[3:].isdigit() for code in codes)


@pytest.mark.parametrize(
    ("name", "exit_code"),
    [
        ("CheckError", 1),
        ("SmokeError", 1),
        ("SettingsError", 2),
        ("LockError", 3),
        ("SelectionError", 3),
        ("InterpreterError", 4),
        ("StagingError", 5),
        ("CommitError", 6),
        ("RecoveryError", 7),
    ],
)
def test_exit_codes_are_part_of_the_interface(name: str, exit_code: int) -> None:
    assert getattr(errors, name).exit_code == exit_code
    assert getattr(errors, name).code.startswith(f"ERR{exit_code}")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_error_says_what_and_what_next(kind: type[SyncstepsError]) -> None:
    error = kind("it is so", hint="do that", details=["one", "two"])
    assert str(error) == error.message == "it is so"
    assert error.hint == "do that"
    assert error.details == ("one", "two")
    assert isinstance(error, Exception)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_error_need_not_say_more(kind: type[SyncstepsError]) -> None:
    error = kind("it is so")
    assert error.hint == ""
    assert error.details == ()


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ({}, "it is wrong"),
        ({"file": "uv.lock"}, "uv.lock: it is wrong"),
        ({"file": "uv.lock", "table": "package[3]"}, "uv.lock, package[3]: it is wrong"),
        (
            {"file": "uv.lock", "table": "package[3]", "key": "name"},
            "uv.lock, package[3], key 'name': it is wrong",
        ),
        ({"file": "uv.lock", "key": "version"}, "uv.lock, key 'version': it is wrong"),
    ],
)
def test_a_locks_error_says_where(where: dict[str, str], said: str) -> None:
    error = LockError("it is wrong", **where)
    assert str(error) == said
    assert error.message == "it is wrong"
    assert (error.file, error.table, error.key) == tuple(
        where.get(part, "") for part in ("file", "table", "key")
    )

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from syncsteps.staging.secrets import known_secrets, redact, secret_values

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("get https://user:pw@host.invalid/x now", "get https://***@host.invalid/x now"),
        ("https://token@host.invalid/x", "https://***@host.invalid/x"),
        ("https://user:p@ss@host.invalid/x", "https://***@host.invalid/x"),
        ("HTTPS://U:P@host.invalid", "HTTPS://***@host.invalid"),
        ("git+https://u:p@host.invalid/r@abc", "git+https://***@host.invalid/r@abc"),
        ("ssh://git@host.invalid/r", "ssh://git@host.invalid/r"),
        ("ssh://git:pw@host.invalid/r", "ssh://***@host.invalid/r"),
        (
            "https://a:b@one.invalid, https://c:d@two.invalid",
            "https://***@one.invalid, https://***@two.invalid",
        ),
        ("https://h.invalid/x?sig=abc&y=1", "https://h.invalid/x?sig=***&y=1"),
        ("https://h.invalid/x?X-Amz-Signature=abc", "https://h.invalid/x?X-Amz-Signature=***"),
        ("Authorization: Basic dXNlcg==", "Authorization: ***"),
        ("https://h.invalid/@scope/x", "https://h.invalid/@scope/x"),
        ("demo @ https://h.invalid/x.whl", "demo @ https://h.invalid/x.whl"),
    ],
)
def test_redact(text: str, expected: str) -> None:
    assert redact(text) == expected


def test_redact_blanks_given_secrets() -> None:
    assert redact("the key is hunter2hunter2.", ["hunter2hunter2"]) == "the key is ***."


def test_secret_values_are_long_and_named_so() -> None:
    environment = {
        "UV_INDEX_MINE_PASSWORD": "longenough",
        "CI_JOB_TOKEN": "even-longer-than-that",
        "TOKEN": "1",
        "PATH": "/usr/bin:/usr/local/bin",
    }
    assert secret_values(environment) == ("even-longer-than-that", "longenough")


@pytest.mark.parametrize(
    ("value", "secrets"),
    [
        ("https://me:code-word@index.invalid/simple", ("code-word",)),
        ("https://me:c%40de-word@index.invalid", ("c%40de-word", "c@de-word")),
        ("http://a:first-one@x.invalid http://b:second@y.invalid", ("first-one", "second")),
        ("https://0123456789@index.invalid", ("0123456789",)),
        # A user's name, and what is no password.
        ("ssh://git@host.invalid/r", ()),
        ("https://me:one@index.invalid", ()),
        ("me@mail.invalid", ()),
    ],
)
def test_passwords_in_urls_are_secret_in_any_variable(value: str, secrets: tuple[str, ...]) -> None:
    assert secret_values({"WHATEVER": value}) == secrets


NETRC = """
machine index.invalid login me password from-netrc
machine other.invalid
    login you
    account the-account
    password abc
broken line
default login x password the-last-one
"""


def test_the_passwords_of_netrc_are_secret(tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text(NETRC)
    found = ("the-last-one", "the-account", "from-netrc")
    assert known_secrets({"HOME": str(tmp_path)}) == found
    assert known_secrets({"HOME": str(tmp_path), "API_TOKEN": "0123456789-0123"}) == (
        "0123456789-0123",
        *found,
    )


def test_netrc_may_lie_elsewhere_or_nowhere(tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path)}
    assert known_secrets(home) == ()
    assert known_secrets({}) == ()
    (tmp_path / "mine").write_text("machine x login y password in-my-own\n")
    (tmp_path / "_netrc").write_bytes(b"machine x login y password w\xff-bytes\n")
    assert known_secrets({**home, "NETRC": str(tmp_path / "mine")}) == ("in-my-own",)
    assert known_secrets({**home, "NETRC": str(tmp_path)}) == ()
    assert known_secrets(home) == ("w\ufffd-bytes",)

"""What must not be told: secrets that an installer has, wherever it takes them from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from syncsteps.staging.logins import netrc_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

__all__ = ["known_secrets", "redact", "secret_values"]

_SHORTEST_SECRET = 8
_SHORTEST_PASSWORD = 6

# Greedy up to the last "@" of the authority: a password may hold one that nobody encoded.
_USERINFO = re.compile(
    r"(?P<scheme>\b[a-z][a-z0-9+.-]*://)(?P<userinfo>[^\s/?#'\"<>]*)@", re.IGNORECASE
)
_QUERY = re.compile(
    r"(?P<key>[?&](?:[\w.-]*(?:token|secret|password|signature|credential|api[_-]?key)|sig|key)=)"
    r"[^&\s'\"<>#]+",
    re.IGNORECASE,
)
_HEADER = re.compile(
    r"(?P<key>\b(?:proxy-)?authorization['\"]?\s*[:=]\s*['\"]?)\S[^'\"\n]*", re.IGNORECASE
)
_SECRET_NAME = re.compile(r"PASSWORD|TOKEN|SECRET|API_?KEY", re.IGNORECASE)
# Not parsed whole: one bad line in it must not let the others' secrets through.
_NETRC = re.compile(r"\b(?:password|account)\s+(\S+)")


def redact(text: str, secrets: Sequence[str] = ()) -> str:
    """Return ``text`` without credentials in URLs and headers and without any of ``secrets``.

    The user name that git's SSH addresses always carry (``ssh://git@host``) is kept.
    """
    for secret in secrets:
        text = text.replace(secret, "***")
    text = _USERINFO.sub(_without_userinfo, text)
    text = _QUERY.sub(r"\g<key>***", text)
    return _HEADER.sub(r"\g<key>***", text)


def _without_userinfo(match: re.Match[str]) -> str:
    if match["scheme"].lower().endswith("ssh://") and ":" not in match["userinfo"]:
        return match[0]
    return f"{match['scheme']}***@"


def secret_values(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return what is secret in variables, longest first.

    That are the values of those whose names say so, and of every other one the passwords in URLs,
    as they are written there and decoded. Very short values are left out: blanking each ``1`` in a
    log would hide more than a secret.
    """
    named = {
        value
        for name, value in environment.items()
        if _SECRET_NAME.search(name) and len(value) >= _SHORTEST_SECRET
    }
    in_urls = {
        secret
        for value in environment.values()
        if "@" in value
        for match in _USERINFO.finditer(value)
        for secret in _of_userinfo(match["userinfo"])
    }
    return _longest_first(named | in_urls)


def known_secrets(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return `secret_values` and the passwords of the netrc file that installers read, if any.

    One that cannot be read gives no secrets: nor does it to an installer.
    """
    of_file = _NETRC.findall(netrc_text(environment))
    return _longest_first(
        {*secret_values(environment), *(s for s in of_file if len(s) >= _SHORTEST_PASSWORD)}
    )


def _of_userinfo(userinfo: str) -> Iterator[str]:
    name, colon, password = userinfo.partition(":")
    secret, shortest = (password, _SHORTEST_PASSWORD) if colon else (name, _SHORTEST_SECRET)
    for each in (secret, unquote(secret)):
        if len(each) >= shortest:
            yield each


def _longest_first(secrets: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(secrets, key=lambda value: (-len(value), value)))

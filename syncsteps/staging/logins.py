"""The logins of uv's indexes, told to pip: whoever has set up one of the two means both.

pip knows nothing of uv's settings, and the addresses in a uv.lock have no logins in them. What both
read is a netrc file, which has one login for each host.
"""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

from syncsteps.staging.uv_settings import uv_tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Login", "login_variables", "netrc_text", "uv_logins"]

_LISTS = ("UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS")
_KEYS = ("index-url", "extra-index-url", "find-links")
_NAMED = re.compile(r"(?P<name>[\w.-]+)=(?P<url>\w+://.*)")
# White space ends a word of a netrc file, and Python's readers differ in what quotes and
# backslashes mean.
_UNSPEAKABLE = re.compile(r"[\s\"\\]")


class Login(NamedTuple):
    """A login of a host."""

    host: str
    user: str
    password: str


def uv_logins(directory: Path, environment: Mapping[str, str]) -> tuple[Login, ...]:
    """Return the logins that uv would have for its indexes in the project's ``directory``.

    They come from URLs in its variables and settings, and for an index with a name from
    ``UV_INDEX_NAME_USERNAME`` and ``UV_INDEX_NAME_PASSWORD``. Of a host, it is the first one. A
    login that no netrc file can hold is left out.
    """
    found: dict[str, Login] = {}
    for name, url in _indexes(directory, environment):
        login = _login(name, url, environment)
        if login is not None and not any(map(_UNSPEAKABLE.search, login)):
            found.setdefault(login.host, login)
    return tuple(found.values())


def login_variables(
    directory: Path, environment: Mapping[str, str], *, place: Path
) -> dict[str, str]:
    """Return the variables that give pip the logins of `uv_logins`, none if there are none.

    They name a netrc file, which is written to ``place``, a directory that no other user may look
    into. It has what is in the user's own as well.

    Raises:
        OSError: it cannot be written.
    """
    logins = uv_logins(directory, environment)
    if not logins:
        return {}
    lines = [netrc_text(environment), ""]  # an empty line ends a macro
    lines += [f"machine {host} login {user} password {word}" for host, user, word in logins]
    file = place / "netrc"
    file.touch(mode=0o600)
    file.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return {"NETRC": str(file)}


def netrc_text(environment: Mapping[str, str]) -> str:
    """Return the user's netrc file, which installers read; empty if there is none to be read.

    That is the one which ``NETRC`` names, else ``.netrc`` or ``_netrc`` in the home directory.
    """
    named = environment.get("NETRC")
    home = environment.get("HOME") or environment.get("USERPROFILE")
    beside = [f"{home}/.netrc", f"{home}/_netrc"] if home else []
    for place in [named] if named else beside:
        with contextlib.suppress(OSError, ValueError):
            return Path(place).read_text(encoding="utf-8", errors="replace")
    return ""


def _indexes(directory: Path, environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the names, which may be empty, and the URLs of indexes, as uv would rank them."""
    for variable in _LISTS:
        for text in environment.get(variable, "").split():
            named = _NAMED.fullmatch(text)
            yield (named["name"], named["url"]) if named else ("", text)
    for table in uv_tables(directory, environment):
        for entry in _list(table.get("index")):
            if isinstance(entry, dict):
                yield str(entry.get("name", "")), str(entry.get("url", ""))
        pip = table.get("pip")
        for settings in (table, pip if isinstance(pip, dict) else {}):
            for key in _KEYS:
                yield from (("", str(url)) for url in _list(settings.get(key)))


def _list(value: object) -> list[object]:
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def _login(name: str, url: str, environment: Mapping[str, str]) -> Login | None:
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:  # no URL
        return None
    if not host or parts.scheme not in {"http", "https"}:
        return None
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if name:
        variable = f"UV_INDEX_{re.sub(r'[^A-Z0-9]', '_', name.upper())}"
        user = environment.get(f"{variable}_USERNAME") or user
        password = environment.get(f"{variable}_PASSWORD") or password
    return Login(host, user, password) if user and password else None

"""Which format a lock has: by its content first, since files get renamed, then by its name."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import tomli

from syncsteps.errors import LockError
from syncsteps.locks.limits import check_json, check_toml
from syncsteps.locks.values import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Document", "Format", "format_of_name", "parse_toml", "recognize"]

Format = Literal["uv", "pylock", "poetry", "pdm", "pipfile", "requirements"]

_NAMES: dict[str, Format] = {
    "uv.lock": "uv",
    "pylock.toml": "pylock",
    "poetry.lock": "poetry",
    "pdm.lock": "pdm",
    "Pipfile.lock": "pipfile",
}
_NAMED_PYLOCK = re.compile(r"pylock\.[^.]+\.toml")
# Lines that a TOML lock has, and that are not requirements.
_TOML_LINE = (
    r"(?m)^(?:\[\[?(?:package|packages|distribution|metadata)\]\]?|(?:lock-)?version\s*=[^=])"
)
_CONFLICT_SIGN = "<<<<<<< "
_CONFLICT = re.compile(rf"^{_CONFLICT_SIGN}", re.MULTILINE)
_DAMAGED = "the file has been cut off, or changed by hand: make it again, or mend it"
_KNOWN = "uv.lock, pylock.toml, poetry.lock, pdm.lock, Pipfile.lock or requirements.txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A lock's format and its document; for requirements, which are lines, that is empty."""

    format: Format
    data: Mapping[str, Any]


def format_of_name(filename: str) -> Format | None:
    """Return the format that a file of this name should have, or None where it says nothing."""
    if _NAMED_PYLOCK.fullmatch(filename):
        return "pylock"
    return _NAMES.get(filename)


def recognize(text: str, *, filename: str, file: str) -> Document:
    """Return the format of ``text`` and its document; ``file`` names it in errors.

    Raises:
        LockError: it is empty, cannot be parsed, or is no lock of a known format.
    """
    if not text.strip():
        raise LockError("the file is empty", file=file, hint="lock again")
    expected = format_of_name(filename)
    if text.lstrip().startswith("{") or expected == "pipfile":
        data = _json(text, file)
        found: Format | None = "pipfile" if "_meta" in data else None
    elif expected or filename.endswith(".toml") or re.search(_TOML_LINE, text):
        data = parse_toml(text, file=file)
        found = _format_of_keys(data) or expected
    else:
        _check_merged(text, file)
        data, found = {}, "requirements"
    if found is None:
        raise LockError(
            f"this is no lock of a known kind (expected {_KNOWN}, under any name)",
            file=file,
            hint="name the project's lock, not its pyproject.toml"
            if "project" in data or "build-system" in data
            else "",
        )
    return Document(format=found, data=data)


def _format_of_keys(data: Mapping[str, Any]) -> Format | None:
    if "lock-version" in data:
        return "pylock"
    metadata = data.get("metadata")
    if isinstance(metadata, dict):
        if "lock_version" in metadata:
            return "pdm"
        if "lock-version" in metadata or "content-hash" in metadata:
            return "poetry"
    if "version" in data and not {"package", "distribution", "requires-python"}.isdisjoint(data):
        return "uv"
    return None


def parse_toml(text: str, *, file: str) -> Mapping[str, Any]:
    """Return the TOML document ``text``.

    Raises:
        LockError: it is none, or larger than any lock.
    """
    check_toml(text, file=file)
    _check_merged(text, file)
    try:
        return tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise LockError(plain(f"not valid TOML: {error}"), file=file, hint=_DAMAGED) from error
    except RecursionError as error:
        raise LockError("not readable as TOML: nested too deeply", file=file) from error
    except ValueError as error:
        raise LockError(plain(f"not readable as TOML: {error}"), file=file) from error


def _check_merged(text: str, file: str) -> None:
    found = _CONFLICT.search(text) if _CONFLICT_SIGN in text else None
    if found is not None:
        raise LockError(
            "two versions of the file stand in it, as a merge has left them",
            file=file,
            table=f"line {text.count(chr(10), 0, found.start()) + 1}",
            hint="resolve the merge conflict, or lock again",
        )


def _json(text: str, file: str) -> Mapping[str, Any]:
    check_json(text, file=file)
    _check_merged(text, file)
    try:
        data = json.loads(text)
    except RecursionError as error:
        raise LockError("not readable as JSON: nested too deeply", file=file) from error
    except ValueError as error:
        raise LockError(f"not valid JSON: {error}", file=file, hint=_DAMAGED) from error
    if not isinstance(data, dict):
        raise LockError("expected a JSON object", file=file)
    return data

"""The content hash of a Pipfile.lock: what each Pipenv has made it from."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["pipfile_hashes"]

_PACKAGES = {"packages": "default", "dev-packages": "develop"}
_NO_CATEGORIES = frozenset(
    {"source", "packages", "dev-packages", "requires", "scripts", "pipfile", "pipenv"}
    | {"default", "develop"}
)


def pipfile_hashes(pipfile: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what Pipenv would write as the SHA-256 of ``pipfile``, newest Pipenv first.

    Scripts, Pipenv's own settings, comments and order do not count. The newest takes a package's
    name in its normal form (PEP 503), the others take it as it is written.

    Raises:
        ValueError: it cannot be told; the text says why.
    """
    if "source" not in pipfile:
        raise ValueError(
            "the Pipfile names no source, and the hash is of the one that Pipenv takes"
        )
    return tuple(_hash(pipfile, normal=normal) for normal in (True, False))


def _hash(pipfile: Mapping[str, Any], *, normal: bool) -> str:
    document: dict[str, Any] = {
        "_meta": {
            "sources": pipfile["source"],
            "requires": pipfile.get("requires", {}),
        }
    }
    for section, category in _PACKAGES.items():
        document[category] = _packages(pipfile.get(section, {}), section, normal=normal)
    for section, value in pipfile.items():
        if section not in _NO_CATEGORIES:
            document[section] = _packages(value, section, normal=normal)
    try:
        text = json.dumps(document, sort_keys=True, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"its content cannot be hashed: {error}") from error
    return hashlib.sha256(text.encode()).hexdigest()


def _packages(section: object, name: str, *, normal: bool) -> Mapping[str, Any]:
    if not isinstance(section, dict):
        raise ValueError(f"{name!r} is no table of the Pipfile")  # noqa: TRY004 - not the caller's
    return {canonicalize_name(key) if normal else key: value for key, value in section.items()}

"""The content hash of a poetry.lock: what each poetry has made it from."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["poetry_hashes"]

_PROJECT = ("requires-python", "dependencies", "optional-dependencies")
# Those of the first versions are hashed even if they are not there, as long as nothing newer is.
_FIRST = ("dependencies", "source", "extras", "dev-dependencies")
_GROUP = "group"


def poetry_hashes(pyproject: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what poetry would write as the content hash of ``pyproject``, newest poetry first.

    Since 2.3 the groups of PEP 735 count. The lock does not say which poetry has written it, so
    that before 2.3 a change of those groups alone goes unnoticed, as it does in poetry.

    Raises:
        ValueError: it cannot be told; the text says why.
    """
    groups = _table(pyproject, "dependency-groups")
    documents = [_relevant(pyproject, groups)]
    if groups:
        documents.append(_relevant(pyproject, {}))
    try:
        texts = [json.dumps(document, sort_keys=True) for document in documents]
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"its content cannot be hashed: {error}") from error
    return tuple(hashlib.sha256(text.encode()).hexdigest() for text in texts)


def _relevant(pyproject: Mapping[str, Any], groups: Mapping[str, Any]) -> dict[str, Any]:
    metadata = _table(pyproject, "project")
    project = {key: metadata[key] for key in _PROJECT if key in metadata}
    poetry = _table(_table(pyproject, "tool"), "poetry")
    only_poetrys = not (project or groups)
    own = {
        key: poetry.get(key)
        for key in (*_FIRST, _GROUP)
        if key in poetry or (only_poetrys and key != _GROUP)
    }
    if only_poetrys:
        return own
    document: dict[str, Any] = {"tool": {"poetry": own}}
    if project:
        document["project"] = project
    if groups:
        document["dependency-groups"] = groups
    return document


def _table(table: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = table.get(key, {})
    if isinstance(value, dict):
        return value
    raise ValueError(f"{key} is no table of pyproject.toml")

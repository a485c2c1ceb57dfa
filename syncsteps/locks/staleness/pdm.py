"""The content hash of a pdm.lock: what each pdm has made it from."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from syncsteps.locks.pdm_needs import normal_group

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["pdm_hashes"]


def pdm_hashes(pyproject: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what pdm would write as the content hash of ``pyproject``, that of a new pdm first.

    What is hashed has changed twice: until 2.15 the overrides were, since 2.16 the whole resolution
    table is; since 2.20 the groups of PEP 735 are along with pdm's own.

    Raises:
        ValueError: it cannot be told; the text says why.
    """
    project = _table(pyproject, "project")
    pdm = _table(_table(pyproject, "tool"), "pdm")
    if not project:
        raise ValueError("pyproject.toml has no [project] table")
    if pdm.get("workspace"):
        raise ValueError("it is of a workspace, and its members count too")
    resolution = _table(pdm, "resolution")
    development = pdm.get("dev-dependencies", {})
    common = {
        "sources": pdm.get("source", []),
        "dependencies": project.get("dependencies", []),
        "optional-dependencies": project.get("optional-dependencies", {}),
        "requires-python": project.get("requires-python", ""),
    }
    overrides = pdm.get("overrides", resolution.get("overrides", {}))
    documents = (
        {**common, "dev-dependencies": _groups(pyproject, pdm), "resolution": resolution},
        {**common, "dev-dependencies": development, "resolution": resolution},
        {**common, "dev-dependencies": development, "overrides": overrides},
    )
    try:
        texts = [json.dumps(document, sort_keys=True) for document in documents]
        return tuple(f"sha256:{hashlib.sha256(text.encode()).hexdigest()}" for text in texts)
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"its content cannot be hashed: {error}") from error


def _groups(pyproject: Mapping[str, Any], pdm: Mapping[str, Any]) -> dict[str, list[Any]]:
    groups: dict[str, list[Any]] = {}
    for name, items in (
        *_arrays(pyproject, "dependency-groups"),
        *_arrays(pdm, "dev-dependencies"),
    ):
        groups[name] = [*groups.get(name, ()), *items]
    return groups


def _arrays(table: Mapping[str, Any], key: str) -> Iterator[tuple[str, list[Any]]]:
    for name, items in _table(table, key).items():
        if isinstance(items, list):
            yield normal_group(name), items
            continue
        raise ValueError(f"the group {name!r} of pyproject.toml is no array")


def _table(table: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = table.get(key, {})
    if isinstance(value, dict):
        return value
    raise ValueError(f"{key} is no table of pyproject.toml")

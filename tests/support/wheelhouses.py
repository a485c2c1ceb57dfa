"""Wheelhouses as values, valid by default, every part can be overridden."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from syncsteps.wheelhouse.matching import origin_of, target_of
from syncsteps.wheelhouse.model import HousedWheel, Manifest
from tests.support.interpreters import make_interpreter

if TYPE_CHECKING:
    from syncsteps.selection.model import Selected

__all__ = ["make_housed", "make_manifest"]


def make_housed(selected: Selected, *, digest: str = "", **fields: object) -> HousedWheel:
    """Return the wheel of a wheelhouse that is what was selected."""
    version = str(selected.package.version or "1.0")
    values: dict[str, Any] = {
        "name": selected.name,
        "version": version,
        "filename": f"{selected.name.replace('-', '_')}-{version}-py3-none-any.whl",
        "sha256": "0" * 64,
        "size": 10,
        "built": False,
        "origin": origin_of(selected, digest=digest),
    }
    return HousedWheel(**(values | fields))


def make_manifest(*wheels: HousedWheel, **fields: object) -> Manifest:
    """Return the manifest of a wheelhouse for the interpreter that `make_interpreter` gives."""
    values: dict[str, Any] = {
        "tool": "0.1.0",
        "lock": "uv.lock",
        "lock_digest": "1" * 64,
        "target": target_of(make_interpreter()),
        "wheels": tuple(sorted(wheels, key=lambda wheel: wheel.name)),
    }
    return Manifest(**(values | fields))

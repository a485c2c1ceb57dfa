"""A workspace of two services that share a library, as uv has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["write_workspace"]

_ROOT = '[tool.uv.workspace]\nmembers = ["libs/*", "services/*"]\n'
_CONFLICTS = '[tool.uv]\nconflicts = [[{ package = "service-a" }, { package = "service-b" }]]\n'
_MEMBER = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "{name}"
version = "1.0"
requires-python = ">=3.9"
dependencies = {needs}

[tool.uv.sources]
shared = {{ workspace = true }}
"""


def write_workspace(
    directory: Path,
    *,
    needs_of_a: Iterable[str] = ("high",),
    needs_of_b: Iterable[str] = ("mdurl",),
    conflicts: bool = False,
) -> Path:
    """Write a workspace without a project of its own into ``directory``; return that.

    ``services/a`` and ``services/b`` are ``service-a`` and ``service-b``, and both need ``shared``
    in ``libs/shared``. Each module imports what its project needs, and has it in ``NEEDS``. With
    ``conflicts``, the two services exclude each other.
    """
    directory.mkdir(exist_ok=True)
    root = _ROOT + (_CONFLICTS if conflicts else "")
    (directory / "pyproject.toml").write_text(root, encoding="utf-8")
    _write_member(directory / "libs/shared", "shared", ["low"])
    _write_member(directory / "services/a", "service-a", ["shared", *needs_of_a])
    _write_member(directory / "services/b", "service-b", ["shared", *needs_of_b])
    return directory


def _write_member(directory: Path, name: str, needs: list[str]) -> None:
    module = directory / name.replace("-", "_") / "__init__.py"
    module.parent.mkdir(parents=True, exist_ok=True)
    project = _MEMBER.format(name=name, needs=needs)
    if "shared" not in needs:
        project = project.partition("\n[tool.uv.sources]")[0]
    (directory / "pyproject.toml").write_text(project, encoding="utf-8")
    imports = "".join(f"import {each.partition('=')[0]}\n" for each in needs)
    module.write_text(f"{imports}\nNEEDS = {needs}\n", encoding="utf-8")

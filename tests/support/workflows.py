"""What GitHub, GitLab and pre-commit read, as values."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

__all__ = ["CHECKOUT", "read_action", "read_workflow", "read_yaml"]

CHECKOUT = Path(__file__).resolve().parents[2]


def read_yaml(text: str) -> Any:  # noqa: ANN401 - whatever the document is
    """Return the value of a YAML document; to a reader of YAML 1.1, the key ``on`` is True."""
    return importlib.import_module("yaml").safe_load(text)


def read_workflow(name: str) -> Any:  # noqa: ANN401 - as above
    """Return one of this project's workflows, by the name of its file."""
    return read_yaml((CHECKOUT / ".github" / "workflows" / name).read_text(encoding="utf-8"))


def read_action(name: str) -> Any:  # noqa: ANN401 - as above
    """Return one of this project's actions, by the name of its directory."""
    path = CHECKOUT / ".github" / "actions" / name / "action.yml"
    return read_yaml(path.read_text(encoding="utf-8"))

"""The run as one JSON document, for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from syncsteps.plan import Remove
from syncsteps.report.lines import action_cells

if TYPE_CHECKING:
    from collections.abc import Sequence

    from syncsteps.errors import SyncstepsError
    from syncsteps.events import Outcome
    from syncsteps.plan import Action
    from syncsteps.smoke.model import ImportResult
    from syncsteps.verify.model import Finding

__all__ = ["SCHEMA", "render_json"]

SCHEMA = 1

_WORDS = {"+": "install", "~": "replace", "-": "remove", "=": "keep"}
_NOTHING: dict[str, Any] = {
    "interpreter": None,
    "lock": None,
    "findings": [],
    "plan": [],
    "imports": [],
    "drift": [],
    "dry_run": False,
    "changed": False,
    "digest": None,
    "seconds": None,
}


def render_json(
    verb: str, *, outcomes: Sequence[Outcome] = (), error: SyncstepsError | None = None
) -> str:
    """Return what a run came to, as JSON text in ASCII that ends with a new line.

    Keys: ``schema`` (1), ``verb``, ``ok``, ``error`` (``code``, ``message``, ``details``, ``hint``,
    ``exit_code``; null where there was none), ``interpreter``, ``lock``, ``findings``, ``plan``,
    ``imports``, ``drift``, ``dry_run``, ``changed``, ``digest``, ``seconds``. Every key is always
    there; what a verb does not do, or did not come to, is empty or null.
    """
    document: dict[str, Any] = {"schema": SCHEMA, "verb": verb, "ok": error is None, "error": None}
    if error is not None:
        document["error"] = {
            "code": error.code,
            "message": str(error),
            "details": list(error.details),
            "hint": error.hint,
            "exit_code": error.exit_code,
        }
    document |= _outcome(outcomes[0]) if outcomes else _NOTHING
    return json.dumps(document, indent=2) + "\n"


def _outcome(outcome: Outcome) -> dict[str, Any]:
    interpreter, lock, receipt = outcome.interpreter, outcome.lock, outcome.receipt
    return {
        "interpreter": {
            "executable": str(interpreter.executable),
            "implementation": interpreter.implementation,
            "version": interpreter.version,
            "purelib": str(interpreter.scheme.purelib),
        },
        "lock": lock and {"format": lock.format, "name": lock.path.name, "sha256": lock.digest},
        "findings": [_finding(finding) for finding in outcome.findings],
        "plan": [_action(action) for action in (outcome.plan.actions if outcome.plan else ())],
        "imports": [_import(result) for result in outcome.imports],
        "drift": [
            {
                "distribution": drift.distribution,
                "kind": drift.kind.value,
                "path": None if drift.path is None else str(drift.path),
                "detail": drift.detail,
            }
            for drift in outcome.drifts
        ],
        "dry_run": outcome.dry_run,
        "changed": outcome.changed,
        "digest": receipt.digest if receipt is not None else None,
        "seconds": round(outcome.seconds, 3),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "subject": finding.subject,
        "message": finding.message,
        "hint": finding.hint,
    }


def _action(action: Action) -> dict[str, Any]:
    sign, name, _, reason = action_cells(action)
    installed = getattr(action, "installed", None)
    version = None if isinstance(action, Remove) else action.selected.package.version
    return {
        "action": _WORDS[sign],
        "name": name,
        "version": None if version is None else str(version),
        "installed": None if installed is None else installed.version,
        "reason": reason,
    }


def _import(result: ImportResult) -> dict[str, Any]:
    return {
        "distribution": result.distribution,
        "verdict": result.verdict.value,
        "modules": list(result.modules),
        "module": result.module,
        "exception": result.exception,
        "frames": list(result.frames),
        "seconds": round(result.seconds, 3),
    }

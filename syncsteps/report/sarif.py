"""The findings as SARIF 2.1.0, which code scanning shows on the lines of the lock."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from syncsteps.report.grouped import grouped_findings, targets_named
from syncsteps.report.plain import plain
from syncsteps.verify import RULES
from syncsteps.verify.model import Severity
from syncsteps.version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

    from syncsteps.errors import SyncstepsError
    from syncsteps.events import Outcome
    from syncsteps.report.places import Places
    from syncsteps.verify.model import Finding, Rule

__all__ = ["render_sarif"]

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


def render_sarif(
    outcomes: Sequence[Outcome] = (),
    *,
    error: SyncstepsError | None = None,
    places: Places,
) -> str:
    """Return the findings as SARIF 2.1.0 (OASIS), JSON text in ASCII that ends with a new line.

    One run has every rule, with what ``explain`` says of it, and a result for each different
    finding, at the line of the package's entry in the lock, or at the lock's first line. Where
    ``outcomes`` are of several targets, those that a result is about are in its property
    ``targets``.
    """
    driver = {
        "name": "syncsteps",
        "version": __version__,
        "rules": [_rule(rule) for rule in RULES],
    }
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": "syncsteps/verify/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(outcomes, error)],
        "results": [_result(finding, at, places) for finding, at in grouped_findings(outcomes)],
    }
    document = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(document, indent=2) + "\n"


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.code,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "help": {"text": f"{rule.code}: {rule.title}\n\n{rule.why}"},
        "defaultConfiguration": {"level": rule.severity.value},
    }


def _invocation(outcomes: Sequence[Outcome], error: SyncstepsError | None) -> dict[str, Any]:
    found = any(f.severity is Severity.ERROR for outcome in outcomes for f in outcome.findings)
    refused = [(f"{outcome.target}: ", outcome.refused) for outcome in outcomes if outcome.refused]
    told = refused or ([] if error is None or found else [("", error)])
    if not told:
        return {"executionSuccessful": True}
    notifications = [
        {
            "level": "error",
            "message": {"text": plain(f"{before}{each}")},
            "descriptor": {"id": each.code},
        }
        for before, each in told
    ]
    return {"executionSuccessful": False, "toolExecutionNotifications": notifications}


def _result(finding: Finding, at: Sequence[Outcome], places: Places) -> dict[str, Any]:
    codes = [rule.code for rule in RULES]
    outcome, targets = at[0], targets_named(at)
    about = f" (targets: {targets})" if targets else ""
    result: dict[str, Any] = {
        "ruleId": finding.code,
        # SARIF's levels have the names of the severities.
        "level": finding.severity.value,
        "message": {"text": plain(f"{finding.message}. What to do: {finding.hint}{about}")},
        # Line numbers move with every update of the lock; this tells that it is the same finding.
        "partialFingerprints": {"syncstepsFinding/v1": _fingerprint(finding)},
        "properties": {
            "subject": plain(finding.subject),
            "targets": [plain(outcome.target) for outcome in at if outcome.target],
        },
    }
    if finding.code in codes:
        result["ruleIndex"] = codes.index(finding.code)
    if outcome.lock is not None:
        uri = places.uri(outcome.lock)
        file = {"uri": uri} if uri.startswith("file:") else {"uri": uri, "uriBaseId": "%SRCROOT%"}
        region = {"startLine": places.line(outcome, finding) or 1}
        result["locations"] = [{"physicalLocation": {"artifactLocation": file, "region": region}}]
    return result


def _fingerprint(finding: Finding) -> str:
    text = f"{finding.code}\0{finding.subject}\0{finding.message}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

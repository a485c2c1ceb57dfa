"""The run in GitHub Actions: annotations in the log, and the job's summary."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from syncsteps.report.grouped import codes_of, grouped_findings, targets_named
from syncsteps.report.lines import drift_line, finding_shown, import_lines
from syncsteps.report.plain import counted, plain
from syncsteps.report.reproduction import difference_lines
from syncsteps.verify.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from syncsteps.errors import SyncstepsError
    from syncsteps.events import Outcome
    from syncsteps.report.places import Places

__all__ = ["summary", "workflow_commands"]

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
# GitHub shows so many of each level in a step, and drops the others.
_MOST_ANNOTATIONS = 10
# A summary of more than 1 MiB is dropped as a whole.
_MOST_ROWS = 200
_LONGEST_CELL = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Annotation:
    level: str
    title: str
    message: str
    file: str = ""
    line: int | None = None

    def __str__(self) -> str:
        properties = {"file": self.file, "line": self.line or "", "title": self.title}
        said = ",".join(f"{name}={_property(str(v))}" for name, v in properties.items() if v)
        return f"::{self.level} {said}::{_escaped(self.message)}"


def workflow_commands(
    outcomes: Sequence[Outcome],
    *,
    error: SyncstepsError | None,
    places: Places,
    quiet: bool = False,
    verbose: bool = False,
) -> Sequence[str]:
    """Return workflow commands that annotate the lock with what is wrong, the worst first.

    They are what is shown elsewhere too: notes only if ``verbose``, errors only if ``quiet``. Text
    is escaped as GitHub's own toolkit does it, so that none of it can be another command.
    """
    told = [*_findings(outcomes, places, quiet=quiet, verbose=verbose), *_failures(outcomes)]
    if error is not None and not any(each.level == "error" for each in told):
        told.append(_Annotation(level="error", title=error.code, message=str(error)))
    return [
        str(each)
        for level in _LEVELS.values()
        for each in [each for each in told if each.level == level][:_MOST_ANNOTATIONS]
    ]


def _findings(
    outcomes: Sequence[Outcome], places: Places, *, quiet: bool, verbose: bool
) -> Iterator[_Annotation]:
    for finding, where in grouped_findings(outcomes):
        if finding_shown(finding, quiet=quiet, verbose=verbose):
            lock, targets = where[0].lock, targets_named(where)
            yield _Annotation(
                level=_LEVELS[finding.severity],
                title=f"{finding.code} {finding.subject}".strip(),
                message=f"{finding.message}. What to do: {finding.hint}"
                + (f" (targets: {targets})" if targets else ""),
                file="" if lock is None else places.path(lock),
                line=places.line(where[0], finding),
            )


def _failures(outcomes: Sequence[Outcome]) -> Iterator[_Annotation]:
    for outcome in outcomes:
        if outcome.refused is not None:
            title = f"{outcome.refused.code} {outcome.target}"
            yield _Annotation(level="error", title=title, message=str(outcome.refused))
        for result in outcome.imports:
            if result.verdict.remarkable:
                title, message = f"import {result.distribution}", import_lines(result)[0]
                level = "error" if result.stops else "warning"
                yield _Annotation(level=level, title=title, message=message)
        for drift in outcome.drifts:
            title = f"{drift.distribution}: {drift.kind.value}"
            yield _Annotation(level="error", title=title, message=drift_line(drift))
        for line in _differing(outcome):
            yield _Annotation(level="error", title="not reproduced", message=line)


def _differing(outcome: Outcome) -> Iterator[str]:
    found = outcome.reproduction
    for difference in found.differences if found is not None else ():
        yield difference_lines(difference)[0]


def _escaped(text: str) -> str:
    return plain(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")


def summary(verb: str, outcomes: Sequence[Outcome], *, error: SyncstepsError | None) -> str:
    """Return what a run came to as Markdown that begins and ends with a line's end."""
    parts = [f"## syncsteps {verb}: {'failed' if error is not None else 'done'}"]
    if error is not None:
        parts.append(f"**{error.code}** {_cell(str(error))}")
    if len(outcomes) > 1:
        parts.append(_targets(outcomes))
    findings = [
        (
            finding.severity.value,
            finding.code,
            *([targets_named(where)] if len(outcomes) > 1 else []),
            finding.subject,
            finding.message,
            finding.hint,
        )
        for finding, where in grouped_findings(outcomes)
    ]
    targets = ["targets"] if len(outcomes) > 1 else []
    heads = ("severity", "code", *targets, "about", "what", "what to do")
    parts.append(_table(heads, findings) if findings else "")
    for outcome in outcomes:
        failed = [result for result in outcome.imports if not result.verdict.good]
        if outcome.imports:
            good = len(outcome.imports) - len(failed)
            parts.append(f"{good} of {counted(outcome.imports, 'distribution')} import.")
        told = [] if outcome.refused is None else [(outcome.target, str(outcome.refused))]
        told += [("import", import_lines(result)[0]) for result in failed]
        told += [("difference", drift_line(drift)) for drift in outcome.drifts]
        told += [("difference", line) for line in _differing(outcome)]
        parts.append(_table(("", "what"), told) if told else "")
    return "\n" + "\n\n".join(part for part in parts if part) + "\n"


def _targets(outcomes: Sequence[Outcome]) -> str:
    rows = []
    for outcome in outcomes:
        found = [finding.severity for finding in outcome.findings]
        codes = ", ".join(codes_of(outcome))
        numbers = [str(found.count(severity)) for severity in Severity]
        rows.append((outcome.target, *numbers, codes))
    return _table(("target", "errors", "warnings", "notes", "codes"), rows)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *([_cell(cell) for cell in row] for row in rows)]
    shown = lines[: _MOST_ROWS + 2]
    text = "\n".join(f"| {' | '.join(line)} |" for line in shown)
    left = len(lines) - len(shown)
    return f"{text}\n\n{left} more are in the log." if left else text


def _cell(text: str) -> str:
    """Return text that Markdown shows as it is, on one line."""
    text = plain(text)
    if len(text) > _LONGEST_CELL:
        text = f"{text[:_LONGEST_CELL]}…"
    return re.sub(r"([\\`*_{}\[\]()#|~@:!])", r"\\\1", html.escape(text, quote=False))

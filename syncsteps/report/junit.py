"""The run as JUnit XML, which CI systems show as a list of tests."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from syncsteps.report.lines import drift_line, import_lines
from syncsteps.report.plain import plain
from syncsteps.report.reproduction import difference_lines
from syncsteps.smoke.model import Verdict
from syncsteps.verify import RULES
from syncsteps.verify.model import Severity

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from syncsteps.check import Drift
    from syncsteps.errors import SyncstepsError
    from syncsteps.events import Outcome
    from syncsteps.reproduce.model import Reproduction
    from syncsteps.smoke.model import ImportResult

__all__ = ["render_junit"]


def render_junit(
    verb: str,
    *,
    outcomes: Sequence[Outcome] = (),
    error: SyncstepsError | None = None,
    ignored: Collection[str] = (),
) -> str:
    """Return what a run came to as JUnit XML, in ASCII, that ends with a new line.

    There is a suite for the rules (a test case for each finding, failed if it is an error, and one
    for each rule that found nothing; skipped are the rules that are ``ignored``, those that are no
    matter of the verb, and those on what lies unpacked, where nothing was), one for the imports and
    one for what differs, each where there is something to tell, and one with the error that ended
    the run early. In the names is the target, where ``outcomes`` are of several.
    """
    root = ET.Element("testsuites", name=f"syncsteps {verb}")
    for outcome in outcomes:
        if outcome.findings or outcome.plan is not None or outcome.reproduction is not None:
            _add_rules(_Suite(root, "verify", outcome.target), outcome, ignored)
        if outcome.imports:
            _add_imports(_Suite(root, "smoke", outcome.target), outcome.imports)
        if verb == "check":
            _add_drifts(_Suite(root, "check", outcome.target), outcome.drifts)
        if outcome.reproduction is not None and outcome.reproduction.against:
            _add_differences(_Suite(root, "reproduce", outcome.target), outcome.reproduction)
        if outcome.refused is not None:
            _add_error(_Suite(root, "verify", outcome.target), verb, outcome.refused)
    if error is not None and not any(case.tag in {"failure", "error"} for case in root.iter()):
        _add_error(_Suite(root, "run", ""), verb, error)
    for suite in root:
        _count(suite)
    _count(root)
    ET.indent(root)
    content: bytes = ET.tostring(root, encoding="us-ascii", xml_declaration=True)
    return content.decode("ascii") + "\n"


class _Suite:
    """A suite below ``root``, in which no two cases have the same name."""

    def __init__(self, root: ET.Element, name: str, target: str) -> None:
        self._class = plain(".".join(part for part in ("syncsteps", name, target) if part))
        self._element = ET.SubElement(root, "testsuite", name=self._class)
        self._names: dict[str, int] = {}

    def case(self, name: str, seconds: float = 0.0) -> ET.Element:
        name = plain(name)
        number = self._names[name] = self._names.get(name, 0) + 1
        return ET.SubElement(
            self._element,
            "testcase",
            classname=self._class,
            name=name if number == 1 else f"{name} ({number})",
            time=f"{seconds:.3f}",
        )


def _add_rules(suite: _Suite, outcome: Outcome, ignored: Collection[str]) -> None:
    for rule in RULES:
        found = [finding for finding in outcome.findings if finding.code == rule.code]
        for finding in found:
            case = suite.case(f"{finding.code} {finding.subject or rule.title}")
            texts = (finding.message, f"what to do: {finding.hint}")
            if finding.severity is Severity.ERROR:
                _add(case, "failure", texts, kind=finding.code)
            else:
                texts = (f"{finding.severity.value}: {finding.message}", texts[1])
                ET.SubElement(case, "system-out").text = _text(texts)
        if not found:
            case = suite.case(f"{rule.code} {rule.title}")
            if rule.code in ignored:
                ET.SubElement(case, "skipped", message="ignored")
            elif rule.code in outcome.unasked:
                ET.SubElement(case, "skipped", message=f"no matter of `{outcome.verb}`")
            elif rule.check is None and not (outcome.changed or outcome.placed):
                message = "told by `sync`, once everything lies unpacked"
                ET.SubElement(case, "skipped", message=message)


def _add_imports(suite: _Suite, results: Sequence[ImportResult]) -> None:
    for result in results:
        case = suite.case(f"import {result.distribution}", result.seconds)
        if result.tolerated or (result.verdict.remarkable and result.verdict.good):
            ET.SubElement(case, "system-out").text = _text(import_lines(result))
        elif not result.verdict.good:
            _add(case, "failure", import_lines(result), kind=result.verdict.value)
        elif result.verdict is Verdict.NOTHING:
            ET.SubElement(case, "skipped", message=result.verdict.value)
        elif result.exception:
            ET.SubElement(case, "system-out").text = _text([f"excused: {result.exception}"])


def _add_drifts(suite: _Suite, drifts: Sequence[Drift]) -> None:
    for drift in drifts:
        case = suite.case(f"{drift.distribution}: {drift.kind.value}")
        _add(case, "failure", [drift_line(drift)], kind=drift.kind.value)
    if not drifts:
        suite.case("the interpreter is what the lock and the receipt say")


def _add_differences(suite: _Suite, found: Reproduction) -> None:
    for difference in found.differences:
        case = suite.case(f"{difference.distribution}: {difference.kind.value}")
        _add(case, "failure", difference_lines(difference), kind=difference.kind.value)
    if not found.differences:
        suite.case("the sync is reproduced")


def _add_error(suite: _Suite, verb: str, error: SyncstepsError) -> None:
    texts = (str(error), *error.details, *([f"what to do: {error.hint}"] if error.hint else []))
    _add(suite.case(f"{error.code} {verb}"), "error", texts, kind=error.code)


def _add(case: ET.Element, tag: str, texts: Sequence[str], *, kind: str) -> None:
    element = ET.SubElement(case, tag, message=plain(texts[0]), type=kind)
    element.text = _text(texts)


def _text(texts: Sequence[str]) -> str:
    # What `plain` leaves can be printed, and all of that is allowed in XML 1.0.
    return "\n".join(plain(text) for text in texts)


def _count(element: ET.Element) -> None:
    cases = list(element.iter("testcase"))
    element.set("tests", str(len(cases)))
    for plural, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        element.set(plural, str(sum(case.find(tag) is not None for case in cases)))
    element.set("time", f"{sum(float(case.get('time', '0')) for case in cases):.3f}")

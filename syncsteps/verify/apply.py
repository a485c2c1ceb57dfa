"""Every rule, and asking them all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncsteps.errors import InterpreterError, SelectionError, SettingsError
from syncsteps.verify import (
    rules_contents,
    rules_files,
    rules_interpreter,
    rules_lock,
    rules_staged,
    rules_system,
    rules_versions,
)
from syncsteps.verify.model import Finding, Severity
from syncsteps.verify.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from syncsteps.verify.model import Facts, Problem, Rule, StagedFacts

__all__ = ["RULES", "refuse", "verify", "verify_staged"]

RULES: tuple[Rule, ...] = (
    *rules_interpreter.RULES,
    *rules_lock.RULES,
    *rules_files.RULES,
    *rules_system.RULES,
    *rules_versions.RULES,
    *rules_contents.RULES,
    *rules_staged.RULES,
)


def verify(
    facts: Facts, *, ignore: Collection[str] = (), policy: Policy | None = None
) -> tuple[Finding, ...]:
    """Apply every rule and return what they find, in the order of the rules.

    ``ignore`` are codes of rules that are not asked. ``policy`` changes severities and leaves
    findings out, of all packages or of single ones.

    Raises:
        SettingsError: ``ignore`` or ``policy`` has a code that no rule has.
    """
    policy = policy or Policy()
    policy.require_codes([rule.code for rule in RULES])
    unknown = sorted(set(ignore) - {rule.code for rule in RULES})
    if unknown:
        raise SettingsError(
            f"cannot ignore {', '.join(unknown)}: no rule has that code",
            hint=f"the rules are {', '.join(rule.code for rule in RULES)}",
        )
    return tuple(
        finding
        for rule in RULES
        if rule.check is not None and rule.code not in ignore
        for finding in _findings(rule, rule.check(facts), policy)
    )


def verify_staged(
    facts: StagedFacts, *, ignore: Collection[str] = (), policy: Policy | None = None
) -> tuple[Finding, ...]:
    """Apply every rule that looks at what was staged, as `verify` applies the others.

    A finding that `verify` has told already, in the same words, may be among them.
    """
    return tuple(
        finding
        for rule in RULES
        if rule.prove is not None and rule.code not in ignore
        for finding in _findings(rule, rule.prove(facts), policy or Policy())
    )


def _findings(rule: Rule, problems: Iterator[Problem], policy: Policy) -> Iterator[Finding]:
    for problem in problems:
        severity = policy.severity(rule.code, problem.subject, rule.severity)
        if severity is not None:
            yield Finding(
                code=rule.code,
                severity=severity,
                message=problem.message,
                hint=problem.hint,
                subject=problem.subject,
                exit_code=rule.exit_code if problem.exit_code is None else problem.exit_code,
            )


def refuse(findings: Sequence[Finding]) -> None:
    """Raise what findings of severity error come to: the interpreter's word counts first.

    Raises:
        InterpreterError: one of them says that the interpreter refuses.
        SelectionError: there are others.
    """
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if not errors:
        return
    codes = ", ".join(sorted({finding.code for finding in errors}))
    hint = "`syncsteps explain CODE` says more about a code"
    if any(finding.exit_code == InterpreterError.exit_code for finding in errors):
        raise InterpreterError(f"refused ({codes}): nothing has been changed", hint=hint)
    raise SelectionError(
        f"the lock does not fit this interpreter ({codes}): nothing has been changed", hint=hint
    )

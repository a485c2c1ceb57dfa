"""Every rule, and asking them all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncsteps.errors import SettingsError
from syncsteps.verify import (
    rules_contents,
    rules_files,
    rules_interpreter,
    rules_lock,
    rules_system,
    rules_versions,
)
from syncsteps.verify.model import Finding
from syncsteps.verify.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Collection

    from syncsteps.verify.model import Facts, Rule

__all__ = ["RULES", "verify"]

RULES: tuple[Rule, ...] = (
    *rules_interpreter.RULES,
    *rules_lock.RULES,
    *rules_files.RULES,
    *rules_system.RULES,
    *rules_versions.RULES,
    *rules_contents.RULES,
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
        Finding(
            code=rule.code,
            severity=severity,
            message=problem.message,
            hint=problem.hint,
            subject=problem.subject,
            exit_code=rule.exit_code,
        )
        for rule in RULES
        if rule.code not in ignore
        for problem in rule.check(facts)
        if (severity := policy.severity(rule.code, problem.subject, rule.severity)) is not None
    )

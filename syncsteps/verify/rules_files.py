"""Rules on the files that the lock names: is there one for the target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncsteps.locks.model import Sdist
from syncsteps.verify.model import Facts, Problem, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["RULES"]


def _no_file(facts: Facts) -> Iterator[Problem]:
    for item in facts.selection.unavailable:
        yield Problem(
            subject=item.package.name,
            message=item.reason,
            hint="lock for this platform as well, or name another target with --python",
        )


def _builds(facts: Facts) -> Iterator[Problem]:
    for selected in facts.plan.staged:
        if isinstance(selected.chosen, Sdist):
            yield Problem(
                subject=selected.name,
                message=f"{selected.name} {selected.package.version or ''}".rstrip()
                + " has no wheel for the target: it is built from its sdist",
                hint="see that its build tools are here, or lock a version that has a wheel",
            )


RULES = (
    Rule(
        code="FIL001",
        title="no file for the target",
        why="The lock has neither a wheel whose tags the target supports nor an sdist.",
        severity=Severity.ERROR,
        exit_code=3,
        check=_no_file,
    ),
    Rule(
        code="FIL002",
        title="an sdist has to be built",
        why="A build runs code of the package's, takes time, and may need a compiler; its build"
        " requirements are not in the lock.",
        severity=Severity.WARNING,
        exit_code=3,
        check=_builds,
    ),
)

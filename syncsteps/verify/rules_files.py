"""Rules on the files that the lock names: is there one for the target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncsteps.locks.model import Sdist
from syncsteps.selection.building import why_built
from syncsteps.verify.model import Facts, Problem, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from syncsteps.interpreter.model import Interpreter

__all__ = ["RULES"]

_TOOLS = {
    "cc": "a C compiler",
    "c++": "a C++ compiler",
    "make": "make",
    "cmake": "cmake",
    "cargo": "cargo",
    "rustc": "rustc",
}


def _no_file(facts: Facts) -> Iterator[Problem]:
    for item in facts.selection.unavailable:
        yield Problem(
            subject=item.package.name,
            message=item.reason,
            hint="lock for this platform as well, or name another target with --python",
        )


def _builds(facts: Facts) -> Iterator[Problem]:
    if facts.settings.wheelhouse or facts.settings.build == "never":
        return  # Nothing is built: it has been, or another rule speaks of it.
    absent = _absent(facts.interpreter)
    without = f"; what a build may need and is not here: {', '.join(absent)}" if absent else ""
    for selected in facts.plan.staged:
        if isinstance(selected.chosen, Sdist):
            yield Problem(
                subject=selected.name,
                message=f"{selected.name} {selected.package.version or ''}".rstrip()
                + f" has no wheel for the target: it is built from its sdist{without}",
                hint="see that its build tools are here, or lock a version that has a wheel",
            )


def _forbidden_builds(facts: Facts) -> Iterator[Problem]:
    if facts.settings.wheelhouse or facts.settings.build != "never":
        return
    for selected in facts.plan.staged:
        why = why_built(selected, facts.interpreter.tags)
        if why:
            yield Problem(
                subject=selected.name,
                message=f"{selected.name} {selected.package.version or ''}".rstrip()
                + f" would have to be built, which is forbidden: {why}",
                hint="lock a version that has a wheel for the target, leave the package out, take"
                " it from a wheelhouse that another machine has built, or allow --build auto",
            )


def _absent(interpreter: Interpreter) -> list[str]:
    """Return what is known not to be there, in words."""
    absent = []
    if interpreter.build_tools is not None:
        absent += [text for name, text in _TOOLS.items() if name not in interpreter.build_tools]
    if interpreter.python_headers is False:
        absent.append("Python.h")
    return absent


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
        " requirements are not in the lock. Which tools it needs is not known before it is fetched:"
        " pure Python needs none, C extensions need a compiler and Python.h, others Rust or cmake.",
        severity=Severity.WARNING,
        exit_code=3,
        check=_builds,
    ),
    Rule(
        code="FIL003",
        title="a build is needed, and builds are forbidden",
        why="With the setting build = never nothing of a package is run before it is imported, and"
        " no compiler is needed: everything has to be a wheel. Directories (the project itself is"
        " one), repositories and sdists are none. A wheelhouse, which `syncsteps fetch` fills where"
        " builds are allowed, has all of them as wheels.",
        severity=Severity.ERROR,
        exit_code=3,
        check=_forbidden_builds,
    ),
)

"""Rules on the interpreter: is it the right one, and may it be changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.markers import UndefinedComparison, UndefinedEnvironmentName

from syncsteps.selection.markers import release_environment
from syncsteps.verify.model import Facts, Problem, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packaging.markers import Marker

__all__ = ["RULES"]


def _requires_python(facts: Facts) -> Iterator[Problem]:
    """Yield each that does not fit; a pre-release of Python counts as its release."""
    environment = dict(facts.interpreter.environment)
    version = environment["python_full_version"]
    release = release_environment(environment)["python_full_version"]
    demands = [(facts.lock.path.name, "the lock", facts.lock.requires_python)]
    demands += [
        (
            item.name,
            f"{item.name} {item.package.version or ''}".rstrip(),
            item.package.requires_python,
        )
        for item in facts.selection.packages
    ]
    for subject, label, specifier in demands:
        if specifier is not None and not specifier.contains(release):
            yield Problem(
                subject=subject,
                message=f"{label} requires Python {specifier}, the target is {version}",
                hint="name a target that fits with --python, or lock again for this version",
            )


def _environments(facts: Facts) -> Iterator[Problem]:
    markers = facts.lock.environments
    environment = release_environment(dict(facts.interpreter.environment))
    if markers and not any(_holds(marker, environment) for marker in markers):
        yield Problem(
            message="the lock was made for other environments than the target's: "
            + "; ".join(str(marker) for marker in markers),
            hint="add the target's environment to those that are locked, and lock again",
        )


def _holds(marker: Marker, environment: dict[str, str]) -> bool:
    """Whether ``marker`` is true; one on extras or groups describes no environment."""
    try:
        return marker.evaluate(environment, "requirement")
    except (UndefinedComparison, UndefinedEnvironmentName):
        return False


def _externally_managed(facts: Facts) -> Iterator[Problem]:
    text = facts.interpreter.externally_managed
    if text is None or facts.settings.break_system_packages:
        return
    said = f" It says: {' '.join(text.split())}" if text.strip() else ""
    yield Problem(
        subject=str(facts.interpreter.executable),
        message=f"{facts.interpreter.executable} is externally managed (PEP 668).{said}",
        hint="in a container or on a CI machine, pass --break-system-packages: files go to"
        f" {facts.interpreter.scheme.purelib}, and nothing of the system's is touched",
    )


def _writable(facts: Facts) -> Iterator[Problem]:
    interpreter = facts.interpreter
    owners = dict(zip(interpreter.unwritable, interpreter.unwritable_owners, strict=False))
    for directory in interpreter.unwritable:
        owner, user = owners.get(directory), interpreter.user
        message, hint = f"{directory} cannot be written to by this user", "the user that owns it"
        if owner is not None and user is not None:
            message = f"{directory} cannot be written to by {_user(user)}: "
            if owner == user:
                message += "its mode forbids it, or its file system is read-only"
            else:
                message += f"it belongs to {_user(owner)}"
                hint = _user(owner)
        yield Problem(
            subject=str(directory),
            message=message,
            hint=f"run as {hint} (in a container build: before USER), or name another interpreter"
            " with --python",
        )


def _user(number: int) -> str:
    return f"user {number}" if number else "root"


def _importable(facts: Facts) -> Iterator[Problem]:
    interpreter = facts.interpreter
    known = {*interpreter.sys_path, *interpreter.site_packages}
    for directory in sorted({interpreter.scheme.purelib, interpreter.scheme.platlib} - known):
        yield Problem(
            subject=str(directory),
            message=f"{directory} is not on the sys.path of {interpreter.executable}: what is"
            " installed there could not be imported",
            hint="name another interpreter with --python",
        )


def _virtualenv(facts: Facts) -> Iterator[Problem]:
    interpreter = facts.interpreter
    if interpreter.virtual and not facts.settings.allow_virtualenv:
        yield Problem(
            subject=str(interpreter.prefix),
            message=f"{interpreter.prefix} is a virtual environment, not a system interpreter",
            hint=f"pass --python {interpreter.base_executable or 'PYTHON'}, or, for an isolated"
            " test, --allow-virtualenv",
        )


def _space(facts: Facts) -> Iterator[Problem]:
    sizes = [getattr(selected.chosen, "size", None) or 0 for selected in facts.plan.staged]
    needed, free = sum(sizes), facts.interpreter.free_space
    if free is not None and needed > free:
        purelib = facts.interpreter.scheme.purelib
        yield Problem(
            subject=str(purelib),
            message=f"the files to install are {needed / 1e6:.0f} MB before they are unpacked,"
            f" and {purelib} has {free / 1e6:.0f} MB of free space",
            hint="make room on that file system",
        )


RULES = (
    Rule(
        code="INT001",
        title="Requires-Python does not admit the target",
        why="A lock, or a package in it, states the versions of Python that it was made for. On"
        " another one its files may be missing, or install and then fail at run time.",
        severity=Severity.ERROR,
        exit_code=4,
        check=_requires_python,
    ),
    Rule(
        code="INT002",
        title="the interpreter is externally managed",
        why="A distribution marks its Python with EXTERNALLY-MANAGED (PEP 668), so that nobody"
        " breaks what its own programs import. syncsteps never touches the system's own files, but"
        " a newer copy of a library in /usr/local is seen by the system's programs as well.",
        severity=Severity.ERROR,
        exit_code=4,
        check=_externally_managed,
    ),
    Rule(
        code="INT003",
        title="a directory of the interpreter is not writable",
        why="A sync that cannot write everywhere would fail in the middle. It is refused before.",
        severity=Severity.ERROR,
        exit_code=4,
        check=_writable,
    ),
    Rule(
        code="INT004",
        title="the installation directory is not on sys.path",
        why="Some interpreters name a directory for installations that they never import from.",
        severity=Severity.ERROR,
        exit_code=4,
        check=_importable,
    ),
    Rule(
        code="INT005",
        title="the target is a virtual environment",
        why="syncsteps is for system interpreters. Virtual environments have tools of their own,"
        " and one that happens to be active is rarely the one that a container runs.",
        severity=Severity.ERROR,
        exit_code=4,
        check=_virtualenv,
    ),
    Rule(
        code="INT006",
        title="the lock was made for other environments",
        why="A lock can be restricted to some platforms and versions. Outside of them nobody has"
        " resolved anything, and what its markers select is arbitrary.",
        severity=Severity.ERROR,
        exit_code=4,
        check=_environments,
    ),
    Rule(
        code="INT007",
        title="too little free space",
        why="The files alone, still packed, are larger than what is free.",
        severity=Severity.ERROR,
        exit_code=4,
        check=_space,
    ),
)

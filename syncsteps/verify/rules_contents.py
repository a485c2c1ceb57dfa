"""Rules on what distributions are known to bring, before any of their files is here."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import Version

from syncsteps.plan import Install, Keep, Replace
from syncsteps.requirements import requirements_of
from syncsteps.verify.model import Facts, Problem, Rule, Severity
from syncsteps.verify.rules_staged import clashing, hiding, hiding_problem

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["RULES"]

# Read off the RECORDs of the wheels: names that are not those of the module that is brought.
_MODULES = {
    "enum34": "enum",
    "futures": "concurrent",
    "legacy-cgi": "cgi",
    "pyasyncore": "asyncore",
}
# They have the name of a module and do not bring it: from this version on.
_HARMLESS = {"asyncio": Version("4.0.0"), "configparser": Version("0")}

# Read off the RECORDs of the wheels: what each two of a line both bring.
_SHARED = (
    (
        "cv2",
        (
            "opencv-contrib-python",
            "opencv-contrib-python-headless",
            "opencv-python",
            "opencv-python-headless",
        ),
    ),
    ("discord", ("discord-py", "py-cord")),
    ("jwt", ("jwt", "pyjwt")),
    ("magic", ("python-magic", "python-magic-bin")),
    ("onnxruntime", ("onnxruntime", "onnxruntime-gpu")),
    ("psycopg2", ("psycopg2", "psycopg2-binary")),
    ("serial", ("pyserial", "serial")),
    ("tensorflow", ("tensorflow", "tensorflow-cpu")),
    ("xgboost", ("xgboost", "xgboost-cpu")),
)


def _hiding(facts: Facts) -> Iterator[Problem]:
    known = frozenset(facts.interpreter.standard_library)
    for selected in facts.plan.staged:
        name, version = selected.name, selected.package.version
        module = _MODULES.get(name, name.replace("-", "_"))
        since = _HARMLESS.get(name)
        harmless = since is not None and (version is None or version >= since)
        if module in known and not harmless:
            yield hiding_problem(name, str(version or ""), module)


def _shared(facts: Facts) -> Iterator[Problem]:
    """Yield each two that bring the same module, unless both are there already."""
    coming = {item.name for item in facts.plan.staged}
    leaving = {found.metadata for found in facts.plan.retired}
    scheme = facts.interpreter.scheme
    staying = {
        found.name
        for found in facts.interpreter.distributions
        if found.metadata not in leaving and found.location in {scheme.purelib, scheme.platlib}
    }
    for module, names in _SHARED:
        for one, other in combinations(names, 2):
            both = {one, other}
            if both <= coming | staying and both & coming:
                # The one that comes is what the lock can be blamed for.
                subject, second = (one, other) if one in coming else (other, one)
                locked = second in coming or second in {keep.name for keep in facts.plan.kept}
                yield Problem(
                    subject=subject,
                    message=f"{subject} and {second} both bring {module!r}: in one directory, each"
                    " overwrites files of the other",
                    hint=f"keep one of them: what requires {second} mostly works with {subject}"
                    " as well, or uninstall the one that is there",
                    exit_code=None if locked else 4,
                )


def _own_parts(facts: Facts) -> Iterator[Problem]:
    """Yield what the running tool is made of, where that is in the target and would change."""
    parts = _parts(facts)
    for action in facts.plan.actions:
        if action.name in parts and not isinstance(action, Keep):
            coming = isinstance(action, Install | Replace)
            verb = "changed" if coming else "removed"
            yield Problem(
                subject=action.name,
                message=f"{action.name} {parts[action.name]} is a part of the syncsteps that is"
                f" running, and would be {verb}",
                hint="run syncsteps from an environment of its own, and name this by --python",
            )


def _parts(facts: Facts) -> dict[str, str]:
    """Return the versions of syncsteps and of all that it requires, where it runs in the target."""
    home, interpreter = facts.tool_home, facts.interpreter
    installed = {found.name: found for found in reversed(interpreter.distributions)}
    tool = installed.get("syncsteps")
    if tool is None or tool.location != home:
        return {}
    environment = dict(interpreter.environment)
    parts: dict[str, str] = {}
    waiting = ["syncsteps"]
    while waiting:
        name = waiting.pop()
        if name in installed and name not in parts:
            parts[name] = installed[name].version
            waiting += [
                canonicalize_name(requirement.name)
                for requirement in requirements_of(installed[name], environment)
            ]
    return parts


RULES = (
    Rule(
        code="SYS008",
        title="a distribution has a module of the standard library's name",
        why="Backports of modules that Python has by now are of no use: the standard library comes"
        " first on sys.path. Where their directory is put before it, as by PYTHONPATH, they hide"
        " the real module from everything, and installers and programs fail in odd ways. Those that"
        " are known for it are found before anything is fetched; all others, once they lie"
        " unpacked.",
        severity=Severity.WARNING,
        exit_code=3,
        check=_hiding,
        prove=hiding,
    ),
    Rule(
        code="SYS009",
        title="two distributions bring the same files",
        why="Some projects are published under several names, with one module in all of them."
        " Installed together, the files are a mixture, and removing one breaks the other. What is"
        " known to clash is found before anything is fetched; anything else, once it is unpacked,"
        " where one file has different content in two of them, or in one and a distribution that"
        " stays. The same content is no clash, nor are two __init__.py that only declare a"
        " namespace; tests, docs and the like are SYS012. Where this is ignored, the file is that"
        " of the last distribution by name; one that stays is never overwritten.",
        severity=Severity.ERROR,
        exit_code=3,
        check=_shared,
        prove=clashing,
    ),
    Rule(
        code="SYS010",
        title="a part of the running tool would change",
        why="syncsteps runs in the interpreter that it is to change. It goes on with the modules"
        " that it has loaded, and next time with those of the lock, with which it was never"
        " tried.",
        severity=Severity.WARNING,
        exit_code=4,
        check=_own_parts,
    ),
)

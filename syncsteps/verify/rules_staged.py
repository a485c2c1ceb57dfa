"""Rules on what lies unpacked aside: they prove what was only known of some before."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from typing import TYPE_CHECKING

from syncsteps.verify.model import Problem, Rule, Severity, StagedFacts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from syncsteps.staging.model import StagedDistribution

__all__ = ["RULES", "clashing", "hiding"]

_MOST_CHARACTERS = 100
_IMPORTED = (".py", ".so", ".pyd")
# In directories of these names, and beside the packages, lies what nobody imports from outside.
_LEFTOVER_DIRECTORIES = frozenset(
    {"benchmark", "benchmarks", "doc", "docs", "example", "examples", "test", "tests"}
)
_LEFTOVER_DATA = (("share", "doc"), ("share", "licenses"), ("share", "man"))

# As the setuptools of the last years has them in its own wheel, and writes them into others.
_KNOWN_STARTUP = (
    (
        re.compile(r"distutils-precedence\.pth"),
        re.compile(
            r"import os; var = 'SETUPTOOLS_USE_DISTUTILS'; enabled = os\.environ\.get\(var,"
            r" '(local|stdlib)'\) == 'local'; enabled and __import__\('_distutils_hack'\)"
            r"(\.add_shim\(\))?;"
        ),
    ),
    (
        re.compile(r".+-nspkg\.pth"),
        re.compile(
            r"import sys, ?types, ?os;\s*(has_mfs = sys\.version_info > \(3, 5\);)?"
            r"p = os\.path\.join\(sys\._getframe\(1\)\.f_locals\['sitedir'\],"
            r" \*\('\w+',(?: '\w+'(?:, '\w+')*)?\)\);"
            r"importlib = (has_mfs and )?__import__\('importlib\.util'\);"
            r"(has_mfs and )?__import__\('importlib\.machinery'\);"
            r"m = (has_mfs and )?sys\.modules\.setdefault\('[\w.]+', importlib\.util\."
            r"module_from_spec\(importlib\.machinery\.PathFinder\.find_spec\('[\w.]+',"
            r" \[os\.path\.dirname\(p\)\]\)\)\);"
            r"m = m or sys\.modules\.setdefault\('[\w.]+', types\.ModuleType\('[\w.]+'\)\);"
            r"mp = \(m or \[\]\) and m\.__dict__\.setdefault\('__path__', ?\[\]\);"
            r"\(p not in mp\) and mp\.append\(p\)"
            r"(;m and setattr\(sys\.modules\['[\w.]+'\], '\w+', m\))?"
        ),
    ),
)


def hiding(facts: StagedFacts) -> Iterator[Problem]:
    """Yield each module of the standard library of which a distribution brings another one."""
    known = frozenset(facts.interpreter.standard_library)
    for one in facts.stage.distributions:
        for module in sorted(_modules(one, facts) & known):
            yield hiding_problem(one.name, _locked_version(one, facts), module)


def hiding_problem(name: str, version: str, module: str) -> Problem:
    """Return what is to be said of a distribution that brings ``module``; of any version, ""."""
    return Problem(
        subject=name,
        message=f"{name} {version}".rstrip()
        + f" brings {module!r}, which is a module of the target's standard library",
        hint=f"leave {name} out: require it only where the standard library lacks {module},"
        " with a marker on python_version",
    )


def _locked_version(one: StagedDistribution, facts: StagedFacts) -> str:
    """Return the version as the lock has it, if it has one: the same finding, the same words."""
    locked = {item.name: item.package.version for item in facts.plan.staged}.get(one.name)
    return one.version if locked is None else str(locked)


def _modules(one: StagedDistribution, facts: StagedFacts) -> set[str]:
    """Return the names under which something of the distribution's can be imported."""
    scheme = facts.interpreter.scheme
    sites = [os.path.join(site, "") for site in {scheme.purelib, scheme.platlib}]  # noqa: PTH118
    found = set()
    for file in one.files:
        path = file.target
        if path.endswith(_IMPORTED):
            for site in sites:
                if path.startswith(site):
                    found.add(path[len(site) :].partition(os.sep)[0].partition(".")[0])
    return found


def _inside(target: Path, facts: StagedFacts) -> tuple[str, ...]:
    """Return the parts of a path below the site directory that it is in, none if it is in none."""
    scheme = facts.interpreter.scheme
    for site in (scheme.purelib, scheme.platlib):
        if target.is_relative_to(site):
            return target.relative_to(site).parts
    return ()


def clashing(facts: StagedFacts) -> Iterator[Problem]:
    """Yield each two that have files of the same path and not of the same content.

    What stays counts as well: its files are not overwritten.
    """
    for (loser, winner), targets in _pairs(facts).items():
        if serious := [target for target in targets if not _leftover(target, facts)]:
            yield Problem(
                subject=loser,
                message=f"{loser} and {winner} both bring {_counted(serious)}, with different"
                " content",
                hint=f"keep one of them: what requires {loser} mostly works with {winner} as well;"
                f" where they can share, ignore SYS009 for {loser}, and {winner} has the last word",
            )
    for obstacle in facts.obstacles:
        yield Problem(
            subject=obstacle.coming,
            message=f"{obstacle.coming} would overwrite {_counted(obstacle.targets)} of"
            f" {obstacle.owner}, which stays, with different content",
            hint=f"remove {obstacle.owner} with the tool that installed it, or lock only one of"
            " the two: what stays is not overwritten, also where this is ignored",
            exit_code=None if obstacle.locked else 4,
        )


def _untidy(facts: StagedFacts) -> Iterator[Problem]:
    for (loser, winner), targets in _pairs(facts).items():
        if leftovers := [target for target in targets if _leftover(target, facts)]:
            yield Problem(
                subject=loser,
                message=f"{loser} and {winner} both bring {_counted(leftovers)}, with different"
                f" content, outside of what they are imported for; {winner} has the last word",
                hint=f"tell the authors of {loser} and {winner}: their wheels hold files that they"
                " do not mean to install",
            )


def _pairs(facts: StagedFacts) -> dict[tuple[str, str], list[Path]]:
    pairs: defaultdict[tuple[str, str], list[Path]] = defaultdict(list)
    for clash in facts.stage.clashes:
        pairs[clash.loser, clash.winner].append(clash.target)
    return pairs


def _counted(targets: Iterable[Path]) -> str:
    first, *others = sorted(targets)
    return f"{len(others) + 1} files, such as {first}" if others else str(first)


def _leftover(target: Path, facts: StagedFacts) -> bool:
    """Whether it can hardly matter whose content this file has."""
    inside = _inside(target, facts)
    if inside:
        if len(inside) == 1:
            return target.suffix not in {*_IMPORTED, ".pth", ".pyi"}
        return inside[0] in _LEFTOVER_DIRECTORIES
    data = facts.interpreter.scheme.data
    parts = target.relative_to(data).parts if target.is_relative_to(data) else ()
    return len(parts) == 1 or parts[:2] in _LEFTOVER_DATA


def _starting(facts: StagedFacts) -> Iterator[Problem]:
    for line in facts.startup:
        if not _known_startup(line.target.name, line.text):
            where = f"line {line.number} of {line.target}" if line.number else str(line.target)
            shown = line.text[:_MOST_CHARACTERS]
            more = "…" if shown != line.text else ""
            said = f": {shown}{more}" if shown else ""
            yield Problem(
                subject=line.distribution,
                message=f"{line.distribution} brings code that every start of the target would"
                f" run, {where}{said}",
                hint=f"read it, and ignore SYS011 for {line.distribution} if that is what you want"
                " of it; else leave it out",
            )


def _known_startup(name: str, text: str) -> bool:
    return any(
        known.fullmatch(name) and code.fullmatch(text.strip()) for known, code in _KNOWN_STARTUP
    )


def _spoilt(facts: StagedFacts) -> Iterator[Problem]:
    for name in facts.stage.spoilt:
        yield Problem(
            subject=name,
            message=f"uv's cache has other content for {name} than the wheel that the lock names,"
            " so it was fetched again",
            hint=f"run `uv cache clean {name}`, and look who edits installed files: what uv"
            " installs are hard links into its cache",
        )


RULES = (
    Rule(
        code="FIL004",
        title="uv's cache has been changed",
        why="uv checks the hash of a file when it fetches it, unpacks it into its cache, and gives"
        " that out as hard links: whoever edits an installed file, edits it for every installation"
        " to come. Everything staged is compared with the wheel's own RECORD; what differs is"
        " fetched once more without the cache, and what then differs still is the wheel's own"
        " mistake. Nothing else than what the lock names is installed.",
        severity=Severity.WARNING,
        exit_code=3,
        prove=_spoilt,
    ),
    Rule(
        code="SYS011",
        title="every start of Python would run code of a distribution",
        why="Lines of a .pth file that begin with `import`, and a module sitecustomize or"
        " usercustomize, are run at each start of the system's Python, by whatever program, whether"
        " or not it uses the distribution. They cost time, can break every program at once, and"
        " are a place to hide in. The lines of setuptools (distutils-precedence.pth, and -nspkg.pth"
        " files as it writes them) are known, and are not told, if they read as they should."
        " It is seen once everything lies unpacked, before anything is changed.",
        severity=Severity.WARNING,
        exit_code=3,
        prove=_starting,
    ),
    Rule(
        code="SYS012",
        title="two distributions leave the same files beside their packages",
        why="Wheels often hold by mistake what lies in their projects beside the package: tests,"
        " docs, a README. Of two that bring the same path only one can lie there, the one of the"
        " last distribution by name. No program should notice. It is seen once everything lies"
        " unpacked, before anything is changed.",
        severity=Severity.WARNING,
        exit_code=3,
        prove=_untidy,
    ),
)

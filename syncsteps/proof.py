"""What the rules on a stage look at: read from the staged tree and from the target, unchanged."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from syncsteps.commit import obstacles
from syncsteps.errors import StagingError
from syncsteps.verify import Obstacle, StagedFacts, StartupCode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from syncsteps.interpreter.model import Interpreter
    from syncsteps.plan import Plan
    from syncsteps.staging import Stage, StagedDistribution, StagedFile

__all__ = ["staged_facts"]

# `site` imports them at each start, if they are there.
_STARTUP_MODULES = ("sitecustomize", "usercustomize")


def staged_facts(stage: Stage, *, plan: Plan, interpreter: Interpreter) -> StagedFacts:
    """Return what `verify_staged` looks at; nothing is imported, and nothing is written.

    Raises:
        CommitError: there is no telling which files a distribution has that is to go.
        StagingError: a staged file cannot be read.
    """
    locked = {keep.name for keep in plan.kept}
    in_the_way = obstacles(stage.distributions, plan.retired, interpreter=interpreter)
    try:
        startup = tuple(
            code for one in stage.distributions for code in _startup_code(one, interpreter)
        )
    except OSError as error:
        raise StagingError(f"{error.filename} cannot be read: {error.strerror}") from error
    return StagedFacts(
        interpreter=interpreter,
        plan=plan,
        stage=stage,
        obstacles=tuple(
            Obstacle(coming=coming, owner=owner, targets=targets, locked=owner in locked)
            for (coming, owner), targets in in_the_way.items()
        ),
        startup=startup,
    )


def _startup_code(one: StagedDistribution, interpreter: Interpreter) -> Iterator[StartupCode]:
    scheme = interpreter.scheme
    sites = {scheme.purelib, scheme.platlib}
    modules = {os.fspath(site / f"{name}.py") for site in sites for name in _STARTUP_MODULES}
    modules |= {
        os.fspath(site / name / "__init__.py") for site in sites for name in _STARTUP_MODULES
    }
    for file in one.files:
        path = file.target
        if path in modules:
            yield StartupCode(distribution=one.name, target=Path(path))
        elif path.endswith(".pth") and Path(path).parent in sites:
            for number, text in _executed_lines(file):
                yield StartupCode(
                    distribution=one.name, target=Path(path), number=number, text=text
                )


def _executed_lines(file: StagedFile) -> Iterator[tuple[int, str]]:
    """Yield the lines of a .pth file that `site` would run, as it tells them from paths."""
    text = Path(file.source).read_bytes().decode("utf-8-sig", "replace")
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith(("import ", "import\t")):
            yield number, line.strip()

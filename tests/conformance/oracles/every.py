"""All oracles, with their tools installed."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from tests.conformance.oracles.pdm import PdmExport, PdmResolve
from tests.conformance.oracles.pip_report import PipReport
from tests.conformance.oracles.pipenv import PipenvRequirements
from tests.conformance.oracles.poetry import PoetryExport, PoetryFirst
from tests.conformance.oracles.pylock import PylockSelect
from tests.conformance.oracles.requirements import PipParser
from tests.conformance.oracles.round_trip import RoundTrip, is_reachable
from tests.conformance.oracles.uv import UvExport, UvPylock
from tests.conformance.tools import clean_environment, install

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.conformance.oracle import Oracle

    AnyOracle = Oracle | PipReport

__all__ = ["make_oracles"]


def make_oracles(tools: Path, *, home: Path, every: bool) -> list[AnyOracle]:
    """Return the oracles; ``every`` adds older versions of tools. ``home`` is theirs to write to.

    The oldest of them is left out where no Python is left that it runs on.

    Raises:
        RuntimeError: a tool cannot be installed.
    """
    environment = clean_environment(home)
    uv, pip = install("uv", tools), install("pip", tools)
    pipenv = install("pipenv", tools)
    poetry = install("poetry", tools)
    pdm = install("pdm", tools)
    # The index is this machine's, wherever it is.
    own = dict(os.environ)
    online = is_reachable(uv.program("uv"), own)
    oracles: list[AnyOracle] = [
        UvExport(program=uv.program("uv"), version=uv.version, environment=environment),
        UvPylock(program=uv.program("uv"), version=uv.version, environment=environment),
        PylockSelect(),
        PylockSelect(mending=True),
        PipParser(python=pip.program("python"), version=pip.version, environment=environment),
        PipenvRequirements(
            program=pipenv.program("pipenv"), version=pipenv.version, environment=environment
        ),
        PoetryExport(
            program=poetry.program("poetry"), version=poetry.version, environment=environment
        ),
        PdmExport(program=pdm.program("pdm"), version=pdm.version, environment=environment),
        PdmResolve(python=pdm.program("python"), version=pdm.version, environment=environment),
        RoundTrip(uv=uv.program("uv"), environment=own, online=online),
        PipReport(
            pip=pip,
            pip_old=install("pip-old", tools),
            pythons=home / "pythons",
            environment=_keeping(own, tools),
            online=online,
            every=every,
        ),
    ]
    with contextlib.suppress(LookupError):
        first = install("poetry-first", tools)
        oracles.append(
            PoetryFirst(
                program=first.program("poetry"), version=first.version, environment=environment
            )
        )
    if every:
        old = install("uv-old", tools)
        oracles.append(
            UvExport(program=old.program("uv"), version=old.version, environment=environment)
        )
        old = install("poetry-old", tools)
        oracles.append(
            PoetryExport(
                program=old.program("poetry"),
                version=old.version,
                environment=environment,
                old=True,
            )
        )
    return oracles


def _keeping(environment: Mapping[str, str], tools: Path) -> dict[str, str]:
    """Return variables by which pip keeps what it has fetched, and itself as compiled.

    It is another Python each time that compiles it.
    """
    kept = {k: v for k, v in environment.items() if not k.startswith("PYTHON")}
    return {**kept, "PIP_CACHE_DIR": str(tools / "pip-cache")}

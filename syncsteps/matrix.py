"""One lock against many recorded interpreters, each as good as a `verify` of its own."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from syncsteps.errors import SelectionError
from syncsteps.events import Outcome
from syncsteps.reading import read_recorded
from syncsteps.settings import is_file_name
from syncsteps.survey import Surveyor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from syncsteps.interpreter.model import Interpreter
    from syncsteps.settings import Settings

__all__ = ["target_names", "verify_targets"]


def verify_targets(
    settings: Settings,
    *,
    environment: Mapping[str, str] = os.environ,
) -> tuple[Outcome, ...]:
    """Apply every rule to each of the recorded interpreters that ``settings`` name, in their order.

    The lock is read once. An outcome's ``target`` is the name of the interpreter, and ``refused``
    is why nothing can be selected for it, unless that is so for all of them. Nothing is written.

    Raises:
        LockError, SelectionError, InterpreterError, SettingsError: as for `verify`.

    Example:
        >>> images = ("python:3.13-slim", "debian:12")
        >>> for outcome in verify_targets(Settings(directory=Path("service"), interpreter=images)):
        ...     print(outcome.target, [finding.code for finding in outcome.findings])
        python:3.13-slim ['LCK002']
        debian:12 ['INT002', 'LCK002']
    """
    started = time.perf_counter()
    files = tuple(dict.fromkeys(settings.interpreter))
    interpreters = [read_recorded(file) for file in files]
    surveyor = Surveyor(settings, environment=environment)
    surveyor.require_packages(interpreters)
    outcomes: list[Outcome] = []
    for name, interpreter in zip(target_names(files), interpreters, strict=True):
        outcome = _verify(surveyor, interpreter, name=name, started=started)
        outcomes.append(outcome)
        started += outcome.seconds
    reasons = {str(outcome.refused) for outcome in outcomes}
    if len(reasons) == 1 and outcomes[0].refused is not None:
        raise outcomes[0].refused
    return tuple(outcomes)


def _verify(surveyor: Surveyor, interpreter: Interpreter, *, name: str, started: float) -> Outcome:
    try:
        survey = surveyor.survey(interpreter)
    except SelectionError as error:
        return Outcome(
            verb="verify",
            interpreter=interpreter,
            lock=surveyor.lock,
            target=name,
            refused=error,
            seconds=time.perf_counter() - started,
        )
    return Outcome(
        verb="verify",
        interpreter=interpreter,
        lock=survey.lock,
        selection=survey.selection,
        findings=survey.findings,
        plan=survey.plan,
        receipt=survey.receipt,
        target=name,
        seconds=time.perf_counter() - started,
    )


def target_names(files: Sequence[str]) -> Sequence[str]:
    """Return names for snapshots in these files: as short as they can be and still differ.

    A profile among them already has its name.
    """
    profiles = [file for file in files if not is_file_name(file, Path())]
    paths = _short([file for file in files if file not in profiles], taken=profiles)
    names = iter(paths)
    return [file if file in profiles else next(names) for file in files]


def _short(files: Sequence[str], *, taken: Sequence[str]) -> Sequence[str]:
    short = [Path(file).name.removesuffix(".json") for file in files]
    if len({*short, *taken}) == len(short) + len(taken):
        return short
    try:
        common = os.path.commonpath([os.path.dirname(file) for file in files])  # noqa: PTH120 - text
        relative = [Path(os.path.relpath(file, common)).as_posix() for file in files]
    except ValueError:  # on several drives
        return list(files)
    names = [name.removesuffix(".json") for name in relative]
    return names if len(set(names)) == len(names) else relative

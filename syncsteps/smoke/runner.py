"""Importing many distributions: in parallel, once more what fails, and all stopped on Ctrl-C."""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

from syncsteps.smoke.attempt import Attempt, ChildSettings
from syncsteps.smoke.candidates import candidate_of
from syncsteps.smoke.model import ImportResult, Verdict
from syncsteps.smoke.policy import SmokePolicy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from syncsteps.interpreter.model import Interpreter
    from syncsteps.smoke.model import SmokeTarget

__all__ = ["smoke_imports"]

_EVERYTHING = SmokePolicy()
# On Windows, Ctrl-C is seen only between two waits.
_TICK = 0.5


def smoke_imports(
    targets: Sequence[SmokeTarget],
    *,
    interpreter: Interpreter,
    site: tuple[Path, ...],
    jobs: int,
    timeout: float,
    environment: Mapping[str, str],
    on_result: Callable[[ImportResult], None],
    policy: SmokePolicy = _EVERYTHING,
) -> tuple[ImportResult, ...]:
    """Import every distribution in a process of its own; return the verdicts, in their order.

    ``policy`` says what of them, and leaves some out altogether, of which there is no verdict.

    ``site`` are staged site directories, which come before the installed ones on the children's
    ``sys.path``; empty to try what is installed. ``jobs`` children run at a time, each for at
    most ``timeout`` seconds. ``environment`` is what the few variables that a child needs are taken
    from. Whatever does not import is tried once more, alone, before that is its verdict.
    ``on_result`` gets each verdict when it is final, in the caller's thread. Nothing is written
    outside of throwaway directories, unless a module knows a path there by itself.

    Raises:
        InterpreterError: the interpreter cannot be started.
        SmokeError: a distribution's metadata cannot be read, or there is no room for the
            throwaway directories.
    """
    found = (candidate_of(each, tags=interpreter.tags, policy=policy) for each in targets)
    candidates = [candidate for candidate in found if candidate is not None]
    results: dict[int, ImportResult] = {}

    def settle(index: int, result: ImportResult) -> None:
        results[index] = result
        on_result(result)

    settings = ChildSettings(
        executable=interpreter.executable, site=site, timeout=timeout, environment=environment
    )
    attempts = {}
    for index, candidate in enumerate(candidates):
        if candidate.tries:
            attempts[index] = Attempt(candidate, settings)
        else:
            settle(index, ImportResult(distribution=candidate.name, verdict=Verdict.NOTHING))
    again: list[int] = []

    def judge(index: int, result: ImportResult) -> None:
        if result.verdict.good:
            settle(index, result)
        else:
            again.append(index)

    _run(attempts, jobs, judge)
    _run({index: Attempt(candidates[index], settings) for index in sorted(again)}, 1, settle)
    return tuple(results[index] for index in range(len(candidates)))


def _run(
    attempts: Mapping[int, Attempt], jobs: int, on_end: Callable[[int, ImportResult], None]
) -> None:
    """Hand on the results as they come; whatever is raised here, every child is dead by then."""
    executor = ThreadPoolExecutor(max_workers=max(1, jobs))
    try:
        futures = {executor.submit(attempt.run): index for index, attempt in attempts.items()}
        pending = set(futures)
        while pending:
            done, pending = wait(pending, timeout=_TICK, return_when=FIRST_COMPLETED)
            for future in done:
                on_end(futures[future], future.result())
    finally:
        for attempt in attempts.values():
            attempt.stop()
        executor.shutdown(wait=True, cancel_futures=True)

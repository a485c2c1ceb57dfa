"""What a sync does once it is decided: stage aside, import there, and swap."""

from __future__ import annotations

import contextlib
import shutil
import time
from typing import TYPE_CHECKING

from syncsteps.commit import (
    Change,
    Placement,
    commit,
    commit_roots,
    installed_files,
    new_stage,
    prunable,
    stage_receipt,
)
from syncsteps.errors import SmokeError
from syncsteps.events import Event, Imported, Importing, Staged, Staging, StagingLine, Swapping
from syncsteps.plan import affected
from syncsteps.selection import Selection
from syncsteps.smoke import SmokeTarget, smoke_imports
from syncsteps.staging import Stage, StageOptions, stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from syncsteps.interpreter.model import Interpreter
    from syncsteps.receipts import Receipt
    from syncsteps.settings import Settings
    from syncsteps.smoke import ImportResult
    from syncsteps.survey import Survey

    Watcher = Callable[[Event], None]

__all__ = ["carry_out", "import_all"]


def carry_out(
    survey: Survey,
    settings: Settings,
    environment: Mapping[str, str],
    on_event: Watcher,
    *,
    smoke: bool,
) -> tuple[tuple[ImportResult, ...], Receipt]:
    """Stage, import if ``smoke`` is true, and commit; the caller holds the interpreter's lock.

    Returns the verdicts and the receipt that is now in the interpreter.

    Raises:
        StagingError, SmokeError: nothing has been changed.
        CommitError, RecoveryError: as `syncsteps.commit.commit` raises them.
    """
    interpreter = survey.interpreter
    with _staging_directory(survey.state) as directory:
        staged = _stage(survey, settings, environment, directory, on_event)
        imports: tuple[ImportResult, ...] = ()
        if smoke:
            imports = import_all(
                _smoke_targets(survey, staged), settings, environment, interpreter, staged.site,
                on_event,
            )  # fmt: skip
            _refuse_failures(imports)
        receipt = survey.next_receipt(staged.distributions)
        change = _change(survey, staged, receipt, directory)
        if survey.plan.changes:
            # The receipt is one of either, and nothing that anybody waits for.
            on_event(Swapping(placed=len(change.place) - 1, retired=len(change.retire) - 1))
        commit(change, state=survey.state, roots=commit_roots(interpreter))
    return imports, receipt


@contextlib.contextmanager
def _staging_directory(state: Path) -> Iterator[Path]:
    directory = new_stage(state)
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)  # what stays, the next recovery removes


def _stage(
    survey: Survey,
    settings: Settings,
    environment: Mapping[str, str],
    directory: Path,
    on_event: Watcher,
) -> Stage:
    wanted = survey.plan.staged
    if not wanted:
        return Stage(root=directory, site=(), distributions=())
    started = time.perf_counter()
    on_event(Staging(total=len(wanted)))
    prefix = directory / "prefix"
    prefix.mkdir()
    staged = stage(
        Selection(request=survey.selection.request, packages=wanted),
        lock=survey.lock,
        interpreter=survey.interpreter,
        directory=prefix,
        installer=settings.installer,
        options=StageOptions(source=settings.source, verbose=settings.verbose),
        environment=environment,
        on_line=lambda text: on_event(StagingLine(text=text)),
    )
    files = [file for distribution in staged.distributions for file in distribution.files]
    on_event(
        Staged(
            total=len(staged.distributions),
            files=len(files),
            size=sum(file.size for file in files),
            seconds=time.perf_counter() - started,
        )
    )
    return staged


def _smoke_targets(survey: Survey, staged: Stage) -> list[SmokeTarget]:
    """Return what came, and what stays but needs something that came."""
    targets = [SmokeTarget(name=d.name, metadata=d.metadata) for d in staged.distributions]
    targets += [
        SmokeTarget(name=keep.name, metadata=keep.installed.metadata)
        for keep in affected(survey.plan)
    ]
    return sorted(targets, key=lambda target: target.name)


def import_all(
    targets: Sequence[SmokeTarget],
    settings: Settings,
    environment: Mapping[str, str],
    interpreter: Interpreter,
    site: tuple[Path, ...],
    on_event: Watcher,
) -> tuple[ImportResult, ...]:
    """Import ``targets``, less those that the settings exclude, and return each verdict.

    ``site`` are the staged directories that come before the installed ones.

    Raises:
        InterpreterError, SmokeError: they cannot be tried at all.
    """
    excluded = {name.lower().replace("_", "-") for name in settings.smoke_exclude}
    wanted = [target for target in targets if target.name not in excluded]
    if not wanted:
        return ()
    on_event(Importing(total=len(wanted)))
    return smoke_imports(
        wanted,
        interpreter=interpreter,
        site=site,
        jobs=max(1, int(settings.jobs)),
        timeout=settings.smoke_timeout,
        environment=environment,
        on_result=lambda result: on_event(Imported(result=result)),
    )


def _refuse_failures(imports: Sequence[ImportResult]) -> None:
    failed = [result for result in imports if not result.verdict.good]
    if failed:
        raise SmokeError(
            f"{len(failed)} of {len(imports)} distributions do not import"
            f" ({', '.join(result.distribution for result in failed)}): nothing has been changed",
            hint="install what they miss, or leave one out with --smoke-exclude NAME",
        )


def _change(survey: Survey, staged: Stage, receipt: Receipt, directory: Path) -> Change:
    interpreter = survey.interpreter
    retire = [
        path
        for distribution in survey.plan.retired
        for path in installed_files(distribution, interpreter=interpreter)
    ]
    files = [file for distribution in staged.distributions for file in distribution.files]
    record = stage_receipt(receipt, stage=directory, state=survey.state)
    return Change(
        retire=(*retire, record.target),
        place=(*(Placement(source=f.source, target=f.target) for f in files), record),
        remove_empty=prunable(interpreter),
    )

"""What a sync does once it is decided: stage aside, import there, and swap."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from syncsteps.commit import (
    assemble,
    commit,
    commit_roots,
    flush_ahead,
    new_directories,
    new_stage,
    retired_files,
    stage_receipt,
)
from syncsteps.errors import SmokeError, StagingError
from syncsteps.events import (
    Compiled,
    Event,
    Imported,
    Importing,
    Proven,
    Restaging,
    Staged,
    Staging,
    StagingLine,
    StagingProgress,
    Swapping,
)
from syncsteps.plan import affected
from syncsteps.proof import staged_facts
from syncsteps.selection import Selection
from syncsteps.smoke import SmokeTarget
from syncsteps.staging import (
    Stage,
    StageOptions,
    changed_since,
    stage,
    stamp,
    witness,
)
from syncsteps.verify import refuse, verify_staged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from syncsteps.commit import Change, DirectoryTimes
    from syncsteps.interpreter.model import Interpreter
    from syncsteps.receipts import Receipt
    from syncsteps.selection import Selected
    from syncsteps.settings import Settings
    from syncsteps.smoke import ImportResult
    from syncsteps.survey import Survey
    from syncsteps.verify import Finding

    Watcher = Callable[[Event], None]

__all__ = ["Done", "carry_out", "import_all"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a sync came to: verdicts, the receipt that is now in place, what came and went."""

    imports: tuple[ImportResult, ...]
    receipt: Receipt
    findings: tuple[Finding, ...]
    staged: Stage
    change: Change


def carry_out(
    survey: Survey,
    settings: Settings,
    environment: Mapping[str, str],
    on_event: Watcher,
    *,
    smoke: bool,
    times: DirectoryTimes,
) -> Done:
    """Stage, import if ``smoke`` is true, and commit; the caller holds the interpreter's lock.

    Where ``times`` has an epoch, every file that comes has it as its mtime. The directories that
    change are watched in ``times``: setting them is the caller's, since its lock is in one of them.

    Raises:
        StagingError, SmokeError, SelectionError, InterpreterError: nothing has been changed.
        CommitError, RecoveryError: as `syncsteps.commit.commit` raises them.
    """
    with _staging_directory(survey.state) as directory:
        run = _Run(
            survey=survey,
            settings=settings,
            environment=environment,
            on_event=on_event,
            directory=directory,
            smoke=smoke,
            times=times,
        )
        staged = run.stage()
        findings = run.prove(staged)
        imports, staged = run.smoke_imports(staged) if smoke else ((), staged)
        if settings.compile_bytecode:
            staged = run.compile(staged)
        receipt, change = run.commit(staged)
    return Done(imports=imports, receipt=receipt, findings=findings, staged=staged, change=change)


def import_all(
    targets: Sequence[SmokeTarget],
    settings: Settings,
    environment: Mapping[str, str],
    interpreter: Interpreter,
    site: tuple[Path, ...],
    on_event: Watcher,
    *,
    hidden: tuple[Path, ...] = (),
) -> tuple[ImportResult, ...]:
    """Import ``targets``, less those that the settings exclude, and return each verdict.

    ``site`` are the staged directories that come before the installed ones; ``hidden`` are files of
    these that will be retired.

    Raises:
        InterpreterError, SmokeError: they cannot be tried at all.
    """
    from syncsteps.smoke import smoke_imports  # noqa: PLC0415 - `install` imports nothing

    policy = settings.smoke_policy
    wanted = [target for target in targets if not policy.leaves_out(target.name)]
    if not wanted:
        return ()
    on_event(Importing(total=len(wanted)))

    def judged(result: ImportResult) -> ImportResult:
        failed = not result.verdict.good
        return replace(result, tolerated=failed and policy.tolerates(result.distribution))

    results = smoke_imports(
        wanted,
        interpreter=interpreter,
        site=site,
        hidden=hidden,
        jobs=max(1, int(settings.jobs)),
        timeout=settings.smoke_timeout,
        environment=environment,
        on_result=lambda result: on_event(Imported(result=judged(result))),
        policy=policy,
    )
    return tuple(map(judged, results))


@contextlib.contextmanager
def _staging_directory(state: Path) -> Iterator[Path]:
    try:
        directory = new_stage(state)
    except OSError as error:
        raise StagingError(f"cannot stage in {state}: {error.strerror}") from error
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)  # what stays, the next recovery removes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """One sync that is under way, with everything in ``directory`` until the commit."""

    survey: Survey
    settings: Settings
    environment: Mapping[str, str]
    on_event: Watcher
    directory: Path
    smoke: bool
    times: DirectoryTimes

    def stage(self) -> Stage:
        wanted = self.survey.plan.staged
        if not wanted:
            return Stage(root=self.directory, site=(), distributions=())
        started = time.perf_counter()
        self.on_event(Staging(total=len(wanted)))
        staged = self._stage(wanted, "prefix")
        files = [file for distribution in staged.distributions for file in distribution.files]
        self.on_event(
            Staged(
                total=len(staged.distributions),
                files=len(files),
                size=sum(file.size for file in files),
                seconds=time.perf_counter() - started,
            )
        )
        return staged

    def _stage(self, wanted: tuple[Selected, ...], place: str) -> Stage:
        prefix = self.directory / place
        try:
            prefix.mkdir()
        except OSError as error:
            raise StagingError(f"cannot stage in {prefix}: {error.strerror}") from error
        house = self.survey.wheelhouse
        if house is not None:
            from syncsteps.wheelhouse.housing import housed  # noqa: PLC0415 - few have one

            wanted = housed(wanted, house, Path(self.settings.wheelhouse))
        return stage(
            Selection(request=self.survey.selection.request, packages=wanted),
            lock=self.survey.lock,
            interpreter=self.survey.interpreter,
            directory=prefix,
            installer=self.settings.installer,
            options=StageOptions(
                source=self.settings.source,
                shared=self._shares(),
                jobs=max(1, int(self.settings.jobs)),
                builds=self._builds(),
            ),
            environment=self._environment(),
            on_line=lambda text: self.on_event(StagingLine(text=text)),
            on_progress=lambda progress: self.on_event(StagingProgress(progress=progress)),
            on_unpacked=lambda: flush_ahead(self.directory),
        )

    def _environment(self) -> Mapping[str, str]:
        """Return the variables for the installer."""
        if self._builds():
            return self.environment
        from syncsteps.wheelhouse.housing import (  # noqa: PLC0415 - as above
            offline,
            unbuilding,
        )

        change = unbuilding if self.survey.wheelhouse is None else offline
        return change(self.environment)

    def _builds(self) -> bool:
        """Whether an installer may build: what comes from a wheelhouse has been built."""
        return self.settings.build != "never" and self.survey.wheelhouse is None

    def prove(self, staged: Stage) -> tuple[Finding, ...]:
        """Ask the rules on what was staged; return what they find and nobody knew before."""
        if not staged.distributions:
            return ()
        found = verify_staged(
            staged_facts(staged, plan=self.survey.plan, interpreter=self.survey.interpreter),
            ignore=self.settings.ignore,
            policy=self.settings.policy,
        )
        findings = tuple(each for each in found if each not in self.survey.findings)
        self.on_event(Proven(findings=findings))
        refuse(findings)
        return findings

    def _shares(self) -> bool:
        """Whether nobody writes into staged files or sets their times."""
        return not self.smoke and self.times.epoch is None

    def smoke_imports(self, staged: Stage) -> tuple[tuple[ImportResult, ...], Stage]:
        """Import what came, and what stays but needs something of it; return a clean stage.

        Importing runs code, and code can write: what changed a staged file is staged once more, so
        that the files that go in are those of the lock.
        """
        own = self.survey.selection.own
        targets = [
            SmokeTarget(name=d.name, metadata=d.metadata, own=d.name in own)
            for d in staged.distributions
        ]
        targets += [
            SmokeTarget(name=keep.name, metadata=keep.installed.metadata)
            for keep in affected(self.survey.plan)
        ]
        before = witness(staged)
        imports = import_all(
            sorted(targets, key=lambda target: target.name),
            self.settings,
            self.environment,
            self.survey.interpreter,
            staged.site,
            self.on_event,
            hidden=self._retired(),
        )
        _refuse_failures(imports)
        changed = _with_rivals(changed_since(staged, before), staged)
        if not changed:
            return imports, staged
        self.on_event(Restaging(names=changed))
        again = self._stage(
            tuple(item for item in self.survey.plan.staged if item.name in changed), "again"
        )
        kept = tuple(d for d in staged.distributions if d.name not in changed)
        return imports, replace(staged, distributions=(*kept, *again.distributions))

    def _retired(self) -> tuple[Path, ...]:
        """Return the files that will be gone."""
        files = retired_files(self.survey.plan.retired, self.survey.interpreter)
        return tuple(map(Path, sorted(files)))

    def compile(self, staged: Stage) -> Stage:
        """Return ``staged`` with byte code, made from files that nobody has changed."""
        if not staged.distributions:
            return staged
        from syncsteps.staging.bytecode import add_bytecode  # noqa: PLC0415 - few ask for it

        started = time.perf_counter()
        compiled = add_bytecode(
            staged,
            interpreter=self.survey.interpreter,
            jobs=max(1, int(self.settings.jobs)),
            environment=self.environment,
        )
        total = len({f.target for d in compiled.distributions for f in d.files if f.is_bytecode})
        self.on_event(Compiled(total=total, seconds=time.perf_counter() - started))
        return compiled

    def commit(self, staged: Stage) -> tuple[Receipt, Change]:
        interpreter, plan = self.survey.interpreter, self.survey.plan
        flush_ahead(self.directory)  # what has been made ready since
        change = assemble(
            staged.distributions,
            plan.retired,
            interpreter=interpreter,
            directories=self.survey.ledger.directories,
        )
        receipt = self.survey.next_receipt(
            staged.distributions, directories=new_directories(change, interpreter=interpreter)
        )
        if plan.changes:
            self.on_event(Swapping(placed=len(change.place), retired=len(change.retire)))
        try:
            record = stage_receipt(receipt, stage=self.directory, state=self.survey.state)
            whole = replace(
                change,
                retire=(*change.retire, record.target),
                place=(*change.place, record),
                full=self._full(staged, change),
            )
            if self.times.epoch is not None:
                stamp((os.fspath(each.source) for each in whole.place), epoch=self.times.epoch)
        except OSError as error:
            raise StagingError(
                f"what was staged cannot be made ready: {error.strerror}: {error.filename}"
            ) from error
        roots = commit_roots(interpreter)
        targets = (Path(each.target) for each in whole.place)
        self.times.watch(
            itertools.chain(whole.retire, targets), below=(*roots, self.survey.state.parent)
        )
        commit(whole, state=self.survey.state, roots=roots)
        return receipt, change

    def _full(self, staged: Stage, change: Change) -> tuple[Path, ...]:
        """Return the staged directories all of whose files are placed, and nothing else."""
        if self.smoke or self.settings.compile_bytecode:
            return ()  # others have had their hands in there
        files = {file.target for each in staged.distributions for file in each.files}
        return staged.full if len(change.place) == len(files) else ()


def _with_rivals(names: tuple[str, ...], staged: Stage) -> tuple[str, ...]:
    """Return ``names`` and those that they share a file with, so that it stays the same one's."""
    found = set(names)
    while more := {
        name
        for clash in staged.clashes
        for name in (clash.loser, clash.winner)
        if {clash.loser, clash.winner} & found and name not in found
    }:
        found |= more
    return tuple(sorted(found))


def _refuse_failures(imports: Sequence[ImportResult]) -> None:
    failed = [result for result in imports if result.stops]
    if failed:
        raise SmokeError(
            f"{len(failed)} of {len(imports)} distributions do not import"
            f" ({', '.join(result.distribution for result in failed)}): nothing has been changed",
            hint="install what they miss, or leave a distribution or module out with"
            " --smoke-exclude",
        )

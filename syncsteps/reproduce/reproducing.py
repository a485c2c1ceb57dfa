"""The verb that does a sync once more, in a throwaway view, and says whether it is the same."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from syncsteps.errors import InterpreterError, SettingsError, SyncstepsError
from syncsteps.events import Outcome, Reproducing, TargetFound, silent
from syncsteps.interpreter import from_json
from syncsteps.reading import find_interpreter, read_project_lock
from syncsteps.receipts import make_receipt
from syncsteps.reproduce.comparing import compare, relocated
from syncsteps.reproduce.container import container_view, find_engine
from syncsteps.reproduce.copying import copied_view, require_copyable
from syncsteps.reproduce.inner import evidence_in, findings_in, imports_in
from syncsteps.reproduce.means import MeansMissingError
from syncsteps.reproduce.model import ENGINES, ISOLATIONS, Evidence, Reproduction
from syncsteps.reproduce.order import inner_variables
from syncsteps.reproduce.overlay import layers_of, overlay_view
from syncsteps.reproduce.running import own_path, run_sync
from syncsteps.reproduce.standard import read_against
from syncsteps.reproduce.untouched import require_same, traces

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from syncsteps.events import Watcher
    from syncsteps.interpreter.model import Interpreter
    from syncsteps.locks.model import Lock
    from syncsteps.reproduce.model import Against
    from syncsteps.reproduce.running import Ran
    from syncsteps.reproduce.view import View
    from syncsteps.settings import Settings

__all__ = ["reproduce"]


def reproduce(
    settings: Settings,
    *,
    environment: Mapping[str, str] = os.environ,
    on_event: Watcher = silent,
    isolation: str = "auto",
    image: str = "",
    against: Path | None = None,
    scratch: Path | None = None,
    shell: bool = False,
) -> Outcome:
    """Do the sync of these settings in a throwaway view, and return what it came to there.

    ``isolation`` is one of `ISOLATIONS`: a layer over the directories of the real system (Linux),
    a copy of the interpreter, or a container of ``image``. By default it is a container where an
    image is named, else a layer, or where that cannot be a copy. The real system is not changed:
    what is in its directories is looked at before and after. What is written goes to memory, or to
    a directory of its own in ``scratch``, and is thrown away at the end; before, with ``shell``,
    the user's shell is run in the view, on this process's terminal. A value that ``settings`` have
    not, or an empty list, is what ``[tool.syncsteps]`` of the project says.

    ``against`` is the file of a receipt, or of the document that another sync wrote. Equal are the
    two if the same distributions have the same digests; if not, the outcome's ``reproduction`` has
    the differences. For that, the lock has to select the same files, with the same options, for a
    Python of the same implementation, minor version and platform; what is built has to come out
    the same; the same has to be there before, since that is no part of a receipt; and the
    directories of the interpreter have to lie to one another as they do there. Where it lies itself
    does not matter: its path is in the first lines of scripts, and they are compared as if it were
    the same (but for the programs that start scripts on Windows).

    Raises:
        SettingsError: arguments that exclude each other, or a file that cannot be read.
        InterpreterError: the view cannot be had; the hint says how it can (exit 4).
        CheckError: ``against`` is no receipt; or others have changed the system meanwhile.
        SyncstepsError: what the sync in the view ended with: any that `sync` raises.

    Example:
        >>> outcome = reproduce(Settings(directory=Path("service")))
        >>> [entry.name for entry in outcome.receipt.entries]
        ['alpha', 'beta']
        >>> outcome.changed, outcome.reproduction.differences
        (False, ())
    """
    started = time.perf_counter()
    _refuse_arguments(settings, isolation, image)
    standard = None if against is None else read_against(against)
    run = _Run(
        settings=settings,
        variables=inner_variables(settings, environment),
        on_event=on_event,
        scratch=scratch,
        shell=shell,
    )
    lock = read_project_lock(settings, environment=environment)
    with _no_bytecode():
        if image:
            made = run.in_container(image, "auto" if isolation == "auto" else isolation)
        else:
            interpreter = find_interpreter(settings, environment=environment)
            on_event(TargetFound(interpreter=interpreter))
            made = run.beside(interpreter, isolation)
    outcome = _outcome(made, lock, image, standard)
    return replace(outcome, seconds=time.perf_counter() - started)


def _refuse_arguments(settings: Settings, isolation: str, image: str) -> None:
    if isolation not in ISOLATIONS:
        raise SettingsError(f"isolation {isolation!r} is none of {', '.join(ISOLATIONS)}")
    if isolation in ENGINES and not image:
        raise SettingsError(f"{isolation} needs an image", hint="name it with --image IMAGE")
    if image and isolation in {"overlay", "copy"}:
        raise SettingsError(
            f"--image is for container engines, and not for --isolation {isolation}",
            hint="leave one of them out",
        )
    if settings.interpreter:
        raise SettingsError(
            f"{', '.join(settings.interpreter)}: recorded, and this needs the interpreter itself",
            hint="name it with --python, or its image with --image",
        )


@contextlib.contextmanager
def _no_bytecode() -> Iterator[None]:
    """Write no byte code of this tool's own: it may lie in the directories that stay untouched."""
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        yield
    finally:
        sys.dont_write_bytecode = before


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """A sync that was done in a view."""

    isolation: str
    ran: Ran
    interpreter: Interpreter
    untouched: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """A reproduction that is to be made."""

    settings: Settings
    variables: Mapping[str, str]
    on_event: Watcher
    scratch: Path | None
    shell: bool

    def beside(self, interpreter: Interpreter, isolation: str) -> _Made:
        """Make it in a view of ``interpreter``, which is looked at before and after."""
        layers = layers_of(interpreter)
        _require_elsewhere(self.scratch, layers)
        before = traces(layers)
        try:
            kind, ran = self._by_any(interpreter, isolation)
        except SyncstepsError:
            require_same(before, traces(layers))
            raise
        return _Made(
            isolation=kind,
            ran=ran,
            interpreter=interpreter,
            untouched=require_same(before, traces(layers)),
        )

    def _by_any(self, interpreter: Interpreter, isolation: str) -> tuple[str, Ran]:
        reason = ""
        if isolation != "copy":
            try:
                return "overlay", self._in_overlay(interpreter)
            except MeansMissingError as error:
                if isolation == "overlay":
                    raise
                # If neither can be, the better one is what to get the means for.
                with contextlib.suppress(MeansMissingError):
                    require_copyable(interpreter)
                    reason = str(error)
                if not reason:
                    raise
        return "copy", self._in_copy(interpreter, reason)

    def _in_overlay(self, interpreter: Interpreter) -> Ran:
        with (
            self._work() as work,
            overlay_view(
                interpreter,
                work=work,
                directory=self._directory,
                memory=self.scratch is None,
                path=own_path(),
                variables=self.variables,
            ) as view,
        ):
            layers = ", ".join(map(str, layers_of(interpreter)))
            self.on_event(Reproducing(isolation="overlay", of=layers))
            return self._sync(view, work, known=True)

    def _in_copy(self, interpreter: Interpreter, reason: str) -> Ran:
        self.on_event(Reproducing(isolation="copy", of=str(interpreter.prefix), reason=reason))
        with (
            self._work() as work,
            copied_view(
                interpreter,
                work=work,
                path=own_path(),
                directory=self._directory,
                variables=self.variables,
            ) as view,
        ):
            return self._sync(view, work, known=True)

    def in_container(self, image: str, engine: str) -> _Made:
        """Make it in a container of ``image``."""
        found = find_engine(engine, variables=self.variables)
        self.on_event(Reproducing(isolation=found, of=image))
        with (
            self._work() as work,
            container_view(
                image, engine=found, settings=self.settings, work=work, variables=self.variables
            ) as view,
        ):
            ran = self._sync(view, work, known=False)
        return _Made(
            isolation=found,
            ran=ran,
            interpreter=from_json(
                ran.collected["interpreter"], file=f"what {image} says of itself"
            ),
        )

    def _sync(self, view: View, work: Path, *, known: bool) -> Ran:
        return run_sync(
            view,
            self.settings,
            work=work,
            on_event=self.on_event,
            known=known,
            shell=self.shell,
        )

    @property
    def _directory(self) -> Path:
        """Where the inner run starts: as this one, or where its lock is to be found."""
        return Path.cwd() if self.settings.lock else self.settings.directory.absolute()

    @contextlib.contextmanager
    def _work(self) -> Iterator[Path]:
        try:
            made = tempfile.TemporaryDirectory(
                prefix="syncsteps-reproduce-", dir=self.scratch, ignore_cleanup_errors=True
            )
        except OSError as error:
            raise SettingsError(
                f"no directory for what is written can be made: {error.strerror}",
                hint="name where with --scratch DIR, or in TMPDIR",
            ) from error
        with made as directory:
            yield Path(directory).resolve()


def _require_elsewhere(scratch: Path | None, layers: Sequence[Path]) -> None:
    """Make sure that nothing is written to the real system before the view is there.

    Raises:
        SettingsError: ``scratch``, or the usual directory, lies in one of its directories.
    """
    with contextlib.suppress(FileNotFoundError):  # where there is none, nothing can be made
        scratch = scratch or Path(tempfile.gettempdir())
        real = Path(os.path.realpath(scratch))
        # The root directory cannot be covered, and it is said why.
        if any(real.is_relative_to(layer) for layer in layers if layer != layer.parent):
            raise SettingsError(
                f"the directory for temporary files, {scratch}, is one that a sync may write in",
                hint="name another one with --scratch DIR, or in TMPDIR",
            )


def _outcome(made: _Made, lock: Lock, image: str, standard: Against | None) -> Outcome:
    document = made.ran.document
    try:
        evidence = evidence_in(document, made.ran.collected)
        if evidence is not None and made.isolation == "copy":
            evidence = relocated(evidence, str(made.interpreter.executable))
        outcome = Outcome(
            verb="reproduce",
            interpreter=made.interpreter,
            lock=lock,
            findings=findings_in(document),
            imports=imports_in(document),
            receipt=None if evidence is None else evidence.receipt,
            placed=document["placed"],
            retired=document["retired"],
            size=document["size"],
            seconds=0,
        )
        found = Reproduction(
            isolation=made.isolation,
            image=image,
            untouched=made.untouched,
            plan=tuple(document["plan"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InterpreterError(f"what came out of the view is damaged: {error!r}") from error
    if standard is not None:
        there = standard.receipt
        empty = make_receipt(there.project, lock=lock, python=made.interpreter.version, entries=())
        evidence = evidence or Evidence(
            receipt=empty, executable=str(made.interpreter.executable), trees={}
        )
        evidence, differences = compare(evidence, standard)
        found = replace(
            found,
            against=str(standard.file),
            differences=differences,
            remarks=tuple(_remarks(evidence, standard)),
        )
        outcome = replace(outcome, receipt=evidence.receipt)
    if evidence is not None:
        found = replace(found, executable=evidence.executable)
        outcome = replace(
            outcome, listings={name: tree.listing for name, tree in evidence.trees.items()}
        )
    return replace(outcome, reproduction=found)


def _remarks(evidence: Evidence, standard: Against) -> Iterator[str]:
    here, there = evidence.receipt, standard.receipt
    if here.python != there.python:
        yield f"Python is {there.python} there, and {here.python} here"
    if here.lock_digest != there.lock_digest:
        yield f"the lock is another one there: sha256:{there.lock_digest}, here {here.lock_digest}"

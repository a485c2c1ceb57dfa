"""Importing many distributions: in parallel, once more what fails, and all stopped on Ctrl-C."""

from __future__ import annotations

import contextlib
import tempfile
import threading
from dataclasses import replace
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Protocol

from syncsteps.errors import SmokeError
from syncsteps.smoke.advice import Extras, advised
from syncsteps.smoke.attempt import Starter
from syncsteps.smoke.candidates import candidate_of
from syncsteps.smoke.judging import Ending, judge
from syncsteps.smoke.keepers import Keeper, can_keep
from syncsteps.smoke.linking import Linker
from syncsteps.smoke.model import ImportResult, Verdict
from syncsteps.smoke.policy import SmokePolicy
from syncsteps.smoke.recorded import brings_linked, have_bytecode, startup_files
from syncsteps.smoke.retired import stand_ins
from syncsteps.smoke.throwaway import ChildSettings, Throwaway

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from syncsteps.interpreter.model import Interpreter
    from syncsteps.smoke.model import Candidate, SmokeTarget

__all__ = ["smoke_imports"]

# On Windows, Ctrl-C is seen only between two waits.
_TICK = 0.5
_EVERYTHING = SmokePolicy()


class _Way(Protocol):
    """How a test is run."""

    def run(self, candidate: Candidate, files: Throwaway, *, fresh: bool) -> Ending:
        """Import in a child and return how it ended."""

    def close(self) -> None:
        """Kill everything, from whatever thread."""


def smoke_imports(  # noqa: PLR0913 - on so much does an import depend
    targets: Sequence[SmokeTarget],
    *,
    interpreter: Interpreter,
    site: tuple[Path, ...],
    jobs: int,
    timeout: float,
    environment: Mapping[str, str],
    on_result: Callable[[ImportResult], None],
    hidden: tuple[Path, ...] = (),
    policy: SmokePolicy = _EVERYTHING,
    forking: bool = True,
) -> tuple[ImportResult, ...]:
    """Import every distribution in a process of its own; return the verdicts, in their order.

    ``site`` are staged site directories, which come before the installed ones on the children's
    ``sys.path``; empty to try what is installed. ``hidden`` are installed files that will be
    retired: nothing finds them. ``jobs`` children run at a time, each for at most ``timeout``
    seconds. ``environment`` is what the few variables that a child needs are taken from.
    ``policy`` says what of the distributions is tried; those that it leaves out have no verdict. It
    says as well whether the network may be used; where the system does not let it be taken away it
    can be, and each result says so.

    On Linux, children are forks of a process that has loaded the standard library, unless a
    ``.pth`` file does what forks do not survive; elsewhere, and with ``forking`` false, each is a
    process of its own. Whatever does not import is tried once more, alone and in a fresh process,
    before that is its verdict. ``on_result`` gets each verdict when it is final, in the caller's
    thread. Nothing is written outside of throwaway directories, unless a module knows a path there
    by itself.

    Raises:
        InterpreterError: the interpreter cannot be started.
        SmokeError: a distribution's metadata cannot be read, or there is no room for the
            throwaway directories.
    """
    targets = [target for target in targets if not policy.leaves_out(target.name)]
    with contextlib.ExitStack() as stack:
        with _setting_up():
            directory = Path(
                stack.enter_context(
                    tempfile.TemporaryDirectory(
                        prefix="syncsteps-smoke-", ignore_cleanup_errors=True
                    )
                )
            ).resolve()
            settings = ChildSettings(
                executable=interpreter.executable,
                site=site,
                timeout=timeout,
                environment=environment,
                stand_ins=_stand_ins(hidden, interpreter, directory),
                network=policy.network,
                linked=not any(brings_linked(target) for target in targets),
                bytecode=None if have_bytecode(targets) else directory / "bytecode",
            )
        run = _Run(
            targets,
            partial(candidate_of, tags=interpreter.tags, policy=policy),
            Linker(interpreter, site, environment),
            settings,
            directory,
            on_result,
        )
        return run.results(jobs, keeping=forking and can_keep())


@contextlib.contextmanager
def _setting_up() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SmokeError(
            f"The import tests cannot be set up: {error}",
            hint="Make room in the directory for temporary files, or set TMPDIR to another.",
        ) from error


def _stand_ins(
    files: tuple[Path, ...], interpreter: Interpreter, directory: Path
) -> tuple[tuple[Path, Path], ...]:
    if not files:
        return ()
    place = directory / "site"
    place.mkdir()
    return stand_ins(files, site=interpreter.sys_path, directory=place)


class _Run:
    """All the tests of one call."""

    def __init__(
        self,
        targets: Sequence[SmokeTarget],
        find: Callable[[SmokeTarget], Candidate],
        linker: Linker,
        settings: ChildSettings,
        directory: Path,
        on_result: Callable[[ImportResult], None],
    ) -> None:
        self._targets = targets
        self._find = find
        self._candidates: dict[int, Candidate] = {}
        self._linker = linker
        self._settings = settings
        self._directory = directory
        self._on_result = on_result
        self._extras = Extras(self._targets)
        self._results: dict[int, ImportResult] = {}
        self._ways: list[_Way] = []

    def results(self, jobs: int, *, keeping: bool) -> tuple[ImportResult, ...]:
        """Do every test, and again, alone, those that fail."""
        first: dict[int, ImportResult] = {}

        def judge_first(index: int, result: ImportResult) -> None:
            if result.verdict is Verdict.OK:
                self._settle(index, result)
            else:
                first[index] = result

        def judge_again(index: int, result: ImportResult) -> None:
            self._settle(index, _compared(first[index], result))

        try:
            for number in range(min(max(1, jobs), len(self._targets))):
                self._ways.append(self._way(number, keeping=keeping))
            self._each(self._wanted(), self._ways, judge_first, fresh=False)
            self._each(sorted(first), self._ways[:1], judge_again, fresh=True)
        finally:
            for way in self._ways:
                way.close()
        return tuple(self._results[index] for index in range(len(self._targets)))

    def _wanted(self) -> Iterator[int]:
        """Yield those that have something to try, each as soon as it is known what."""
        for index, target in enumerate(self._targets):
            candidate = self._candidates[index] = self._find(target)
            if candidate.steps:
                yield index
            else:
                nothing = ImportResult(distribution=candidate.name, verdict=Verdict.NOTHING)
                self._settle(index, self._linker.linked(nothing, target))

    def _way(self, number: int, *, keeping: bool) -> _Way:
        if not keeping:
            return Starter(self._settings)
        directory = self._directory / f"keeper-{number}"
        with _setting_up():
            directory.mkdir()
        return Keeper(self._settings, directory)

    def _settle(self, index: int, result: ImportResult) -> None:
        effects = result.effects
        own = startup_files(self._targets[index]) if effects.startup else frozenset()
        startup = tuple(each for each in effects.startup if each.partition(" ")[0] in own)
        final = advised(
            replace(result, effects=replace(effects, startup=startup)),
            self._extras,
            self._linker.package,
        )
        self._results[index] = final
        self._on_result(final)

    def _each(
        self,
        indices: Iterable[int],
        ways: Sequence[_Way],
        on_end: Callable[[int, ImportResult], None],
        *,
        fresh: bool,
    ) -> None:
        """Hand on results as they come; whatever is raised here, every child is dead by then.

        The tests begin with the first of ``indices``, while the next is looked for.
        """
        todo: SimpleQueue[int | None] = SimpleQueue()
        ended: SimpleQueue[tuple[int, ImportResult] | BaseException] = SimpleQueue()
        threads: list[threading.Thread] = []
        count = 0
        try:
            for index in indices:
                todo.put(index)
                count += 1
                if len(threads) < len(ways):
                    arguments = (ways[len(threads)], todo, ended, fresh)
                    threads.append(threading.Thread(target=self._work, args=arguments, daemon=True))
                    threads[-1].start()
            for _ in range(count):
                on_end(*_next(ended))
        except BaseException:
            for way in self._ways:
                way.close()
            raise
        finally:
            for _ in threads:
                todo.put(None)
            for thread in threads:
                thread.join()

    def _work(
        self,
        way: _Way,
        todo: SimpleQueue[int | None],
        ended: SimpleQueue[tuple[int, ImportResult] | BaseException],
        fresh: bool,  # noqa: FBT001 - a thread's target
    ) -> None:
        """Do tests until there are no more, in a thread of its own."""
        try:
            while (index := todo.get()) is not None:
                ended.put((index, self._test(way, index, fresh=fresh)))
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            ended.put(error)

    def _test(self, way: _Way, index: int, *, fresh: bool) -> ImportResult:
        candidate = self._candidates[index]
        with (
            _setting_up(),
            tempfile.TemporaryDirectory(
                prefix=f"{index}-", dir=self._directory, ignore_cleanup_errors=True
            ) as name,
        ):
            files = Throwaway(Path(name), candidate, self._settings)
            ending = way.run(candidate, files, fresh=fresh)
            result = judge(candidate, self._settings, files, ending)
        return self._linker.linked(result, self._targets[index])


def _next(
    ended: SimpleQueue[tuple[int, ImportResult] | BaseException],
) -> tuple[int, ImportResult]:
    """Return what came first of all that was waited for, or raise it."""
    while True:
        with contextlib.suppress(Empty):
            message = ended.get(timeout=_TICK)
            if isinstance(message, BaseException):
                raise message
            return message


def _compared(first: ImportResult, second: ImportResult) -> ImportResult:
    """Return the verdict on what failed at first."""
    if second.verdict is not Verdict.OK:
        return second
    return replace(
        second,
        verdict=Verdict.FLAKY,
        module=first.module,
        exception=first.exception,
        frames=first.frames,
    )

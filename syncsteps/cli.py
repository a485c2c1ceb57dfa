"""The command line: arguments in, one call of the pipeline, an exit code out."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TextIO

from syncsteps import exporting, report
from syncsteps.arguments import make_parser
from syncsteps.errors import SyncstepsError
from syncsteps.output import give_up_on_standard_output, is_stream, require_places, write
from syncsteps.reading import looking
from syncsteps.settings import Settings, load_settings
from syncsteps.watching import RunWatcher

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from syncsteps.caching.recording import Recording
    from syncsteps.events import Outcome
    from syncsteps.report import Console

__all__ = ["entry_point", "main"]

_INTERRUPTED = 130
# The verbs that ask the target all that there is to ask.
_PROBING = frozenset({"check", "fetch", "install", "smoke", "sync", "verify"})
# The verbs that look at the interpreter that pyproject.toml names a snapshot of.
_FOR_RECORDED = frozenset({"export", "verify"})


def entry_point(recording: Recording | None = None) -> NoReturn:
    """Run the command line and end the process with its exit code; ``recording`` as for `main`."""
    if sys.stderr is None:  # its descriptor was closed before the start: nobody listens
        sys.stderr = io.StringIO()
    status = main(recording=recording)
    give_up_on_standard_output()
    sys.exit(status)


def main(
    argv: Sequence[str] | None = None,
    *,
    environment: Mapping[str, str] = os.environ,
    directory: Path | None = None,
    recording: Recording | None = None,
) -> int:
    """Run one verb and return the exit code of the process.

    ``argv`` are the arguments after the program's name (default: the process's), ``directory`` is
    where relative paths start (default: the current one). The report goes to standard error, what
    was asked for (an export, a snapshot, ``--json -``) to standard output. ``recording`` keeps what
    the run comes to, if that is what the next one like it would come to as well.
    """
    stream = sys.stderr if recording is None else recording.stream
    parser = make_parser(sys.argv[1:] if argv is None else argv)
    try:
        arguments = parser.parse_args(argv)
    except SystemExit as stop:  # argparse ends with 0 after --help and with 2 on misuse
        return int(stop.code or 0)
    console = report.Console(stream)
    try:
        if arguments.verb == "explain":
            from syncsteps.explain import explain  # noqa: PLC0415 - it needs every rule

            return explain(arguments.code)
        settings = load_settings(
            vars(arguments),
            environment=environment,
            directory=directory or Path.cwd(),
            recorded=arguments.verb in _FOR_RECORDED,
        )
        console = _console(settings, stream, environment)
        require_places((*settings.reports, *_own_output(arguments)))
        watcher = RunWatcher(arguments.verb, console, directory or Path.cwd(), recording)
        moment = time.time_ns()
        with _terminated():
            status = _run(arguments, settings, watcher, environment)
            if recording is not None and status == 0:
                why_not = recording.keep(environment)
                if why_not and settings.verbose:
                    console.line(f"not kept as an answer to the next run: {why_not}")
            if not settings.no_cache:
                _keep(watcher, settings, environment, moment)
            return status
    except SyncstepsError as error:
        console.close()
        console.error(error)
        return error.exit_code
    except KeyboardInterrupt:
        console.close()
        console.line("interrupted: nothing has been changed")
        return _INTERRUPTED
    finally:
        console.close()


def _keep(
    watcher: RunWatcher, settings: Settings, environment: Mapping[str, str], moment: int
) -> None:
    """Keep for the next run what was found in the lock and in the target."""
    # The run is over and its result told: that is so, too, if somebody will not wait for this.
    with contextlib.suppress(OSError, ValueError, RecursionError, KeyboardInterrupt):
        # Nor does anybody wait for these.
        from syncsteps.caching.parsed import keep_lock  # noqa: PLC0415
        from syncsteps.caching.probes import keep_probe  # noqa: PLC0415

        if watcher.lock is not None and not settings.default_groups:  # which would be in there
            keep_lock(watcher.lock, settings=settings, environment=environment, moment=moment)
        asked = watcher.verb in _PROBING and not settings.interpreter
        if asked and watcher.outcome is not None and not watcher.swapping:
            keep_probe(
                watcher.outcome.interpreter,
                settings=settings,
                environment=environment,
                moment=moment,
            )


def _own_output(arguments: argparse.Namespace) -> tuple[str, ...]:
    """Return where the text goes that a verb is asked for, if it is asked for one."""
    return (arguments.output,) if arguments.verb in {"export", "inspect"} else ()


def _run(
    arguments: argparse.Namespace,
    settings: Settings,
    watcher: RunWatcher,
    environment: Mapping[str, str],
) -> int:
    console = watcher.console
    try:
        return _run_verb(arguments, settings, watcher, environment)
    except SyncstepsError as error:
        console.close()
        _tell(settings, watcher, environment, outcomes=watcher.so_far, error=error)
        raise
    except KeyboardInterrupt:
        if not watcher.swapping:
            raise
        console.close()
        console.line(
            "interrupted during the swap: all of it is undone or all of it is done, at the latest"
            " by `syncsteps recover`; `syncsteps check` says which"
        )
        return _INTERRUPTED


def _run_verb(
    arguments: argparse.Namespace,
    settings: Settings,
    watcher: RunWatcher,
    environment: Mapping[str, str],
) -> int:
    verb: str = arguments.verb
    if verb == "export":
        texts = exporting.export(
            settings,
            environment=environment,
            on_event=watcher,
            file_format=arguments.format,
            universal=arguments.universal,
            annotate=arguments.annotate,
            base=settings.directory if arguments.output == "-" else Path(arguments.output).parent,
        )
        write(arguments.output, texts.hashed)
        wrote: list[tuple[str, str | None]] = [(arguments.output, texts.hashed)]
        if arguments.format == "requirements.txt":
            wrote += _write_unhashed(arguments.output, texts.unhashed, watcher.console)
        watcher.exported(settings, wrote)
        if settings.reports:
            _tell(settings, watcher, environment, outcomes=watcher.so_far)
        return 0
    if verb == "inspect":
        from syncsteps.interpreter import to_json  # noqa: PLC0415 - no other verb needs it

        interpreter = exporting.inspect(settings, environment=environment)
        write(arguments.output, to_json(interpreter))
        return 0
    if verb == "verify" and len(settings.interpreter) > 1:
        return _verify_targets(settings, watcher, environment)
    if verb == "fetch":
        from syncsteps.fetching import fetch  # noqa: PLC0415 - no other verb needs it

        return _finish(
            fetch(settings, environment=environment, on_event=watcher),
            settings,
            watcher,
            environment,
        )
    if verb == "reproduce":
        from syncsteps.reproduce.reproducing import reproduce  # noqa: PLC0415 - as above

        outcome = reproduce(
            settings,
            environment=environment,
            on_event=watcher,
            isolation=arguments.isolation,
            image=arguments.image,
            against=watcher.directory / arguments.against if arguments.against else None,
            scratch=watcher.directory / arguments.scratch if arguments.scratch else None,
            shell=arguments.shell,
        )
        return _finish(outcome, settings, watcher, environment)
    outcome = _run_pipeline(arguments, settings, watcher, environment)
    return _finish(outcome, settings, watcher, environment)


def _run_pipeline(
    arguments: argparse.Namespace,
    settings: Settings,
    watcher: RunWatcher,
    environment: Mapping[str, str],
) -> Outcome:
    options: dict[str, object] = {}
    with contextlib.ExitStack() as stack:
        if arguments.verb in {"sync", "install"}:
            options["dry_run"] = arguments.dry_run
        if arguments.verb != "recover" and not settings.interpreter:
            # The target answers while the rest is imported.
            options["look"] = stack.enter_context(looking(settings, environment=environment))
        from syncsteps import pipeline  # noqa: PLC0415 - exporting needs only a small part of it

        calls: dict[str, Callable[..., Outcome]] = {
            "sync": pipeline.sync,
            "install": pipeline.install,
            "verify": pipeline.verify,
            "smoke": pipeline.smoke,
            "check": pipeline.check,
            "recover": pipeline.recover,
        }
        call = calls[arguments.verb]
        return call(settings, environment=environment, on_event=watcher, **options)


def _finish(
    outcome: Outcome, settings: Settings, watcher: RunWatcher, environment: Mapping[str, str]
) -> int:
    """Tell what a run came to, everywhere, and return the exit code."""
    if len(settings.interpreter) == 1:
        from syncsteps.matrix import target_names  # noqa: PLC0415 - as above

        outcome = replace(outcome, target=target_names(settings.interpreter)[0])
    console = watcher.console
    console.close()
    console.outcome(outcome)
    error = report.error_of(outcome)
    if error is not None:
        console.error(error)
    _tell(settings, watcher, environment, outcomes=(outcome,), error=error)
    if environment.get("GITHUB_ACTIONS") != "true":  # there, it is told elsewhere as well
        watcher.ended(settings, outcome)
    return error.exit_code if error is not None else 0


def _verify_targets(settings: Settings, watcher: RunWatcher, environment: Mapping[str, str]) -> int:
    from syncsteps.matrix import verify_targets  # noqa: PLC0415 - hardly any other run needs it

    outcomes = verify_targets(settings, environment=environment)
    watcher.console.matrix(outcomes)
    error = report.error_of_targets(outcomes)
    if error is not None:
        watcher.console.error(error)
    _tell(settings, watcher, environment, outcomes=outcomes, error=error)
    return error.exit_code if error is not None else 0


def _tell(
    settings: Settings,
    watcher: RunWatcher,
    environment: Mapping[str, str],
    *,
    outcomes: Sequence[Outcome],
    error: SyncstepsError | None = None,
) -> None:
    """Write what a run came to wherever it is wanted besides the console."""
    if settings.reports or environment.get("GITHUB_ACTIONS") == "true":
        report.tell(
            watcher.verb,
            settings,
            watcher.console,
            outcomes=outcomes,
            error=error,
            environment=environment,
            directory=watcher.directory,
        )


def _console(settings: Settings, stream: TextIO, environment: Mapping[str, str]) -> Console:
    kind = report.Console
    if stream.isatty() and not settings.no_progress:
        kind = report.TerminalConsole
    elif environment.get("FORCE_COLOR") and not environment.get("NO_COLOR"):
        kind = report.ColourConsole
    return kind(
        stream,
        quiet=settings.quiet,
        verbose=settings.verbose,
        progress=not settings.no_progress,
    )


@contextlib.contextmanager
def _terminated() -> Iterator[None]:
    """Treat SIGTERM and SIGHUP like Ctrl-C: a cancelled job, a closed terminal clean up as well.

    What the process ignores (``nohup``) stays ignored. Outside of the main thread no handler can be
    set, and the process's own stay in force.
    """

    def interrupt(_number: int, _frame: object) -> NoReturn:
        raise KeyboardInterrupt

    before = {
        number: signal.getsignal(number)
        for number in (getattr(signal, name, None) for name in ("SIGTERM", "SIGHUP"))
        if number is not None and signal.getsignal(number) not in {None, signal.SIG_IGN}
    }
    try:
        for number in before:
            signal.signal(number, interrupt)
    except ValueError:
        before = {}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _write_unhashed(target: str, text: str, console: Console) -> list[tuple[str, str | None]]:
    """Write what cannot carry a hash beside ``target``; to standard output goes none of it.

    What an earlier export has left there is of another selection: it does not stay. Returned is
    where to and what was written, None where there was no need to and no file.
    """
    second = (
        None if is_stream(target) else Path(target).with_suffix(f".unhashed{Path(target).suffix}")
    )
    if second is None and text:
        # Comments and continued lines are indented.
        names = [line.split(" ")[0] for line in text.splitlines() if line[:1] not in {"#", " "}]
        console.line(
            "warning: these cannot carry a hash and are left out; -o FILE writes them to a second"
            f" file: {', '.join(names)}"
        )
    elif second is not None and text:
        write(str(second), text)
        console.say(f"what cannot carry a hash is in {second}: install it without --require-hashes")
        return [(str(second), text)]
    elif second is not None and second.is_file():
        nothing = "# Everything carries a hash.\n"
        write(str(second), nothing)
        console.say(f"{second} is empty now: everything carries a hash")
        return [(str(second), nothing)]
    return [] if second is None else [(str(second), None)]

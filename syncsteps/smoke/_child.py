"""Runs inside the target: imports the modules of one distribution and reports what happened.

Standard library only, and nothing newer than Python 3.6 can parse. The request is JSON on standard
input: ``modules``, ``optional`` (normalized names of requirements that may be missing), ``site``
(directories to put before the installed ones), ``report`` and ``trace`` (files to write) and
``nonce``. It is started with ``-S``, so that ``sys.path`` holds the
standard library alone until the staged directories stand before the installed ones: an installed
``.pth`` file or namespace package must not get there first.

Each line of the report is the nonce, a space and a JSON object: ``{"importing": module}`` before
each import, ``{"excused": …}`` after it, then ``{"failed": …}``, ``{"exited": …}`` or
``{"done": true}``. The file is opened
anew for each line, because a module may close every descriptor that it finds.
"""

import faulthandler
import importlib
import json
import os
import site
import sys
import traceback

if sys.platform != "win32":
    import resource

# What Django raises where it is used outside a project: the import got as far as it can.
_UNCONFIGURED = (
    "django.core.exceptions.AppRegistryNotReady",
    "django.core.exceptions.ImproperlyConfigured",
)
_MAXIMUM_FRAMES = 5
_MAXIMUM_TEXT = 1000


class Report:
    """The file that the parent reads; only the process that was started writes to it."""

    def __init__(self, path: str, nonce: str) -> None:
        self._path = path
        self._nonce = nonce
        self._pid = os.getpid()
        # A module may replace these in `os` (gevent does) or break them.
        self._getpid, self._open, self._write, self._close = os.getpid, os.open, os.write, os.close

    def add(self, **entry: object) -> None:
        """Append one line; silently from a fork, which is not the process that is waited for."""
        if self._getpid() != self._pid:
            return
        line = f"{self._nonce} {json.dumps(entry)}\n"
        descriptor = self._open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._write(descriptor, line.encode("ascii"))
        self._close(descriptor)


def on_one_line(text: str) -> str:
    """Collapse white space and cut to a length that fits a report."""
    line = " ".join(text.split())
    return line if len(line) <= _MAXIMUM_TEXT else line[:_MAXIMUM_TEXT] + "..."


def describe(error: BaseException) -> str:
    """Return the exception's type and message on one line, with what it was raised from."""
    kind = type(error)
    name = kind.__name__
    if kind.__module__ != "builtins":
        name = f"{kind.__module__}.{name}"
    try:
        message = str(error)
    except BaseException as second:  # noqa: BLE001 - the message is the module's own code, too
        message = f"(its message cannot be shown: {type(second).__name__})"
    text = f"{name}: {message}" if message else name
    if error.__cause__ is not None and error.__cause__ is not error:
        text += f" (from {describe_cause(error)})"
    return on_one_line(text)


def describe_cause(error: BaseException) -> str:
    """Return the type and message of the first exception in the chain of ``raise ... from``."""
    seen = set()
    while error.__cause__ is not None and id(error) not in seen:
        seen.add(id(error))
        error = error.__cause__
    return "".join(traceback.format_exception_only(type(error), error)).strip()


def frames(error: BaseException) -> "list[str]":
    """Return the last frames outside this script and the import system, innermost last."""
    lines = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        machinery = code.co_filename.startswith("<frozen importlib")
        own = trace.tb_frame.f_globals is globals()
        if not (own or machinery or code.co_filename == importlib.__file__):
            lines.append(f"{code.co_filename}:{trace.tb_lineno} in {code.co_name}")
        trace = trace.tb_next
    if isinstance(error, SyntaxError) and error.filename:
        lines.append(f"{error.filename}:{error.lineno} in <module>")
    return lines[-_MAXIMUM_FRAMES:]


def is_excused(error: BaseException, optional: "list[str]") -> bool:
    """Whether a module is there and only wants an optional dependency or a configuration."""
    if isinstance(error, ModuleNotFoundError) and error.name:
        missing = error.name.lower().replace("_", "-")
        return missing.partition(".")[0] in optional or missing.replace(".", "-") in optional
    kinds = type(error).__mro__
    return any(f"{kind.__module__}.{kind.__qualname__}" in _UNCONFIGURED for kind in kinds)


def prepare(site_directories: "list[str]") -> None:
    """Make the process what the modules will find: no input, and the path after installation."""
    if sys.platform != "win32":
        # A crash is a verdict here; nobody wants its core dump.
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    for directory in site_directories:
        site.addsitedir(directory)
    site.main()


def attempt(modules: "list[str]", optional: "list[str]", report: Report) -> None:
    """Import each module, up to the first that fails without an excuse."""
    for module in modules:
        report.add(importing=module)
        try:
            importlib.import_module(module)
        except SystemExit as error:
            report.add(exited=describe(error), frames=frames(error))
            return
        except BaseException as error:  # noqa: BLE001 - nothing that a module raises gets away
            if is_excused(error, optional):
                report.add(excused=describe(error))
                continue
            report.add(failed=describe(error), frames=frames(error))
            return
    report.add(done=True)


def main() -> None:
    """Do what the request on standard input says, and leave without running anyone's exit code."""
    request = json.loads(sys.stdin.buffer.read().decode("utf-8"))
    # Open until the end: faulthandler keeps the descriptor, not the file.
    trace = os.open(request["trace"], os.O_WRONLY | os.O_CREAT, 0o600)
    faulthandler.enable(file=trace, all_threads=False)
    report = Report(request["report"], request["nonce"])
    prepare(request["site"])
    attempt(request["modules"], request["optional"], report)
    os._exit(0)


if __name__ == "__main__":
    main()

"""Runs inside the target: tries what one distribution offers and reports what happened.

Standard library only, and nothing newer than Python 3.6 can parse. What is to be done comes as a
dictionary: ``modules``, ``deeper``, ``objects`` and ``statements`` to try in this order,
``optional`` (normalized names of requirements and modules that may be missing), ``report`` and
``trace`` (files to write) and ``nonce``.

Each line of the report is the nonce, a space and a JSON object: ``{"importing": step}`` before
each step, ``{"took": seconds}`` or ``{"excused": ...}`` after it, then ``{"failed": ...}``,
``{"exited": ...}`` or ``{"done": true}``, and ``{"effects": ...}``. The file is opened anew for
each line, because a module may close every descriptor that it finds.
"""

import builtins
import faulthandler
import os
import re
import site
import sys
import time
import traceback
from importlib.machinery import EXTENSION_SUFFIXES
from json.encoder import encode_basestring_ascii as quote

if sys.platform != "win32":
    import resource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_KINDS = ("modules", "deeper", "objects", "statements")
# What Django raises where it is used outside a project: the import got as far as it can.
_UNCONFIGURED = (
    "django.core.exceptions.AppRegistryNotReady",
    "django.core.exceptions.ImproperlyConfigured",
)
# A module for which a shared library is missing, as the loader says it and as modules say it.
_LIBRARY = re.compile(
    r"shared (object|librar)|librar(y|ies) .*(not|could).*found|(not|n't) (find|load) .*librar"
    r"|cannot load library|DLL load failed|Library not loaded|\.(so|dylib|dll)\b",
    re.IGNORECASE,
)
# One that was compiled for other versions of what it is linked to at run time; NumPy's words.
_INCOMPATIBLE = re.compile("binary incompatibility|compiled against|multiarray failed to import")
# A file that is no module after all, and a name that may be another release's.
_NO_MODULE = re.compile("does not define module export function|cannot import name")
# The driver's libraries come from the host that has the device, and are in no image.
_DRIVERS = re.compile(r"\blib(cuda|nvidia-[a-z]+|nvcuvid|amdhip64)\.so")
_MAXIMUM_FRAMES = 5
_IMPORTLIB = os.path.join("importlib", "__init__.py")
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
        line = f"{self._nonce} {to_json(entry)}\n"
        descriptor = self._open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._write(descriptor, line.encode("ascii"))
        self._close(descriptor)


def to_json(value: object) -> str:
    """Return what `json.dumps` would, which may not work any more: it uses the builtins."""
    if isinstance(value, dict):
        return (
            "{" + ", ".join(f"{quote(key)}: {to_json(each)}" for key, each in value.items()) + "}"
        )
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(to_json, value)) + "]"
    if isinstance(value, str):
        return quote(value)
    return str(value).lower()  # a number, or a truth value


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
        if not (own or machinery or code.co_filename.endswith(_IMPORTLIB)):
            lines.append(f"{code.co_filename}:{trace.tb_lineno} in {code.co_name}")
        trace = trace.tb_next
    if isinstance(error, SyntaxError) and error.filename:
        lines.append(f"{error.filename}:{error.lineno} in <module>")
    return lines[-_MAXIMUM_FRAMES:]


def is_excused(error: BaseException, optional: "Any") -> bool:
    """Whether a module is there and only wants an optional dependency or a configuration."""
    if isinstance(error, ModuleNotFoundError) and error.name:
        missing = error.name.lower().replace("_", "-")
        return missing.partition(".")[0] in optional or missing.replace(".", "-") in optional
    kinds = type(error).__mro__
    return any(f"{kind.__module__}.{kind.__qualname__}" in _UNCONFIGURED for kind in kinds)


def chain(error: BaseException) -> "list[BaseException]":
    """Return the exception, and those that it was raised from or in the handling of."""
    found = [error]
    for each in found:
        for other in (each.__cause__, each.__context__):
            if other is not None and not any(other is known for known in found):
                found.append(other)
    return found


def is_broken(error: BaseException) -> bool:
    """Whether a module cannot work here, rather than want something that is optional."""
    for each in chain(error):
        text = on_one_line(str(each))
        if _INCOMPATIBLE.search(text):
            return True
        if isinstance(each, ModuleNotFoundError) or not isinstance(each, (ImportError, OSError)):
            continue
        compiled = (getattr(each, "path", None) or "").endswith(tuple(EXTENSION_SUFFIXES))
        elsewhere = _NO_MODULE.search(text) or _DRIVERS.search(text)
        if (compiled or _LIBRARY.search(text)) and not elsewhere:
            return True
    return False


def missing_modules(error: BaseException, modules: "list[str]") -> "list[bool]":
    """Return for each module that was missed on the way whether the distribution has its like.

    That is so if its top-level package is that of one of ``modules``.
    """
    own = {name.partition(".")[0] for name in modules}
    missing = [e.name for e in chain(error) if isinstance(e, ModuleNotFoundError)]
    return [name.partition(".")[0] in own for name in missing if name]


def set_up_site(setup: "dict[str, Any]") -> "list[dict[str, Any]]":
    """Make ``sys.path`` what it will be after installation; return what ``.pth`` files did.

    It is called with the standard library alone on ``sys.path`` (``-S``): an installed ``.pth``
    file or namespace package must not get there before a staged one. Of ``setup``, ``site`` are the
    directories to put before the installed ones, and ``stand_ins`` directories to be used in the
    place of installed ones. Byte code is kept below ``bytecode``, if that is not empty, for whoever
    imports the same module next, and nowhere else.
    """
    stand_ins = setup["stand_ins"]
    if setup["bytecode"]:
        sys.pycache_prefix, sys.dont_write_bytecode = setup["bytecode"], False
    activity = []  # type: list[dict[str, Any]]
    add_directory, add_package = site.addsitedir, site.addpackage

    def add(sitedir: str, known_paths: "Any" = None) -> "Any":
        return add_directory(stand_ins.get(os.path.abspath(sitedir), sitedir), known_paths)

    def add_noting(sitedir: str, name: str, known_paths: "Any") -> "Any":
        modules, path = set(sys.modules), list(sys.path)
        known_paths = add_package(sitedir, name, known_paths)
        new = sorted(set(sys.modules) - modules)
        added = [each for each in sys.path if each not in path]
        if new or added:
            activity.append({"file": name, "modules": new, "path": added})
        return known_paths

    site.addpackage = add_noting  # type: ignore[assignment]
    for directory in setup["site"]:
        add_directory(directory)
    site.addsitedir = add
    try:
        site.main()
    finally:
        site.addsitedir, site.addpackage = add_directory, add_package
    return activity


def shut_out() -> None:
    """Take away the input, and the right to leave a memory dump: a crash is a verdict here."""
    if sys.platform != "win32":
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    if nothing:
        os.close(nothing)


def load(reference: str) -> object:
    """Return what a reference names: ``module``, or ``module:attribute.attribute``."""
    module, _, attributes = reference.partition(":")
    parts = attributes.split(".") if attributes else ["__name__"]
    # As a script does, with `from`: the first attribute may be a module that is not loaded yet.
    found: object = __import__(module, None, None, parts[:1])
    try:
        for attribute in parts if attributes else ():
            found = getattr(found, attribute)
    except AttributeError as error:
        raise error.with_traceback(None) from None  # with no frame but this one
    return found


def execute(statement: str) -> object:
    """Execute a statement of the project's settings; return the names that it bound."""
    names = {}  # type: dict[str, object]
    exec(compile(statement, "<statement>", "exec"), names)  # noqa: S102
    return names


def has_excuse(error: BaseException, kind: str, request: "dict[str, Any]") -> bool:
    """Whether an exception of a step of this kind does not mean that the distribution fails."""
    if kind == "statements":
        return False
    missing = missing_modules(error, request["modules"])
    if kind == "deeper":
        return not is_broken(error) and not any(missing)
    if is_excused(error, request["optional"]):
        return True
    if kind == "objects" and isinstance(error, AttributeError) and not frames(error):
        # What a script of somebody else's calls was never there: that is no matter of this system.
        return True
    # Who raises another error for a module that is not there says that it is optional.
    told = isinstance(error, ImportError) and not isinstance(error, ModuleNotFoundError)
    return kind == "objects" and told and not all(missing)


def attempt(request: "dict[str, Any]", report: Report) -> None:
    """Try each step, up to the first that fails without an excuse."""
    before = Surroundings()
    steps = [(kind, each) for kind in _KINDS for each in request.get(kind, ())]
    for kind, what in steps:
        report.add(importing=what)
        start = time.perf_counter()
        try:
            (execute if kind == "statements" else load)(what)
        except BaseException as error:  # noqa: BLE001 - nothing that a module raises gets away
            if has_excuse(error, kind, request):
                report.add(excused=describe(error))
                continue
            ending = "exited" if isinstance(error, SystemExit) else "failed"
            report.add(**{ending: describe(error), "frames": frames(error)}, **details(error))
            break
        report.add(took=time.perf_counter() - start)
    else:
        report.add(done=True)
    report.add(effects=before.changes())


def details(error: BaseException) -> "dict[str, str]":
    """Return the module that was not found, or the compiled file that could not be loaded."""
    if isinstance(error, ModuleNotFoundError):
        found = {"missing": error.name}
    elif isinstance(error, ImportError):
        found = {"file": error.path}
    else:
        found = {}
    return {key: on_one_line(value) for key, value in found.items() if isinstance(value, str)}


class Surroundings:
    """What a module may change around itself: noted down before, and compared afterwards."""

    def __init__(self) -> None:
        self._environment = dict(os.environ)
        self._builtins = dict(vars(builtins))
        self._path = list(sys.path)
        self._directory = os.getcwd()
        self._listdir = os.listdir

    def changes(self) -> "dict[str, Any]":
        """Return what is different now, as far as it can still be told; peak memory is in bytes."""
        looks = {
            "environment": self._variables,
            "builtins": self._names,
            "path": lambda: [each for each in map(str, sys.path) if each not in self._path],
            "directory": lambda: _directory() != self._directory,
            "threads": self._threads,
            "memory": _peak_memory,
        }  # type: dict[str, Any]
        seen = {name: _seen(look) for name, look in looks.items()}
        return {name: value for name, value in seen.items() if value is not None}

    def _variables(self) -> "list[str]":
        now = dict(os.environ)
        names = {*now, *self._environment}
        return sorted(n for n in names if now.get(n) != self._environment.get(n))

    def _names(self) -> "list[str]":
        return sorted(
            name
            for name, value in vars(builtins).items()
            if self._builtins.get(name, self) is not value and name != "_"
        )

    def _threads(self) -> int:
        """Return how many threads there are besides the one that imports."""
        try:
            return len(self._listdir("/proc/self/task")) - 1
        except OSError:
            threading = sys.modules.get("threading")
            return 0 if threading is None else threading.active_count() - 1


def _seen(look: "Any") -> "Any":
    """Return what there is to see, or None where a module has broken what it is looked at with."""
    try:
        return look()
    except BaseException:  # noqa: BLE001 - whatever that raises
        return None


def _directory() -> str:
    try:
        return os.getcwd()
    except OSError:
        return ""


def _peak_memory() -> int:
    if sys.platform == "win32":
        return 0
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def carry_out(request: "dict[str, Any]") -> None:
    """Do what ``request`` says, and end the process without running anyone's exit code."""
    exit_process = os._exit
    # Open until the end: faulthandler keeps the descriptor, not the file.
    trace = os.open(request["trace"], os.O_WRONLY | os.O_CREAT, 0o600)
    faulthandler.enable(file=trace, all_threads=False)
    try:
        attempt(request, Report(request["report"], request["nonce"]))
    finally:
        exit_process(0)

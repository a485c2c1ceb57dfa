"""Runs inside the target: takes loaded modules out of sight, and gives them back on import.

Standard library only, and nothing newer than Python 3.6 can parse. A child is to import a module
as a Python that has just started would: ``sys.modules`` has what every Python loads at its start,
and a submodule is there only if something has imported it. Yet most distributions import the same
few dozen modules of the standard library, which takes longer than all the rest. They are loaded
once, with a record of which of them imports which, and put on a shelf. A child that imports one of
them gets it from there at once, and with it exactly the modules that it would have loaded.

The shelf is closed where something stands in ``sys.path`` before the standard library: it may have
a module of the same name.
"""

import builtins
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

# What is worth loading once: measured over popular distributions, the most wanted and the slowest.
# Not here: what acts on being imported (antigravity, readline, idlelib), what tells of a test run
# (unittest, doctest), what is configured when it is imported (locale, site), distutils.
FIRST_MODULES = ("collections", "importlib")
MODULES = (
    "__future__",
    "argparse",
    "array",
    "ast",
    "atexit",
    "base64",
    "bisect",
    "calendar",
    "collections.abc",
    "concurrent.futures",
    "configparser",
    "contextlib",
    "contextvars",
    "copy",
    "csv",
    "dataclasses",
    "datetime",
    "decimal",
    "difflib",
    "email.message",
    "email.parser",
    "email.utils",
    "enum",
    "errno",
    "fnmatch",
    "fractions",
    "functools",
    "getpass",
    "gettext",
    "glob",
    "heapq",
    "html",
    "html.parser",
    "importlib.abc",
    "importlib.machinery",
    "importlib.util",
    "inspect",
    "io",
    "ipaddress",
    "itertools",
    "json",
    "keyword",
    "linecache",
    "logging",
    "math",
    "mimetypes",
    "numbers",
    "operator",
    "optparse",
    "pathlib",
    "pickle",
    "pkgutil",
    "platform",
    "pprint",
    "queue",
    "re",
    "select",
    "selectors",
    "shlex",
    "signal",
    "socket",
    "statistics",
    "string",
    "struct",
    "subprocess",
    "sysconfig",
    "textwrap",
    "threading",
    "timeit",
    "token",
    "tokenize",
    "traceback",
    "types",
    "typing",
    "urllib.parse",
    "warnings",
    "weakref",
)
# They bring a shared library of the system into the process. A distribution that brings its own of
# the same name would get the system's, so they are left out where one does.
LINKED_MODULES = (
    "asyncio",
    "bz2",
    "ctypes",
    "ctypes.util",
    "gzip",
    "hashlib",
    "hmac",
    "http.client",
    "http.cookies",
    "http.cookiejar",
    "http.server",
    "importlib.metadata",
    "importlib.resources",
    "logging.config",
    "logging.handlers",
    "lzma",
    "multiprocessing",
    "multiprocessing.pool",
    "multiprocessing.util",
    "random",
    "secrets",
    "shutil",
    "socketserver",
    "ssl",
    "tarfile",
    "tempfile",
    "urllib.request",
    "uuid",
    "xml.dom.minidom",
    "xml.etree.ElementTree",
    "xml.sax",
    "xml.sax.saxutils",
    "xmlrpc.client",
    "zipfile",
    "zlib",
)
# These frames stand between a module and what it imports.
_MACHINERY = ("importlib._bootstrap", "_frozen_importlib")


class _Recorder:
    """Stands in for ``__import__`` and notes which module imports which, in order."""

    def __init__(self) -> None:
        self.needs = {}  # type: dict[str, dict[str, None]]
        self.original = builtins.__import__

    def __call__(
        self,
        name: str,
        globals: "Any" = None,  # noqa: A002 - what it stands in for has these names
        locals: "Any" = None,  # noqa: A002
        fromlist: "Any" = (),
        level: int = 0,
    ) -> "ModuleType":
        """Do what ``__import__`` does, and note it down."""
        wanted = _absolute(name, (globals or {}).get("__package__") or "", level)
        module = self.original(name, globals, locals, fromlist, level)
        needs = self.needs.setdefault(_importer(), {})
        for end, letter in enumerate(wanted):
            if letter == ".":
                needs[wanted[:end]] = None
        needs[wanted] = None
        for part in fromlist or ():
            needs[wanted + "." + part] = None
        return module


def _importer() -> str:
    """Return the name of the module that is being run, or loaded if it is one written in C.

    What a function imports belongs to the module that calls it while it is run itself.
    """
    frame = sys._getframe(2)  # type: Any # noqa: SLF001 - nothing else tells
    while frame is not None:
        name = str(frame.f_globals.get("__name__"))
        if frame.f_code is _Recorder.__call__.__code__:
            return str(frame.f_locals["wanted"])
        if frame.f_code.co_name == "<module>" and not name.startswith(_MACHINERY):
            return name
        frame = frame.f_back
    return ""


def _absolute(name: str, package: str, level: int) -> str:
    if not level:
        return name
    base = package.rsplit(".", level - 1)[0]
    return base + "." + name if name else base


class _Loader:
    """Gives back one module from the shelf, and what comes with it."""

    def __init__(
        self, module: "ModuleType", needs: "tuple[str, ...]", parts: "dict[str, ModuleType]"
    ) -> None:
        self._module = module
        self._spec = module.__spec__
        self._needs = needs
        self._parts = parts

    def create_module(self, _spec: object) -> "ModuleType":
        """Return the module as it is: it has been run."""
        return self._module

    def exec_module(self, module: "ModuleType") -> None:
        """Import what the module imported when it was run."""
        module.__spec__ = self._spec
        sys.modules.update(self._parts)
        for name in self._needs:
            if name not in sys.modules:
                __import__(name)

    def __getattr__(self, name: str) -> object:
        return getattr(getattr(self._spec, "loader", None), name)


class Shelf:
    """The finder of what was loaded; to be made before anything else is imported.

    ``own`` is how the names of modules begin that nobody is to find; they have their own copy of
    the ``builtins``.
    """

    def __init__(self, own: str, copy: "dict[str, Any]") -> None:
        # Every Python has it, and what it imports, from its start; here -S has kept it away.
        __import__("site")
        self._own = own
        self._copy = copy
        self._pristine = frozenset(sys.modules)
        self._path = list(sys.path)
        self._specs = {}  # type: dict[str, Any]
        self._made = {}  # type: dict[str, bool]
        self._recorder = _Recorder()
        builtins.__import__ = copy["__import__"] = self._recorder

    def load(self, names: "tuple[str, ...]") -> None:
        """Import ``names``, those that this Python has."""
        for name in names:
            try:
                __import__(name)
            except ImportError:
                continue
            for each in [each for each in sys.modules if each not in self._made]:
                self._made[each] = not self._is_wanted(each)

    def _is_wanted(self, name: str) -> bool:
        """Whether somebody has imported a module, other than its parent."""
        parent = name.rpartition(".")[0]
        needs = self._recorder.needs.items()
        return any(name in wanted for importer, wanted in needs if importer != parent)

    def close(self) -> None:
        """Put away what was imported since the start; from here on, imports find it."""
        builtins.__import__ = self._copy["__import__"] = self._recorder.original
        new = {name: module for name, module in sys.modules.items() if name not in self._pristine}
        for name in new:
            del sys.modules[name]
        parts = self._take_parts(new)
        modules = {
            name: module
            for name, module in new.items()
            if module.__spec__ is not None and not name.startswith(self._own)
        }
        for name, module in modules.items():
            needs = tuple(each for each in self._recorder.needs.get(name, ()) if each in modules)
            self._specs[name] = _spec(name, _Loader(module, needs, parts.get(name, {})))
            parent, _, last = name.rpartition(".")
            around = vars(new.get(parent) or sys.modules.get(parent) or sys)
            if around.get(last) is module:
                del around[last]
        sys.meta_path.insert(0, self)

    def _take_parts(self, new: "dict[str, Any]") -> "dict[str, dict[str, ModuleType]]":
        """Take out what packages themselves have put there, such as collections.abc, by package."""
        firsts = {}  # type: dict[int, str]
        for name, module in [*sys.modules.items(), *new.items()]:
            firsts.setdefault(id(module), name)
        parts = {}  # type: dict[str, dict[str, ModuleType]]
        for name, module in list(new.items()):
            parent = name.rpartition(".")[0]
            alias = firsts[id(module)] != name and self._made.get(name, False)
            if parent in new and (alias or vars(module).get("__spec__") is None):
                parts.setdefault(parent, {})[name] = new.pop(name)
        return parts

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> "Any":
        """Return how to get a module from the shelf, or None where it has to be looked for."""
        spec = self._specs.get(name)
        if spec is None or sys.path[: len(self._path)] != self._path:
            return None
        return spec


def _spec(name: str, loader: "Any") -> "Any":
    original = loader.create_module(None).__spec__  # type: Any
    spec = type(original)(name, loader, origin=original.origin)
    spec.submodule_search_locations = original.submodule_search_locations
    spec.cached, spec.has_location = original.cached, original.has_location
    return spec

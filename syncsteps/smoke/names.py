"""What an installed distribution offers for import, read off its metadata."""

from __future__ import annotations

import ast
import csv
from dataclasses import dataclass, field
from email.parser import HeaderParser
from keyword import iskeyword
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from syncsteps.errors import SmokeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from email.message import Message
    from pathlib import Path

__all__ = [
    "declared_names",
    "import_names",
    "is_namespace_declaration",
    "optional_requirements",
    "recorded_names",
]

_SOURCE_SUFFIXES = (".py", ".pyc")
_EXTENSION_SUFFIXES = (".so", ".pyd")
_METADATA_SUFFIXES = (".dist-info", ".egg-info", ".data")

# Tests and examples need what only their authors have installed; directories of scripts act on
# being imported. Both reach site-packages mostly by mistake.
_NOT_API = frozenset(
    {
        "benchmark",
        "benchmarks",
        "doc",
        "docs",
        "example",
        "examples",
        "test",
        "testing",
        "tests",
    }
)
_SCRIPT_DIRECTORIES = frozenset(
    {"bin", "build", "ci", "dist", "etc", "lib", "notebooks", "scripts", "share", "tools"}
)
# Distributions whose names are known to be no test of them when they are imported as they stand.
_KNOWN = {
    # Needs matplotlib, and does not say so: IPython loads it only where matplotlib is in use.
    "matplotlib-inline": (),
    # Refuse to be imported before the package that they speed up.
    "psycopg-binary": ("psycopg", "psycopg_binary"),
    "psycopg-c": ("psycopg", "psycopg_c"),
}
_NEVER = frozenset({"__main__", "conftest", "setup"})
_DECLARING_MODULES = frozenset({"pkgutil", "pkg_resources", "__future__"})
_DECLARING_CALLS = frozenset({"extend_path", "declare_namespace"})


@dataclass(slots=True)
class _Directory:
    """The modules of one directory, and the directories in it."""

    modules: set[str] = field(default_factory=set)
    directories: dict[str, _Directory] = field(default_factory=dict)

    @property
    def is_package(self) -> bool:
        return "__init__" in self.modules


def import_names(metadata: Path, *, tags: Sequence[str]) -> tuple[str, ...]:
    """Return the names to import to see that a distribution works; none is a valid answer.

    ``metadata`` is the distribution's ``.dist-info`` directory, in the site directory that it was
    unpacked into; ``tags`` are the target's compatibility tags (PEP 425). What the distribution
    declares (PEP 794) wins; otherwise the names follow from the files in RECORD. ``top_level.txt``
    is not read: it names what the build saw, not what was installed. Editable installs, stubs,
    data and scripts offer nothing.

    Raises:
        SmokeError: METADATA or RECORD cannot be read.
    """
    headers = _headers(_read(metadata / "METADATA"))
    known = _KNOWN.get(canonicalize_name(headers.get("Name", "")))
    declared = declared_names(headers.get_all("Import-Name"))
    if known is not None:
        return known
    if declared is not None:
        return declared
    return recorded_names(
        _record_paths(metadata / "RECORD"),
        tags=tags,
        is_namespace=lambda package: _declares_namespace(metadata.parent, package),
    )


def optional_requirements(metadata: Path) -> tuple[str, ...]:
    """Return the normalized names that a distribution requires for its extras only, sorted.

    ``metadata`` is its ``.dist-info`` directory. Requirements that cannot be parsed are left out.

    Raises:
        SmokeError: METADATA cannot be read.
    """
    optional: set[str] = set()
    needed: set[str] = set()
    for line in _headers(_read(metadata / "METADATA")).get_all("Requires-Dist", []):
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue
        extra = requirement.marker is not None and "extra" in str(requirement.marker)
        (optional if extra else needed).add(canonicalize_name(requirement.name))
    return tuple(sorted(optional - needed))


def declared_names(fields: Sequence[str] | None) -> tuple[str, ...] | None:
    """Return what the Import-Name fields of METADATA say (PEP 794), or None where there are none.

    Names marked ``private`` count only if there is no other; a single empty field means that
    there is nothing to import. Import-Namespace fields add nothing: a namespace can be imported
    whether or not this distribution's part of it works.
    """
    if fields is None:
        return None
    public: set[str] = set()
    private: set[str] = set()
    for value in fields:
        name, _, option = (part.strip() for part in value.partition(";"))
        if all(_is_importable(part) for part in name.split(".")):
            (private if option == "private" else public).add(name)
    return tuple(sorted(public or private))


def recorded_names(
    paths: Iterable[str],
    *,
    tags: Sequence[str],
    is_namespace: Callable[[str], bool] = lambda _package: False,
) -> tuple[str, ...]:
    """Return the names that a distribution with these files offers, sorted.

    ``paths`` are those of RECORD: relative to the site directory, with ``/``. They are the
    top-level packages and modules; in a directory without ``__init__`` (PEP 420), and in a package
    for which ``is_namespace(dotted name)`` is true, the shallowest packages below it, or its
    modules if there is no package: a namespace's loose modules are often adapters to software that
    is not there.
    Compiled modules count if an interpreter with ``tags`` loads them. Names that are private or
    of tests are left out unless there is nothing else.
    """
    abis = {tag.split("-")[1] for tag in tags if tag.count("-") >= 2}  # noqa: PLR2004 - PEP 425
    names = sorted(set(_walk(_tree(paths, abis), is_namespace)))
    public = [name for name in names if not _is_private(name) and not _is_test(name)]
    private = [name for name in names if not _is_test(name)]
    return tuple(public or private or names)


def _tree(paths: Iterable[str], abis: set[str]) -> _Directory:
    root = _Directory()
    for path in paths:
        pure = PurePosixPath(path.replace("\\", "/"))
        *parents, filename = pure.parts or ("",)
        if pure.is_absolute() or not all(_is_importable(parent) for parent in parents):
            continue
        module = _module_name(filename, abis)
        if module is None or "__pycache__" in parents:
            continue
        directory = root
        for parent in parents:
            directory = directory.directories.setdefault(parent, _Directory())
        directory.modules.add(module)
    return root


def _module_name(filename: str, abis: set[str]) -> str | None:
    """Return the module that a file is to an interpreter with these ABIs, or None."""
    suffix = PurePosixPath(filename).suffix
    name, _, tag = filename.removesuffix(suffix).partition(".")
    if suffix in _SOURCE_SUFFIXES:
        loads = not tag
    else:
        # Without a tag, libNAME.so is a shared library that some module is linked to.
        library = not tag and name.startswith("lib")
        loads = suffix in _EXTENSION_SUFFIXES and not library and _loads(tag, abis)
    usable = loads and _is_importable(name) and not name.startswith("__editable__")
    return name if usable else None


def _loads(tag: str, abis: set[str]) -> bool:
    """Whether an extension module with this tag in its file name is loaded under these ABIs.

    The tag is empty, ``abi3``, or of one interpreter: ``cpython-312-x86_64-linux-gnu``,
    ``cp312-win_amd64``, ``pypy310-pp73-darwin``. Its platform is that of the wheel it came in.
    """
    if not tag:
        return True
    implementation, _, rest = tag.partition("-")
    version = rest.partition("-")[0]
    if implementation == "cpython":
        return f"cp{version}" in abis
    if implementation.startswith("pypy"):
        return f"{implementation}_{version}" in abis
    return implementation in abis


def _walk(directory: _Directory, is_namespace: Callable[[str], bool]) -> Iterator[str]:
    yield from _modules(directory)
    for name, below in directory.directories.items():
        if below.is_package or name not in _SCRIPT_DIRECTORIES:
            yield from _shallowest(below, name, is_namespace)


def _shallowest(
    directory: _Directory, dotted: str, is_namespace: Callable[[str], bool]
) -> Iterator[str]:
    if directory.is_package and not is_namespace(dotted):
        yield dotted
        return
    packages = [
        name
        for part, below in directory.directories.items()
        for name in _shallowest(below, f"{dotted}.{part}", is_namespace)
    ]
    yield from packages or (f"{dotted}.{module}" for module in _modules(directory))


def _modules(directory: _Directory) -> set[str]:
    return directory.modules - {"__init__"} - _NEVER


def _is_importable(name: str) -> bool:
    return name.isidentifier() and not iskeyword(name)


def _is_private(dotted: str) -> bool:
    # mypyc leaves a library with a hash for its name beside the modules that load it.
    return any(part.startswith("_") or part.endswith("__mypyc") for part in dotted.split("."))


def _is_test(dotted: str) -> bool:
    return any(part in _NOT_API for part in dotted.split("."))


def is_namespace_declaration(source: str) -> bool:
    """Whether an ``__init__.py`` does nothing but declare a namespace package.

    That is the way of pkgutil and of pkg_resources, from before PEP 420: the part of it that
    matters lies in the packages below.
    """
    try:
        statements = ast.parse(source).body
    except (SyntaxError, ValueError):
        return False
    return _declares(statements) and all(_belongs(statement) for statement in statements)


def _declares(statements: Iterable[ast.AST]) -> bool:
    calls = (
        node.func
        for statement in statements
        for node in ast.walk(statement)
        if isinstance(node, ast.Call)
    )
    return any(
        (isinstance(call, ast.Name) and call.id in _DECLARING_CALLS)
        or (isinstance(call, ast.Attribute) and call.attr in _DECLARING_CALLS)
        for call in calls
    )


def _belongs(statement: ast.stmt) -> bool:
    """Whether a statement can be part of a namespace declaration."""
    match statement:
        case ast.Expr(value=ast.Constant()) | ast.Pass():
            return True
        case ast.Import(names=names):
            return all(alias.name in _DECLARING_MODULES for alias in names)
        case ast.ImportFrom(module=module):
            return module in _DECLARING_MODULES
        case ast.Assign() | ast.Expr():
            return _declares([statement])
        case ast.Try(body=body, handlers=handlers):
            nested = [*body, *(each for handler in handlers for each in handler.body)]
            return all(_belongs(each) for each in nested)
        case _:
            return False


def _declares_namespace(site: Path, package: str) -> bool:
    init = site.joinpath(*package.split("."), "__init__.py")
    try:
        return is_namespace_declaration(init.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        # A compiled or unreadable package declares nothing here; importing it will show the rest.
        return False


def _record_paths(record: Path) -> list[str]:
    try:
        return [row[0] for row in csv.reader(_read(record).splitlines()) if row]
    except csv.Error as error:
        raise SmokeError(
            f"{record} is not the list of files that it should be: {error}",
            hint="The distribution was not installed completely: install it again.",
        ) from error


def _headers(text: str) -> Message:
    return HeaderParser().parsestr(text, headersonly=True)


def _read(path: Path) -> str:
    """Return a metadata file's text, empty where the distribution does not have it."""
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape")
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        raise SmokeError(
            f"{path} cannot be read: {error.strerror}",
            hint="Make the installed files readable for this user.",
        ) from error

"""The files of a distribution as a tree of the modules that an interpreter would find in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from keyword import iskeyword
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Directory", "is_importable", "module_tree"]

_SOURCE_SUFFIXES = ("py", "pyc")
_SIBLING_SUFFIXES = (".py", ".pyi")


@dataclass(slots=True)
class Directory:
    """The modules of one directory, and the directories in it.

    ``sources`` are written in Python, ``compiled`` are extension modules; one may be both.
    """

    sources: set[str] = field(default_factory=set)
    compiled: set[str] = field(default_factory=set)
    directories: dict[str, Directory] = field(default_factory=dict)

    @property
    def modules(self) -> set[str]:
        """The names of all modules, ``__init__`` among them."""
        return self.sources | self.compiled

    @property
    def is_package(self) -> bool:
        """Whether it is a regular package, with an ``__init__``."""
        return "__init__" in self.sources or "__init__" in self.compiled

    def find(self, dotted: str) -> Directory | None:
        """Return the directory of a package below this one; None where there is none."""
        found: Directory | None = self
        for part in dotted.split("."):
            found = found.directories.get(part) if found is not None else None
        return found


def module_tree(paths: Iterable[str], *, tags: Sequence[str]) -> Directory:
    """Return the modules among files, whose paths are relative to the site directory, with ``/``.

    A compiled module counts if an interpreter with ``tags`` (PEP 425) loads it: its file name has
    a tag of that interpreter, or ``abi3``; or it has none and the suffix is ``.pyd``, or a source
    or stub of the same name lies beside it. Other files without a tag are libraries that a module
    is linked to, or that a program opens.
    """
    abis = _abis(tuple(tags))
    every = {path.replace("\\", "/") for path in paths}
    root = Directory()
    places: dict[str, Directory | None] = {}  # once for each of them, not for each file
    for path in every:
        parent, _, filename = path.rpartition("/")
        stem, _, suffix = filename.rpartition(".")
        name, _, tag = stem.partition(".")
        source = suffix in _SOURCE_SUFFIXES and not tag
        if not (source or _is_extension(path, tag, abis, every)) or not _is_module_name(name):
            continue
        if parent not in places:
            places[parent] = _place(root, path)
        place = places[parent]
        if place is not None:
            (place.sources if source else place.compiled).add(name)
    return root


@lru_cache(maxsize=4)
def _abis(tags: tuple[str, ...]) -> frozenset[str]:
    return frozenset(tag.split("-")[1] for tag in tags if tag.count("-") >= 2)  # noqa: PLR2004 - PEP 425


def _place(root: Directory, path: str) -> Directory | None:
    """Return the directory of a file; None where nothing can be imported from it."""
    *parents, _ = (part for part in path.split("/") if part not in {"", "."})
    if path.startswith("/") or "__pycache__" in parents or not all(map(is_importable, parents)):
        return None
    for parent in parents:
        root = root.directories.setdefault(parent, Directory())
    return root


def is_importable(name: str) -> bool:
    """Whether a name without dots can be imported."""
    return name.isidentifier() and not iskeyword(name)


def _is_module_name(name: str) -> bool:
    return is_importable(name) and not name.startswith("__editable__")


def _is_extension(path: str, tag: str, abis: frozenset[str], every: set[str]) -> bool:
    stem, dot, suffix = path.rpartition(".")
    if not dot or suffix not in {"so", "pyd"}:
        return False
    if tag:
        return _loads(tag, abis)
    return suffix == "pyd" or any(f"{stem}{sibling}" in every for sibling in _SIBLING_SUFFIXES)


def _loads(tag: str, abis: frozenset[str]) -> bool:
    """Whether an extension module with this tag in its file name is loaded under these ABIs.

    The tag is ``abi3``, or of one interpreter: ``cpython-312-x86_64-linux-gnu``,
    ``cp312-win_amd64``, ``pypy310-pp73-darwin``. Its platform is that of the wheel it came in.
    """
    implementation, _, rest = tag.partition("-")
    version = rest.partition("-")[0]
    if implementation == "cpython":
        return f"cp{version}" in abis
    if implementation.startswith("pypy"):
        return f"{implementation}_{version}" in abis
    return implementation in abis

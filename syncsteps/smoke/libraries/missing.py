"""Which system libraries compiled files need and would not find, without importing them."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cached_property, lru_cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomli

from syncsteps.smoke.libraries.model import Certainty, MissingLibrary
from syncsteps.smoke.libraries.modules import abis_of, is_module
from syncsteps.smoke.libraries.search import Search
from syncsteps.smoke.libraries.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from syncsteps.smoke.libraries.search import Gap

__all__ = ["MissingFinder", "find_missing"]


def find_missing(
    files: Iterable[Path],
    *,
    executable: Path,
    tags: Sequence[str],
    sites: Sequence[Path] = (),
    root: Path = Path("/"),
    library_path: str = "",
) -> tuple[MissingLibrary, ...]:
    """Return what a `MissingFinder` of these interpreter and system finds for ``files``."""
    finder = MissingFinder(
        executable=executable, tags=tags, sites=sites, root=root, library_path=library_path
    )
    return finder.find(files)


class MissingFinder:
    """Tells what the system's loader would not find, of one distribution after the other.

    ``executable`` is the interpreter, ``tags`` are its compatibility tags (PEP 425). ``sites`` are
    the site directories that the files lie in, staged ones first, and those that they will be
    merged into or that are installed already. ``root`` is the system's root directory, below which
    everything lies. ``library_path`` is LD_LIBRARY_PATH as the interpreter will have it.

    What was read once is not read again: nothing of it may change meanwhile.
    """

    def __init__(
        self,
        *,
        executable: Path,
        tags: Sequence[str],
        sites: Sequence[Path] = (),
        root: Path = Path("/"),
        library_path: str = "",
    ) -> None:
        self._tree = Tree(root)
        self._sites = tuple(map(self._tree.inside, sites))
        self._abis = abis_of(tags)
        program = self._tree.inside(executable)
        elf = self._tree.elf(program)
        self._search = None
        if elf is not None and elf.interpreter:
            self._search = Search(
                self._tree,
                program=program,
                elf=elf,
                sites=self._sites,
                library_path=library_path,
            )

    def find(self, files: Iterable[Path]) -> tuple[MissingLibrary, ...]:
        """Return what the system's loader would not find for these files, in their order.

        ``files`` are those of the distributions in question; what is not compiled, or is for
        another kind of processor, is passed over, and so is what cannot be read: importing it shows
        that.

        Each library comes once for each file. `Certainty.MISSING` says that importing this file
        fails, in any process that has loaded nothing else. Libraries of the system are taken to be
        whole. An interpreter that is not a dynamic ELF file, as off Linux, has nothing missing.
        """
        if self._search is None:
            return ()
        tree = self._tree
        candidates = {tree.inside(file): file for file in files if _may_be_compiled(file.name)}
        judge = _Judge(tree, self._sites, candidates, self._abis, lambda: self._installed)
        found: list[MissingLibrary] = []
        for path, file in candidates.items():
            compiled = tree.elf(path)
            if compiled is not None and compiled.dynamic:
                gaps = {(g.soname, g.version): g for g in self._search.gaps(path, compiled)}
                found += judge.judge(path, file, gaps.values())
        return tuple(found)

    @cached_property
    def _installed(self) -> dict[str, str]:
        """The shared objects below the site directories, by name: the first of each."""
        found: dict[str, str] = {}
        for site in self._sites:
            for path in self._tree.libraries(site):
                found.setdefault(_name(path), path)
        return found


def _may_be_compiled(name: str) -> bool:
    """Whether a file of this name can be a library, a module or a program."""
    return "." not in name or name.endswith(".so") or ".so." in name


@dataclass(frozen=True, slots=True, kw_only=True)
class _Exceptions:
    drivers: frozenset[str]
    optional: tuple[str, ...]


class _Judge:
    """Says how sure it is that a library which was not found is needed."""

    def __init__(
        self,
        tree: Tree,
        sites: Sequence[str],
        files: Mapping[str, Path],
        abis: frozenset[str],
        installed: Callable[[], Mapping[str, str]],
    ) -> None:
        self._tree = tree
        self._sites = sites
        self._files = files
        self._abis = abis
        self._installed = installed

    def judge(self, path: str, file: Path, gaps: Iterable[Gap]) -> Iterator[MissingLibrary]:
        module: bool | None = None
        for gap in gaps:
            if module is None:
                module = self._is_module(path)
            reason = self._reason(path, gap, module=module)
            if reason is None:
                continue
            yield MissingLibrary(
                soname=gap.soname,
                version=gap.version,
                needed_by=file,
                chain=(file, *(Path(self._tree.outside(each)) for each in gap.chain[1:])),
                certainty=Certainty.MAYBE if reason else Certainty.MISSING,
                reason=reason,
            )

    def _reason(self, path: str, gap: Gap, *, module: bool) -> str | None:
        """Return why it is not sure; empty where it is, None where there is nothing to tell."""
        elsewhere = "" if gap.version else self._elsewhere(gap.soname)
        if elsewhere and elsewhere not in gap.chain:
            # Libraries that lie beside each other are loaded in the order that they need.
            return f"{elsewhere} has it, and may be loaded before" if module else None
        if not module:
            return "it is no module of this interpreter, and is loaded only where it is wanted"
        exceptions = _exceptions()
        if gap.soname in exceptions.drivers:
            return "it comes with the driver of a graphics card, not with a package"
        relative = self._relative(path)
        if any(fnmatch(relative, pattern) for pattern in exceptions.optional):
            return "its distribution does without this module"
        return ""

    def _relative(self, path: str) -> str:
        within = (site for site in self._sites if path.startswith(site + "/"))
        # Of nested ones, the innermost is where an import begins.
        return path[len(max(within, key=len)) + 1 :] if self._in_site(path) else _name(path)

    def _in_site(self, path: str) -> bool:
        return any(path.startswith(site + "/") for site in self._sites)

    def _is_module(self, path: str) -> bool:
        exports: Callable[[str], bool] = lambda symbol: self._tree.exports(path, symbol)  # noqa: E731
        return is_module(self._relative(path), abis=self._abis, exports=exports)

    def _elsewhere(self, soname: str) -> str:
        """Return a file of these distributions, or an installed one, that is this library."""
        return self._installed().get(soname) or self._own.get(soname, "")

    @cached_property
    def _own(self) -> dict[str, str]:
        """The libraries of these distributions, by the names that they have for a loader."""
        found: dict[str, str] = {}
        for path in self._files:
            elf = self._tree.elf(path)
            if elf is not None and elf.dynamic:
                found.setdefault(elf.soname or _name(path), path)
        return found


def _name(path: str) -> str:
    return posixpath.basename(path)


@lru_cache(maxsize=1)
def _exceptions() -> _Exceptions:
    data: dict[str, Any] = tomli.loads(
        resources.files(__package__).joinpath("exceptions.toml").read_text(encoding="utf-8")
    )
    return _Exceptions(
        drivers=frozenset(data["drivers"]["sonames"]),
        optional=tuple(pattern for each in data["optional"].values() for pattern in each),
    )

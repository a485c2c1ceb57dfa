"""Finds the libraries that a file needs, in the places and in the order of the system's loader.

Those are the rules of ld.so(8) for glibc and of musl's dynamic linker. Nothing is loaded or run.
"""

from __future__ import annotations

import posixpath
import re
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from syncsteps.smoke.libraries.loader import read_loader

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from syncsteps.smoke.libraries.elf import Elf
    from syncsteps.smoke.libraries.tree import Tree

__all__ = ["Gap", "Search"]

_TOKEN = re.compile(r"\$(?:\{(\w+)\}|(ORIGIN|LIB|PLATFORM))")
# musl is one file, and answers to all of these names, whatever follows the dot.
_MUSL_ITSELF = ("libc.", "libpthread.", "librt.", "libm.", "libdl.", "libutil.", "libxnet.")

# Of an RPATH; more than any real one has.
_MOST_DIRECTORIES = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A library that is not found, or lacks a version, and the way from the file to who asks."""

    soname: str
    chain: tuple[str, ...]
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Loaded:
    """A file as it would be loaded: by whom, and whether its own needs are to be followed."""

    path: str
    elf: Elf
    asked_by: _Loaded | None = None
    follow: bool = True

    @property
    def chain(self) -> tuple[_Loaded, ...]:
        """The files from this one up to the one that was loaded first."""
        return (self, *(self.asked_by.chain if self.asked_by else ()))


class Search:
    """Answers for one interpreter, whose file is ``program``; paths are those of the tree.

    ``sites`` are directories that will be one when everything is installed: what an RPATH in one of
    them leads to is looked for from the others as well. ``library_path`` is LD_LIBRARY_PATH.
    """

    def __init__(
        self,
        tree: Tree,
        *,
        program: str,
        elf: Elf,
        sites: Sequence[str] = (),
        library_path: str = "",
    ) -> None:
        self._tree = tree
        self._sites = tuple(dict.fromkeys(sites))
        self._library_path = tuple(filter(None, re.split("[:;]", library_path)))
        self._loader = read_loader(tree, elf)
        self._program = _Loaded(path=program, elf=elf)
        self._directories: dict[tuple[str, str], tuple[str, ...]] = {}
        self._by_loader: dict[str, _Loaded | None] = {}
        self._present = self._start()

    @property
    def kind(self) -> tuple[int, bool, int]:
        """What an ELF file's `kind` must be for the interpreter to load it."""
        return self._program.elf.kind

    def gaps(self, path: str, elf: Elf) -> list[Gap]:
        """Return what is missing for this file to be loaded into the interpreter.

        A file that names another loader for itself is a program of another kind: nothing is said
        of it.
        """
        named, own = elf.interpreter, self._program.elf.interpreter
        if elf.kind != self.kind or (named and posixpath.basename(named) != _name(own)):
            return []
        return self._load(_Loaded(path=path, elf=elf), dict(self._present), follow_all=False)

    def _start(self) -> dict[str, Elf]:
        """Return what is there, by name, once the interpreter runs."""
        present: dict[str, Elf] = {}
        interpreter = self._program.elf.interpreter
        elf = self._tree.elf(interpreter)
        if elf is not None:
            present[_name(interpreter)] = elf
            present[elf.soname] = elf
        self._load(self._program, present, follow_all=True)
        return present

    def _load(self, first: _Loaded, present: dict[str, Elf], *, follow_all: bool) -> list[Gap]:
        gaps = []
        present.setdefault(first.elf.soname, first.elf)
        queue = deque([first])
        while queue:
            loaded = queue.popleft()
            for name in loaded.elf.needed:
                if name in present or self._is_loader_itself(name):
                    continue
                found = self._find(loaded, name)
                if found is None:
                    gaps.append(Gap(soname=name, chain=_chain(loaded)))
                    continue
                present[name] = found.elf
                present.setdefault(found.elf.soname, found.elf)
                if follow_all or found.follow:
                    queue.append(found)
            gaps += self._version_gaps(loaded, present)
        return gaps

    def _is_loader_itself(self, name: str) -> bool:
        return self._loader.musl and name.startswith(_MUSL_ITSELF)

    def _version_gaps(self, loaded: _Loaded, present: dict[str, Elf]) -> Iterator[Gap]:
        """Yield versions that are not there; only glibc looks at them."""
        if self._loader.musl:
            return
        for needed in loaded.elf.needed_versions:
            provider = present.get(needed.library)
            # A library without any version is taken with no more than a warning.
            if provider is None or not provider.defines or needed.weak:
                continue
            if needed.version not in provider.defines:
                yield Gap(soname=needed.library, version=needed.version, chain=_chain(loaded))

    def _find(self, loaded: _Loaded, name: str) -> _Loaded | None:
        if "/" in name:
            (path, *_) = (*self._expand(name, loaded.path), name)
            return self._opened(path, asked_by=loaded)
        for directory in self._searched(loaded):
            found = self._opened(f"{directory}/{name}", asked_by=loaded)
            if found is not None:
                return found
        if name not in self._by_loader:
            paths = (
                *self._loader.cache.get(name, ()),
                *(f"{directory}/{name}" for directory in self._loader.directories),
            )
            # What the system has is taken to be whole.
            opened = (self._opened(path, follow=False) for path in paths)
            self._by_loader[name] = next(filter(None, opened), None)
        found = self._by_loader[name]
        return found and _Loaded(path=found.path, elf=found.elf, asked_by=loaded, follow=False)

    def _opened(
        self, path: str, *, asked_by: _Loaded | None = None, follow: bool = True
    ) -> _Loaded | None:
        elf = self._tree.elf(path)
        if elf is None or not elf.dynamic or elf.kind != self.kind:
            return None
        return _Loaded(path=path, elf=elf, asked_by=asked_by, follow=follow)

    def _searched(self, loaded: _Loaded) -> Iterator[str]:
        """Yield the directories that come before the loader's own, for what this file needs."""
        chain = (*loaded.chain, self._program)
        if self._loader.musl:
            yield from self._library_path
            for each in chain:
                yield from self._of_path(each, each.elf.runpath or each.elf.rpath)
            return
        if not loaded.elf.runpath:
            for each in chain:
                if not each.elf.runpath:
                    yield from self._of_path(each, each.elf.rpath)
        yield from self._library_path
        yield from self._of_path(loaded, loaded.elf.runpath)

    def _of_path(self, loaded: _Loaded, listed: str) -> tuple[str, ...]:
        """Return the directories of an RPATH of this file."""
        if not listed:
            return ()
        origin = loaded.path
        if loaded is self._program:
            origin = self._tree.real(origin)
        key = (posixpath.dirname(origin), listed)
        if key not in self._directories:
            parts = [part for part in listed.split(":") if part][:_MOST_DIRECTORIES]
            if self._loader.musl and _unknown_to_musl(listed):
                parts = []
            self._directories[key] = tuple(
                dict.fromkeys(
                    directory
                    for part in parts
                    for expanded in self._expand(part, origin)
                    for directory in self._meant(expanded, origin)
                )
            )
        return self._directories[key]

    def _expand(self, text: str, path: str) -> Iterator[str]:
        """Yield what ``text`` stands for in the file ``path``; ``$LIB`` differs among systems."""
        for lib in self._loader.lib_names if "LIB" in text else ("",):
            values = {
                "ORIGIN": posixpath.dirname(path),
                "LIB": lib,
                "PLATFORM": self._loader.platform,
            }
            yield _TOKEN.sub(lambda match, v=values: v.get(match[1] or match[2], match[0]), text)  # type: ignore[misc]

    def _meant(self, directory: str, origin: str) -> Iterator[str]:
        """Yield a directory under its shortest name, and what it would be from other sites."""
        shortest = posixpath.normpath(directory)
        real = self._tree.real(directory)
        # To go up from a link is to go up from what it leads to.
        yield shortest if self._tree.real(shortest) == real else real
        for site in self._sites:
            if origin.startswith(site + "/"):
                way = posixpath.relpath(directory, site)
                yield from (posixpath.normpath(posixpath.join(each, way)) for each in self._sites)


def _name(path: str) -> str:
    return posixpath.basename(path)


def _chain(loaded: _Loaded) -> tuple[str, ...]:
    return tuple(each.path for each in reversed(loaded.chain))


def _unknown_to_musl(listed: str) -> bool:
    return any((match[1] or match[2]) != "ORIGIN" for match in _TOKEN.finditer(listed))

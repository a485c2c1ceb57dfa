"""What an answer depends on besides the files that were read for it, as paths to be marked.

The target read most of that, in a process of its own; and what a run only asked for by name, it did
not open.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from syncsteps.caching.keeping import LOCKS, PROBES, looking_directory
from syncsteps.interpreter.databases import DPKG_LISTS, database_paths
from syncsteps.locks.model import Directory
from syncsteps.receipts import state_directory

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from syncsteps.caching.recording import Run
    from syncsteps.caching.witness import Witness
    from syncsteps.interpreter.model import Interpreter
    from syncsteps.locks.model import Lock

__all__ = ["is_known", "of_interpreter", "surroundings"]

_PROBE = ("-I", "-B", "-")
_LISTS = f"/{DPKG_LISTS}/"
_METADATA = (".dist-info", ".egg-info", ".egg")
# Of the files in there, what decides anything. To look at each file takes most of the time.
_READ = tuple(
    os.sep + name for name in ("METADATA", "PKG-INFO", "RECORD", "direct_url.json", "requires.txt")
)
_CUSTOM = ("sitecustomize", "usercustomize")
_DECLARING = ("Pipfile", "pyproject.toml", "setup.cfg", "setup.py")
_LOADER_CACHE = "/etc/ld.so.cache"  # written anew whenever a library comes


def is_known(command: Sequence[str]) -> bool:
    """Return whether a program that was started is one whose answer `surroundings` covers.

    They are the probe, and rpm.
    """
    return _is_probe(command) or tuple(command[:2]) == ("rpm", "-q")


def _is_probe(command: Sequence[str]) -> bool:
    return tuple(command[1:4]) == _PROBE


def surroundings(run: Run, witness: Witness, *, environment: Mapping[str, str]) -> Iterator[str]:
    """Yield all that the answer of ``run`` depends on; ``witness`` has been watching it.

    Some of it comes twice, or is not there.
    """
    settings = run.settings
    # What is kept of a probe or of a lock is as good as these, for which all else here stands.
    kept = tuple(looking_directory(settings, environment, kind) for kind in (LOCKS, PROBES))
    own = tuple(os.path.join(directory, "") for directory in kept if directory)  # noqa: PTH118
    for path in witness.opened:
        if not path.startswith((_LISTS, *own)):
            yield path
            yield from _between(Path(path), run.lock.root)
    for directory in witness.listed:
        yield from _of_listing(directory, listed=witness.listed, root=run.lock.root)
    yield from _of_modules()
    yield from _of_directory(settings.directory.absolute(), root=settings.directory)
    yield from _of_lock(run.lock)
    if settings.interpreter or run.interpreter is None:
        return
    names = {"python3", "python", f"python{settings.python}", Path(settings.python).name}
    programs = [command[0] for command in witness.programs if _is_probe(command)]
    yield from _of_search(environment, names=names - {""}, programs=programs)
    yield from of_interpreter(run.interpreter, with_distributions=run.with_distributions)


def _of_search(
    environment: Mapping[str, str], *, names: Iterable[str], programs: Iterable[str]
) -> Iterator[str]:
    """Yield what decides which interpreter is found: PATH, and what has one of the ``names`` there.

    ``programs`` are the interpreters that were started: each with the links that lead to it, its
    directory, and the places of a pyvenv.cfg (PEP 405).
    """
    for entry in environment.get("PATH", os.defpath).split(os.pathsep):
        if entry:
            directory = os.path.abspath(entry)  # noqa: PTH100 - links stay
            yield directory
            yield from _there(directory, names)
    if environment.get("VIRTUAL_ENV"):  # whose programs are passed over
        active = Path(environment["VIRTUAL_ENV"])
        yield from map(os.path.abspath, (active, active / "bin", active / "Scripts"))
    for program in programs:
        yield from _of_program(program)


def _of_program(program: str) -> Iterator[str]:
    yield from _linked(program)
    above = Path(program).parent
    yield from map(str, (above, above / "pyvenv.cfg", above.parent / "pyvenv.cfg"))


def _linked(path: str) -> Iterator[str]:
    """Yield ``path`` and every link on the way to what it leads to."""
    seen: set[str] = set()
    while path not in seen:
        seen.add(path)
        yield path
        if os.path.islink(path):  # noqa: PTH114 - as above
            path = os.path.normpath(Path(path).parent / os.readlink(path))  # noqa: PTH115


def of_interpreter(interpreter: Interpreter, *, with_distributions: bool) -> Iterator[str]:
    """Yield what a probe looks at, in the target and of the system.

    ``with_distributions`` adds what is installed, who owns that, and what syncs have left. Some of
    it comes twice, or is not there.
    """
    yield from _of_program(str(interpreter.executable))
    scheme = interpreter.scheme
    places = (scheme.purelib, scheme.platlib, scheme.scripts, scheme.headers, scheme.data)
    yield from map(str, places)
    for prefix in {interpreter.prefix, interpreter.base_prefix}:
        yield from map(str, (prefix, prefix / "lib", prefix / "pyvenv.cfg"))
        yield from (name for name in _in(prefix / "lib") if "python" in Path(name).name)
        if with_distributions:  # conda's records of what it has installed, one for each package
            yield str(prefix / "conda-meta")
            yield from (name for name in _in(prefix / "conda-meta") if name.endswith(".json"))
        yield str(prefix / "include" / f"python{_short(interpreter.version)}" / "Python.h")
    yield _LOADER_CACHE
    for entry in dict.fromkeys((*interpreter.sys_path, *interpreter.site_packages)):
        yield from _of_entry(entry, with_distributions=with_distributions)
    if with_distributions:
        yield from database_paths()
        state = state_directory(interpreter)
        yield from map(str, (state, state / "commit", state / "receipts"))
        yield from _in(state / "receipts")


def _short(version: str) -> str:
    return ".".join(version.split(".")[:2])


def _of_entry(entry: Path, *, with_distributions: bool) -> Iterator[str]:
    """Yield what matters of an entry of ``sys.path``, and what every start of Python runs of it."""
    yield str(entry)
    names = {Path(path).name: path for path in _in(entry)}
    for name, path in names.items():
        if name.endswith(".pth"):
            yield path
            yield from _named_in(path, names)
        elif name.partition(".")[0] in _CUSTOM or name == "EXTERNALLY-MANAGED":
            yield path
        elif with_distributions and (name.lower().endswith(_METADATA) or name == "EGG-INFO"):
            yield path
            yield from (each for each in _in(Path(path)) if each.endswith(_READ))


def _named_in(file: str, names: Mapping[str, str]) -> Iterator[str]:
    """Yield the modules beside a .pth file that its text names: it may well run them."""
    try:
        text = Path(file).read_text("utf-8", "replace")
    except OSError:
        return
    if "import" in text:
        for name, path in names.items():
            if name.partition(".")[0] in text:
                yield path
                yield from _in(Path(path))


def _of_lock(lock: Lock) -> Iterator[str]:
    """Yield the projects that a lock takes from directories: what declares them may be missing."""
    for package in lock.packages:
        if isinstance(package.source, Directory):
            yield from _of_directory(lock.root / package.source.path, root=lock.root)


def _of_directory(directory: Path, *, root: Path) -> Iterator[str]:
    """Yield a project's directory with what declares it, and those above it up to ``root``.

    A project in between makes a difference.
    """
    yield str(directory)
    yield from _there(str(directory), _DECLARING)
    yield from _between(directory, root)


def _between(path: Path, root: Path) -> Iterator[str]:
    """Yield the directories between a path and ``root``, if it is below that."""
    for above in path.parents:
        if root not in above.parents:
            return
        yield str(above)


def _of_listing(directory: str, *, listed: Iterable[str], root: Path) -> Iterator[str]:
    """Yield a directory that was listed, the links in it, and what hides a directory in it.

    That is a pyvenv.cfg in one that is not among the ``listed``. Below the lock's ``root``, a
    pyproject.toml makes a directory one of the workspace's.
    """
    yield directory
    inside = Path(directory).is_relative_to(root)
    for path in _in(Path(directory)):
        if os.path.islink(path):  # noqa: PTH114 - as above
            yield path
        if os.path.isdir(path):  # noqa: PTH112 - as above
            marker, project = (
                os.path.join(path, name)  # noqa: PTH118 - as above
                for name in ("pyvenv.cfg", "pyproject.toml")
            )
            if path not in listed and os.path.lexists(marker):
                yield marker
            if inside:
                yield project


def _of_modules() -> Iterator[str]:
    """Yield the files of the modules that have been imported, less those of the standard library.

    What lies in a zip file leads nowhere; of such a path, the zip file will be marked.
    """
    standard = sys.stdlib_module_names
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and name.partition(".")[0] not in standard:
            yield os.path.abspath(file)  # noqa: PTH100 - as above


def _there(directory: str, names: Iterable[str]) -> Sequence[str]:
    """Return those of the ``names`` that are in a directory; of others it says itself they come."""
    paths = (os.path.join(directory, name) for name in names)  # noqa: PTH118 - as above
    return [path for path in paths if os.path.lexists(path)]


def _in(directory: Path) -> Sequence[str]:
    try:
        return [entry.path for entry in os.scandir(directory)]
    except OSError:
        return ()

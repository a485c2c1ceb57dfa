"""syncsteps itself as one file, for another Python: sources alone, with what they need."""

from __future__ import annotations

import importlib.util
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from syncsteps.errors import InterpreterError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["pack"]

# What shows a run in colours is not among them: in a view a run writes plain lines.
_PACKAGES = ("syncsteps", "packaging", "tomli", "filelock")
_UNWANTED = frozenset({".dll", ".dylib", ".pyc", ".pyd", ".so"})


def pack(archive: Path) -> None:
    """Write a zip file from which Python can import syncsteps, as it runs here, and its needs.

    Raises:
        InterpreterError: one of them is not there as source.
    """
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as target:
        for package in _PACKAGES:
            sources = dict(_sources(package))
            for name, content in sources.items():
                target.writestr(name, content)
            if f"{package}/__init__.py" not in sources:
                raise InterpreterError(
                    f"{package} is not here as source, to be brought into a container",
                    hint="install syncsteps from its wheel, or use the zipapp",
                )


def _sources(package: str) -> Iterator[tuple[str, bytes]]:
    spec = importlib.util.find_spec(package)
    for place in (spec.submodule_search_locations or ()) if spec is not None else ():
        directory = Path(place)
        if directory.is_dir():
            for file in sorted(directory.rglob("*")):
                if file.is_file() and file.suffix not in _UNWANTED:
                    yield f"{package}/{file.relative_to(directory).as_posix()}", file.read_bytes()
        else:
            yield from _zipped(directory, package)


def _zipped(place: Path, package: str) -> Iterator[tuple[str, bytes]]:
    """Yield what an archive has of a package that was imported from it (the zipapp)."""
    archive = next((each for each in place.parents if each.is_file()), None)
    if archive is None:
        return
    with zipfile.ZipFile(archive) as source:
        for name in source.namelist():
            if name.startswith(f"{package}/") and not name.endswith("/"):
                yield name, source.read(name)

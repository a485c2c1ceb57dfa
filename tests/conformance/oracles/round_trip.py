"""Every lock as one multi-use pylock.toml, from which the same has to be selected again.

Where a lock does not say where its files are, an index is asked for them. What no index has any
more cannot come back: there, what is selected from the lock itself stands for it.
"""

from __future__ import annotations

import functools
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import packaging
import tomli
from packaging.version import Version

from syncsteps.addresses import Question, UvAsker, locate, questions_of
from syncsteps.errors import SelectionError, StagingError, SyncstepsError
from syncsteps.export import to_universal_pylock
from syncsteps.export.values import every_file
from syncsteps.locks import read_lock
from syncsteps.locks.model import Sdist, Wheel
from syncsteps.selection import Request, select
from syncsteps.selection.model import Pinned
from syncsteps.selection.universal import select_everywhere
from tests.conformance.oracle import Refused
from tests.conformance.oracles.pylock import Locked
from tests.conformance.pins import Pin, pins_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncsteps.interpreter.model import Interpreter
    from syncsteps.locks.model import Lock, Package
    from syncsteps.selection import Selection
    from syncsteps.selection.model import Selected
    from tests.conformance.corpus import Project
    from tests.conformance.oracle import Answer

__all__ = ["Again", "RoundTrip", "Written", "is_reachable"]

_NOWHERE = "https://index.invalid/"
_ADDRESSED = frozenset({"uv", "pylock"})


def is_reachable(uv: Path, environment: Mapping[str, str]) -> bool:
    """Return whether an index answers, by asking for a release that all of them have."""
    question = Question(name="packaging", version=Version(packaging.__version__))
    asker = UvAsker(uv=uv, environment=environment)
    with tempfile.TemporaryDirectory() as root:
        try:
            return bool(asker.ask((question,), root=Path(root), on_line=lambda _: None))
        except StagingError:
            return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The pylock.toml that a lock became, read again.

    ``gone`` are packages without any file in the index, ``files`` the hashes of all that is there.
    """

    again: Lock
    gone: frozenset[Package]
    files: frozenset[str]


@functools.lru_cache(maxsize=4)
def _written(path: Path, uv: Path, environment: tuple[tuple[str, str], ...]) -> Written:
    """Write the pylock.toml that the lock at ``path`` becomes, and read it again.

    Raises:
        SyncstepsError: it cannot become one.
    """
    variables = dict(environment)
    lock = read_lock(path, environment=variables, allow_outside=True)
    request = Request()
    universal = select_everywhere(lock, request, keep_choices=True, for_pylock=True)
    packages = [item.package for item in universal.packages]
    # Where an index's address is in a variable, the configured one is asked.
    known = not any((package.index or "").startswith(_NOWHERE) for package in packages)
    questions = questions_of(packages, follow_indexes=known)
    gone: frozenset[Package] = frozenset()
    if questions:
        asker = UvAsker(uv=uv, environment=variables)
        found = asker.ask(questions, root=lock.root, on_line=lambda _: None)
        gone = frozenset(package for package in packages if _is_gone(lock, found, package))
        lock = locate(lock, found, of=[p for p in packages if p not in gone]).lock
        universal = select_everywhere(lock, request, keep_choices=True, for_pylock=True)
    kept = tuple(item for item in universal.packages if item.package not in gone)
    text = to_universal_pylock(
        replace(universal, packages=kept),
        lock=lock,
        root=lock.root,
        base=lock.root,
        allow_outside=True,
    )
    # What the standard's own library makes of it is asked where somebody else wrote the file.
    Locked.of(tomli.loads(text), directory=path.parent)
    written = path.with_name("pylock.round-trip.toml")
    written.write_text(text, encoding="utf-8")
    again = read_lock(written, allow_outside=True)
    files = {file for package in again.packages for file in _files(package)}
    return Written(again=again, gone=gone, files=frozenset(files))


def _is_gone(lock: Lock, found: tuple[Package, ...], package: Package) -> bool:
    try:
        locate(lock, found, of=(package,))
    except SelectionError as error:
        if "under the same names" in str(error):
            raise
        return True
    return False


def _files(package: Package) -> set[str]:
    return {str(value) for file in every_file(package) for value in file.hashes}


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """What is selected from the pylock.toml, in the words of the lock that it was made from."""

    lock: Lock
    written: Written
    request: Request

    def pins(self, target: Interpreter) -> frozenset[Pin]:
        """Return them.

        Raises:
            Refused: nothing is selected, from the one or the other.
        """
        try:
            # Of what cannot be selected from the lock nothing is promised.
            before = select(self.lock, self.request, target)
            again = self.written.again
            after = select(again, self.request, target)
        except SelectionError as error:
            raise Refused(str(error)) from error
        return self._translated(before, after)

    def _translated(self, before: Selection, after: Selection) -> frozenset[Pin]:
        pins = {(pin.name, pin.version): pin for pin in pins_of(after, chosen=True)}
        for item in before.packages:
            (ours,) = pins_of(replace(before, packages=(item,), unavailable=()), chosen=True)
            key = ours.name, ours.version
            if item.package in self.written.gone or self._stands_for(item, pins.get(key)):
                pins[key] = ours
        lost = [item for item in before.unavailable if item.package in self.written.gone]
        rest = pins_of(replace(before, packages=(), unavailable=tuple(lost)), chosen=True)
        return frozenset(pins.values()) | rest

    def _stands_for(self, item: Selected, pin: Pin | None) -> bool:
        """Return whether ``pin`` is a file of the same package in place of the one ``item`` is.

        That is so where the lock leaves the choice, or the chosen file is gone.
        """
        if pin is None:
            return False
        if isinstance(item.chosen, Pinned):
            # With hashes alone it cannot be known that no file is for the target.
            return pin.hashes <= {str(value) for value in item.chosen.hashes}
        if isinstance(item.chosen, Wheel | Sdist):
            chosen = {str(value) for value in item.chosen.hashes}
            other = pin.hashes <= _files(item.package) | {str(h) for h in item.package.hashes}
            return bool(pin.hashes) and not chosen & self.written.files and other
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundTrip:
    """syncsteps itself, with a file between. ``online``: an index can be asked for addresses."""

    uv: Path
    environment: Mapping[str, str]
    online: bool
    name: str = "round trip"
    chooses: bool = True

    def reads(self, project: Project) -> bool:
        """Return whether the lock can become a pylock.toml here."""
        return self.online or project.format in _ADDRESSED

    def prepare(self, project: Project) -> None:
        """Nothing is needed beside the lock."""

    def ask(self, project: Project, lock: Lock | None, request: Request) -> Answer | None:
        """Return the selection from the written file, None for a workspace's member."""
        if lock is not None and (request.packages or request.all_packages):
            return None
        environment = {"URL": f"{_NOWHERE}simple", **self.environment}
        try:
            written = _written(project.lock, self.uv, tuple(sorted(environment.items())))
        except SyncstepsError as error:
            raise Refused(str(error)) from error
        return None if lock is None else Again(lock=lock, written=written, request=request)

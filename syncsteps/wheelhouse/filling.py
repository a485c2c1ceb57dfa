"""Filling a wheelhouse: what is missing is fetched or built aside, checked, and moved in."""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from syncsteps import processes
from syncsteps.errors import StagingError
from syncsteps.locks.model import Archive, Wheel
from syncsteps.selection.building import why_built
from syncsteps.selection.files import archive_filename
from syncsteps.selection.model import Pinned, Request, Selection
from syncsteps.staging.build_constraints import pip_variables
from syncsteps.staging.environment import installer_environment, surroundings
from syncsteps.staging.inputs import write_groups
from syncsteps.staging.logs import logged
from syncsteps.staging.lookups import described
from syncsteps.staging.output import Runner, run_installer
from syncsteps.staging.pip import closed_variables
from syncsteps.staging.sources import WHEELHOUSE_MANIFEST
from syncsteps.staging.uv_settings import is_true
from syncsteps.wheelhouse.housing import damage, file_digest, has_hash_of
from syncsteps.wheelhouse.manifest import read_manifest, write_manifest
from syncsteps.wheelhouse.matching import mismatch, origin_of
from syncsteps.wheelhouse.model import HousedWheel
from syncsteps.wheelhouse.pips import download_command, foreign_pip, target_pip, wheel_command

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from syncsteps.interpreter.model import Interpreter
    from syncsteps.locks.model import Lock
    from syncsteps.selection.model import Selected
    from syncsteps.wheelhouse.model import Manifest

__all__ = ["Filled", "Order", "fill", "opened"]

# What was asked for is settled: only the packages count.
_NO_REQUEST = Request()
_ASIDE = ".fetching-"
_LOCK = ".lock"
# So many files are fetched by one pip: what is complete then stays, whatever comes after, and a pip
# takes as long to start as to fetch twenty of them.
_FILES_A_RUN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a wheelhouse is to have, and how that may be got.

    ``empty`` is the manifest without any wheels. ``digests`` and ``files`` are of the directories
    among what is wanted, by package: the source digest, and those of single files. ``recorded``
    says that the interpreter is not on this machine, ``source`` and ``build`` are the settings'.
    """

    wanted: tuple[Selected, ...]
    lock: Lock
    interpreter: Interpreter
    empty: Manifest
    digests: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    recorded: bool = False
    source: str = "lock"
    build: str = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What a wheelhouse has now: ``strangers`` are files that the manifest does not name."""

    manifest: Manifest
    kept: int
    fetched: int
    built: int
    strangers: tuple[str, ...]


@contextlib.contextmanager
def opened(directory: Path, *, timeout: float) -> Iterator[Path]:
    """Hold the wheelhouse ``directory``, made if it is missing; give an empty one in it for work.

    What another that was killed has left in it goes. ``timeout`` is in seconds.

    Raises:
        StagingError: another one fills it for longer than that, or it cannot be written to.
    """
    lock = FileLock(directory / _LOCK)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=timeout)
    except Timeout as error:
        raise StagingError(
            f"another fetch has been filling {directory} for {timeout:g} seconds",
            hint="wait until it has ended, or name another directory",
        ) from error
    except OSError as error:
        raise _unwritable(directory, error) from error
    try:
        for left in directory.glob(f"{_ASIDE}*"):
            shutil.rmtree(left, ignore_errors=True)
        aside = Path(tempfile.mkdtemp(prefix=_ASIDE, dir=directory))
        try:
            yield aside
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    except OSError as error:
        raise _unwritable(directory, error) from error
    finally:
        # As long as the lock is held: whoever has opened it meanwhile then starts again.
        if sys.platform != "win32":
            with contextlib.suppress(OSError):
                lock_file = directory / _LOCK
                lock_file.unlink()
        lock.release()


def fill(
    order: Order,
    directory: Path,
    *,
    aside: Path,
    environment: Mapping[str, str],
    on_need: Callable[[int, int], None],
    on_line: Callable[[str], None],
    runner: Runner = processes.run,
) -> Filled:
    """Bring into the wheelhouse ``directory`` what ``order`` wants and it does not have.

    Each file is fetched or built in ``aside``, a directory in it, checked, and moved in whole; the
    manifest follows after each run of pip, so that what an interruption leaves is right and is not
    fetched again. Nothing is run where nothing is missing. ``on_need`` is told how many are missing
    and how many are there, ``on_line`` gets the installer's lines, secrets redacted.

    Raises:
        StagingError: something cannot be fetched or built, or is not what the lock says; the
            manifest cannot be used; the directory cannot be written to.
        SelectionError: the lock has something that must not be handed to an installer.
    """
    before = read_manifest(directory)
    there = {
        item.name: wheel
        for item in order.wanted
        if (wheel := _there(item, order, before, directory)) is not None
    }
    missing = [item for item in order.wanted if item.name not in there]
    on_need(len(missing), len(there))
    filling = _Filling(
        order=order,
        directory=directory,
        aside=aside,
        environment=environment,
        on_line=on_line,
        runner=runner,
        wheels=dict(there),
    )
    with tempfile.TemporaryDirectory(prefix="syncsteps-", ignore_cleanup_errors=True) as place:
        for number, part in enumerate(_runs(missing, order.interpreter)):
            filling.run(part, Path(place), number)
    manifest = filling.write()
    return Filled(
        manifest=manifest,
        kept=len(there),
        fetched=len(missing),
        built=sum(wheel.built for name, wheel in filling.wheels.items() if name not in there),
        strangers=_strangers(directory, manifest),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Filling:
    """A wheelhouse that is being filled; ``wheels`` are those that it has, by package."""

    order: Order
    directory: Path
    aside: Path
    environment: Mapping[str, str]
    on_line: Callable[[str], None]
    runner: Runner
    wheels: dict[str, HousedWheel]

    def run(self, part: Sequence[Selected], place: Path, number: int) -> None:
        """Fetch or build ``part`` by itself, in directories of its own, and move it in."""
        output = self.aside / str(number)
        requests = place / f"requests-{number}"
        temporary = place / f"temporary-{number}"
        for each in (output, requests, temporary):
            each.mkdir()
        order = self.order
        environment = self._environment(temporary)
        groups = write_groups(
            Selection(request=_NO_REQUEST, packages=tuple(part)),
            lock=order.lock,
            directory=requests,
            source=order.source,
            pylock=False,
            follow=order.source == "lock" and not is_true(self.environment, "PIP_NO_INDEX"),
        )
        pip = foreign_pip(self.environment) if order.recorded else target_pip(order.interpreter)
        environment |= pip_variables(
            part,
            lock=order.lock,
            interpreter=order.interpreter,
            directory=requests,
            pip=pip,
            environment=environment,
        )
        with logged(self.on_line) as listen:
            for inputs in groups:
                for requirements, hashed in inputs.parts:
                    run_installer(
                        self._command(pip, requirements, output, hashed=hashed),
                        name="pip",
                        environment={**environment, **closed_variables(inputs)},
                        directory=requests,
                        on_line=listen,
                        runner=self.runner,
                        places=described(inputs.lookup),
                    )
        self._move_in(part, output)
        self.write()

    def write(self) -> Manifest:
        """Write the manifest of what is there now, and return it."""
        manifest = replace(
            self.order.empty, wheels=tuple(self.wheels[name] for name in sorted(self.wheels))
        )
        write_manifest(self.directory, manifest, aside=self.aside)
        return manifest

    def _command(
        self, pip: tuple[str, ...], requirements: Path, output: Path, *, hashed: bool
    ) -> list[str]:
        interpreter = self.order.interpreter
        if self.order.recorded:
            return download_command(
                pip,
                requirements=requirements,
                hashed=hashed,
                output=output,
                interpreter=interpreter,
            )
        return wheel_command(
            pip,
            requirements=requirements,
            hashed=hashed,
            output=output,
            only_wheels=self.order.build == "never",
        )

    def _environment(self, temporary: Path) -> dict[str, str]:
        return installer_environment(
            {**self.environment, **surroundings(str(temporary))},
            extra={
                "PIP_ROOT_USER_ACTION": "ignore",
                "PIP_USE_PEP517": "1",
                "PYTHONNOUSERSITE": "1",
            },
        )

    def _move_in(self, part: Sequence[Selected], output: Path) -> None:
        fetched: dict[str, Path] = {}
        for path in sorted(output.iterdir()):
            with contextlib.suppress(InvalidWheelFilename):
                fetched[parse_wheel_filename(path.name)[0]] = path
        for item in part:
            if item.name not in fetched:
                raise StagingError(
                    f"pip ended well, and brought no wheel of {item.name}",
                    details=[path.name for path in fetched.values()],
                    hint="whatever builds it gives it another name: lock it again",
                )
            wheel = self._housed(item, fetched[item.name])
            fetched[item.name].replace(self.directory / wheel.filename)
            self.wheels[item.name] = wheel

    def _housed(self, item: Selected, path: Path) -> HousedWheel:
        order = self.order
        version = parse_wheel_filename(path.name)[1]
        locked = item.package.version
        if locked is not None and locked != version:
            raise StagingError(
                f"pip brought {item.name} {version}, and the lock says {locked}",
                hint="for a local project or a repository: lock it again",
            )
        must_be_built = bool(why_built(item, order.interpreter.tags))
        built = must_be_built or not has_hash_of(path, item.hashes)
        if built and not must_be_built and not isinstance(item.chosen, Pinned):
            raise StagingError(
                f"the file that came for {item.name} does not have the lock's hash",
                hint="do not go on unless it is known why: the file was replaced, or cut off",
            )
        return HousedWheel(
            name=item.name,
            version=str(version),
            filename=path.name,
            sha256=file_digest(path),
            size=path.stat().st_size,
            built=built,
            origin=origin_of(item, digest=order.digests.get(item.name, "")),
            files=tuple(order.files.get(item.name, {}).items()),
        )


def _there(
    item: Selected, order: Order, before: Manifest | None, directory: Path
) -> HousedWheel | None:
    """Return the wheel that ``directory`` already has of ``item``, and whole; None if it has none.

    A file that has the lock's own name and hash is it, also where no manifest says so.
    """
    digest = order.digests.get(item.name, "")
    wheel = before.find(item.name) if before is not None else None
    if before is not None and wheel is not None:
        why = mismatch(item, wheel, before.target, order.interpreter, digest=digest)
        if not why and not damage(wheel, directory, item):
            return wheel
    name = _locked_name(item)
    path = directory / name
    if not name or not item.hashes or not path.is_file() or not has_hash_of(path, item.hashes):
        return None
    return HousedWheel(
        name=item.name,
        version=str(parse_wheel_filename(name)[1]),
        filename=name,
        sha256=file_digest(path),
        size=path.stat().st_size,
        built=False,
        origin=origin_of(item),
    )


def _locked_name(item: Selected) -> str:
    """Return the name of the wheel that the lock names, empty if it names none."""
    chosen = item.chosen
    name = chosen.filename if isinstance(chosen, Wheel) else ""
    if isinstance(chosen, Archive) and not why_built(item, ()):
        name = archive_filename(chosen)
    return "" if {"/", "\\"} & set(name) else name


def _runs(missing: Sequence[Selected], interpreter: Interpreter) -> Iterator[Sequence[Selected]]:
    """Yield what one pip brings at a time: many files, and builds each by itself."""
    builds = [item for item in missing if why_built(item, interpreter.tags)]
    files = [item for item in missing if item not in builds]
    for start in range(0, len(files), _FILES_A_RUN):
        yield files[start : start + _FILES_A_RUN]
    for item in builds:
        yield (item,)


def _strangers(directory: Path, manifest: Manifest) -> tuple[str, ...]:
    known = {WHEELHOUSE_MANIFEST, _LOCK, *(wheel.filename for wheel in manifest.wheels)}
    return tuple(
        sorted(
            path.name
            for path in directory.iterdir()
            if path.name not in known and not path.name.startswith(_ASIDE)
        )
    )


def _unwritable(directory: Path, error: OSError) -> StagingError:
    return StagingError(
        f"the wheelhouse {directory} cannot be filled: {error.strerror or error}",
        details=[f"file: {error.filename}"] if error.filename else (),
        hint="free space there, look at its permissions, or name another directory",
    )

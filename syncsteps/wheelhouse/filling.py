"""Filling a wheelhouse: what is missing is fetched or built aside, checked, and moved in."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from syncsteps.abreast import Call, run_abreast
from syncsteps.errors import StagingError
from syncsteps.locks.model import Archive, Wheel
from syncsteps.selection.building import why_built
from syncsteps.selection.files import archive_filename
from syncsteps.selection.model import Pinned, Request, Selection
from syncsteps.staging.abreast import AbreastRunner, Installation, run_installers
from syncsteps.staging.build_constraints import pip_variables
from syncsteps.staging.environment import installer_environment, surroundings
from syncsteps.staging.inputs import write_groups
from syncsteps.staging.logins import login_variables
from syncsteps.staging.logs import logged
from syncsteps.staging.lookups import described
from syncsteps.staging.pip import closed_variables
from syncsteps.staging.progress import Watch
from syncsteps.staging.sources import WHEELHOUSE_MANIFEST
from syncsteps.staging.uv_settings import is_true
from syncsteps.wheelhouse.housing import damage, file_digest, has_hash_of
from syncsteps.wheelhouse.manifest import read_manifest, write_manifest
from syncsteps.wheelhouse.matching import mismatch, origin_of
from syncsteps.wheelhouse.model import HousedWheel
from syncsteps.wheelhouse.opening import ASIDE, LOCK
from syncsteps.wheelhouse.pips import download_command, foreign_pip, target_pip, wheel_command

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from syncsteps.interpreter.model import Interpreter
    from syncsteps.locks.model import Lock
    from syncsteps.selection.model import Selected
    from syncsteps.staging.model import Progress
    from syncsteps.wheelhouse.model import Manifest

__all__ = ["Filled", "Order", "fill"]

# What was asked for is settled: only the packages count.
_NO_REQUEST = Request()
# Of files that one pip brings: it takes as long to start as to fetch the fewest, and what the most
# are stays, whatever comes after them.
_FEWEST_FILES, _MOST_FILES = 20, 100
# More pips than this wait for the disk, and for each other.
_MOST = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a wheelhouse is to have, and how that may be got.

    ``empty`` is the manifest without any wheels. ``digests`` and ``files`` are of the directories
    among what is wanted, by package: the source digest, and those of single files. ``recorded``
    says that the interpreter is not on this machine, ``source`` and ``build`` are the settings',
    ``jobs`` is how many pips may fetch at once; builds come one after the other.
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
    jobs: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What a wheelhouse has now: ``strangers`` are files that the manifest does not name."""

    manifest: Manifest
    kept: int
    fetched: int
    built: int
    strangers: tuple[str, ...]


def fill(
    order: Order,
    directory: Path,
    *,
    aside: Path,
    environment: Mapping[str, str],
    on_need: Callable[[int, int], None],
    on_line: Callable[[str], None],
    on_progress: Callable[[Progress], None] = lambda _progress: None,
    runner: AbreastRunner = run_abreast,
) -> Filled:
    """Bring into the wheelhouse ``directory`` what ``order`` wants and it does not have.

    Each file is fetched or built in ``aside``, a directory in it, checked, and moved in whole; the
    manifest follows each time that pips have ended, so that what an interruption leaves is right
    and is not fetched again. Nothing is run where nothing is missing. ``on_need`` is told how many
    are missing and how many are there, ``on_line`` gets the installer's lines, secrets redacted,
    and ``on_progress`` how far it is.

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
        watch=Watch(Selection(request=_NO_REQUEST, packages=tuple(missing)), on_progress),
    )
    for parts in _rounds(missing, order.interpreter, jobs=order.jobs):
        with tempfile.TemporaryDirectory(prefix="syncsteps-", ignore_cleanup_errors=True) as place:
            filling.run(parts, Path(place))
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
    runner: AbreastRunner
    wheels: dict[str, HousedWheel]
    watch: Watch

    def run(self, parts: Sequence[Sequence[Selected]], place: Path) -> None:
        """Fetch or build ``parts`` side by side, and move them in once all of them are there.

        ``place`` is an empty directory for what goes afterwards.
        """
        outputs = [self.aside / str(number) for number in range(len(parts))]
        chains = [
            self._chain(part, place / str(number), output)
            for number, (part, output) in enumerate(zip(parts, outputs, strict=True))
        ]
        with logged(self.on_line) as listen:
            run_installers(
                chains, name="pip", on_line=listen, runner=self.runner, listener=self.watch
            )
        for part, output in zip(parts, outputs, strict=True):
            self._move_in(part, output)
            shutil.rmtree(output)
        self.write()

    def _chain(self, part: Sequence[Selected], place: Path, output: Path) -> list[Installation]:
        """Return the runs of pip that put wheels of ``part`` into ``output``."""
        requests, temporary = place / "requests", place / "temporary"
        for each in (output, place, requests, temporary):
            each.mkdir()
        order = self.order
        environment = self._environment(temporary)
        pip = foreign_pip(self.environment) if order.recorded else target_pip(order.interpreter)
        environment |= pip_variables(
            part,
            lock=order.lock,
            interpreter=order.interpreter,
            directory=requests,
            pip=pip,
            environment=environment,
        )
        groups = write_groups(
            Selection(request=_NO_REQUEST, packages=tuple(part)),
            lock=order.lock,
            directory=requests,
            source=order.source,
            pylock=False,
            follow=order.source == "lock" and not is_true(self.environment, "PIP_NO_INDEX"),
        )
        return [
            Installation(
                call=Call(
                    command=self._command(pip, requirements, output, hashed=hashed),
                    environment={**environment, **closed_variables(inputs)},
                    directory=inputs.directory,
                    umask=0o022,
                ),
                places=described(inputs.lookup),
            )
            for inputs in groups
            for requirements, hashed in inputs.parts
        ]

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
        logins = login_variables(self.order.lock.root, self.environment, place=temporary)
        return installer_environment(
            {**self.environment, **surroundings(str(temporary)), **logins},
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


def _rounds(
    missing: Sequence[Selected], interpreter: Interpreter, *, jobs: int
) -> Iterator[Sequence[Sequence[Selected]]]:
    """Yield what is brought at a time, in a part for each pip: files, and then build by build."""
    builds = [item for item in missing if why_built(item, interpreter.tags)]
    files = [item for item in missing if item not in builds]
    count = max(1, min(jobs, _MOST, len(files) // _FEWEST_FILES))
    size = max(1, min(_MOST_FILES, -(-len(files) // count)))
    parts = [files[start : start + size] for start in range(0, len(files), size)]
    for start in range(0, len(parts), count):
        yield parts[start : start + count]
    for item in builds:
        yield ((item,),)


def _strangers(directory: Path, manifest: Manifest) -> tuple[str, ...]:
    known = {WHEELHOUSE_MANIFEST, LOCK, *(wheel.filename for wheel in manifest.wheels)}
    return tuple(
        sorted(
            path.name
            for path in directory.iterdir()
            if path.name not in known and not path.name.startswith(ASIDE)
        )
    )

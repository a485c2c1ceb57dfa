"""Everything that is known before anything is done: target, lock, selection, plan, findings."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from syncsteps.errors import StagingError
from syncsteps.locks.boundaries import outside
from syncsteps.locks.model import Directory
from syncsteps.locks.staleness import read_workspace, staleness
from syncsteps.plan import Keep, make_plan
from syncsteps.projects import kin_of, other_owners, project_name, root_name
from syncsteps.reading import read_project_lock
from syncsteps.receipts import (
    Ledger,
    load_receipts,
    make_entry,
    make_receipt,
    staged_digest,
    state_directory,
)
from syncsteps.selection import select
from syncsteps.settings import read_pyproject, read_toml
from syncsteps.staging import source_digest, source_files
from syncsteps.verify import Facts, verify

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from syncsteps.interpreter.model import InstalledDistribution, Interpreter
    from syncsteps.locks.model import Lock
    from syncsteps.locks.staleness import Staleness
    from syncsteps.plan import Plan
    from syncsteps.receipts import Receipt, ReceiptEntry
    from syncsteps.selection import Selected, Selection
    from syncsteps.settings import Settings
    from syncsteps.staging import StagedDistribution
    from syncsteps.verify import Finding
    from syncsteps.wheelhouse.model import Manifest

__all__ = ["Survey", "Surveyor", "take_survey"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What one project's lock means for one interpreter."""

    interpreter: Interpreter
    lock: Lock
    selection: Selection
    project: str
    ledger: Ledger
    source_digests: Mapping[str, str]
    plan: Plan
    findings: tuple[Finding, ...]
    wheelhouse: Manifest | None = None

    @property
    def state(self) -> Path:
        """The directory of receipts, journal and stage."""
        return state_directory(self.interpreter)

    @property
    def receipt(self) -> Receipt | None:
        """The receipt of this project's last sync."""
        return self.ledger.of(self.project)

    def next_receipt(
        self,
        staged: Sequence[StagedDistribution] = (),
        *,
        directories: Sequence[str] = (),
    ) -> Receipt:
        """Return the receipt that will be true once ``staged`` is in place.

        ``directories`` are those that are made for it; see `Receipt`.

        It names what this project's syncs installed and what stays of that, and what it shares with
        another project that installed it. What was there without any of them is not the project's.
        """
        gone = {a.name for a in self.plan.actions if not isinstance(a, Keep)}
        kept = {keep.name for keep in self.plan.kept}
        there = self.interpreter.by_name()
        entries: dict[str, ReceiptEntry] = {}
        own = self.receipt
        others = self.ledger.others(than=self.project)
        for receipt in sorted(self.ledger.receipts, key=lambda each: each is not own):
            for entry in receipt.entries:
                # What is not kept is left to the others.
                ours = entry.name in kept or (receipt is own and entry.name not in others)
                if ours and entry.name not in gone and _stands(entry, there):
                    entries.setdefault(entry.name, entry)
        chosen = {item.name: item for item in self.plan.staged}
        for distribution in staged:
            entries[distribution.name] = make_entry(
                chosen[distribution.name],
                version=distribution.version,
                digest=staged_digest(distribution),
                source_digest=self.source_digests.get(distribution.name, ""),
            )
        data = self.interpreter.scheme.data
        earlier = self.receipt.directories if self.receipt is not None else ()
        return make_receipt(
            self.project,
            lock=self.lock,
            python=self.interpreter.version,
            entries=entries.values(),
            directories=(*directories, *(name for name in earlier if (data / name).is_dir())),
        )

    @property
    def current(self) -> bool:
        """Whether nothing is to be done, and the receipt says so too."""
        if self.plan.changes:
            return False
        wanted = self.next_receipt()
        if self.receipt is None:
            return not wanted.entries
        # A directory that has gone since is no reason to write.
        return self.receipt == replace(wanted, directories=self.receipt.directories)


def _stands(entry: ReceiptEntry, there: Mapping[str, Sequence[InstalledDistribution]]) -> bool:
    """Return whether what is imported of those that are ``there`` is what ``entry`` is about."""
    return entry.name in there and there[entry.name][0].version == entry.version


def take_survey(
    settings: Settings, interpreter: Interpreter, *, environment: Mapping[str, str]
) -> Survey:
    """Look at everything and change nothing.

    Raises:
        LockError, SelectionError: as for `read_selection`.
        StagingError: a directory that the lock names cannot be read.
        SettingsError: pyproject.toml or the Pipfile cannot be read, or a code to ignore does not
            exist, or ``[tool.syncsteps.verify]`` speaks of a code or a package that does not.
    """
    surveyor = Surveyor(settings, environment=environment)
    surveyor.require_packages([interpreter])
    return surveyor.survey(interpreter)


class Surveyor:
    """What can be known of a project's lock without a target, read once for however many.

    ``housed`` says whether a wheelhouse that the settings name is there to install from.

    Raises:
        LockError: there is no lock, or it cannot be read.
        SettingsError: pyproject.toml or the Pipfile cannot be read.
        StagingError: what the settings name is no wheelhouse.
    """

    def __init__(
        self, settings: Settings, *, environment: Mapping[str, str], housed: bool = True
    ) -> None:
        self.lock = read_project_lock(settings, environment=environment)
        self._settings = settings
        pyproject = read_pyproject(settings.directory)
        self._root = root_name(pyproject, self.lock)
        self._project = project_name(self._root, settings.request)
        self.staleness = _staleness(self.lock, pyproject)
        self._digests: dict[str, str] = {}
        self._wheelhouse = _manifest(settings) if housed and settings.wheelhouse else None

    def require_packages(self, interpreters: Sequence[Interpreter]) -> None:
        """Make sure that what the settings say of packages is about some that there are.

        Raises:
            SettingsError: one is neither in the lock nor installed in any of the interpreters.
        """
        said = [each for each in (self._settings.policy, self._settings.smoke) if each is not None]
        if said:
            known = {package.name for package in self.lock.packages}
            known |= {d.name for each in interpreters for d in each.distributions}
            for policy in said:
                policy.require_packages(known)

    def select(self, interpreter: Interpreter) -> Selection:
        """Return what is asked for of the lock, for ``interpreter``.

        Raises:
            SelectionError: the lock does not have it.
        """
        return select(self.lock, self._settings.request, interpreter)

    def source_digests(self, selection: Selection) -> dict[str, str]:
        """Return the digest of each directory of ``selection``, by package.

        Where a wheelhouse has a wheel of it, and nothing of what is here is another than it was
        built from, it is the one of the build: there may be a part of the sources, or none.

        Raises:
            StagingError: one cannot be read.
        """
        settings = self._settings
        house = self._wheelhouse
        if house is None:
            return _source_digests(selection, self.lock, settings, known=self._digests)
        from syncsteps.wheelhouse.matching import housed_digest  # noqa: PLC0415 - few have one

        housed = {
            name: digest
            for name, here in self.source_files(selection).items()
            if (digest := housed_digest(house.find(name), here))
        }
        others = replace(
            selection,
            packages=tuple(
                item
                for item in selection.packages
                if item.name not in housed and not _is_absent(item, self.lock)
            ),
        )
        return {
            **housed,
            **_source_digests(others, self.lock, settings, known=self._digests),
        }

    def source_files(self, selection: Selection) -> dict[str, dict[str, str]]:
        """Return the digests of the files of each directory of ``selection``, by package.

        Raises:
            StagingError: one cannot be read.
        """
        reports = _reports(self._settings)
        found = {}
        for item, directory in _directories(selection, self.lock, self._settings):
            with _reading(item, directory):
                found[item.name] = source_files(directory, reports=reports)
        return found

    def survey(self, interpreter: Interpreter) -> Survey:
        """Return what the lock means for ``interpreter``.

        Raises:
            SelectionError: the lock does not have what is asked for.
            StagingError: a directory that the lock names cannot be read.
            SettingsError: a code to ignore does not exist.
        """
        lock, settings, project = self.lock, self._settings, self._project
        selection = self.select(interpreter)
        # Of a recorded interpreter the receipts and the tool are elsewhere, whatever lies here.
        elsewhere = bool(settings.interpreter)
        ledger = Ledger() if elsewhere else load_receipts(state_directory(interpreter))
        digests = self.source_digests(selection)
        kin = kin_of(project, ledger=ledger, lock=lock, root=self._root)
        plan = make_plan(
            selection,
            interpreter=interpreter,
            ledger=ledger,
            project=project,
            prune=settings.prune,
            source_digests=digests,
            kin=kin,
            again=[canonicalize_name(name) for name in settings.reinstall_package],
        )
        facts = Facts(
            lock=lock,
            selection=selection,
            interpreter=interpreter,
            plan=plan,
            staleness=self.staleness,
            settings=settings,
            owners=other_owners(plan, ledger=ledger, lock=lock, project=project, kin=kin),
            tool_home=None if elsewhere else Path(__file__).parent.parent,
        )
        return Survey(
            interpreter=interpreter,
            lock=lock,
            selection=selection,
            project=project,
            ledger=ledger,
            source_digests=digests,
            plan=plan,
            wheelhouse=self._wheelhouse,
            findings=verify(facts, ignore=settings.ignore, policy=settings.policy),
        )


def _manifest(settings: Settings) -> Manifest:
    from syncsteps.wheelhouse.housing import require_manifest  # noqa: PLC0415 - few have one

    return require_manifest(Path(settings.wheelhouse))


def _staleness(lock: Lock, pyproject: Mapping[str, Any] | None) -> Staleness:
    with_pipfile = lock.format == "Pipfile.lock"
    pipfile = read_toml(lock.path.with_name("Pipfile")) if with_pipfile else None
    workspace = read_workspace(lock, pyproject) if lock.format == "uv.lock" else None
    return staleness(lock, pyproject, pipfile=pipfile, workspace=workspace)


def _source_digests(
    selection: Selection, lock: Lock, settings: Settings, *, known: dict[str, str]
) -> dict[str, str]:
    """Return the digests of the directories in ``selection``, by package; ``known`` keeps them."""
    reports = _reports(settings)
    digests = {}
    for item, directory in _directories(selection, lock, settings):
        path = str(directory)
        with _reading(item, directory):
            if path not in known:
                known[path] = source_digest(directory, reports=reports)
        digests[item.name] = known[path]
    return digests


def _directories(
    selection: Selection, lock: Lock, settings: Settings
) -> Iterator[tuple[Selected, Path]]:
    """Yield what is built from a directory, and where that is."""
    for item in selection.packages:
        if not isinstance(item.chosen, Directory):
            continue
        if not settings.may_leave and outside(item.chosen, root=lock.root):
            continue  # It is refused, and not to be looked into: it may be the whole disk.
        yield item, lock.root / item.chosen.path


def _is_absent(item: Selected, lock: Lock) -> bool:
    return isinstance(item.chosen, Directory) and not (lock.root / item.chosen.path).is_dir()


@contextlib.contextmanager
def _reading(item: Selected, directory: Path) -> Iterator[None]:
    """Say of what cannot be read that ``item`` is built from it."""
    try:
        yield
    except OSError as error:
        where = error.filename if isinstance(error.filename, str) else directory
        raise StagingError(
            f"{item.name} is built from {directory}, which cannot be read:"
            f" {where}: {error.strerror}",
            hint="bring that directory here, or leave out what is built from this machine's"
            " disk with --no-local",
        ) from error


def _reports(settings: Settings) -> set[str]:
    written = [*settings.reports, *filter(None, [settings.wheelhouse])]
    return {os.path.abspath(place) for place in written}  # noqa: PTH100 - links stay

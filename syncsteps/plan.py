"""What a selection means for an interpreter: what comes, what goes, what stays, and why."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from syncsteps.locks.model import Archive, Directory, Vcs
from syncsteps.requirements import required_name, requirements_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from syncsteps.interpreter.model import InstalledDistribution, Interpreter
    from syncsteps.receipts import Ledger, ReceiptEntry
    from syncsteps.selection.model import Selected, Selection

__all__ = [
    "Action",
    "Install",
    "Keep",
    "Plan",
    "Remove",
    "Replace",
    "affected",
    "make_plan",
    "same_version",
]

_INSTALLERS = frozenset({"pip", "setuptools", "wheel"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Install:
    """A distribution that comes. ``shadows`` is a copy elsewhere on ``sys.path`` that it hides."""

    selected: Selected
    reason: str
    shadows: InstalledDistribution | None = None

    @property
    def name(self) -> str:
        """The distribution's normalized name."""
        return self.selected.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Replace:
    """A distribution that comes in place of the installed one, which goes."""

    selected: Selected
    installed: InstalledDistribution
    reason: str

    @property
    def name(self) -> str:
        """The distribution's normalized name."""
        return self.selected.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """A distribution that already is what the lock says."""

    selected: Selected
    installed: InstalledDistribution
    reason: str

    @property
    def name(self) -> str:
        """The distribution's normalized name."""
        return self.selected.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Remove:
    """A distribution that goes, with nothing in its place."""

    installed: InstalledDistribution
    reason: str

    @property
    def name(self) -> str:
        """The distribution's normalized name."""
        return self.installed.name


Action = Install | Replace | Keep | Remove


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One action for each distribution that is concerned, sorted by name."""

    actions: tuple[Action, ...]

    @property
    def staged(self) -> tuple[Selected, ...]:
        """What has to be fetched or built."""
        return tuple(a.selected for a in self.actions if isinstance(a, Install | Replace))

    @property
    def retired(self) -> tuple[InstalledDistribution, ...]:
        """The installed distributions whose files go."""
        return tuple(a.installed for a in self.actions if isinstance(a, Replace | Remove))

    @property
    def kept(self) -> tuple[Keep, ...]:
        """What stays because it already is right."""
        return tuple(a for a in self.actions if isinstance(a, Keep))

    @property
    def changes(self) -> bool:
        """Whether anything is to be done."""
        return any(not isinstance(a, Keep) for a in self.actions)


def make_plan(
    selection: Selection,
    *,
    interpreter: Interpreter,
    ledger: Ledger,
    project: str,
    prune: str,
    source_digests: Mapping[str, str],
    kin: Collection[str] = (),
    again: Collection[str] = (),
) -> Plan:
    """Compare ``selection`` with what is installed.

    ``prune`` is ``none``, ``owned`` (what ``project``'s receipt names, the selection does not, and
    nothing else needs) or ``all`` (whatever lies in the target's directories, is not selected and
    belongs to no system package manager; setuptools and wheel stay). Neither removes pip, nor what
    another project's receipt names. ``source_digests`` gives the digest of each local source tree
    by package name. ``kin`` are projects with the same lock: what their receipts say is believed.
    ``again`` are normalized names of what is not kept, however right it is.
    """
    receipt = ledger.of(project)
    own = {entry.name: entry for entry in receipt.entries} if receipt is not None else {}
    others = [
        {entry.name: entry for entry in receipt.entries}
        for receipt in ledger.receipts
        if receipt.project in kin
    ]
    there = interpreter.by_name()
    actions: list[Action] = []
    for selected in selection.packages:
        actions += _actions(
            selected,
            there=there.get(selected.name, ()),
            directories=_directories(interpreter),
            receipts=(own, *others),
            source_digest=source_digests.get(selected.name, ""),
            again=selected.name in again,
        )
    wanted = {item.name for item in selection.packages}
    wanted |= {item.package.name for item in selection.unavailable}
    if prune != "none":
        names = None if prune == "all" else set(own)
        actions += _removals(
            interpreter, wanted=wanted, names=names, ledger=ledger, project=project
        )
    return Plan(actions=tuple(sorted(actions, key=lambda action: action.name)))


def affected(plan: Plan) -> tuple[Keep, ...]:
    """Return what stays, and requires something that comes or goes, directly or through others.

    Markers and extras are not looked at: one distribution too many is imported rather than one too
    few.
    """
    moved = {action.name for action in plan.actions if not isinstance(action, Keep)}
    keeps = {keep.name: keep for keep in plan.kept}
    needs = {
        name: {required_name(line) for line in keep.installed.requires}
        for name, keep in keeps.items()
    }
    reached: set[str] = set()
    while True:
        more = {n for n in keeps if n not in reached and needs[n] & (moved | reached)}
        if not more:
            return tuple(keeps[name] for name in sorted(reached))
        reached |= more


def _actions(
    selected: Selected,
    *,
    there: Sequence[InstalledDistribution],
    directories: tuple[Path, ...],
    receipts: Sequence[Mapping[str, ReceiptEntry]],
    source_digest: str,
    again: bool,
) -> Iterable[Action]:
    """Return what is to be done for ``selected``; ``there`` are all copies of it, in their order.

    ``directories`` are those of the target.
    """
    if not there:
        return [Install(selected=selected, reason="not installed")]
    installed = there[0]
    copies = _copies(there, directories)
    difference = _difference(selected, installed, _told(installed, receipts), source_digest)
    if not difference and copies:
        difference = "it is there more than once"
    if not difference and again:
        difference = "it is to be installed again"
    if not difference:
        owner = f", of {installed.owner}" if installed.owner else ""
        return [Keep(selected=selected, installed=installed, reason=f"already there{owner}")]
    if installed.location in directories:
        return [Replace(selected=selected, installed=installed, reason=difference), *copies]
    reason = f"{difference}; stands before the copy in {installed.location}"
    return [Install(selected=selected, reason=reason, shadows=installed)]


def _told(
    installed: InstalledDistribution, receipts: Sequence[Mapping[str, ReceiptEntry]]
) -> ReceiptEntry | None:
    """Return what is known of ``installed``: from the first of ``receipts``, which is our own.

    Else it is from the others, where they agree on the file. A receipt that has another version
    says nothing: somebody else has changed it since.
    """
    version = _parsed(installed.version)
    found = [
        (entries is receipts[0], entry)
        for entries in receipts
        if (entry := entries.get(installed.name)) and same_version(entry.version, version)
    ]
    if found and (found[0][0] or len({entry.hash for _, entry in found}) == 1):
        return found[0][1]
    return None


def _copies(there: Sequence[InstalledDistribution], directories: tuple[Path, ...]) -> list[Remove]:
    """Return the removal of what an installation that was cut off has left beside the first.

    Its metadata names files that are also those of the first: neither can stay alone.
    """
    ours = [each for each in there if each.location in directories and each.owner is None]
    if not ours or ours[0] is not there[0]:
        return []
    return [Remove(installed=each, reason="a second copy of it") for each in ours[1:]]


def _directories(interpreter: Interpreter) -> tuple[Path, ...]:
    return (interpreter.scheme.purelib, interpreter.scheme.platlib)


def _difference(
    selected: Selected,
    installed: InstalledDistribution,
    entry: ReceiptEntry | None,
    source_digest: str,
) -> str:
    """Say in which way ``installed`` is not what was selected; empty if it is."""
    version = selected.package.version
    if version is not None and not same_version(installed.version, version):
        return f"{installed.version} is installed"
    if isinstance(selected.chosen, Directory):
        return _directory_difference(entry, source_digest)
    origin = _direct_url(installed)
    if isinstance(selected.chosen, Vcs):
        info = origin.get("vcs_info")
        found = info.get("commit_id") if isinstance(info, dict) else None
        if found is None:
            return "was not installed from the repository that the lock names"
        return "" if found == selected.chosen.commit_id else "another commit is installed"
    return _file_difference(selected, origin, entry)


def _directory_difference(entry: ReceiptEntry | None, source_digest: str) -> str:
    if entry is None or not entry.hash or not source_digest:
        return "it is not known what source it was built from"
    return "" if entry.hash == source_digest else "its source has changed"


def _file_difference(
    selected: Selected, origin: Mapping[str, Any], entry: ReceiptEntry | None
) -> str:
    if entry is not None and entry.hash and entry.hash not in {str(h) for h in selected.hashes}:
        return "another file of this version is installed"
    if isinstance(selected.chosen, Archive):
        if entry is not None or selected.chosen.url == origin.get("url", ""):
            return ""
        return "was not installed from the URL that the lock names"
    return "was installed from a URL, the lock takes it from an index" if origin else ""


def _parsed(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


def same_version(text: str, version: Version | None) -> bool:
    """Return whether ``text``, as it is installed, is ``version`` (PEP 440)."""
    return version is not None and _parsed(text) == version


def _direct_url(installed: InstalledDistribution) -> dict[str, Any]:
    """Return the parsed ``direct_url.json`` (PEP 610), empty where there is none."""
    try:
        value = json.loads(installed.direct_url or "{}")
    except (ValueError, RecursionError):
        return {"url": ""}
    return value if isinstance(value, dict) else {"url": ""}


def _removals(
    interpreter: Interpreter,
    *,
    wanted: set[str],
    names: set[str] | None,
    ledger: Ledger,
    project: str,
) -> Iterable[Remove]:
    """Yield what goes: of ``names`` (None: of everything in the target's directories)."""
    directories = _directories(interpreter)
    others = ledger.others(than=project)
    candidates = {
        d.name: d
        for d in reversed(interpreter.distributions)
        if d.name not in wanted
        and d.location in directories
        and d.owner is None
        and d.name not in (_INSTALLERS if names is None else {"pip"})
        and (names is None or d.name in names)
        and d.name not in others
    }
    if names is not None:
        # What the lock replaces or keeps needs only what the lock names as well.
        known = {*candidates, *wanted}
        staying = [d for d in interpreter.distributions if d.name not in known]
        for name in _needed(staying, candidates, dict(interpreter.environment)):
            del candidates[name]
    reason = "an earlier sync of this project installed it, and nothing needs it now"
    if names is None:
        reason = "the lock does not name it"
    return [Remove(installed=d, reason=reason) for d in candidates.values()]


def _needed(
    staying: list[InstalledDistribution],
    candidates: Mapping[str, InstalledDistribution],
    environment: Mapping[str, str],
) -> set[str]:
    """Return the names of ``candidates`` that ``staying`` requires, directly or through others.

    Extras count where a requirement asks for them (``name[extra]``).
    """
    by_name = {d.name: d for d in (*candidates.values(), *reversed(staying))}
    seen: set[tuple[str, str]] = set()
    queue = [(d.name, "") for d in staying]
    while queue:
        node = queue.pop()
        if node in seen or node[0] not in by_name:
            continue
        seen.add(node)
        for requirement in requirements_of(by_name[node[0]], environment, extra=node[1]):
            name = canonicalize_name(requirement.name)
            queue += [(name, extra) for extra in ("", *requirement.extras)]
    return {name for name, _ in seen if name in candidates}

"""The values between the steps, for tests: valid by default, every part can be overridden."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.version import Version

from syncsteps.interpreter.model import InstalledDistribution, Owner
from syncsteps.locks.model import Directory, Hash, Lock, Package, Sdist, Wheel
from syncsteps.locks.staleness import Staleness
from syncsteps.plan import Plan
from syncsteps.receipts import Ledger, Receipt, ReceiptEntry
from syncsteps.selection.model import Request, Selected, Selection
from syncsteps.settings import Settings
from syncsteps.verify.model import Facts
from tests.support.interpreters import make_interpreter

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from syncsteps.interpreter.model import Interpreter
    from syncsteps.plan import Action
    from syncsteps.selection.model import Chosen

__all__ = [
    "PROJECT",
    "SITE",
    "SYSTEM_SITE",
    "make_directory",
    "make_entry",
    "make_facts",
    "make_hash",
    "make_installed",
    "make_ledger",
    "make_lock",
    "make_owned",
    "make_package",
    "make_plan_of",
    "make_receipt",
    "make_sdist",
    "make_selected",
    "make_selection",
    "make_system",
    "make_wheel_entry",
]

PROJECT = Path("/project")
SITE = Path("/opt/python/lib/python3.12/site-packages")
SYSTEM_SITE = Path("/usr/lib/python3/dist-packages")


def make_hash(seed: str = "0") -> Hash:
    """Return a SHA-256 of the right length; other seeds (hex digits) are other hashes."""
    return Hash(algorithm="sha256", digest=seed.rjust(64, "0"))


def make_wheel_entry(name: str = "demo", version: str = "1.0", **fields: object) -> Wheel:
    """Return a pure wheel of an index."""
    filename = f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
    values: dict[str, Any] = {
        "filename": filename,
        "hashes": (make_hash(),),
        "url": f"https://index.invalid/{filename}",
    }
    return Wheel(**(values | fields))


def make_sdist(name: str = "demo", version: str = "1.0", **fields: object) -> Sdist:
    """Return an sdist of an index."""
    filename = f"{name.replace('-', '_')}-{version}.tar.gz"
    values: dict[str, Any] = {
        "filename": filename,
        "hashes": (make_hash(),),
        "url": f"https://index.invalid/{filename}",
    }
    return Sdist(**(values | fields))


def make_package(name: str = "demo", version: str | None = "1.0", **fields: object) -> Package:
    """Return a lock's entry; ``version`` None is one that the lock does not know."""
    values: dict[str, Any] = {"name": name, "version": version and Version(version)}
    return Package(**(values | fields))


def make_selected(
    name: str = "demo",
    version: str | None = "1.0",
    *,
    chosen: Chosen | None = None,
    **fields: object,
) -> Selected:
    """Return a selected package: a pure wheel, unless ``chosen`` says otherwise.

    ``fields`` are the package's.
    """
    if chosen is None:
        chosen = make_wheel_entry(name, version or "1.0")
    if isinstance(chosen, Wheel):
        fields.setdefault("wheels", (chosen,))
    elif isinstance(chosen, Sdist):
        fields.setdefault("sdist", chosen)
    return Selected(package=make_package(name, version, **fields), chosen=chosen)


def make_directory(name: str = "project", path: str = ".", version: str | None = "1.0") -> Selected:
    """Return a selected source tree."""
    source = Directory(path=path)
    return make_selected(name, version, chosen=source, source=source)


def make_selection(*packages: Selected, **fields: object) -> Selection:
    """Return a selection of these packages, sorted."""
    ordered = tuple(sorted(packages, key=lambda item: item.name))
    values: dict[str, Any] = {"request": Request(), "packages": ordered}
    return Selection(**(values | fields))


def make_lock(*packages: Package, **fields: object) -> Lock:
    """Return a flat lock of these packages in `PROJECT`."""
    values: dict[str, Any] = {
        "format": "pylock.toml",
        "format_version": "1.0",
        "path": PROJECT / "pylock.toml",
        "root": PROJECT,
        "digest": "d" * 64,
        "layout": "flat",
        "packages": packages,
    }
    return Lock(**(values | fields))


def make_installed(
    name: str = "demo",
    version: str = "1.0",
    *,
    location: Path = SITE,
    **fields: object,
) -> InstalledDistribution:
    """Return a distribution in the target's own directory, of nobody's."""
    values: dict[str, Any] = {
        "name": name,
        "version": version,
        "location": location,
        "metadata": location / f"{name.replace('-', '_')}-{version}.dist-info",
    }
    return InstalledDistribution(**(values | fields))


def make_owned(
    name: str = "demo", version: str = "1.0", *, location: Path = SYSTEM_SITE
) -> InstalledDistribution:
    """Return a distribution that belongs to a package of Debian's."""
    owner = Owner(manager="dpkg", package=f"python3-{name}")
    return make_installed(name, version, location=location, owner=owner)


def make_system(*distributions: InstalledDistribution, **fields: object) -> Interpreter:
    """Return CPython 3.12 with `SITE`, and after it `SYSTEM_SITE`, on its path."""
    values: dict[str, Any] = {
        "sys_path": (Path("/opt/python/lib/python3.12"), SITE, SYSTEM_SITE),
        "distributions": distributions,
    }
    return make_interpreter(**(values | fields))


def make_entry(
    name: str = "demo", version: str = "1.0", *, file_hash: str | None = None
) -> ReceiptEntry:
    """Return a receipt's entry for the wheel of `make_selected`, or for another file's hash."""
    return ReceiptEntry(
        name=name,
        version=version,
        source=f"{name}-{version}-py3-none-any.whl",
        hash=str(make_hash()) if file_hash is None else file_hash,
        digest="e" * 64,
    )


def make_receipt(project: str = "mine", *entries: ReceiptEntry) -> Receipt:
    """Return a project's receipt."""
    return Receipt(
        project=project,
        lock="pylock.toml",
        lock_digest="d" * 64,
        python="3.12.7",
        entries=entries,
        digest="f" * 64,
    )


def make_ledger(receipts: Mapping[str, Iterable[ReceiptEntry]] | None = None) -> Ledger:
    """Return the receipts of these projects."""
    found = [make_receipt(name, *entries) for name, entries in (receipts or {}).items()]
    return Ledger(receipts=tuple(found))


def make_plan_of(*actions: Action) -> Plan:
    """Return a plan of these actions, sorted as `syncsteps.plan.make_plan` sorts them."""
    return Plan(actions=tuple(sorted(actions, key=lambda action: action.name)))


def make_facts(*packages: Selected, **fields: object) -> Facts:
    """Return facts in which nothing is wrong: these packages, a current lock, an empty system."""
    values: dict[str, Any] = {
        "lock": make_lock(*(item.package for item in packages)),
        "selection": make_selection(*packages),
        "interpreter": make_system(),
        "plan": Plan(actions=()),
        "staleness": Staleness(known=True),
        "settings": Settings(directory=PROJECT),
    }
    return Facts(**(values | fields))

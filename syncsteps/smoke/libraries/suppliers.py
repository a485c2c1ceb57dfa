"""Which package of a system supplies a library, and the command that installs it."""

from __future__ import annotations

import re
import shutil
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING

import tomli

from syncsteps.processes import ProcessTimeoutError, run
from syncsteps.smoke.libraries.model import Supplier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from syncsteps.processes import Completed
    from syncsteps.smoke.libraries.model import System

__all__ = ["indexed_supplier", "install_command", "supplier"]

_COMMANDS = {
    "apt": "apt-get install -y --no-install-recommends",
    "apk": "apk add --no-cache",
    "dnf": "dnf install -y",
    "dnf5": "dnf5 install -y",
    "microdnf": "microdnf install -y",
    "tdnf": "tdnf install -y",
    "yum": "yum install -y",
    "zypper": "zypper install -y",
}
# Since when Debian's and Ubuntu's packages of libraries with a time in their interface are others.
_TIME64 = {"debian": (13,), "ubuntu": (24, 4)}
_INDEX_SECONDS = 20.0
_FINE = re.compile(r"[\w.+-]+")


def supplier(soname: str, system: System) -> Supplier | None:
    """Return the package that supplies this library on this system, or None if it is not known.

    For apt, the table in ``suppliers.toml`` knows. Packages of apk and rpm provide the sonames in
    them by rule, and can be asked for by these: ``so:libGL.so.1``, ``libGL.so.1()(64bit)``.
    """
    row = _table().get(soname, {})
    if system.manager == "apt":
        name = _apt_name(row, system)
        verified = system.family == "debian" and _release(system) in row.get("debian", "").split()
    else:
        name = row.get("apk" if system.manager == "apk" else "rpm") or _provided(soname, system)
        verified = False
    if not name:
        return None
    command = _command([name], system)
    return Supplier(soname=soname, package=name, command=command, verified=verified)


def indexed_supplier(
    soname: str,
    system: System,
    *,
    runner: Callable[..., Completed] = run,
    which: Callable[[str], str | None] = shutil.which,
) -> Supplier | None:
    """Return what the system's own index of files says, or None.

    That is apt-file's, where it is installed and has an index: nothing is fetched. Of several
    packages the one with the shortest name is taken, as the others are variants of it. It takes
    20 seconds at most.
    """
    program = which("apt-file") if system.manager == "apt" else None
    if program is None or not _FINE.fullmatch(soname):
        return None
    pattern = f"/lib(/[^/]+)?/{re.escape(soname)}$"
    try:
        done = runner([program, "search", "-l", "-x", pattern], timeout=_INDEX_SECONDS)
    except (OSError, ProcessTimeoutError):
        return None
    names = [line for line in done.stdout.split() if _FINE.fullmatch(line)]
    if done.status or not names:
        return None
    name = min(names, key=lambda each: (len(each), each))
    return Supplier(soname=soname, package=name, command=_command([name], system), verified=True)


def install_command(suppliers: Iterable[Supplier], system: System) -> str:
    """Return the one command that installs all of these packages, or an empty string for none."""
    names = sorted({each.package for each in suppliers})
    return _command(names, system) if names else ""


def _command(names: Sequence[str], system: System) -> str:
    # A provided name of rpm's has brackets, which mean something to a shell.
    quoted = (name if _FINE.fullmatch(name.replace(":", "")) else f"'{name}'" for name in names)
    return " ".join((_COMMANDS[system.manager], *quoted))


def _provided(soname: str, system: System) -> str:
    """Return what apk's and rpm's packages are said to provide if they hold this library."""
    if not _FINE.fullmatch(soname):
        return ""
    if system.manager == "apk":
        return f"so:{soname}"
    return f"{soname}()(64bit)" if system.bits == 64 else soname  # noqa: PLR2004 - bits


def _apt_name(row: Mapping[str, str], system: System) -> str:
    late = not system.version or system.version >= _TIME64.get(system.family, ())
    return row.get("t64", row.get("apt", "")) if late else row.get("apt", "")


def _release(system: System) -> str:
    return ".".join(map(str, system.version)) or "sid"


@lru_cache(maxsize=1)
def _table() -> dict[str, dict[str, str]]:
    text = resources.files(__package__).joinpath("suppliers.toml").read_text(encoding="utf-8")
    table: dict[str, dict[str, str]] = tomli.loads(text)
    return table

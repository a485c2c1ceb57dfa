"""Which operating system a root directory holds, and what installs its packages."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from syncsteps.smoke.libraries.model import System

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["read_system", "system_of"]

_FILES = ("etc/os-release", "usr/lib/os-release")
_LARGEST = 1 << 16

_APT = frozenset({"debian", "ubuntu"})
_APK = frozenset({"alpine", "wolfi", "chainguard", "postmarketos"})
_RPM = frozenset({"fedora", "rhel", "centos", "amzn", "mariner", "azurelinux"})
_ZYPPER = frozenset({"suse", "opensuse", "opensuse-leap", "opensuse-tumbleweed", "sles"})
_FAMILIES = (("apt", _APT), ("apk", _APK), ("rpm", _RPM), ("zypper", _ZYPPER))
_RPM_PROGRAMS = ("dnf", "dnf5", "microdnf", "tdnf", "yum")

# What a system that is made from another one names as its origin.
_CODENAMES = {
    ("debian", "bullseye"): (11,),
    ("debian", "bookworm"): (12,),
    ("debian", "trixie"): (13,),
    ("ubuntu", "focal"): (20, 4),
    ("ubuntu", "jammy"): (22, 4),
    ("ubuntu", "noble"): (24, 4),
}


def read_system(root: Path, *, bits: int = 64) -> System | None:
    """Return the system in ``root``, or None where its packages are not known here.

    ``/etc/os-release`` tells, else ``/usr/lib/os-release`` (os-release(5)). ``bits`` is 32 or 64:
    those of the interpreter.
    """
    for name in _FILES:
        try:
            with (root / name).open(encoding="utf-8", errors="replace") as stream:
                text = stream.read(_LARGEST)
        except OSError:
            continue
        programs = [each for each in _RPM_PROGRAMS if (root / "usr/bin" / each).exists()]
        return system_of(text, bits=bits, rpm_program=programs[0] if programs else "dnf")
    return None


def system_of(text: str, *, bits: int = 64, rpm_program: str = "dnf") -> System | None:
    """Return the system that this os-release file is of; ``rpm_program`` installs on rpm's."""
    fields = _fields(text)
    for family in (fields.get("ID", ""), *fields.get("ID_LIKE", "").split()):
        for manager, families in _FAMILIES:
            if family in families:
                return System(
                    manager=rpm_program if manager == "rpm" else manager,
                    family=family,
                    version=_version(fields, family),
                    bits=bits,
                )
    return None


def _fields(text: str) -> dict[str, str]:
    fields = {}
    for line in text.splitlines():
        key, equals, value = line.strip().partition("=")
        if equals and not key.startswith("#"):
            try:
                fields[key] = " ".join(shlex.split(value))
            except ValueError:
                continue  # a quote without its end: the line means nothing
    return fields


def _version(fields: Mapping[str, str], family: str) -> tuple[int, ...]:
    if fields.get("ID") == family:
        return tuple(int(part) for part in re.findall(r"\d+", fields.get("VERSION_ID", "")))
    for key in (f"{family.upper()}_CODENAME", "VERSION_CODENAME"):
        found = _CODENAMES.get((family, fields.get(key, "")))
        if found is not None:
            return found
    return ()

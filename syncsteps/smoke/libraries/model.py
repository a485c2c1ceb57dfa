"""What is known of a shared library: what a file needs, what is missing, and who supplies it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Certainty", "MissingLibrary", "Supplier", "System"]


class Certainty(Enum):
    """How sure it is that a library which is not found is needed."""

    MISSING = "missing"
    """An extension module that this interpreter would load cannot be loaded."""

    MAYBE = "maybe"
    """It depends on what is loaded before, or on whether the file is ever loaded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingLibrary:
    """A library that the system's loader would not find, or not in the version that is needed.

    ``soname`` is the name that is asked for, such as ``libGL.so.1``. ``version`` is empty, or the
    symbol version that the library which is found does not have, such as ``GLIBC_2.38``.
    ``needed_by`` is the file that cannot be loaded; ``chain`` leads from it to the file that asks
    for the library, both included: more than one where a bundled library needs it. ``reason`` says
    why it is no more than `Certainty.MAYBE`, as part of a sentence; otherwise it is empty.
    """

    soname: str
    needed_by: Path
    chain: tuple[Path, ...]
    certainty: Certainty
    version: str = ""
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.soname} ({self.version})" if self.version else self.soname


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """An operating system, as far as its packages go.

    ``manager`` is the program that installs them: ``apt``, ``apk``, ``dnf``, ``microdnf``, ``yum``,
    ``tdnf`` or ``zypper``. ``family`` is the ID of os-release(5) that its packages follow
    (``debian``, ``ubuntu``, ``alpine``, ``fedora`` …), ``version`` the release in numbers; empty
    where it has none, as Debian's sid. ``bits`` is 32 or 64.
    """

    manager: str
    family: str
    version: tuple[int, ...] = ()
    bits: int = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplier:
    """What supplies a library on a system: ``package`` as its manager knows it.

    ``command`` installs it. ``verified``: that was seen to be so on this release; otherwise it
    follows from how the system names its packages, or from another release of it.
    """

    soname: str
    package: str
    command: str
    verified: bool = False

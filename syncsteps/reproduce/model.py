"""What a reproduction found, as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from syncsteps.receipts import Listing, Receipt

__all__ = [
    "ENGINES",
    "ISOLATIONS",
    "Against",
    "Difference",
    "DifferenceKind",
    "Evidence",
    "Reproduction",
    "Tree",
]


ENGINES = ("docker", "podman", "buildah")
"""The container engines, in the order in which they are looked for."""
ISOLATIONS = ("auto", "overlay", "copy", *ENGINES)
"""How a view may be kept apart from the system."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """The files of one distribution in a view.

    ``scripts`` are the contents of its executable scripts, by their paths in ``listing``;
    ``record`` is the text of its RECORD.
    """

    listing: Listing = ()
    scripts: tuple[tuple[str, bytes], ...] = ()
    record: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a sync left in a view: its receipt, and the trees of its distributions, by name.

    ``executable`` is the path of the Python that scripts start.
    """

    receipt: Receipt
    executable: str
    trees: Mapping[str, Tree]


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """What a reproduction is held against: another sync's receipt.

    ``listings`` are its files, by distribution, if they are known. ``executables`` are the paths
    that its Python may have, the likeliest first.
    """

    file: Path
    receipt: Receipt
    executables: tuple[str, ...]
    listings: Mapping[str, Listing] = field(default_factory=dict)


class DifferenceKind(Enum):
    """In what a distribution of the reproduction is not the one that it is held against."""

    MISSING = "missing here"
    ADDED = "not there"
    VERSION = "another version"
    SOURCE = "from another file"
    CONTENT = "other files"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One of them: what ``there`` is, and what is ``here``.

    ``files`` are those that are not the same, each as ``+``, ``-`` or ``~`` and its path: here
    alone, there alone, of another content or mode. They are empty where nobody has listed them.
    """

    distribution: str
    kind: DifferenceKind
    there: str = ""
    here: str = ""
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reproduction:
    """What a sync in a view came to.

    ``isolation`` is how it was kept apart, ``image`` whose it was, or empty. ``untouched`` is the
    SHA-256, in hex, over everything that the real system has in the directories that a sync writes
    in, the same before and after; empty where the view was not one of this system. ``plan`` has the
    actions of the inner run as its document has them. ``against`` is the file that it was held
    against, ``executable`` the path of Python for which the digests were compared, ``remarks`` say
    what else is not the same.
    """

    isolation: str
    image: str = ""
    untouched: str = ""
    plan: tuple[Mapping[str, Any], ...] = ()
    against: str = ""
    executable: str = ""
    differences: tuple[Difference, ...] = ()
    remarks: tuple[str, ...] = ()

"""Whether a compiled file is a module that an interpreter would import."""

from __future__ import annotations

from keyword import iskeyword
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["abis_of", "is_module"]


def abis_of(tags: Sequence[str]) -> frozenset[str]:
    """Return the ABIs in these compatibility tags (PEP 425)."""
    return frozenset(
        abi
        for tag in tags
        if len(parts := tag.split("-")) == 3  # noqa: PLR2004 - PEP 425
        for abi in parts[1].split(".")
    )


def is_module(path: str, *, abis: frozenset[str], exports: Callable[[str], bool]) -> bool:
    """Whether an interpreter of these ABIs imports ``path``, which is relative to a site directory.

    The tag in the file's name says so. A file without one is a module if it has the function that
    the import calls: ``exports`` tells whether it has a symbol of a name. What lies where no
    package can be, or has a name that no module has, is none.
    """
    *parents, filename = PurePosixPath(path).parts or ("",)
    name, _, rest = filename.partition(".")
    if not all(map(_is_importable, (*parents, name))):
        return False
    if rest == "so":
        return exports(f"PyInit_{name}") or exports(f"PyInitU_{name}")
    tag, _, suffix = rest.rpartition(".")
    return suffix == "so" and _loads(tag, abis)


def _is_importable(name: str) -> bool:
    return name.isidentifier() and not iskeyword(name)


def _loads(tag: str, abis: frozenset[str]) -> bool:
    """Whether a tag such as ``abi3`` or ``cpython-312-x86_64-linux-gnu`` is of these ABIs."""
    implementation, _, rest = tag.partition("-")
    version, _, platform = rest.partition("-")
    if "." in tag:
        return False
    if implementation == "cpython":
        return f"cp{version}" in abis
    if implementation.startswith("pypy"):
        return f"{implementation}_{version}" in abis and bool(platform)
    return implementation in abis

"""Names that a request gives, checked against those that the lock has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from syncsteps.errors import SelectionError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

__all__ = ["known_names", "normalized"]


def normalized(names: Iterable[str]) -> frozenset[str]:
    """Return names of extras (PEP 685), groups (PEP 735) or packages as they are compared."""
    return frozenset(canonicalize_name(name) for name in names)


def known_names(
    kind: str, asked: Iterable[str], available: Collection[str], *, where: str
) -> frozenset[str]:
    """Return ``asked``, normalized, if all of them are among ``available``.

    ``kind`` says in errors what the names are of (``extra``), ``where`` whose they would be.

    Raises:
        SelectionError: one is not; the message has the nearest of ``available``, or all of them.
    """
    there = sorted(normalized(available))
    for name in asked:
        wanted = canonicalize_name(name)
        if wanted in there:
            continue
        listed = f"it has {', '.join(there)}" if there else f"it has no {kind}s at all"
        import difflib  # noqa: PLC0415 - only a misspelt name needs it

        nearest = difflib.get_close_matches(wanted, there, n=1)
        raise SelectionError(
            f"{where} has no {kind} {name!r}; {listed}",
            hint=f"did you mean {nearest[0]!r}?" if nearest else "",
        )
    return normalized(asked)

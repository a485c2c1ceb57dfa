"""Names that a distribution declares in its metadata (PEP 794)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncsteps.smoke.names.recorded import is_private, is_test, shallowest
from syncsteps.smoke.names.tree import Directory, is_importable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

__all__ = ["declared_names"]


def declared_names(
    names: Sequence[str] | None,
    namespaces: Sequence[str] | None,
    tree: Directory,
    *,
    is_namespace: Callable[[str], bool] = lambda _package: False,
) -> tuple[str, ...] | None:
    """Return what Import-Name and Import-Namespace fields say, or None where there are none.

    Names marked ``private`` count only if there is no other; a single empty field means that
    there is nothing to import. A namespace can be imported whether or not this distribution's part
    of it works: in its place come the shallowest packages that the distribution has below it, by
    ``tree``, unless a declared name lies there already.
    """
    if names is None and namespaces is None:
        return None
    public, private = _split(names or ())
    spaces, private_spaces = _split(namespaces or ())
    for space in sorted((spaces | private_spaces) - public - private):
        if any(name.startswith(f"{space}.") for name in public | private):
            continue
        found = set(_below(space, tree, is_namespace))
        (public if space in spaces else private).update(found)
    return tuple(sorted(public or private))


def _below(space: str, tree: Directory, is_namespace: Callable[[str], bool]) -> Iterable[str]:
    directory = tree.find(space)
    if directory is None:
        return ()
    found = set(shallowest(directory, space, lambda name: name == space or is_namespace(name)))
    return {name for name in found if not is_private(name) and not is_test(name)} or found


def _split(fields: Iterable[str]) -> tuple[set[str], set[str]]:
    """Return the names that are public and those that are marked private; no others."""
    public: set[str] = set()
    private: set[str] = set()
    for name, option in _values(fields):
        (private if option == "private" else public).add(name)
    return public, private


def _values(fields: Iterable[str]) -> Iterator[tuple[str, str]]:
    for value in fields:
        name, _, option = (part.strip() for part in value.partition(";"))
        if all(is_importable(part) for part in name.split(".")):
            yield name, option

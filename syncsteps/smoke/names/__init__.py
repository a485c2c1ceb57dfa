"""What an installed distribution offers for import, read off its metadata and its files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncsteps.smoke.names.declared import declared_names
from syncsteps.smoke.names.distribution import read_distribution
from syncsteps.smoke.names.known import KNOWN_NAMES
from syncsteps.smoke.names.opening import is_namespace_declaration
from syncsteps.smoke.names.plugins import without_plugins
from syncsteps.smoke.names.recorded import names_in
from syncsteps.smoke.names.tree import Directory, module_tree

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from syncsteps.smoke.names.distribution import Distribution

__all__ = ["import_names", "names_of"]


def import_names(metadata: Path, *, tags: Sequence[str]) -> tuple[str, ...]:
    """Return the names to import to see that a distribution works; none is a valid answer.

    ``metadata`` is the distribution's ``.dist-info`` directory, in the site directory that it was
    unpacked into; ``tags`` are the target's compatibility tags (PEP 425). What the distribution
    declares (PEP 794) wins; otherwise the names follow from the files in RECORD. ``top_level.txt``
    is not read: it names what the build saw, not what was installed. Editable installs, stubs,
    data and scripts offer nothing.

    Raises:
        SmokeError: METADATA, RECORD or entry_points.txt cannot be read.
    """
    distribution = read_distribution(metadata)
    return names_of(distribution, module_tree(distribution.paths, tags=tags))


def names_of(distribution: Distribution, tree: Directory) -> tuple[str, ...]:
    """Return what `import_names` does, of a distribution whose files are this tree of modules."""
    known = KNOWN_NAMES.get(distribution.name)
    if known is not None:
        return known

    def is_namespace(package: str) -> bool:
        return is_namespace_declaration(distribution.opening_of(package))

    declared = declared_names(
        distribution.import_names, distribution.import_namespaces, tree, is_namespace=is_namespace
    )
    if declared is not None:
        return declared
    return without_plugins(names_in(tree, is_namespace=is_namespace), distribution)

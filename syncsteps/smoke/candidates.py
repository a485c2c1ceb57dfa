"""What to try of a distribution: its names and what its settings say, as one value."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from syncsteps.smoke.model import Candidate
from syncsteps.smoke.names import names_of
from syncsteps.smoke.names.deeper import deeper_modules
from syncsteps.smoke.names.distribution import read_distribution
from syncsteps.smoke.names.known import MODULES_OF, UNDECLARED
from syncsteps.smoke.names.plugins import plugin_hosts
from syncsteps.smoke.names.recorded import every_module, public_modules
from syncsteps.smoke.names.tree import module_tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from syncsteps.smoke.model import SmokeTarget
    from syncsteps.smoke.names.distribution import Distribution
    from syncsteps.smoke.names.tree import Directory
    from syncsteps.smoke.policy import SmokePolicy

__all__ = ["candidate_of"]


def candidate_of(target: SmokeTarget, *, tags: Sequence[str], policy: SmokePolicy) -> Candidate:
    """Return what to try of a distribution that the settings do not leave out altogether.

    It is its names (see `import_names`), the modules below where those prove little, the objects of
    its scripts, and what ``policy`` adds; of the project's own distributions every public module.
    ``tags`` are the target's (PEP 425).

    Raises:
        SmokeError: the distribution's metadata cannot be read.
    """
    distribution = read_distribution(target.metadata)
    tree = module_tree(distribution.paths, tags=tags)
    names = names_of(distribution, tree)
    scripts = _scripts(distribution)
    deep = target.own or policy.wants_all(target.name)
    modules = [
        *(_all_below(tree, names) if deep else names),
        *(m for m in every_module(tree) if policy.wants(target.name, m)),
        *(scripts if target.own else ()),
    ]
    return Candidate(
        name=target.name,
        modules=_without(modules, (), target.name, policy),
        deeper=_without(deeper_modules(distribution, tree, names), modules, target.name, policy),
        objects=_without(scripts, modules, target.name, policy),
        optional=tuple(sorted(_optional(distribution))),
        statements=policy.statements(target.name),
        timeout=policy.timeout(target.name),
        environment=policy.variables(target.name),
    )


def _all_below(tree: Directory, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        yield from public_modules(tree, name)


def _scripts(distribution: Distribution) -> list[str]:
    """Return the objects that the scripts call, sorted."""
    return sorted({point.object for point in distribution.entry_points if point.is_script})


def _without(
    found: Iterable[str], known: Iterable[str], name: str, policy: SmokePolicy
) -> tuple[str, ...]:
    """Return each once, and what the settings exclude, not at all."""
    wanted = (m for m in found if not policy.excludes(name, m.partition(":")[0]))
    return tuple(m for m in dict.fromkeys(wanted) if m not in set(known))


def _optional(distribution: Distribution) -> set[str]:
    """Return what may be missing, as distributions and as modules, all normalized."""
    names = distribution.optional | plugin_hosts(distribution)
    names |= {*UNDECLARED.get(distribution.name, ())} - distribution.required
    found = set(names)
    for name in names:
        found.update(canonicalize_name(module) for module in MODULES_OF.get(name, ()))
        found.add(re.sub(r"^python-|-python$", "", name))
    return found

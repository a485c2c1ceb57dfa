"""Names that are plug-ins of another distribution, which may not be there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from syncsteps.smoke.names.known import PLUGIN_HOSTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from syncsteps.smoke.names.distribution import Distribution

__all__ = ["plugin_hosts", "without_plugins"]


def plugin_hosts(distribution: Distribution) -> frozenset[str]:
    """Return the normalized names of what a distribution has plug-ins for, and does not require."""
    return frozenset(host for _, host in _plugins(distribution))


def without_plugins(names: Sequence[str], distribution: Distribution) -> tuple[str, ...]:
    """Return ``names`` without those that only a host would import, unless there is no other.

    That is a name that an entry point for the host refers to itself, or that has the host's name
    in it, such as ``pytest_demo`` beside ``demo``. What a script starts in stays.
    """
    plugins = {
        name
        for module, host in _plugins(distribution)
        for name in names
        if module == name or (module.startswith(f"{name}.") and host in name.split("_"))
    }
    scripts = {p.module.partition(".")[0] for p in distribution.entry_points if p.is_script}
    return tuple(name for name in names if name not in plugins - scripts) or tuple(names)


def _plugins(distribution: Distribution) -> Iterator[tuple[str, str]]:
    """Yield the module of each plug-in, with the host that may not be there."""
    for point in distribution.entry_points:
        group = canonicalize_name(re.split(r"[.:]", point.group, maxsplit=1)[0])
        host = PLUGIN_HOSTS.get(group, group)
        known = host in distribution.optional or group in PLUGIN_HOSTS
        if known and host not in distribution.required and host != distribution.name:
            yield point.module, host

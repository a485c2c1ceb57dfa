"""What the inner run is told: the same settings as options, and what of the variables counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncsteps.options import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncsteps.settings import Settings

__all__ = ["inner_options", "inner_variables"]

# What the outer run writes itself, and what the view decides.
_OUTER = frozenset(
    {"cache_dir", "hashes", "interpreter", "json", "junit", "no_cache", "python", "sarif"}
)
# The outer run tells GitHub what there is to tell.
_UNHEARD = ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY")


def inner_options(settings: Settings) -> tuple[str, ...]:
    """Return the options with which `sync` has these settings, but for the target and documents.

    What is false has no option: `inner_variables` says it.
    """
    told: list[str] = ["--no-cache"]
    for option in OPTIONS:
        value = getattr(settings, option.field)
        if option.field in _OUTER or not value:
            continue
        if option.kind == "flag":
            told.append(f"--{option.name}")
        elif option.kind in {"list", "snapshots"}:
            told += [f"--{option.name}={item}" for item in value]
        else:
            told.append(f"--{option.name}={value}")
    return tuple(told)


def inner_variables(settings: Settings, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of the inner run: of ours, only what keeps a false flag false.

    A variable wins over the file, so that a flag which these settings do not have is not set by it.
    """
    own = {option.variable for option in OPTIONS}
    variables = {k: v for k, v in environment.items() if k not in own and k not in _UNHEARD}
    variables |= {
        option.variable: "0"
        for option in OPTIONS
        if option.kind == "flag"
        and option.field not in _OUTER
        and not getattr(settings, option.field)
    }
    return variables

"""Names of profiles: those of images, and behind an ``@`` the processor."""

from __future__ import annotations

import re
from enum import Enum

from syncsteps.errors import InterpreterError
from syncsteps.interpreter.probe import MINIMUM_VERSION
from syncsteps.interpreter.profiles.tables import FAMILIES, Profile, profiles_of

__all__ = ["Architecture", "find_profile", "profile_names"]


class Architecture(Enum):
    """A processor that images are published for; the value is what ``uname -m`` says of it."""

    AMD64 = "x86_64"
    ARM64 = "aarch64"


_ARCHITECTURES = {
    "amd64": Architecture.AMD64,
    "x86_64": Architecture.AMD64,
    "arm64": Architecture.ARM64,
    "aarch64": Architecture.ARM64,
}
_HINT = "Write a snapshot of any other interpreter with `syncsteps inspect -o FILE`."


def profile_names() -> tuple[str, ...]:
    """Return every name that there is, family by family, without processors.

    Raises:
        InterpreterError: a table is not there.
    """
    return tuple(name for family in FAMILIES for name in profiles_of(family))


def find_profile(text: str, *, machine: str) -> tuple[Profile, Architecture]:
    """Return the profile that ``text`` names, and the processor.

    That is an image's name as Docker has it, such as ``debian:12``; behind an ``@`` it may say
    ``amd64`` or ``arm64``, or ``x86_64`` or ``aarch64``. Else it is the processor of ``machine``
    (as `platform.machine` gives it), for which a tool for containers would take the image, and for
    any other one amd64.

    Raises:
        InterpreterError: there is no such profile, or its Python is too old to be a target.
    """
    name, at, wanted = text.partition("@")
    family = re.match(r"[a-z]*", name)
    known = profiles_of(family[0]) if family and family[0] in FAMILIES else {}
    if name not in known:
        raise _unknown(name)
    if at and wanted not in _ARCHITECTURES:
        raise InterpreterError(
            f"{text}: there is no profile of {name} for {wanted or 'nothing'}.",
            hint=f"The processors are amd64 and arm64: {name}@amd64, {name}@arm64.",
        )
    profile = known[name]
    if _release(profile.python) < _release(MINIMUM_VERSION):
        raise _too_old(profile, [one for one in known.values() if one is not profile])
    default = _ARCHITECTURES.get(machine.lower(), Architecture.AMD64)
    return profile, _ARCHITECTURES.get(wanted, default)


def _release(python: str) -> tuple[int, ...]:
    return tuple(int(part) for part in python.split("."))


def _unknown(name: str) -> InterpreterError:
    import difflib  # noqa: PLC0415 - only misspelt names need it

    near = difflib.get_close_matches(name, profile_names(), n=3)
    hint = f"Did you mean {' or '.join(near)}? {_HINT}" if near else _HINT
    return InterpreterError(
        f"{name}: there is neither such a file here nor a profile of that name.",
        hint=hint,
        details=[", ".join(profiles_of(family)) for family in FAMILIES],
    )


def _too_old(profile: Profile, others: list[Profile]) -> InterpreterError:
    newer = [
        one.name
        for one in others
        if one.name.startswith(profile.name) and _release(one.python) >= _release(MINIMUM_VERSION)
    ]
    return InterpreterError(
        f"{profile.name} has Python {profile.python}; a target must be Python {MINIMUM_VERSION} or"
        " later.",
        hint=f"Name one of its newer Pythons: {', '.join(newer)}." if newer else _HINT,
    )

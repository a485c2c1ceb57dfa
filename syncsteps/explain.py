"""What a code means, of a rule's finding or of an error; and what is known of an image."""

from __future__ import annotations

import sys
import textwrap

from syncsteps import errors
from syncsteps.errors import SettingsError
from syncsteps.output import print_text
from syncsteps.verify import RULES

__all__ = ["explain"]


def explain(code: str) -> int:
    """Write to standard output what ``code`` means and return the exit code of the process.

    ``code`` may also be the name of a profile, such as ``debian:12``: then it is what its facts are
    and where they come from.

    Raises:
        InterpreterError: that profile is not for this processor, or its Python is too old.
    """
    topics = {rule.code: (rule.title, rule.why) for rule in RULES}
    kinds = [getattr(errors, name) for name in errors.__all__]
    for kind in kinds:
        summary = " ".join((kind.__doc__ or "").split("\n\n")[0].split())
        topics[kind.code] = (summary, f"The process ends with exit code {kind.exit_code}.")
    if code.upper() not in topics:
        if (known := _profile(code)) is not None:
            print_text(known)
            return 0
        sys.stderr.write(f"no such code: {code}\nknown: {', '.join(sorted(topics))}\n")
        return SettingsError.exit_code
    title, why = topics[code.upper()]
    print_text(f"{code.upper()}: {title}\n\n{textwrap.fill(why, 88)}\n")
    return 0


def _profile(name: str) -> str | None:
    """Return what is known of the image of this name, or None where it is none.

    Raises:
        InterpreterError: it is one, but not for this processor, or with too old a Python.
    """
    import platform  # noqa: PLC0415 - most ask for a code

    from syncsteps.interpreter.profiles import (  # noqa: PLC0415 - as above
        find_profile,
        profile_names,
        to_interpreter,
    )

    if name.partition("@")[0] not in profile_names():
        return None
    profile, architecture = find_profile(name, machine=platform.machine())
    interpreter = to_interpreter(profile, architecture)
    processor, libc = architecture.value, profile.facts["libc"]
    installed = ", ".join(f"{one.name} {one.version}" for one in interpreter.distributions)
    facts = [
        f"{profile.name}: Python {interpreter.version}, {libc}, {processor}",
        f"Installs to {interpreter.scheme.purelib}. Has: {installed or 'no distributions'}.",
        f"As of {profile.as_of}. {profile.source}",
    ]
    if profile.approximate:
        facts.append(f"Approximate: {profile.approximate}.")
    return "\n\n".join(textwrap.fill(fact, 88) for fact in facts) + "\n"

"""What a code means: of a rule's finding or of an error."""

from __future__ import annotations

import sys
import textwrap

from syncsteps import errors
from syncsteps.errors import SettingsError
from syncsteps.output import print_text
from syncsteps.verify import RULES

__all__ = ["explain"]


def explain(code: str) -> int:
    """Write to standard output what ``code`` means and return the exit code of the process."""
    topics = {rule.code: (rule.title, rule.why) for rule in RULES}
    kinds = [getattr(errors, name) for name in errors.__all__]
    for kind in kinds:
        summary = " ".join((kind.__doc__ or "").split("\n\n")[0].split())
        topics[kind.code] = (summary, f"The process ends with exit code {kind.exit_code}.")
    if code.upper() not in topics:
        sys.stderr.write(f"no such code: {code}\nknown: {', '.join(sorted(topics))}\n")
        return SettingsError.exit_code
    title, why = topics[code.upper()]
    print_text(f"{code.upper()}: {title}\n\n{textwrap.fill(why, 88)}\n")
    return 0

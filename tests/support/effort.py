"""How much a test tries: little by default, as much as is wanted by hand."""

from __future__ import annotations

import os
import random
import sys

__all__ = ["often", "seeded"]


def often(usual: int, full: int) -> int:
    """How many times: ``usual``, but ``full`` where SYNCSTEPS_E2E is "full", or SYNCSTEPS_TIMES."""
    if "SYNCSTEPS_TIMES" in os.environ:
        return int(os.environ["SYNCSTEPS_TIMES"])
    return full if os.environ.get("SYNCSTEPS_E2E") == "full" else usual


def seeded() -> tuple[random.Random, int]:
    """A source of random numbers, and its seed: that of SYNCSTEPS_SEED, or a new one."""
    seed = int(os.environ.get("SYNCSTEPS_SEED") or random.SystemRandom().randrange(2**32))
    sys.stdout.write(f"SYNCSTEPS_SEED={seed}\n")  # shown where the test fails
    return random.Random(seed), seed  # noqa: S311 - to spread, not to hide

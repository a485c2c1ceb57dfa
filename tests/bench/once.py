"""``python -m tests.bench.once PYTHON DIRECTORY [INSTALLER]``: one install, and what it took.

In a process of its own, so that the peak of its memory is that of nothing else. Prints JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import syncsteps
from syncsteps.events import Staged
from syncsteps.settings import load_settings
from tests.bench.steps import steps_of_sync

if sys.platform != "win32":
    import resource


def main(python: str, directory: str, installer: str = "auto") -> None:
    """Install, and print the seconds of each step, the files, and the peak of memory in bytes."""
    settings = load_settings(
        {"python": python, "installer": installer, "no_project": True},
        environment={},
        directory=Path(directory),
    )
    staged: list[Staged] = []

    def watch(event: object) -> None:
        if isinstance(event, Staged):
            staged.append(event)

    started = time.perf_counter()
    steps = steps_of_sync(settings, dict(os.environ), smoke=False, on_event=watch)
    seconds = time.perf_counter() - started
    (done,) = staged
    peak = 0
    if sys.platform != "win32":
        # In kilobytes, but on macOS.
        scale = 1 if sys.platform == "darwin" else 1024
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale
    result = {
        "seconds": seconds,
        "steps": steps,
        "files": done.files,
        "size": done.size,
        "peak": peak,
        "version": syncsteps.__version__,
    }
    print(json.dumps(result))  # noqa: T201 - that is what it is for


if __name__ == "__main__":
    main(*sys.argv[1:])

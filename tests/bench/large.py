"""A large lock: memory, and time for each file, beside one of a quarter of that."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import syncsteps
from syncsteps.processes import run
from tests.bench.universe import write_uv_lock_of
from tests.support.index import Index
from tests.support.interpreters import throwaway_interpreter
from tests.support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Large", "large"]

_WHEELS, _FILES = 2_000, 50
_PARTS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Large:
    """What installs of several sizes took, smallest first; seconds by step, sizes in bytes."""

    wheels: tuple[int, ...]
    results: tuple[Mapping[str, float], ...]
    steps: tuple[Mapping[str, float], ...]

    def lines(self) -> Iterator[str]:
        """Yield a table: a column for each install, time as microseconds for a file."""
        width = 52
        heads = [f"{wheels:,} wheels" for wheels in self.wheels]
        yield f"{'':<{width}}" + "".join(f"{head:>16}" for head in heads)
        for key, unit, scale in (
            ("files", "files", 1),
            ("size", "megabytes, unpacked", 1e6),
            ("peak", "megabytes of memory, the most of our own process", 1e6),
            ("seconds", "seconds", 1),
        ):
            cells = [f"{result[key] / scale:>16,.1f}" for result in self.results]
            yield f"{unit:<{width}}" + "".join(cells)
        for step in self.steps[-1]:
            cells = [
                f"{steps.get(step, 0.0) * 1e6 / result['files']:>16.1f}"
                for steps, result in zip(self.steps, self.results, strict=True)
            ]
            yield f"{'microseconds a file: ' + step:<{width}}" + "".join(cells)

    def as_json(self) -> dict[str, object]:
        """Return all of it as values that JSON has."""
        return {
            "name": "large",
            "runs": [
                {"wheels": wheels, **result, "steps": dict(steps)}
                for wheels, result, steps in zip(self.wheels, self.results, self.steps, strict=True)
            ],
        }


def large(work: Path, *, environment: Mapping[str, str], gigabytes: float) -> Iterator[Large]:
    """Yield installs of 2,000 wheels with 100,000 files in all, and of a quarter of them.

    ``gigabytes`` is what they come to, unpacked. Every install has caches that are empty.

    Raises:
        RuntimeError: an install failed.
    """
    files = work / "large"
    length = int(gigabytes * 1e9 / (_WHEELS * _FILES))
    wheels = [_wheel(files, number, length) for number in range(_WHEELS)]
    counts = (_WHEELS // _PARTS, _WHEELS)
    found = []
    with Index(files) as index:
        for count in counts:
            project = work / f"large-{count}"
            project.mkdir()
            write_uv_lock_of(wheels[:count], project, index)
            caches = work / "large-caches"
            variables = {
                **environment,
                "UV_CACHE_DIR": str(caches),
                "UV_DEFAULT_INDEX": index.url,
                "PYTHONPATH": str(Path(syncsteps.__file__).parent.parent),
            }
            python = throwaway_interpreter(work / f"large-system-{count}")
            command: list[str | Path] = [sys.executable, "-m", "tests.bench.once", python, project]
            done = run(command, environment=variables)
            if done.status:
                raise RuntimeError(f"the install of {count} wheels failed: {done.stderr[-2000:]}")
            found.append(json.loads(done.stdout))
            shutil.rmtree(caches)
            shutil.rmtree(python.parent.parent)
    yield Large(
        wheels=counts,
        results=tuple(
            {key: each[key] for key in ("files", "size", "peak", "seconds")} for each in found
        ),
        steps=tuple(each["steps"] for each in found),
    )


def _wheel(files: Path, number: int, length: int) -> Path:
    name = f"large{number:04}"
    modules = {}
    for each in range(_FILES):
        line = f"value_{number}_{each} = 'some text that nobody reads'\n"
        modules[f"{name}/part{each % 5}/module{each}.py"] = line * max(1, length // len(line))
    return make_wheel(files, name, files=modules)

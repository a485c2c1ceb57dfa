"""Imports of many distributions: ours, one process after the other, and one process for all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from syncsteps.interpreter import probe
from syncsteps.smoke import SmokeTarget, import_names, smoke_imports
from syncsteps.smoke.candidates import candidate_of
from syncsteps.smoke.policy import SmokePolicy
from tests.bench.timing import Command, compare
from tests.support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from syncsteps.interpreter import Interpreter
    from tests.bench.timing import Pair

__all__ = ["import_pairs"]

_MODULES = 5
# What popular distributions import first, in shares as they do.
_WANTED = (
    "typing, dataclasses, logging",
    "asyncio, ssl, socket",
    "json, re, datetime, decimal",
    "urllib.request, http.client, email.message",
    "concurrent.futures, multiprocessing, queue",
    "inspect, importlib.metadata, pathlib",
    "subprocess, tempfile, shutil",
)


def import_pairs(
    work: Path,
    *,
    python: Path,
    site: Path | None,
    count: int,
    rounds: int,
    environment: Mapping[str, str],
) -> Iterator[Pair]:
    """Yield the imports of ``count`` distributions, generated, or of all that are in ``site``.

    Ours has as many jobs as there are processors; the others have one process at a time. They
    import the names of each distribution, and once more all that ours does: the modules below
    those, too, and those of its scripts. Nobody writes byte code: what there is of it is used.
    """
    if site is None:
        site = work / "imports"
        for number in range(count):
            _generate(work / "wheels", site, number)
    found = len(_targets(site))
    commands = {
        way: Command(
            label=label,
            steps=([sys.executable, "-m", "tests.bench.imports", way, python, site],),
            directory=Path(__file__).parents[2],
            environment={**environment, "PYTHONDONTWRITEBYTECODE": "1"},
        )
        for way, label in (
            ("ours", "syncsteps smoke"),
            ("each", "a process for each, its names"),
            ("single", "one process for all, their names"),
            ("each-whole", "a process for each, as much as ours"),
            ("single-whole", "one process for all, as much as ours"),
        )
    }
    name = f"import {found} distributions"
    for way in list(commands)[1:]:
        yield compare(name, commands[way], commands["ours"], rounds=rounds)


def _generate(wheels: Path, site: Path, number: int) -> None:
    name = f"demo{number}"
    files = {
        f"{name}/part{part}.py": "".join(
            f"def f{i}(a, b={i}):\n    return a + b\n" for i in range(40)
        )
        for part in range(_MODULES)
    }
    parts = ", ".join(f"part{part}" for part in range(_MODULES))
    wanted = _WANTED[number % len(_WANTED)]
    files[f"{name}/__init__.py"] = f"import {wanted}\nfrom {name} import {parts}\n"
    with zipfile.ZipFile(make_wheel(wheels, name, files=files)) as archive:
        archive.extractall(site)


def _targets(site: Path) -> list[SmokeTarget]:
    found = sorted(site.glob("*.dist-info"))
    return [SmokeTarget(name=path.name.partition("-")[0], metadata=path) for path in found]


def _names(target: SmokeTarget, interpreter: Interpreter, *, whole: bool) -> tuple[str, ...]:
    if not whole:
        return import_names(target.metadata, tags=interpreter.tags)
    found = candidate_of(target, tags=interpreter.tags, policy=SmokePolicy())
    objects = (each.partition(":")[0] for each in found.objects)
    return tuple(dict.fromkeys((*found.modules, *found.deeper, *objects)))


def _main(way: str, python: str, place: str) -> None:
    site = Path(place)
    interpreter = probe(Path(python))
    if way == "ours":
        results = smoke_imports(
            _targets(site),
            interpreter=interpreter,
            site=(site,),
            jobs=os.cpu_count() or 1,
            timeout=60.0,
            environment=os.environ,
            on_result=lambda _result: None,
        )
        failed = [result.distribution for result in results if not result.verdict.good]
        sys.stdout.write(json.dumps(failed) + "\n")
        return
    names = [_names(each, interpreter, whole=way.endswith("whole")) for each in _targets(site)]
    batches = [sum(names, ())] if way.startswith("single") else names
    code = (
        "import site, sys\nsite.addsitedir(sys.argv[1])\n"
        "for name in sys.argv[2:]:\n    try: __import__(name)\n    except BaseException: pass\n"
    )
    for batch in filter(None, batches):
        subprocess.run(
            [python, "-B", "-c", code, place, *batch], stdout=subprocess.DEVNULL, check=False
        )


if __name__ == "__main__":
    _main(*sys.argv[1:])

"""Byte code for what is staged: compiled by the target, and the same bytes each time."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from importlib.resources import files as resources
from pathlib import Path
from typing import TYPE_CHECKING

from syncsteps import processes
from syncsteps.errors import StagingError
from syncsteps.staging.finish import hash_files, with_files
from syncsteps.staging.model import StagedFile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from syncsteps.interpreter.model import Interpreter
    from syncsteps.processes import Completed
    from syncsteps.staging.model import Stage

__all__ = ["add_bytecode"]

_KEPT = ("DYLD_LIBRARY_PATH", "LD_LIBRARY_PATH", "PATH", "SYSTEMROOT")
_UMASK = 0o022
_LARGEST_STATUS = 255  # Windows reports an exception of its own as a larger one


@dataclass(frozen=True, slots=True, kw_only=True)
class _Module:
    """A module to compile: where it lies, where it will lie, and where to write its byte code."""

    source: str
    target: str
    output: str


def add_bytecode(
    stage: Stage, *, interpreter: Interpreter, jobs: int, environment: Mapping[str, str]
) -> Stage:
    """Return ``stage`` with the byte code of its modules, which RECORD lists as well.

    It is that of optimization level 0, based on the hash of the source and checked against it
    (PEP 552), with the paths inside that modules will have in the target. The same source at the
    same path gives the same bytes. ``jobs`` processes of ``interpreter`` work at once. A module
    that does not compile goes without, as some are templates, or for other versions.

    Raises:
        StagingError: the interpreter cannot be started, or byte code cannot be written.
    """
    place = stage.root / ".bytecode"
    modules = _modules(stage, interpreter, place)
    try:
        place.mkdir(exist_ok=True)
        compiled = _compile_all(modules, place, interpreter, jobs, environment)
        digests = hash_files(place, tuple(module.output for module, _ in compiled))
    except OSError as error:
        raise StagingError(
            f"byte code cannot be compiled: {error.strerror or error}",
            hint="Free space on the target's file system, or leave out --compile-bytecode.",
        ) from error
    added = {
        module.target: StagedFile(
            source=os.fspath(place / module.output),
            target=os.fspath(target),
            sha256=digests[module.output].sha256,
            size=digests[module.output].size,
            mode=0o644,
        )
        for module, target in compiled
    }
    return replace(
        stage,
        distributions=tuple(
            with_files(one, [added[file.target] for file in one.files if file.target in added])
            for one in stage.distributions
        ),
    )


def _modules(stage: Stage, interpreter: Interpreter, place: Path) -> list[_Module]:
    scheme = interpreter.scheme
    tops = tuple(f"{top}{os.sep}" for top in (scheme.purelib, scheme.platlib))
    found = {
        file.target: file.source
        for one in stage.distributions
        for file in one.files
        if file.target.endswith(".py") and file.target.startswith(tops)
    }
    start = sum(1 for _ in place.iterdir()) if place.is_dir() else 0
    return [
        _Module(source=source, target=target, output=f"{number}.pyc")
        for number, (target, source) in enumerate(sorted(found.items()), start=start)
    ]


def _compile_all(
    modules: Sequence[_Module],
    place: Path,
    interpreter: Interpreter,
    jobs: int,
    environment: Mapping[str, str],
) -> list[tuple[_Module, Path]]:
    """Return those of ``modules`` that have been compiled, each with its byte code's target."""
    parts = [list(modules[start::jobs]) for start in range(min(jobs, len(modules)))]

    def work(part: list[_Module]) -> list[tuple[_Module, Path]]:
        done: list[tuple[_Module, Path]] = []
        while part:
            tag, answers = _run(part, place, interpreter, environment)
            for module, answer in zip(part, answers, strict=False):
                if answer == "yes":
                    target = Path(module.target)
                    cache = target.parent / "__pycache__"
                    done.append((module, cache / f"{target.stem}.{tag}.pyc"))
            # Where it crashed, that was for the first module without an answer: go on after it.
            part = part[len(answers) + 1 :] if tag else []
        return done

    with ThreadPoolExecutor(max_workers=max(1, len(parts))) as pool:
        return [pair for done in pool.map(work, parts) for pair in done]


def _run(
    part: Sequence[_Module], place: Path, interpreter: Interpreter, environment: Mapping[str, str]
) -> tuple[str, list[str]]:
    """Return the tag in the names of the target's byte code, and an answer for each module.

    The tag is empty where the target knows no such files; answers are missing where it crashed.
    """
    script = resources("syncsteps.staging").joinpath("_compile.py").read_text(encoding="utf-8")
    request = [[module.source, module.target, os.fspath(place / module.output)] for module in part]
    kept = {name: environment[name] for name in _KEPT if name in environment}
    done = processes.run(
        # Not -I, which ignores the seed; nothing in the environment or here can redirect it.
        [interpreter.executable, "-S", "-s", "-B", "-c", script],
        input_text=json.dumps(request),
        environment={**kept, "PYTHONHASHSEED": "0"},
        directory=place,
        umask=_UMASK,
    )
    lines = done.stdout.splitlines()
    if not lines or 0 < done.status <= _LARGEST_STATUS:
        raise _failed(done, interpreter)
    return lines[0].strip(), lines[1:]


def _failed(done: Completed, interpreter: Interpreter) -> StagingError:
    words = done.stderr.strip().splitlines()
    return StagingError(
        f"{interpreter.executable} cannot compile byte code:"
        f" {words[-1] if words else f'it ended with status {done.status}'}",
        hint="Leave out --compile-bytecode, or look at what keeps it from working.",
    )

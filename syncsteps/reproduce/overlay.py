"""A view by overlayfs: what a sync writes goes to a layer in memory, over the real directories."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from syncsteps.commit.retire import commit_roots, installed_files
from syncsteps.errors import CommitError
from syncsteps.receipts import state_directory
from syncsteps.reproduce.means import MeansMissingError, no_overlay
from syncsteps.reproduce.view import View

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from syncsteps.interpreter.model import Interpreter

__all__ = ["layers_of", "overlay_view"]

_RUN = """\
import sys
exec(compile({source!r}, "<syncsteps>", "exec"))
main()
"""


def layers_of(interpreter: Interpreter) -> tuple[Path, ...]:
    """Return the directories that a sync writes in, or the nearest ones that are there.

    Links are resolved. One that lies in another is left out, unless it is a file system of its own,
    which a layer over the other would hide.
    """
    wanted = [*commit_roots(interpreter), state_directory(interpreter).parent]
    there = sorted({_existing(Path(os.path.realpath(path))) for path in wanted})
    found: list[Path] = []
    for path in there:
        above = [each for each in found if path.is_relative_to(each)]
        if not above or path.stat().st_dev != above[-1].stat().st_dev:
            found.append(path)
    return tuple(found)


def _existing(path: Path) -> Path:
    return next(each for each in (path, *path.parents) if each.is_dir())


@contextlib.contextmanager
def overlay_view(
    interpreter: Interpreter,
    *,
    work: Path,
    directory: Path,
    memory: bool,
    path: Sequence[str],
    variables: Mapping[str, str],
) -> Iterator[View]:
    """Have a view in which ``interpreter`` can be changed, and is not.

    ``work`` is an empty directory outside of the interpreter's. With ``memory``, what is written
    goes to a file system in memory, which ends with the view; else to that directory.

    Raises:
        MeansMissingError: this is not Linux, or all of the system would have to be covered.
            (Whether it can be done, the run itself finds out.)
    """
    if sys.platform != "linux":
        raise MeansMissingError(
            "overlays need Linux", hint="take --image IMAGE, or --isolation copy"
        )
    layers = layers_of(interpreter)
    if Path("/") in layers:
        raise MeansMissingError(
            f"no overlay can be laid over the system here: {interpreter.executable} installs into"
            " the root directory",
            hint="take --image IMAGE, or --isolation copy",
        )
    scratch, refusal, orders = work / "layers", work / "refusal.json", work / "layers.json"
    scratch.mkdir()

    def command(arguments: Sequence[str], _terminal: bool) -> Sequence[str]:  # noqa: FBT001
        told = {
            "layers": [os.fspath(layer) for layer in layers],
            "scratch": os.fspath(scratch),
            "memory": memory,
            "owned": _others(interpreter),
            "command": [sys.executable, *arguments],
            "directory": os.fspath(directory),
            "refusal": os.fspath(refusal),
        }
        orders.write_text(json.dumps(told), encoding="utf-8")
        return [sys.executable, "-I", "-S", "-B", "-c", _code(), os.fspath(orders)]

    def refused() -> Exception | None:
        if not refusal.exists():
            return None
        told = json.loads(refusal.read_text(encoding="utf-8"))
        return no_overlay(told["step"], told["errno"])

    yield View(
        isolation="overlay",
        command=command,
        work=os.fspath(work),
        path=path,
        directory="",
        options=(f"--python={interpreter.executable}",),
        refused=refused,
        variables=variables,
    )


def _others(interpreter: Interpreter) -> list[str]:
    """Return the files that a sync may have to change and that belong to others than this user."""
    if os.geteuid() == 0:
        return []
    own = (os.geteuid(), os.getegid())
    found: set[Path] = set()
    for distribution in interpreter.distributions:
        with contextlib.suppress(CommitError):  # one that cannot be removed stays
            found.update(installed_files(distribution, interpreter=interpreter))
    found.update(each for each in state_directory(interpreter).rglob("*") if each.is_file())
    listed = []
    for file in sorted(found):
        status = file.lstat()
        if (status.st_uid, status.st_gid) != own:
            listed.append(os.path.join(os.path.realpath(file.parent), file.name))  # noqa: PTH118
    return listed


@cache
def _code() -> str:
    source = files("syncsteps.reproduce").joinpath("_layers.py").read_text(encoding="utf-8")
    return _RUN.format(source=source)

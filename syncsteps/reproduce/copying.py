"""A view by a copy: the interpreter with all of its prefix, in another place."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from syncsteps.commit.retire import commit_roots
from syncsteps.processes import ProcessTimeoutError, run
from syncsteps.reproduce.means import MeansMissingError
from syncsteps.reproduce.view import View

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from syncsteps.interpreter.model import Interpreter

__all__ = ["copied_view", "copy_tree", "require_copyable"]

_SYSTEM = frozenset({Path("/"), Path("/usr")})
_FICLONE = 0x40049409  # ioctl_ficlone(2)
_PATIENCE = 60.0
_SHOW = "import sys; print(sys.prefix); print(sys.base_prefix)"
_INSTEAD = "take --image IMAGE, or on Linux --isolation overlay"


def require_copyable(interpreter: Interpreter) -> None:
    """Make sure that a copy of the interpreter's prefix would be an interpreter of its own.

    Raises:
        MeansMissingError: it is a part of the system, or not all that belongs to it lies there.
    """
    prefix = interpreter.prefix
    outside = [path for path in commit_roots(interpreter) if not path.is_relative_to(prefix)]
    if prefix in _SYSTEM or outside or not interpreter.executable.is_relative_to(prefix):
        raise MeansMissingError(
            f"{interpreter.executable} cannot be copied: it is a part of the system,"
            f" with files in {', '.join(map(str, outside)) or prefix}",
            hint=_INSTEAD,
        )


@contextlib.contextmanager
def copied_view(
    interpreter: Interpreter,
    *,
    work: Path,
    path: Sequence[str],
    directory: Path,
    variables: Mapping[str, str],
) -> Iterator[View]:
    """Have a view that is a copy of ``interpreter`` in ``work``, an empty directory.

    Raises:
        MeansMissingError: there can be none: see `require_copyable`; or the copy does not find its
            own prefix, as it is with frameworks of macOS.
    """
    require_copyable(interpreter)
    prefix, copy = interpreter.prefix, work / "prefix"
    try:
        copy_tree(prefix, copy)
    except OSError as error:
        raise MeansMissingError(
            f"{prefix} cannot be copied to {work}: {error}", hint="name a directory: --scratch DIR"
        ) from error
    executable = copy / interpreter.executable.relative_to(prefix)
    _require_own_prefix(executable, copy, variables)
    yield View(
        isolation="copy",
        command=lambda arguments, _terminal: [sys.executable, *arguments],
        work=os.fspath(work),
        path=path,
        directory=os.fspath(directory),
        options=(f"--python={executable}",),
        variables=variables,
    )


def _require_own_prefix(executable: Path, copy: Path, variables: Mapping[str, str]) -> None:
    try:
        done = run(
            [executable, "-I", "-S", "-B", "-c", _SHOW], environment=variables, timeout=_PATIENCE
        )
        shown = done.stdout.splitlines()
    except (OSError, ProcessTimeoutError) as error:
        shown = [str(error)]
    if [os.path.realpath(line) for line in shown] != [os.path.realpath(copy)] * 2:
        raise MeansMissingError(
            f"a copy of {executable.name} does not find its own files: it looks for them in"
            f" {shown[0] if shown else 'no directory'}",
            hint=_INSTEAD,
        )


def copy_tree(source: Path, target: Path) -> None:
    """Copy ``source``, with links as links; ``target`` must not exist.

    Content is shared where the file system can do that until one side is written to (reflinks),
    never by hard links. A link to a place in ``source`` leads to the same place in ``target``.

    Raises:
        OSError: something cannot be read or written.
    """
    shutil.copytree(source, target, symlinks=True, copy_function=_clone, ignore=_ignore_special)
    for parent, directories, names in os.walk(target):
        for name in (*directories, *names):
            link = Path(parent, name)
            if link.is_symlink() and Path(os.readlink(link)).is_relative_to(source):  # noqa: PTH115
                place = target / Path(os.readlink(link)).relative_to(source)  # noqa: PTH115
                link.unlink()
                link.symlink_to(place)


def _ignore_special(directory: str, names: list[str]) -> list[str]:
    """Leave out sockets, pipes and devices."""
    kinds = (stat.S_ISREG, stat.S_ISDIR, stat.S_ISLNK)
    modes = {name: Path(directory, name).lstat().st_mode for name in names}
    return [name for name, mode in modes.items() if not any(kind(mode) for kind in kinds)]


def _clone(source: str, target: str) -> None:
    if sys.platform == "linux":
        import fcntl  # noqa: PLC0415 - not on every system

        with contextlib.suppress(OSError), Path(source).open("rb") as reading:
            with Path(target).open("wb") as writing:
                fcntl.ioctl(writing, _FICLONE, reading.fileno())
            shutil.copystat(source, target)
            return
    shutil.copy2(source, target, follow_symlinks=False)

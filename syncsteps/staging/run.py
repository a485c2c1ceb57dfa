"""One selection, staged: by whichever installer there is, and read into what is ready."""

from __future__ import annotations

import contextlib
import functools
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from syncsteps.errors import StagingError
from syncsteps.staging.environment import surroundings
from syncsteps.staging.logs import logged
from syncsteps.staging.model import Listener, Progress, Stage, StageOptions
from syncsteps.staging.progress import Watch
from syncsteps.staging.tree import read_stage
from syncsteps.staging.uv import UvStager, find_uv

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from syncsteps.interpreter.model import Interpreter
    from syncsteps.locks.model import Lock
    from syncsteps.selection.model import Selection
    from syncsteps.staging.pip import PipStager

__all__ = ["choose_stager", "stage"]

_REQUESTS = ".requests"
_ALONE = ".alone"


def choose_stager(
    installer: str, *, interpreter: Interpreter, environment: Mapping[str, str]
) -> UvStager | PipStager:
    """Return the stager for ``installer``: ``uv``, ``pip``, or ``auto`` (uv if there is one).

    Raises:
        StagingError: there is none that can install for ``interpreter``.
    """
    if installer != "pip":
        uv = find_uv(environment)
        if uv is not None:
            return UvStager(uv=uv, environment=environment)
        if installer == "uv":
            raise StagingError(
                "uv was asked for, and it is neither beside syncsteps nor on PATH",
                hint="Install it (pip install 'syncsteps[uv]'), or use --installer pip.",
            )
    # Where there is uv, nobody waits for this.
    from syncsteps.staging.pip import (  # noqa: PLC0415
        PipStager,
        embedded_pip,
        find_pip,
        own_pip_serves,
    )

    pip = find_pip(interpreter, own_serves=own_pip_serves, embedded=embedded_pip)
    return PipStager(pip=pip, environment=environment)


def stage(  # noqa: PLR0913 - on so much does an installation depend
    selection: Selection,
    *,
    lock: Lock,
    interpreter: Interpreter,
    directory: Path,
    installer: str,
    options: StageOptions,
    environment: Mapping[str, str],
    on_line: Callable[[str], None],
    on_progress: Callable[[Progress], None] | None = None,
    on_unpacked: Callable[[], object] | None = None,
) -> Stage:
    """Fetch, check, build and unpack ``selection`` into ``directory``; return what is there.

    The target is not touched. Every file has been checked against the lock's hash by the installer.

    Args:
        selection: What to stage. Nothing is run for an empty one.
        lock: The lock that it was selected from; relative paths start from its root.
        interpreter: The target: its executable runs builds, its scheme says where files belong.
        directory: Exists and is empty, on the file system of the target.
        installer: ``auto``, ``uv`` or ``pip``.
        options: Where files come from.
        environment: The variables to start the installer with, less what would redirect it.
        on_line: Gets each line of the installer's output, secrets redacted.
        on_progress: Gets how far the installer is, whenever that is known anew.
        on_unpacked: Called once the installer is done, before what it left is read.

    Raises:
        StagingError: no installer, a failing one, or a result that is not what was selected.
        SelectionError: the lock has something that must not be handed to an installer.
    """
    if not selection.packages:
        return Stage(root=directory, site=(), distributions=())

    def install(
        part: Selection, prefix: Path, listener: Listener | None = None, *, fresh: bool = False
    ) -> None:
        requests = prefix / _REQUESTS
        try:
            requests.mkdir()
            with logged(on_line) as listen:
                stager.stage(
                    part,
                    lock=lock,
                    interpreter=interpreter,
                    directory=prefix,
                    requests=requests,
                    options=replace(options, fresh=fresh),
                    on_line=listen,
                    listener=listener,
                )
        finally:
            shutil.rmtree(requests, ignore_errors=True)

    @contextlib.contextmanager
    def alone(name: str, *, fresh: bool = False) -> Iterator[Path]:
        prefix = directory / _ALONE
        prefix.mkdir()
        try:
            chosen = tuple(item for item in selection.packages if item.name == name)
            install(replace(selection, packages=chosen), prefix, fresh=fresh)
            yield prefix
        finally:
            shutil.rmtree(prefix, ignore_errors=True)

    try:
        with tempfile.TemporaryDirectory(prefix="syncsteps-", ignore_cleanup_errors=True) as place:
            stager = choose_stager(
                installer,
                interpreter=interpreter,
                environment={**environment, **surroundings(place)},
            )
            if not isinstance(stager, UvStager):
                stager = _instructed(
                    stager, selection, lock=lock, interpreter=interpreter, place=place
                )
            install(selection, directory, on_progress and Watch(selection, on_progress))
            if on_unpacked is not None:
                on_unpacked()
            return read_stage(
                directory,
                interpreter=interpreter,
                selection=selection,
                lock=lock,
                alone=alone,
                # pip keeps files as they came, and unpacks them each time.
                anew=functools.partial(alone, fresh=True) if isinstance(stager, UvStager) else None,
            )
    except OSError as error:
        raise StagingError(
            f"nothing can be staged in {directory}: {error.strerror or error}",
            hint="Free space there, or look at its permissions.",
        ) from error


def _instructed(
    stager: PipStager, selection: Selection, *, lock: Lock, interpreter: Interpreter, place: str
) -> PipStager:
    """Return ``stager`` with uv's logins, and what makes it follow the lock's build constraints."""
    # As above.
    from syncsteps.staging.build_constraints import pip_variables  # noqa: PLC0415
    from syncsteps.staging.logins import login_variables  # noqa: PLC0415

    variables = pip_variables(
        selection.packages,
        lock=lock,
        interpreter=interpreter,
        directory=Path(place),
        pip=stager.pip,
        environment=stager.environment,
    )
    logins = login_variables(lock.root, stager.environment, place=Path(place))
    return replace(stager, environment={**stager.environment, **variables, **logins})

"""A view that is a container of an image, by whichever engine works here."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from syncsteps.processes import ProcessTimeoutError, run
from syncsteps.reproduce.engines import Container, begin, end, run_in
from syncsteps.reproduce.means import MeansMissingError, no_engine
from syncsteps.reproduce.model import ENGINES
from syncsteps.reproduce.packing import pack
from syncsteps.reproduce.view import View
from syncsteps.staging.uv import find_uv

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from syncsteps.settings import Settings

__all__ = ["container_view", "find_engine"]

_PATIENCE = 60.0
_HINT = (
    "the image needs a Python from 3.10 on, and from the one on for which syncsteps is installed"
    " here; the zipapp is made for all of them"
)
_LAST_LINES = 5
_PASSED = ("PIP_", "UV_", "SYNCSTEPS_")
_PROXIES = frozenset({"all_proxy", "http_proxy", "https_proxy", "no_proxy"})
_ALSO = frozenset({"SOURCE_DATE_EPOCH"})
_WORK, _SOURCE, _PROJECT, _HOUSE, _UV = (
    f"/syncsteps/{name}" for name in ("work", "source", "project", "wheelhouse", "bin/uv")
)


def find_engine(wanted: str, *, variables: Mapping[str, str]) -> str:
    """Return the engine that is ``wanted``, or with ``auto`` the first that works here.

    Raises:
        MeansMissingError: it does not, or none does.
    """
    tried: dict[str, str] = {}
    for name in ENGINES if wanted == "auto" else (wanted,):
        if shutil.which(name, path=variables.get("PATH")) is None:
            tried[name] = "it is not installed"
            continue
        # docker has a server, which has to answer.
        try:
            done = run([name, "version"], environment=variables, timeout=_PATIENCE)
        except (OSError, ProcessTimeoutError) as error:
            tried[name] = str(error) or "it does not answer"
            continue
        if done.status == 0:
            return name
        tried[name] = (done.stderr.strip().splitlines() or [f"it ended with {done.status}"])[-1]
    raise no_engine(wanted, tried)


@contextlib.contextmanager
def container_view(
    image: str, *, engine: str, settings: Settings, work: Path, variables: Mapping[str, str]
) -> Iterator[View]:
    """Have a view that is a container of ``image``, with syncsteps and the project in it.

    The project's directory can only be read there. If something of it may be built, it is copied
    inside the container first. Where this machine has uv and that runs there, it is brought along.
    ``work`` is an empty directory here, which the container writes to.

    Raises:
        MeansMissingError: the engine, which is one that works, has no such image.
        InterpreterError: syncsteps cannot be brought there.
    """
    pack(work / "syncsteps.pyz")
    path = [f"{_WORK}/syncsteps.pyz"]
    mounts = [(os.fspath(work), _WORK, True)]
    builds = not (settings.no_local or (settings.no_project and not settings.all_packages))
    project = os.fspath(settings.directory.absolute())
    mounts.append((project, _SOURCE if builds else _PROJECT, False))
    uv = find_uv(variables)
    if uv is not None:
        mounts.append((os.fspath(uv.resolve()), _UV, False))
    if settings.wheelhouse:
        mounts.append((os.path.abspath(settings.wheelhouse), _HOUSE, False))  # noqa: PTH100
    container = Container(
        engine=engine,
        image=image,
        name=f"syncsteps-reproduce-{secrets.token_hex(6)}",
        mounts=tuple(mounts),
    )
    python = settings.python if settings.python.startswith("/") else "python3"
    first = begin(container)
    try:
        if first is not None:
            done = run(first, environment=variables)
            if done.status:
                raise MeansMissingError(
                    f"{engine} cannot make a container of {image}",
                    hint="look whether that is its name, and whether it can be pulled",
                    details=done.stderr.strip().splitlines()[-_LAST_LINES:],
                )
        yield View(
            isolation=engine,
            command=lambda arguments, terminal: run_in(
                container, [python, *arguments], terminal=terminal
            ),
            work=_WORK,
            path=path,
            directory=_PROJECT,
            options=tuple(_options(settings)),
            variables=variables,
            passed={k: v for k, v in variables.items() if _is_passed(k, v)},
            copy=(_SOURCE, _PROJECT) if builds else None,
            uv="" if uv is None else _UV,
            hint=_HINT,
        )
    finally:
        run(end(container), environment=variables)


def _is_passed(name: str, value: str) -> bool:
    """Whether a variable is for installers or for us, and does not name a file of this machine."""
    if value.startswith("/") and not value.startswith("/dev/"):
        return False
    return name.startswith(_PASSED) or name.lower() in _PROXIES or name in _ALSO


def _options(settings: Settings) -> Iterator[str]:
    """Yield options of the sync whose paths are others in the container."""
    if settings.python:
        yield f"--python={settings.python}"
    if settings.lock:
        yield f"--lock={_PROJECT}/{Path(settings.lock).name}"
    if settings.wheelhouse:
        yield f"--wheelhouse={_HOUSE}"
    yield "--no-progress"

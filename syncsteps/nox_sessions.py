"""The steps as nox sessions: `register` gives a noxfile all of them, the functions one each.

Importing this module registers nothing. A session has no virtual environment: its target is the
system interpreter, as everywhere in syncsteps. What follows ``--`` on nox's command line are the
options of the verb.

Of nox's own options, ``--force-python`` (``-P``) names the target of a registered session, as
``--python`` does; ``--verbose``, ``--forcecolor`` and ``--nocolor`` count for the step as well.
``--no-install`` (``-R``) leaves out the steps that install, ``--install-only`` all others, as they
do with what nox itself installs and runs; the session says so.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from packaging.version import Version

from syncsteps.start import main

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    import nox

__all__ = [
    "SESSIONS",
    "check_system",
    "export_lock",
    "fetch_wheelhouse",
    "inspect_system",
    "install_system",
    "register",
    "reproduce_system",
    "smoke_imports",
    "sync_system",
    "verify_system",
]


def sync_system(session: nox.Session, *arguments: str) -> None:
    """Put the lock into the system Python: verify, stage, import, commit."""
    _run(session, "sync", arguments)


def export_lock(session: nox.Session, *arguments: str) -> None:
    """Write the lock as requirements.txt or pylock.toml for the system Python."""
    _run(session, "export", arguments)


def verify_system(session: nox.Session, *arguments: str) -> None:
    """Say whether the lock fits the system Python, and change nothing."""
    _run(session, "verify", arguments)


def install_system(session: nox.Session, *arguments: str) -> None:
    """Put the lock into the system Python without importing it first."""
    _run(session, "install", arguments)


def smoke_imports(session: nox.Session, *arguments: str) -> None:
    """Import what is installed from the lock in the system Python."""
    _run(session, "smoke", arguments)


def check_system(session: nox.Session, *arguments: str) -> None:
    """Compare the system Python with the lock and with the receipt."""
    _run(session, "check", arguments)


def fetch_wheelhouse(session: nox.Session, *arguments: str) -> None:
    """Bring or build every file of the lock into a wheelhouse, for a sync without a network."""
    _run(session, "fetch", arguments)


def reproduce_system(session: nox.Session, *arguments: str) -> None:
    """Do the same sync in a throwaway view of the system, and leave the real one as it is."""
    _run(session, "reproduce", arguments)


def inspect_system(session: nox.Session, *arguments: str) -> None:
    """Write the system Python's snapshot as JSON."""
    _run(session, "inspect", arguments)


SESSIONS: dict[str, Callable[..., None]] = {
    step.__name__: step
    for step in (
        sync_system,
        export_lock,
        verify_system,
        install_system,
        smoke_imports,
        check_system,
        fetch_wheelhouse,
        reproduce_system,
        inspect_system,
    )
}


_OLDEST_NOX = "2025.2.9"
_INTERRUPTED = 130
_INSTALLING = frozenset({"sync", "install"})
_LOCKLESS = frozenset({"inspect_system"})


def register(
    *,
    only: Collection[str] = tuple(SESSIONS),
    prefix: str = "",
    names: Mapping[str, str] = MappingProxyType({}),
    defaults: Mapping[str, Sequence[str]] = MappingProxyType({}),
    tags: Mapping[str, Sequence[str]] = MappingProxyType({}),
    pythons: Sequence[str] | Mapping[str, str] = (),
    locks: Sequence[str] | Mapping[str, str] = (),
) -> None:
    """Register sessions with nox; call it in a noxfile, once for each set of sessions.

    None of them runs unless nox's command line asks for it, by its name or a tag.

    Args:
        only: The sessions to register, by their names in `SESSIONS` (default: all).
        prefix: What comes before each name.
        names: Other names, by session.
        defaults: Arguments of the verb, by session; those behind ``--`` come after them.
        tags: nox's tags, by session.
        pythons: Targets, as for ``--python``: each session is there once for each of them. In a
            mapping, the keys are what nox calls them.
        locks: Lock files, likewise; a session that reads no lock has them not.

    Raises:
        ValueError: an argument has a name that is no session.
        SystemExit: nox is too old.
    """
    import nox  # noqa: PLC0415 - the command line works without nox

    _require_nox()
    for given in (only, names, defaults, tags):
        unknown = sorted(set(given) - set(SESSIONS))
        if unknown:
            known = ", ".join(SESSIONS)
            raise ValueError(f"no such session: {', '.join(unknown)}; there are {known}")
    for name in only:
        function = _session_function(SESSIONS[name], tuple(defaults.get(name, ())))
        for key, values in (("python", pythons), ("lock", () if name in _LOCKLESS else locks)):
            if values:
                named = values if isinstance(values, Mapping) else {each: each for each in values}
                function = nox.parametrize(key, list(named.values()), ids=list(named))(function)
        nox.session(
            python=False,
            venv_backend="none",  # with --force-python as well
            name=prefix + names.get(name, name),
            tags=list(tags.get(name, ())),
            default=False,
        )(function)


def _session_function(step: Callable[..., None], defaults: tuple[str, ...]) -> Callable[..., None]:
    def session_function(session: nox.Session, *, python: str = "", lock: str = "") -> None:
        # What --force-python names is there only in sessions without a Python of their own.
        target = session.python if isinstance(session.python, str) else python
        options = [f"--lock={lock}"] if lock else []
        options += [f"--python={target}"] if target else []
        step(session, *defaults, *options, *session.posargs)

    session_function.__doc__ = step.__doc__
    session_function.__name__ = step.__name__
    return session_function


def _require_nox() -> None:
    installed = importlib.metadata.version("nox")
    if Version(installed) < Version(_OLDEST_NOX):
        raise SystemExit(
            f"syncsteps needs nox {_OLDEST_NOX} or later, and this is nox {installed}: upgrade it,"
            f' for example with python -m pip install "nox>={_OLDEST_NOX}"'
        )


def _run(session: nox.Session, verb: str, arguments: tuple[str, ...]) -> None:
    config = session._runner.global_config  # noqa: SLF001 - nox has no other way to it
    left_out = "--no-install" if verb in _INSTALLING else "--install-only"
    if config.no_install if verb in _INSTALLING else config.install_only:
        session.warn(f"syncsteps {verb} is left out, as {left_out} says")
        return
    with _colours(forced=config.forcecolor, none=config.nocolor):
        status = main([verb, *(["--verbose"] if config.verbose else []), *arguments])
    if status == _INTERRUPTED:  # ends nox, and not only this session
        raise KeyboardInterrupt
    if status:
        session.error(f"syncsteps {verb} ended with exit code {status}")


@contextlib.contextmanager
def _colours(*, forced: bool, none: bool) -> Iterator[None]:
    """Have nox's choice of colours in the variables that rich and others look at."""
    before = {name: os.environ.get(name) for name in ("FORCE_COLOR", "NO_COLOR")}
    if none or forced:
        chosen, other = ("NO_COLOR", "FORCE_COLOR") if none else ("FORCE_COLOR", "NO_COLOR")
        os.environ[chosen] = "1"
        os.environ.pop(other, None)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value

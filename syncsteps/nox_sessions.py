"""The steps as nox sessions: `register` gives a noxfile all of them, the functions one each.

Importing this module registers nothing. A session has no virtual environment: its target is the
system interpreter, as everywhere in syncsteps. What follows ``--`` on nox's command line are the
options of the verb.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncsteps.start import main

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    import nox

__all__ = [
    "SESSIONS",
    "check_system",
    "export_lock",
    "fetch_wheelhouse",
    "inspect_system",
    "install_system",
    "register",
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
        inspect_system,
    )
}


def register(*, only: Collection[str] = tuple(SESSIONS), prefix: str = "") -> None:
    """Register sessions with nox; call it once in a noxfile.

    ``only`` are the names of the sessions to register (default: every one in `SESSIONS`),
    ``prefix`` is put before each name. None of them runs unless it is named on the command line.

    Raises:
        ValueError: ``only`` has a name that is no session.
    """
    import nox  # noqa: PLC0415 - the command line works without nox

    unknown = sorted(set(only) - set(SESSIONS))
    if unknown:
        raise ValueError(f"no such session: {', '.join(unknown)}; there are {', '.join(SESSIONS)}")
    for name in only:
        decorate = nox.session(python=False, name=prefix + name, default=False)
        decorate(_with_posargs(SESSIONS[name]))


def _with_posargs(step: Callable[..., None]) -> Callable[[nox.Session], None]:
    def session_function(session: nox.Session) -> None:
        step(session, *session.posargs)

    session_function.__doc__ = step.__doc__
    session_function.__name__ = step.__name__
    return session_function


def _run(session: nox.Session, verb: str, arguments: tuple[str, ...]) -> None:
    status = main([verb, *arguments])
    if status:
        session.error(f"syncsteps {verb} ended with exit code {status}")

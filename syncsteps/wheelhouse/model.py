"""What a wheelhouse is: a directory of wheels, and the manifest that says what each of them is."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["HouseTarget", "HousedWheel", "Manifest", "Origin"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What of a lock a wheel came from: equal exactly as long as the lock says the same.

    ``kind`` is ``wheel``, ``sdist``, ``archive``, ``vcs``, ``directory``, or ``pinned`` where the
    lock names no file. ``source`` is a file's name, a URL without credentials, ``git+URL@COMMIT``
    or a directory relative to the project. ``hashes`` are the lock's (``sha256:…``), sorted.
    ``digest`` is that of a directory's content when it was built. ``subdirectory`` and ``settings``
    (``KEY=VALUE`` for the build backend) are what else decides about a build.
    """

    kind: str
    source: str
    hashes: tuple[str, ...] = ()
    digest: str = ""
    subdirectory: str = ""
    settings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HousedWheel:
    """One wheel: normalized ``name``, the file's SHA-256 in hex, its size in bytes.

    ``built`` says that it is not the lock's own file. ``files`` are the digests of the files that
    the directory had from which it was built, by path.
    """

    name: str
    version: str
    filename: str
    sha256: str
    size: int
    built: bool
    origin: Origin
    files: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseTarget:
    """The interpreter that the wheels are for: its C library and tags as in `Interpreter`."""

    implementation: str
    version: str
    libc: str
    libc_version: str
    tags: tuple[str, ...]

    def __str__(self) -> str:
        name = {"cpython": "CPython", "pypy": "PyPy"}.get(self.implementation, self.implementation)
        libc = f" with {self.libc} {self.libc_version}" if self.libc else ""
        return f"{name} {self.version}{libc}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a wheelhouse has, for whom, and from which lock; ``wheels`` are sorted by name.

    ``tool`` is the version of syncsteps that filled it, ``lock`` the lock's file name and
    ``lock_digest`` its SHA-256 in hex.
    """

    tool: str
    lock: str
    lock_digest: str
    target: HouseTarget
    wheels: tuple[HousedWheel, ...] = ()

    def find(self, name: str) -> HousedWheel | None:
        """Return the wheel of this normalized name, or None."""
        return next((wheel for wheel in self.wheels if wheel.name == name), None)

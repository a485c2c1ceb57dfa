"""What of a wheelhouse is what a lock says, and what is not, in words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from packaging.utils import parse_wheel_filename
from packaging.version import InvalidVersion, Version

from syncsteps.locks.model import Archive, Directory, Sdist, Vcs, Wheel
from syncsteps.receipts import source_of
from syncsteps.wheelhouse.model import HouseTarget, Origin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncsteps.interpreter.model import Interpreter
    from syncsteps.selection.model import Selected
    from syncsteps.wheelhouse.model import HousedWheel

__all__ = ["housed_digest", "is_part", "misfit", "mismatch", "origin_of", "target_of"]

_KINDS = {
    Archive: "archive",
    Directory: "directory",
    Sdist: "sdist",
    Vcs: "vcs",
    Wheel: "wheel",
}


def origin_of(selected: Selected, *, digest: str = "") -> Origin:
    """Return what of the lock a wheel of ``selected`` comes from.

    ``digest`` is the source digest of a directory.
    """
    chosen = selected.chosen
    settings = () if isinstance(chosen, Wheel) else selected.package.config_settings
    subdirectory = chosen.subdirectory if isinstance(chosen, Archive | Directory | Vcs) else None
    return Origin(
        kind=_KINDS.get(type(chosen), "pinned"),
        source=source_of(selected),
        hashes=tuple(sorted(str(value) for value in selected.hashes)),
        digest=digest if isinstance(chosen, Directory) else "",
        subdirectory=subdirectory or "",
        settings=tuple(f"{key}={value}" for key, value in settings),
    )


def target_of(interpreter: Interpreter) -> HouseTarget:
    """Return what a manifest says of the interpreter that its wheels are for."""
    libc = interpreter.libc
    return HouseTarget(
        implementation=interpreter.implementation,
        version=interpreter.version,
        libc="" if libc is None else libc.name,
        libc_version="" if libc is None else libc.version,
        tags=interpreter.tags,
    )


def mismatch(
    selected: Selected,
    wheel: HousedWheel | None,
    target: HouseTarget,
    interpreter: Interpreter,
    *,
    digest: str = "",
) -> str:
    """Return why ``wheel``, which is for ``target``, is not what was selected; empty if it is.

    Files are not looked at. ``digest`` is the source digest of a directory.
    """
    if wheel is None:
        return "the wheelhouse does not have it"
    version = selected.package.version
    if version is not None and not _same(wheel.version, version):
        return f"the wheelhouse has {wheel.version}"
    now = origin_of(selected, digest=digest)
    if wheel.origin != now:
        return _difference(wheel.origin, now)
    return misfit(wheel, target, interpreter)


def misfit(wheel: HousedWheel, target: HouseTarget, interpreter: Interpreter) -> str:
    """Return why ``wheel``, which is for ``target``, is not for ``interpreter``; empty if it is."""
    _, _, _, tags = parse_wheel_filename(wheel.filename)
    if not {str(tag) for tag in tags} & set(interpreter.tags):
        return f"{wheel.filename} is for another interpreter: it was fetched for {target}"
    native = any(tag.platform.startswith("linux_") for tag in tags)
    libc = interpreter.libc
    if not (wheel.built and native and target.libc and libc is not None):
        return ""
    # What a compiler makes needs the C library that it was made with, or a later one.
    older = libc.name == target.libc and _release(libc.version) < _release(target.libc_version)
    if libc.name != target.libc or older:
        return (
            f"{wheel.filename} was built with {target.libc} {target.libc_version}, and this"
            f" interpreter has {libc.name} {libc.version}"
        )
    return ""


def housed_digest(wheel: HousedWheel | None, here: Mapping[str, str]) -> str:
    """Return the source digest of the directory that ``wheel`` was built from, if it still counts.

    It does as long as all that is ``here`` (digests of files by path) was there at the build as
    well: in the last stage of a container build there may be a part of the sources, or none.
    Otherwise this is empty.
    """
    if wheel is None or wheel.origin.kind != "directory" or not is_part(here, wheel):
        return ""
    return wheel.origin.digest


def is_part(here: Mapping[str, str], wheel: HousedWheel) -> bool:
    """Return whether each file that is ``here`` was there, the same, when ``wheel`` was built."""
    built_from = dict(wheel.files)
    return all(built_from.get(path) == digest for path, digest in here.items())


def _difference(before: Origin, now: Origin) -> str:
    if before == replace(now, digest=before.digest):
        return "its source has changed since its wheel was built"
    if before.source != now.source or before.kind != now.kind:
        return f"the wheelhouse has it from {before.source}, the lock from {now.source}"
    if before.hashes != now.hashes:
        return f"the lock has other hashes of {now.source} now"
    return "the lock has other settings for its build now"


def _same(text: str, version: Version) -> bool:
    try:
        return Version(text) == version
    except InvalidVersion:
        return False


def _release(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part.isdigit())

"""The files of the cache: each whole or not there, and never more than so many of them."""

# As in `marks`.
# ruff: noqa: PTH103, PTH105, PTH108, PTH116, PTH118, PTH123

from __future__ import annotations

import os
import stat

from syncsteps.caching.places import is_ours, refusal

try:
    from _blake2 import blake2b  # hashlib also loads OpenSSL, which takes longer than a whole run
except ImportError:
    from hashlib import blake2b

__all__ = ["digest", "read", "write"]

# It has the format's number: what another format has written is as good as not there.
_MAGIC = b"syncsteps answer 1\n"
_DIGEST = 32
_LARGEST = 32_000_000  # bytes; also all files together
_MOST = 100
_OLDEST = 60 * 24 * 3600  # seconds
_ENDING = ".answer"
_ASIDE = ".aside"
_SECONDS_ASIDE = 3600


def digest(content: bytes) -> bytes:
    """Return the BLAKE2b digest (RFC 7693) of ``content``, of 32 bytes."""
    return blake2b(content, digest_size=_DIGEST).digest()


def read(directory: str, name: str) -> bytes | None:
    """Return what `write` has last kept as ``name`` in ``directory``; None if there is nothing.

    There is nothing, too, where anyone else could have written it, or where it is damaged.
    """
    try:
        if not is_ours(os.stat(directory)):
            return None
        # O_NONBLOCK: what is found need not be a file.
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        flags |= getattr(os, "O_BINARY", 0)
        descriptor = os.open(os.path.join(directory, name + _ENDING), flags)
        with open(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not (stat.S_ISREG(status.st_mode) and is_ours(status)):
                return None
            content = file.read(_LARGEST + 1)
    except (OSError, ValueError):
        return None
    start = len(_MAGIC) + _DIGEST
    payload = content[start:]
    good = content[:start] == _MAGIC + digest(payload) and len(content) <= _LARGEST
    return payload if good else None


def write(directory: str, name: str, payload: bytes, *, now: float) -> str:
    """Keep ``payload`` as ``name`` in ``directory``, and return why not, or nothing.

    It appears whole, under its name, in one step, whoever else writes at the same time. ``now`` is
    in seconds since the epoch; what is two months old goes, and so do the oldest of too many.
    """
    content = _MAGIC + digest(payload) + payload
    if len(content) > _LARGEST:
        return "there is too much to keep"
    why_not = refusal(directory)
    if why_not:
        return why_not
    aside = os.path.join(directory, f"{name}-{os.urandom(8).hex()}{_ASIDE}")
    try:
        os.makedirs(directory, mode=0o700, exist_ok=True)
        if not is_ours(os.stat(directory)):  # somebody else was quicker
            return f"others than this user can write to {directory}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        try:
            with open(os.open(aside, flags, 0o600), "wb") as file:
                file.write(content)
            os.replace(aside, os.path.join(directory, name + _ENDING))
        except BaseException:
            _remove(aside)
            raise
        _prune(directory, now)
    except OSError as error:
        return f"{directory} cannot be written to: {error.strerror}"
    return ""


def _prune(directory: str, now: float) -> None:
    """Remove what is too old, or too much; what a writer left aside when it was cut off, too."""
    with os.scandir(directory) as entries:
        found = [
            (entry.stat(follow_symlinks=False), entry.path)
            for entry in entries
            if entry.name.endswith((_ENDING, _ASIDE))
        ]
    found.sort(key=lambda each: (-each[0].st_mtime, each[1]))
    number = together = 0
    for status, path in found:
        if path.endswith(_ASIDE):
            gone = now - status.st_mtime > _SECONDS_ASIDE
        else:
            number += 1
            together += status.st_size
            gone = number > _MOST or together > _LARGEST or now - status.st_mtime > _OLDEST
        if gone:
            _remove(path)


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return  # another run was quicker, or it never came to be

"""Making staged files what they shall be in the target: scripts, modes, hashes, RECORD."""

from __future__ import annotations

import hashlib
import operator
import os
import shutil
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, overload

from syncsteps.staging.model import StagedDistribution, StagedFile
from syncsteps.staging.record import RecordEntry, format_record, record_hash
from syncsteps.staging.scripts import retarget

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from syncsteps.interpreter.model import Interpreter
    from syncsteps.staging.unpacked import Unpacked

__all__ = [
    "Digest",
    "detach",
    "finish",
    "hash_files",
    "prepare_files",
    "with_files",
    "write_anew",
]

_HEAD = 1024
_CHUNK = 1 << 20
_LARGE = 1 << 18
_THREADS = 8
_BINARY = getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


class Digest(NamedTuple):
    """Of a file's bytes: the SHA-256 in hex, the size in bytes; and 0644 or 0755, its mode.

    ``recorded`` is the hash as RECORD has it. There can be tens of thousands.
    """

    sha256: str
    size: int
    mode: int
    recorded: str


def write_anew(file: Path, content: bytes, *, mode: int) -> None:
    """Put ``content`` in the place of ``file``, if there is one, as a file of its own.

    What lay there may be a hard link into an installer's cache, and is not changed. It goes first:
    some file systems wait for the disk when a rename replaces a file (ext4's auto_da_alloc).
    """
    file.unlink(missing_ok=True)
    with file.open("xb") as stream:
        stream.write(content)
    file.chmod(mode)


def prepare_files(
    directory: Path,
    targets: Mapping[str, str],
    *,
    interpreter: Interpreter,
    known: Mapping[str, Digest],
) -> dict[str, Digest]:
    """Give scripts the target's Python, and every file the mode 0644 or 0755; return digests.

    ``targets`` maps the files, relative to ``directory``, to where they belong. Those that are
    ``known`` have been prepared before.
    """
    if sys.platform != "win32":  # scripts are programs there
        scripts = f"{interpreter.scheme.scripts}{os.sep}"
        executable = os.fspath(interpreter.executable)
        for path, target in targets.items():
            if target.startswith(scripts) and path not in known:
                _retarget(directory / path, executable=executable)
    fresh = hash_files(directory, (path for path in targets if path not in known))
    return {path: known.get(path) or fresh[path] for path in targets}


def detach(file: str, *, mode: int) -> None:
    """Make ``file``, which may be one of several hard links, a file of its own with this mode."""
    fresh = f"{file}.new"
    shutil.copyfile(file, fresh)
    os.chmod(fresh, mode)  # noqa: PTH101 - `Path` for each of many thousand is slow
    os.unlink(file)  # noqa: PTH108 - as above
    os.rename(fresh, file)  # noqa: PTH104 - as above


def _retarget(script: Path, *, executable: str) -> None:
    with script.open("rb") as file:
        head = file.read(_HEAD)
    change = retarget(
        head,
        executable=executable,
        platform=sys.platform,
        is_target=lambda path: _same_file(path, executable),
    )
    if change is not None:
        beginning, replaced = change
        mode = _even(script.stat().st_mode)
        write_anew(script, beginning + script.read_bytes()[replaced:], mode=mode)


def _same_file(path: str, executable: str) -> bool:
    try:
        return os.path.samefile(path, executable)  # noqa: PTH121 - strings on both sides
    except (OSError, ValueError):
        return False


def hash_files(directory: Path, paths: Iterable[str]) -> dict[str, Digest]:
    """Return the digest of each of ``paths``, which are relative to ``directory``.

    Each gets the mode of its digest; other names of the same file keep theirs.
    """
    root = os.fspath(directory)
    digests: dict[str, Digest] = {}
    large = {}
    # A thread for each of tens of thousands of small files would cost more than it saves.
    with ThreadPoolExecutor(max_workers=min(_THREADS, os.cpu_count() or 1)) as pool:
        for path in paths:
            digest = _digest(f"{root}/{path}", most=_LARGE)
            if digest is None:
                large[path] = pool.submit(_digest, f"{root}/{path}")
            else:
                digests[path] = digest
        digests.update((path, future.result()) for path, future in large.items())
    return digests


@overload
def _digest(file: str) -> Digest: ...
@overload
def _digest(file: str, *, most: int) -> Digest | None: ...
def _digest(file: str, *, most: int | None = None) -> Digest | None:
    """Return the digest of ``file``, None if it has more than ``most`` bytes."""
    descriptor = os.open(file, os.O_RDONLY | _BINARY)
    try:
        status = os.fstat(descriptor)
        if most is not None and status.st_size > most:
            return None
        step = min(status.st_size + 1, _CHUNK)
        content = os.read(descriptor, step)
        size, sha256 = len(content), hashlib.sha256(content)
        while len(content) == step:  # less than that is the end
            content = os.read(descriptor, step)
            size += len(content)
            sha256.update(content)
    finally:
        os.close(descriptor)
    mode = _even(status.st_mode)
    if sys.platform != "win32" and stat.S_IMODE(status.st_mode) != mode:
        if status.st_nlink > 1:
            detach(file, mode=mode)
        else:
            os.chmod(file, mode)  # noqa: PTH101 - `Path` for each of many thousand is slow
    return Digest(sha256.hexdigest(), size, mode, record_hash(sha256.digest()))


def _even(mode: int) -> int:
    return 0o755 if mode & 0o111 else 0o644


def finish(
    directory: Path,
    one: Unpacked,
    *,
    targets: Mapping[str, str],
    digests: Mapping[str, Digest],
) -> StagedDistribution:
    """Write the RECORD that will be true in the target, and return the finished distribution.

    ``targets`` maps its files to where they belong, ``digests`` its files (RECORD needs none).
    """
    root, record = os.fspath(directory), f"{one.info}/RECORD"
    return _with_record(
        StagedDistribution(
            name=one.name,
            version=str(one.version),
            metadata=directory / one.info,
            files=tuple(
                _staged_file(f"{root}/{path}", target, digests[path])
                for path, target in targets.items()
                if path != record
            ),
        ),
        hashes=[digests[path].recorded for path in targets if path != record],
        target=targets[record],
    )


def with_files(one: StagedDistribution, more: Iterable[StagedFile]) -> StagedDistribution:
    """Return a finished distribution with ``more`` files, and write the RECORD that lists them."""
    name = os.fspath(one.metadata / "RECORD")
    record = next(file for file in one.files if file.source == name)
    files = [*(file for file in one.files if file is not record), *more]
    return _with_record(
        replace(one, files=tuple(files)),
        hashes=[record_hash(bytes.fromhex(file.sha256)) for file in files],
        target=record.target,
    )


def _with_record(
    one: StagedDistribution, *, hashes: Iterable[str], target: str
) -> StagedDistribution:
    """Write the RECORD of ``one``, whose files are all but that, and return it with it.

    ``hashes`` are those of its files, as RECORD has them.
    """
    site = os.fspath(Path(target).parent.parent)
    entries = [
        RecordEntry(_record_path(file.target, site), recorded, file.size)
        for file, recorded in zip(one.files, hashes, strict=True)
    ]
    content = format_record([*entries, RecordEntry(path=_record_path(target, site))]).encode()
    file = one.metadata / "RECORD"
    if file.read_bytes() != content or file.stat().st_mode & 0o111:
        write_anew(file, content, mode=0o644)
    own = StagedFile(
        source=os.fspath(file),
        target=target,
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        mode=0o644,
    )
    files = (*one.files, own)
    return replace(one, files=tuple(sorted(files, key=operator.attrgetter("target"))))


def _record_path(path: str, site: str) -> str:
    inside = f"{site}{os.sep}"
    try:
        relative = path[len(inside) :] if path.startswith(inside) else os.path.relpath(path, site)
    except ValueError:  # another drive, which only an absolute path reaches
        relative = path
    return relative.replace(os.sep, "/")


def _staged_file(source: str, target: str, digest: Digest) -> StagedFile:
    return StagedFile(
        source=source,
        target=target,
        sha256=digest.sha256,
        size=digest.size,
        mode=digest.mode,
    )

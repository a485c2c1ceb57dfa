"""The files of one installed distribution, held against its RECORD."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import posixpath
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from syncsteps.commit.record import record_lines
from syncsteps.errors import CheckError
from syncsteps.receipts import tree_digest

if TYPE_CHECKING:
    from syncsteps.commit.record import RecordLine
    from syncsteps.interpreter.model import InstalledDistribution
    from syncsteps.receipts import Listing

__all__ = ["Tree", "installed_digest", "look"]

_BLOCK = 1 << 20
_EXECUTABLE = 0o111
_ALGORITHMS = frozenset({"sha256", "sha384", "sha512"})
_ABSENT = (FileNotFoundError, NotADirectoryError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """What is there of a distribution.

    ``digest`` is its `tree_digest`, which is of the ``listing``; ``files`` are the absolute paths
    that its RECORD lists, byte code included; of these the ``missing`` ones are not there, and the
    ``modified`` ones have another content.
    """

    digest: str
    listing: Listing
    files: frozenset[str]
    missing: tuple[Path, ...]
    modified: tuple[Path, ...]


def installed_digest(distribution: InstalledDistribution) -> str:
    """Return the `tree_digest` of an installed distribution, over the files in its RECORD.

    Raises:
        CheckError: it has no RECORD, or a file cannot be read.
    """
    try:
        return look(distribution, hashes=True).digest
    except FileNotFoundError as error:
        raise CheckError(
            f"{distribution.name} {distribution.version} has no list of its files: {error}"
        ) from error


def look(distribution: InstalledDistribution, *, hashes: bool) -> Tree:
    """Look at every file that the RECORD of ``distribution`` lists, byte code left out.

    Without ``hashes`` a file counts as unchanged, and is not read, if it has the size that RECORD
    says and was last modified no later than RECORD itself, which is written last of all. So what
    has been written to since is found; what was put in place with the old size and an old time is
    not.

    Raises:
        FileNotFoundError: there is no RECORD.
        CheckError: RECORD is no list of files, or a file cannot be read.
    """
    what = f"{distribution.name} {distribution.version}"
    try:
        lines = record_lines(distribution.metadata)
        written = (distribution.metadata / "RECORD").stat().st_mtime_ns
    except ValueError as error:
        raise CheckError(f"{what}: RECORD is not a list of files: {error}") from error
    missing: list[Path] = []
    modified: list[Path] = []
    seen: list[tuple[str, bool, str]] = []
    for line in lines:
        if _is_bytecode(line.name):
            continue
        try:
            status = os.stat(line.path)  # noqa: PTH116 - `Path` for each of many thousand is slow
            sha256 = ""
            unchanged = status.st_size == line.size and status.st_mtime_ns <= written
            if unchanged and not hashes and stat.S_ISREG(status.st_mode):
                sha256 = _recorded_sha256(line)
            as_recorded = bool(sha256)
            if not sha256:
                sha256, as_recorded = _hashes(line)
        except _ABSENT:
            missing.append(Path(line.path))
            continue
        except OSError as error:
            raise CheckError(f"{what}: {error}") from error
        if not as_recorded:
            modified.append(Path(line.path))
        seen.append((line.name, bool(status.st_mode & _EXECUTABLE), sha256))
    return Tree(
        digest=tree_digest(seen),
        listing=tuple(seen),
        files=frozenset(line.path for line in lines),
        missing=tuple(missing),
        modified=tuple(modified),
    )


def _is_bytecode(name: str) -> bool:
    if not name.endswith(".pyc"):
        return False
    return posixpath.basename(posixpath.dirname(name)) == "__pycache__"


def _recorded_sha256(line: RecordLine) -> str:
    """Return the SHA-256 that RECORD has, in hex; empty where it has none that could be one."""
    if line.algorithm != "sha256":
        return ""
    try:
        digest = base64.urlsafe_b64decode(f"{line.digest.rstrip('=')}=")
    except (binascii.Error, ValueError):
        return ""
    return digest.hex() if len(digest) == hashlib.sha256().digest_size else ""


def _hashes(line: RecordLine) -> tuple[str, bool]:
    """Return the file's SHA-256, in hex, and whether its content has the hash of its RECORD."""
    algorithm, expected = line.algorithm, line.digest
    if algorithm not in _ALGORITHMS:
        # The digest in the receipt still tells; only the name of the changed file is lost.
        algorithm, expected = "sha256", ""
    sha256 = hashlib.sha256()
    named = sha256 if algorithm == "sha256" else hashlib.new(algorithm)
    with open(line.path, "rb") as stream:  # noqa: PTH123 - as above
        while block := stream.read(_BLOCK):
            sha256.update(block)
            if named is not sha256:
                named.update(block)
    if not expected:
        return sha256.hexdigest(), True
    encoded = base64.urlsafe_b64encode(named.digest()).rstrip(b"=").decode("ascii")
    return sha256.hexdigest(), encoded == expected.rstrip("=")

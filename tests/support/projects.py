"""A project with a lock, as a user would have it, and what a tree looks like before and after."""

from __future__ import annotations

import hashlib
import stat
from typing import TYPE_CHECKING

from tests.support.wheels import sha256

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.support.index import Index

__all__ = ["snapshot", "write_pylock", "write_requirements"]


def write_pylock(directory: Path, index: Index, wheels: Iterable[Path], **hashes: str) -> Path:
    """Write a pylock.toml for ``wheels`` of ``index``; ``hashes`` override them by project name."""
    lines = ['lock-version = "1.0"', 'created-by = "test"']
    for wheel in wheels:
        name, version = wheel.name.split("-")[:2]
        digest = hashes.get(name, sha256(wheel))
        url = index.file_url(wheel.name)
        lines += [
            "[[packages]]",
            f'name = "{name.replace("_", "-")}"',
            f'version = "{version}"',
            f'index = "{index.url}"',
            f'wheels = [{{ url = "{url}", hashes = {{ sha256 = "{digest}" }} }}]',
        ]
    if len(lines) == 2:
        lines.append("packages = []")
    path = directory / "pylock.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def write_requirements(directory: Path, wheels: Iterable[Path]) -> Path:
    """Write a hashed requirements.txt for ``wheels``."""
    lines = []
    for wheel in wheels:
        name, version = wheel.name.split("-")[:2]
        lines.append(f"{name}=={version} \\\n    --hash=sha256:{sha256(wheel)}\n")
    path = directory / "requirements.txt"
    path.write_text("".join(lines), encoding="utf-8")
    return path


def snapshot(*roots: Path) -> dict[str, tuple[int, str]]:
    """Every file, link and directory below ``roots``: its mode and the SHA-256 of its content.

    Byte code is left out: an interpreter writes it whenever it runs.
    """
    found = {}
    for root in roots:
        for path in sorted(root.rglob("*")):
            if "__pycache__" in path.parts:
                continue
            mode = path.lstat().st_mode
            if path.is_symlink():
                content = path.readlink().as_posix()
            elif stat.S_ISREG(mode):
                content = hashlib.sha256(path.read_bytes()).hexdigest()
            else:
                content = ""
            found[str(path)] = (mode, content)
    return found

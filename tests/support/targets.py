"""A project with a lock, and recorded interpreters to verify it against."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from syncsteps.interpreter import to_json
from tests.support.interpreters import make_interpreter

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["UNHASHED", "record", "write_lock"]

UNHASHED = ("plain", "1.0")


def write_lock(directory: Path, *packages: tuple[str, str], marker: str = "") -> Path:
    """Write a pylock.toml with a pure wheel of each package, and return its path.

    They have a hash, but for `UNHASHED`, whose only one is an md5; ``marker`` is that of them all.
    """
    parts = ['lock-version = "1.0"\ncreated-by = "test"\n']
    for name, version in packages:
        digest = 'md5 = "' + "a" * 32 if (name, version) == UNHASHED else 'sha256 = "' + "a" * 64
        filename = f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
        parts.append(
            f'[[packages]]\nname = "{name}"\nversion = "{version}"\n'
            + (f'marker = "{marker}"\n' if marker else "")
            + f'[[packages.wheels]]\nname = "{filename}"\nurl = "https://index.invalid/{filename}"\n'
            f'hashes = {{{digest}"}}\n'
        )
    path = directory / "pylock.toml"
    path.write_text("\n".join(parts), encoding="utf-8")
    return path


def record(directory: Path, name: str, **fields: Any) -> Path:  # noqa: ANN401 - fields of many types
    """Write the snapshot of an interpreter that is not on this machine, and return its path.

    ``fields`` are those that `make_interpreter` takes.
    """
    path = directory / f"{name}.json"
    interpreter = make_interpreter(directory / "absent" / name, **fields)
    path.write_text(to_json(interpreter), encoding="utf-8")
    return path

"""The manifest of a wheelhouse, a JSON document of a versioned schema.

It lies in the wheelhouse as ``syncsteps-wheelhouse.json``. This is schema 1; a key that is added
leaves the number as it is, with a key that goes or means something else it is another one. The
keys, with ``[]`` for each item of an array:

``schema``: 1.
``tool``: the version of syncsteps that wrote it.
``lock.file``: the name of the lock file that everything comes from.
``lock.sha256``: of the lock's content, in hex.
``wheels``: an array, sorted by name: what the selection from that lock came to.
``wheels[].name``: normalized.
``wheels[].version``: as the wheel has it.
``wheels[].filename``: of the wheel, which lies beside the manifest.
``wheels[].sha256``: of the wheel, in hex.
``wheels[].size``: of the wheel, in bytes.
``wheels[].built``: whether it was built, and is not the lock's own file.
``wheels[].origin.kind``: wheel, sdist, archive, vcs, directory, or pinned (the lock names no file).
``wheels[].origin.source``: the file's name, the URL without credentials, ``git+URL@COMMIT``, or the
directory relative to the project.
``wheels[].origin.hashes``: an array of the lock's hashes, each as ``sha256:…``.
``wheels[].origin.digest``: of a directory's content when it was built, in hex; else empty.
``wheels[].origin.subdirectory``: where in the source the project lies, or empty.
``wheels[].origin.settings``: an array of ``KEY=VALUE`` for the build backend (PEP 517).
``wheels[].files``: of a directory, a digest of each file that it was built from, by path.
``target.implementation``: of the Python that the wheels are for, such as cpython.
``target.version``: such as 3.12.7.
``target.libc``: glibc, musl, or empty where there is neither.
``target.libc_version``: such as 2.36, or empty.
``target.tags``: an array of its compatibility tags (PEP 425), the preferred ones first.

It has no time and no path of a machine in it: equal wheelhouses have equal manifests.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from syncsteps.errors import StagingError
from syncsteps.staging.sources import WHEELHOUSE_MANIFEST
from syncsteps.wheelhouse.model import HousedWheel, HouseTarget, Manifest, Origin

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["SCHEMA", "from_json", "read_manifest", "to_json", "write_manifest"]

SCHEMA = 1
_SHA256 = re.compile(r"[0-9a-f]{64}")


def to_json(manifest: Manifest) -> str:
    """Return a manifest as JSON in ASCII: equal manifests are equal bytes."""
    rows = []
    for wheel in manifest.wheels:
        row = asdict(wheel)
        row["files"] = dict(wheel.files)
        rows.append(row)
    document = {
        "schema": SCHEMA,
        "tool": manifest.tool,
        "lock": {"file": manifest.lock, "sha256": manifest.lock_digest},
        "wheels": rows,
        "target": asdict(manifest.target),
    }
    return json.dumps(document, indent=2) + "\n"


def from_json(text: str, *, file: str = WHEELHOUSE_MANIFEST) -> Manifest:
    """Read back what `to_json` wrote; ``file`` is named in errors.

    Raises:
        StagingError: it is malformed, or of an unknown schema.
    """
    try:
        data = json.loads(text)
        if data["schema"] != SCHEMA:
            raise _unusable(file, f"key 'schema' is {data['schema']!r}, expected {SCHEMA}")
        target = data["target"]
        return Manifest(
            tool=_text(data["tool"]),
            lock=_text(data["lock"]["file"]),
            lock_digest=_text(data["lock"]["sha256"]),
            target=HouseTarget(
                implementation=_text(target["implementation"]),
                version=_text(target["version"]),
                libc=_text(target["libc"]),
                libc_version=_text(target["libc_version"]),
                tags=_texts(target["tags"]),
            ),
            wheels=tuple(map(_wheel, data["wheels"])),
        )
    except KeyError as error:
        raise _unusable(file, f"key {error} is missing") from error
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise _unusable(file, str(error)) from error


def read_manifest(directory: Path) -> Manifest | None:
    """Return the manifest of the wheelhouse ``directory``, None where it has none.

    Raises:
        StagingError: it cannot be read, is malformed, or of an unknown schema.
    """
    path = directory / WHEELHOUSE_MANIFEST
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise _unusable(str(path), str(error)) from error
    return from_json(text, file=str(path))


def write_manifest(directory: Path, manifest: Manifest, *, aside: Path) -> None:
    """Put ``manifest`` in the place of the one that ``directory`` has, whole or not at all.

    ``aside`` is a directory on the same file system. What is the same already is left as it is.

    Raises:
        OSError: it cannot be written.
    """
    path, content = directory / WHEELHOUSE_MANIFEST, to_json(manifest).encode("ascii")
    if path.is_file() and path.read_bytes() == content:
        return
    fresh = aside / WHEELHOUSE_MANIFEST
    with fresh.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _wheel(row: Mapping[str, Any]) -> HousedWheel:
    name, filename, sha256 = (_text(row[key]) for key in ("name", "filename", "sha256"))
    try:
        own_name, version, _, _ = parse_wheel_filename(filename)
    except InvalidWheelFilename as error:
        raise ValueError(f"{filename!r} is no wheel's file name") from error
    if own_name != name or {"/", "\\"} & set(filename):
        raise ValueError(f"{filename!r} is no wheel of {name}")
    if not _SHA256.fullmatch(sha256):
        raise ValueError(f"{sha256!r} is no SHA-256 in hex")
    if not isinstance(row["size"], int) or not isinstance(row["built"], bool):
        raise TypeError(f"the size of {filename}, or whether it was built, is not told")
    origin = row["origin"]
    return HousedWheel(
        name=name,
        version=str(version),
        filename=filename,
        sha256=sha256,
        size=row["size"],
        built=row["built"],
        origin=Origin(
            kind=_text(origin["kind"]),
            source=_text(origin["source"]),
            hashes=_texts(origin["hashes"]),
            digest=_text(origin["digest"]),
            subdirectory=_text(origin["subdirectory"]),
            settings=_texts(origin["settings"]),
        ),
        files=tuple((_text(path), _text(digest)) for path, digest in row["files"].items()),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a string")
    return value


def _texts(values: object) -> tuple[str, ...]:
    if not isinstance(values, list):
        raise TypeError(f"{values!r} is not an array")
    return tuple(map(_text, values))


def _unusable(file: str, why: str) -> StagingError:
    return StagingError(
        f"{file}: the wheelhouse's manifest cannot be used: {why}",
        hint="fetch again into an empty directory, with the version of syncsteps that is used here",
    )

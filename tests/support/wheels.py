"""Wheels, sdists and source trees for tests: valid by default, every part can be overridden."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import tarfile
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = ["make_sdist", "make_source_tree", "make_wheel", "metadata", "record", "sha256"]

_EPOCH = (1980, 1, 1, 0, 0, 0)

# Runs in the target, so it is written for the oldest Python that can build anything.
_BACKEND = """\
import base64, hashlib, pathlib, zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent


def get_requires_for_build_wheel(config_settings=None):
    return []


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    script = ROOT / "_backend" / "build_script.txt"
    known = {"ROOT": ROOT, "SETTINGS": config_settings or {}}
    exec(compile(script.read_text(), str(script), "exec"), known)
    info = "@STEM@.dist-info"
    members = {}
    for path in sorted((ROOT / "src").rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            members[path.relative_to(ROOT / "src").as_posix()] = path.read_bytes()
    members[info + "/METADATA"] = (ROOT / "PKG-INFO").read_bytes()
    members[info + "/WHEEL"] = b"Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
    entry_points = (ROOT / "entry_points.txt").read_bytes()
    if entry_points:
        members[info + "/entry_points.txt"] = entry_points
    lines = []
    filename = "@STEM@-py3-none-any.whl"
    with zipfile.ZipFile(str(pathlib.Path(wheel_directory) / filename), "w") as archive:
        for path, content in sorted(members.items()):
            archive.writestr(path, content)
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest())
            line = "%s,sha256=%s,%d" % (path, digest.decode().rstrip("="), len(content))
            lines.append(line)
        lines.append(info + "/RECORD,,")
        archive.writestr(info + "/RECORD", "\\n".join(lines) + "\\n")
    return filename
"""


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def record(members: Mapping[str, bytes], own_path: str) -> str:
    """The text of a RECORD over ``members``, with itself as its last line."""
    lines = []
    for path, content in sorted(members.items()):
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
        quoted = '"' + path.replace('"', '""') + '"' if set(path) & {",", '"'} else path
        lines.append(f"{quoted},sha256={digest},{len(content)}\n")
    return "".join([*lines, f"{own_path},,\n"])


def metadata(
    name: str,
    version: str,
    *,
    requires: Iterable[str] = (),
    requires_python: str | None = None,
    extra_metadata: str = "",
) -> str:
    """The text of a METADATA or PKG-INFO file; ``extra_metadata`` are further header lines."""
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    if requires_python is not None:
        lines.append(f"Requires-Python: {requires_python}")
    lines += [f"Requires-Dist: {requirement}" for requirement in requires]
    lines += extra_metadata.splitlines()
    return "\n".join(lines) + "\n"


def make_wheel(  # noqa: PLR0913 - so many parts does a wheel have
    directory: Path,
    name: str = "demo",
    version: str = "1.0",
    *,
    files: Mapping[str, str | bytes] | None = None,
    requires: Iterable[str] = (),
    requires_python: str | None = None,
    tag: str = "py3-none-any",
    build_tag: str | None = None,
    entry_points: Mapping[str, Mapping[str, str]] | None = None,
    scripts: Mapping[str, str | bytes] | None = None,
    data: Mapping[str, str | bytes] | None = None,
    extra_metadata: str = "",
    executable: Iterable[str] = (),
    purelib: bool | None = None,
    override: Mapping[str, str | bytes | None] | None = None,
    filename: str | None = None,
) -> Path:
    """Write a wheel into ``directory`` and return its path; the same arguments, the same bytes.

    Args:
        directory: Made where it is missing.
        name: As it shall stand in METADATA; normalized for the file name.
        version: As in ``name``.
        files: Path in the wheel to content; without it one module named after the wheel.
        requires: Requires-Dist lines.
        requires_python: The Requires-Python line.
        tag: The compatibility tag, compressed sets allowed.
        build_tag: The build tag, if it shall have one.
        entry_points: Group to name to ``module:function``, as in ``{"console_scripts": {…}}``.
        scripts: File name to content, put into ``….data/scripts``; executable.
        data: Path below ``….data`` to content, such as ``data/share/x`` or ``headers/x.h``.
        extra_metadata: Further header lines of METADATA.
        executable: Paths of the wheel that have the x bits.
        purelib: Root-Is-Purelib; without it, what the tag says.
        override: Path to content that takes the place of what was made (RECORD too); None leaves
            the member out. Not reflected in RECORD: it is there to make a wheel invalid.
        filename: Another file name than the right one.
    """
    stem = f"{_escaped(name)}-{version}"
    info = f"{stem}.dist-info"
    if files is None:
        files = {f"{_escaped(name)}.py": f"__version__ = {version!r}\n"}
    members: dict[str, str | bytes] = dict(files)
    for path, content in (scripts or {}).items():
        members[f"{stem}.data/scripts/{path}"] = content
    for path, content in (data or {}).items():
        members[f"{stem}.data/{path}"] = content
    members[f"{info}/METADATA"] = metadata(
        name,
        version,
        requires=requires,
        requires_python=requires_python,
        extra_metadata=extra_metadata,
    )
    members[f"{info}/WHEEL"] = _wheel_file(tag, build_tag, purelib=purelib)
    if entry_points is not None:
        members[f"{info}/entry_points.txt"] = _entry_points(entry_points)
    encoded = {path: _bytes(content) for path, content in members.items()}
    encoded[f"{info}/RECORD"] = record(encoded, f"{info}/RECORD").encode()
    for path, replacement in (override or {}).items():
        encoded.pop(path, None)
        if replacement is not None:
            encoded[path] = _bytes(replacement)
    directory.mkdir(parents=True, exist_ok=True)
    build = "" if build_tag is None else f"-{build_tag}"
    target = directory / (filename or f"{stem}{build}-{tag}.whl")
    with_x = {*executable, *(f"{stem}.data/scripts/{path}" for path in scripts or {})}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in encoded.items():
            member = zipfile.ZipInfo(path, _EPOCH)
            member.create_system = 3
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = (0o100755 if path in with_x else 0o100644) << 16
            archive.writestr(member, content)
    return target


def make_source_tree(
    directory: Path,
    name: str = "demo",
    version: str = "1.0",
    *,
    files: Mapping[str, str | bytes] | None = None,
    requires: Iterable[str] = (),
    requires_python: str | None = None,
    entry_points: Mapping[str, Mapping[str, str]] | None = None,
    build_script: str = "",
) -> Path:
    """Write a project that pip and uv can build with no network into ``directory``; return it.

    Its PEP 517 backend lies in the tree. ``files`` go under ``src``. ``build_script`` is Python
    that runs first in ``build_wheel``, with ``ROOT``, the tree's path, and ``SETTINGS``, the
    frontend's, at hand: raise there for a build that fails.
    """
    if files is None:
        files = {f"{_escaped(name)}.py": f"__version__ = {version!r}\n"}
    backend = _BACKEND.replace("@STEM@", f"{_escaped(name)}-{version}")
    project = [f'name = "{name}"', f'version = "{version}"']
    if requires_python is not None:
        project.append(f'requires-python = "{requires_python}"')
    project.append(f"dependencies = [{', '.join(repr(item) for item in requires)}]")
    members: dict[str, str | bytes] = {
        "pyproject.toml": "[build-system]\nrequires = []\n"
        'build-backend = "local_backend"\nbackend-path = ["_backend"]\n\n'
        "[project]\n" + "\n".join(project) + "\n",
        "PKG-INFO": metadata(name, version, requires=requires, requires_python=requires_python),
        "entry_points.txt": _entry_points(entry_points or {}),
        "_backend/local_backend.py": backend,
        "_backend/build_script.txt": build_script,
        **{f"src/{path}": content for path, content in files.items()},
    }
    for path, content in members.items():
        target = directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(_bytes(content))
    return directory


def make_sdist(
    directory: Path,
    name: str = "demo",
    version: str = "1.0",
    *,
    files: Mapping[str, str | bytes] | None = None,
    requires: Iterable[str] = (),
    requires_python: str | None = None,
    entry_points: Mapping[str, Mapping[str, str]] | None = None,
    build_script: str = "",
) -> Path:
    """Write a source distribution into ``directory`` and return its path.

    Arguments as in `make_source_tree`; the same arguments, the same bytes.
    """
    stem = f"{_escaped(name)}-{version}"
    tree = make_source_tree(
        directory / f".{stem}",
        name,
        version,
        files=files,
        requires=requires,
        requires_python=requires_python,
        entry_points=entry_points,
        build_script=build_script,
    )
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(tree.rglob("*")):
            if path.is_file():
                content = path.read_bytes()
                member = tarfile.TarInfo(f"{stem}/{path.relative_to(tree).as_posix()}")
                member.size = len(content)
                member.mode = 0o644
                archive.addfile(member, io.BytesIO(content))
    _remove_tree(tree)
    target = directory / f"{stem}.tar.gz"
    target.write_bytes(gzip.compress(buffer.getvalue(), mtime=0))
    return target


def _escaped(name: str) -> str:
    return name.lower().replace("-", "_").replace(".", "_")


def _bytes(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content


def _wheel_file(tag: str, build_tag: str | None, *, purelib: bool | None) -> str:
    python, abi, platform = tag.split("-")
    if purelib is None:
        purelib = abi == "none" and platform == "any"
    lines = ["Wheel-Version: 1.0", "Generator: tests", f"Root-Is-Purelib: {str(purelib).lower()}"]
    if build_tag is not None:
        lines.append(f"Build: {build_tag}")
    lines += [
        f"Tag: {one_python}-{one_abi}-{one_platform}"
        for one_python in python.split(".")
        for one_abi in abi.split(".")
        for one_platform in platform.split(".")
    ]
    return "\n".join(lines) + "\n"


def _entry_points(groups: Mapping[str, Mapping[str, str]]) -> str:
    lines = []
    for group, entries in groups.items():
        lines.append(f"[{group}]")
        lines += [f"{name} = {target}" for name, target in entries.items()]
    return "".join(f"{line}\n" for line in lines)


def _remove_tree(tree: Path) -> None:
    for path in sorted(tree.rglob("*"), reverse=True):
        if path.is_dir():
            path.rmdir()
        else:
            path.unlink()
    tree.rmdir()

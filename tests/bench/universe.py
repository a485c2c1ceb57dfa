"""Projects of any size, made up: one set of packages, locked in the format of each tool."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from tests.support.index import Index

__all__ = ["WRITERS", "Member", "make_universe", "write_uv_lock_of"]

_HOST = "https://index.invalid"
_PLATFORMS = ("manylinux_2_17_x86_64", "manylinux_2_17_aarch64", "macosx_11_0_arm64", "win_amd64")
_PYTHONS = ("cp310", "cp311", "cp312", "cp313")
_MARKERS = (
    "sys_platform == 'win32'",
    "python_full_version < '3.11'",
    "platform_machine == 'aarch64' and sys_platform == 'linux'",
    "platform_python_implementation == 'PyPy' or sys_platform == 'darwin'",
)
_PYTHON = ">=3.9"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A package: the files it has, and the names that it requires, each with a marker or none."""

    name: str
    version: str
    wheels: tuple[str, ...]
    sdist: str
    requires: tuple[tuple[str, str | None], ...]

    @property
    def files(self) -> tuple[str, ...]:
        """Every file's name."""
        return (self.sdist, *self.wheels)


def make_universe(count: int) -> tuple[Member, ...]:
    """Return ``count`` packages, all of which the first one leads to; cycles and markers included.

    As in real locks, four of ten have one wheel and the others one for each system and Python. The
    same count, the same packages.
    """
    members = []
    for number in range(count):
        name = f"package-{number:05}"
        version = f"{number % 9 + 1}.{number % 13}.{number % 7}"
        stem = f"{name.replace('-', '_')}-{version}"
        tags = (
            ["py3-none-any"]
            if number % 10 < 4
            else [f"{python}-{python}-{platform}" for python in _PYTHONS for platform in _PLATFORMS]
        )
        tree = [2 * number + 1, 2 * number + 2]
        requires: list[tuple[str, str | None]] = [
            (f"package-{other:05}", None) for other in tree if other < count
        ]
        across = (7 * number + 3) % count
        if across not in {number, *tree}:
            requires.append((f"package-{across:05}", _MARKERS[number % len(_MARKERS)]))
        members.append(
            Member(
                name=name,
                version=version,
                wheels=tuple(f"{stem}-{tag}.whl" for tag in tags),
                sdist=f"{stem}.tar.gz",
                requires=tuple(requires),
            )
        )
    return tuple(members)


def _digest(filename: str) -> str:
    return hashlib.sha256(filename.encode()).hexdigest()


def _table(pairs: Mapping[str, object]) -> str:
    inner = ", ".join(f"{key} = {json.dumps(value)}" for key, value in pairs.items())
    return f"{{ {inner} }}"


def _array(lines: Iterable[str]) -> str:
    return "[\n" + "".join(f"    {line},\n" for line in lines) + "]"


def _pyproject(members: Sequence[Member]) -> str:
    return (
        '[project]\nname = "bench"\nversion = "1"\n'
        f'requires-python = "{_PYTHON}"\n'
        f"dependencies = [{json.dumps(members[0].name)}]\n"
    )


def _write_uv(members: Sequence[Member], directory: Path) -> Path:
    def file(filename: str) -> str:
        digest = _digest(filename)
        url = f"{_HOST}/packages/{digest[:2]}/{digest[2:4]}/{digest[4:]}/{filename}"
        return _table({"url": url, "hash": f"sha256:{digest}", "size": 10_000 + len(filename)})

    def edge(name: str, marker: str | None) -> str:
        return _table({"name": name} if marker is None else {"name": name, "marker": marker})

    root = members[0].name
    text = [
        f'version = 1\nrevision = 3\nrequires-python = "{_PYTHON}"\n',
        '[[package]]\nname = "bench"\nversion = "1"\nsource = { virtual = "." }',
        f"dependencies = [{edge(root, None)}]\n",
        f"[package.metadata]\nrequires-dist = [{edge(root, None)}]\n",
    ]
    for member in members:
        text.append(f'[[package]]\nname = "{member.name}"\nversion = "{member.version}"')
        text.append(f'source = {{ registry = "{_HOST}/simple" }}')
        if member.requires:
            text.append(f"dependencies = {_array(edge(*pair) for pair in member.requires)}")
        text.append(f"sdist = {file(member.sdist)}")
        text.append(f"wheels = {_array(map(file, member.wheels))}\n")
    return _written(directory, "uv.lock", "\n".join(text), _pyproject(members))


def _toml_files(member: Member) -> str:
    return _array(_table({"file": f, "hash": f"sha256:{_digest(f)}"}) for f in member.files)


def _write_poetry(members: Sequence[Member], directory: Path) -> Path:
    text = []
    for member in members:
        text += [
            f'[[package]]\nname = "{member.name}"\nversion = "{member.version}"',
            'description = ""\noptional = false\npython-versions = ">=3.9"\ngroups = ["main"]',
            f"files = {_toml_files(member)}\n",
        ]
        if member.requires:
            text.append("[package.dependencies]")
            for name, marker in member.requires:
                value = '"*"' if marker is None else _table({"version": "*", "markers": marker})
                text.append(f"{name} = {value}")
            text.append("")
    # What of pyproject.toml the lock depends on, as poetry writes and sorts it.
    relevant = {
        "project": {"requires-python": _PYTHON, "dependencies": [members[0].name]},
        "tool": {"poetry": {}},
    }
    content = hashlib.sha256(json.dumps(relevant, sort_keys=True).encode()).hexdigest()
    text.append(f'[metadata]\nlock-version = "2.1"\npython-versions = "{_PYTHON}"')
    text.append(f'content-hash = "{content}"\n')
    return _written(directory, "poetry.lock", "\n".join(text), _pyproject(members))


def _write_pdm(members: Sequence[Member], directory: Path) -> Path:
    text = [
        '[metadata]\ngroups = ["default"]\nstrategy = ["inherit_metadata"]',
        'lock_version = "4.5.0"\ncontent_hash = "sha256:0"\n',
        f'[[metadata.targets]]\nrequires_python = "{_PYTHON}"\n',
    ]
    for member in members:
        edges = [n if m is None else f"{n}; {m}" for n, m in member.requires]
        text += [
            f'[[package]]\nname = "{member.name}"\nversion = "{member.version}"',
            'requires_python = ">=3.9"\nsummary = ""\ngroups = ["default"]',
            f"dependencies = {_array(json.dumps(edge) for edge in edges)}",
            f"files = {_toml_files(member)}\n",
        ]
    return _written(directory, "pdm.lock", "\n".join(text), _pyproject(members))


def _write_pipenv(members: Sequence[Member], directory: Path) -> Path:
    source = {"name": "index", "url": f"{_HOST}/simple", "verify_ssl": True}
    lock = {
        "_meta": {
            "hash": {"sha256": "0" * 64},
            "pipfile-spec": 6,
            "requires": {},
            "sources": [source],
        },
        "default": {
            member.name: {
                "hashes": sorted(f"sha256:{_digest(filename)}" for filename in member.files),
                "markers": "python_version >= '3.9'",
                "version": f"=={member.version}",
            }
            for member in members
        },
        "develop": {},
    }
    pipfile = (
        f'[[source]]\nname = "index"\nurl = "{_HOST}/simple"\nverify_ssl = true\n\n'
        f'[packages]\n{members[0].name} = "*"\n'
    )
    (directory / "Pipfile").write_text(pipfile, encoding="utf-8")
    return _written(directory, "Pipfile.lock", json.dumps(lock, indent=4) + "\n", None)


def write_uv_lock_of(
    wheels: Sequence[Path], directory: Path, index: Index, *, pinned: bool = False
) -> None:
    """Write a project that requires each of these wheels, which ``index`` serves, and its lock.

    ``pinned`` says whether it requires their very versions.
    """
    names = [wheel.name.partition("-")[0].replace("_", "-") for wheel in wheels]
    edges = _array(_table({"name": name}) for name in names)
    pins = [f"=={wheel.name.split('-')[1]}" if pinned else "" for wheel in wheels]
    requires = _array(
        _table({"name": name, "specifier": pin} if pin else {"name": name})
        for name, pin in zip(names, pins, strict=True)
    )
    text = [
        f'version = 1\nrevision = 3\nrequires-python = "{_PYTHON}"\n',
        '[[package]]\nname = "bench"\nversion = "1"\nsource = { virtual = "." }',
        f"dependencies = {edges}\n\n[package.metadata]\nrequires-dist = {requires}\n",
    ]
    for name, wheel in zip(names, wheels, strict=True):
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        file = {"url": index.file_url(wheel.name), "hash": f"sha256:{digest}"}
        text += [
            f'[[package]]\nname = "{name}"\nversion = "{wheel.name.split("-")[1]}"',
            f'source = {{ registry = "{index.url}" }}\nwheels = [{_table(file)}]\n',
        ]
    pyproject = (
        f'[project]\nname = "bench"\nversion = "1"\nrequires-python = "{_PYTHON}"\n'
        f"dependencies = {json.dumps([f'{n}{p}' for n, p in zip(names, pins, strict=True)])}\n"
    )
    _written(directory, "uv.lock", "\n".join(text), pyproject)


def _written(directory: Path, name: str, text: str, pyproject: str | None) -> Path:
    if pyproject is not None:
        (directory / "pyproject.toml").write_text(pyproject, encoding="utf-8")
    path = directory / name
    path.write_text(text, encoding="utf-8")
    return path


WRITERS: Mapping[str, Callable[[Sequence[Member], Path], Path]] = {
    "uv": _write_uv,
    "poetry": _write_poetry,
    "pdm": _write_pdm,
    "pipenv": _write_pipenv,
}
"""By tool: writes a lock and the project's own file into an empty directory, returns the lock."""

"""One project of real wheels in a local index, locked in the format of every tool that installs."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.bench.universe import write_uv_lock_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.support.index import Index

__all__ = ["write_every_lock"]

_PYTHON = ">=3.9"


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """A wheel of the index."""

    name: str
    version: str
    filename: str
    digest: str
    url: str
    size: int


def write_every_lock(wheels: Sequence[Path], directory: Path, index: Index) -> None:
    """Write into ``directory`` a project that requires each of these wheels, and all its locks.

    They are of uv, poetry, pdm and pipenv, a pylock.toml, and a requirements.txt with hashes.
    """
    write_uv_lock_of(wheels, directory, index, pinned=True)
    files = []
    for wheel in wheels:
        content = wheel.read_bytes()
        files.append(
            _File(
                name=wheel.name.partition("-")[0].replace("_", "-"),
                version=wheel.name.split("-")[1],
                filename=wheel.name,
                digest=hashlib.sha256(content).hexdigest(),
                url=index.file_url(wheel.name),
                size=len(content),
            )
        )
    source = {"name": "index", "url": index.url, "priority": "primary"}
    requires = [f"{file.name}=={file.version}" for file in files]
    texts: dict[str, str] = {
        "pyproject.toml": _pyproject(requires, source),
        "requirements.txt": "".join(
            f"{file.name}=={file.version} --hash=sha256:{file.digest}\n" for file in files
        ),
        "pylock.toml": 'lock-version = "1.0"\ncreated-by = "bench"\n'
        + "".join(map(_pylock_entry, files)),
        "poetry.lock": _poetry(files, requires, source),
        "pdm.lock": _pdm(files),
        "Pipfile": f'[[source]]\nname = "index"\nurl = "{index.url}"\nverify_ssl = false\n'
        "[packages]\n" + "".join(f'{file.name} = "=={file.version}"\n' for file in files),
        "Pipfile.lock": _pipfile(files, index.url),
    }
    for name, text in texts.items():
        (directory / name).write_text(text, encoding="utf-8")


def _pyproject(requires: Sequence[str], source: dict[str, str]) -> str:
    return (
        f'[project]\nname = "bench"\nversion = "1"\nrequires-python = "{_PYTHON}"\n'
        f"dependencies = {json.dumps(requires)}\n"
        "[tool.poetry]\npackage-mode = false\n[[tool.poetry.source]]\n"
        + "".join(f"{key} = {json.dumps(value)}\n" for key, value in source.items())
        + "[tool.pdm]\ndistribution = false\n[[tool.pdm.source]]\n"
        f'name = "pypi"\nurl = "{source["url"]}"\nverify_ssl = false\n'
    )


def _pylock_entry(file: _File) -> str:
    return (
        f'[[packages]]\nname = "{file.name}"\nversion = "{file.version}"\n'
        f'wheels = [{{name = "{file.filename}", url = "{file.url}", size = {file.size},'
        f' hashes = {{sha256 = "{file.digest}"}}}}]\n'
    )


def _entry(file: _File) -> str:
    return f'files = [{{file = "{file.filename}", hash = "sha256:{file.digest}"}}]\n'


def _poetry(files: Sequence[_File], requires: Sequence[str], source: dict[str, str]) -> str:
    entries = [
        f'[[package]]\nname = "{file.name}"\nversion = "{file.version}"\ndescription = ""\n'
        f'optional = false\npython-versions = "*"\ngroups = ["main"]\n{_entry(file)}'
        f'[package.source]\ntype = "legacy"\nurl = "{source["url"].rstrip("/")}"\n'
        'reference = "index"\n'
        for file in files
    ]
    # What of pyproject.toml the lock depends on, as poetry sorts it.
    relevant = {
        "project": {"requires-python": _PYTHON, "dependencies": list(requires)},
        "tool": {"poetry": {"source": [source]}},
    }
    content = hashlib.sha256(json.dumps(relevant, sort_keys=True).encode()).hexdigest()
    return "\n".join(entries) + (
        f'\n[metadata]\nlock-version = "2.1"\npython-versions = "{_PYTHON}"\n'
        f'content-hash = "{content}"\n'
    )


def _pdm(files: Sequence[_File]) -> str:
    entries = [
        f'[[package]]\nname = "{file.name}"\nversion = "{file.version}"\nsummary = ""\n'
        f'groups = ["default"]\n{_entry(file)}'
        for file in files
    ]
    return (
        '[metadata]\ngroups = ["default"]\nstrategy = ["inherit_metadata"]\n'
        'lock_version = "4.5.0"\ncontent_hash = "sha256:0"\n'
        f'[[metadata.targets]]\nrequires_python = "{_PYTHON}"\n' + "\n".join(entries)
    )


def _pipfile(files: Sequence[_File], url: str) -> str:
    source = {"name": "index", "url": url, "verify_ssl": False}
    lock = {
        "_meta": {"hash": {"sha256": "0"}, "pipfile-spec": 6, "requires": {}, "sources": [source]},
        "default": {
            file.name: {"hashes": [f"sha256:{file.digest}"], "version": f"=={file.version}"}
            for file in files
        },
        "develop": {},
    }
    return json.dumps(lock, indent=4) + "\n"

"""Locks of real projects, where a copy of them lies beside the checkout or is named."""

from __future__ import annotations

import functools
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import tomli
from packaging.utils import canonicalize_name

from syncsteps.errors import LockError
from syncsteps.locks import read_lock as read_lock_uncached
from syncsteps.locks.model import Directory
from syncsteps.locks.staleness import Staleness, read_workspace, staleness

if TYPE_CHECKING:
    from syncsteps.locks.model import Hash, Package

DEFAULT = Path(__file__).resolve().parents[4] / "shared" / "corpus"
CORPUS = Path(os.environ.get("SYNCSTEPS_CORPUS", DEFAULT))

pytestmark = pytest.mark.skipif(
    not CORPUS.is_dir(), reason="no corpus of real locks (SYNCSTEPS_CORPUS names its folder)"
)

read_lock = functools.cache(read_lock_uncached)

# uv itself calls the first one outdated. The two others say that their requirements are dynamic.
STALE = {"built-by-uv"}
UNKNOWN = {"mcp", "pydantic-ai"}


def files(pattern: str) -> list[object]:
    return [
        pytest.param(path, id=path.relative_to(CORPUS).as_posix())
        for path in sorted(CORPUS.glob(pattern))
    ]


@pytest.mark.parametrize("path", files("uv/**/uv.lock"))
def test_uv_locks(path: Path) -> None:
    lock = read_lock(path)
    written = path.read_text(encoding="utf-8")
    assert len(lock.packages) == written.count("[[package]]")
    assert sum(len(item.wheels) for item in lock.packages) == written.count('.whl", hash')
    assert lock.members


@pytest.mark.parametrize("path", files("uv/**/uv.lock"))
def test_uv_locks_give_no_false_alarm(path: Path) -> None:
    lock = read_lock(path)
    pyproject = path.with_name("pyproject.toml")
    content = tomli.loads(pyproject.read_text(encoding="utf-8"))
    result = staleness(lock, content, workspace=read_workspace(lock, content))
    assert bool(result.reasons) == (lock.project in STALE)
    assert result.known or lock.project in UNKNOWN


@pytest.mark.parametrize("path", files("pylock/**/pylock*.toml"))
def test_pylocks(path: Path) -> None:
    if "FabioLeitao__data-boar" in path.parts:
        with pytest.raises(LockError, match=r"not valid TOML: .*line 185"):
            read_lock(path)
        return
    written = path.read_text(encoding="utf-8")
    assert len(read_lock(path).packages) == written.count("[[packages]]")


@pytest.mark.parametrize("path", files("requirements/**/*.txt"))
def test_requirements(path: Path) -> None:
    lock = read_lock(path)
    written = path.read_text(encoding="utf-8")
    assert sum(len(item.hashes) for item in lock.packages) == written.count("--hash=")
    assert len(lock.packages) > 10


@pytest.mark.parametrize("path", files("pipfile/**/Pipfile.lock"))
def test_pipfile_locks(path: Path) -> None:
    lock = read_lock_uncached(path, environment={"URL": "https://index.invalid/simple"})
    document = json.loads(path.read_text(encoding="utf-8"))
    for group in ("default", "develop"):
        names = {
            package.name
            for package in lock.packages
            if f'"{group}" in dependency_groups' in str(package.marker)
        }
        assert names == {canonicalize_name(name) for name in document[group]}
    pipfile = tomli.loads(path.with_name("Pipfile").read_text(encoding="utf-8"))
    assert staleness(lock, None, pipfile=pipfile).known


@pytest.mark.parametrize("path", files("pdm/**/pdm.lock"))
def test_pdm_locks(path: Path) -> None:
    lock = read_lock(path)
    document = tomli.loads(path.read_text(encoding="utf-8"))
    plain = [entry for entry in document["package"] if "extras" not in entry]
    own = [package for package in lock.packages if package.source == Directory(path=".")]
    assert len(lock.packages) - len(own) == len(plain)
    assert [package.name for package in own] == [lock.project]
    hashes = {str(hash_) for package in lock.packages for hash_ in hashes_of(package)}
    assert hashes == {row["hash"] for entry in plain for row in entry.get("files", ())}
    pyproject = tomli.loads(path.with_name("pyproject.toml").read_text(encoding="utf-8"))
    assert staleness(lock, pyproject) == Staleness(known=True)


def hashes_of(package: Package) -> list[Hash]:
    files = (package.sdist, *package.wheels)
    return [*package.hashes, *(hash_ for file in files if file for hash_ in file.hashes)]


@pytest.mark.parametrize("path", files("poetry/**/*.lock"))
def test_poetry_locks(path: Path) -> None:
    lock = read_lock(path)
    written = path.read_text(encoding="utf-8")
    own = [package for package in lock.packages if package.name == lock.project]
    assert len(lock.packages) - len(own) == written.count("[[package]]")
    pyproject = tomli.loads(path.with_name("pyproject.toml").read_text(encoding="utf-8"))
    found = staleness(lock, pyproject)
    assert (found.known, found.reasons) == (True, ())

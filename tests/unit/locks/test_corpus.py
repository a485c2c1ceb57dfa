"""Locks of real projects, where a copy of them lies beside the checkout or is named."""

from __future__ import annotations

import functools
import os
from pathlib import Path

import pytest
import tomli

from syncsteps.errors import LockError
from syncsteps.locks import read_lock as read_lock_uncached
from syncsteps.locks.staleness import staleness

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
    result = staleness(lock, tomli.loads(pyproject.read_text(encoding="utf-8")))
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


@pytest.mark.parametrize(
    "path", [*files("poetry/**/*.lock"), *files("pdm/**/*.lock"), *files("pipfile/**/*.lock")]
)
def test_formats_that_cannot_be_read_yet(path: Path) -> None:
    with pytest.raises(LockError, match=f"this is a {path.name}"):
        read_lock(path)

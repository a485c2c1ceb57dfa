"""What is exported is installed by the real pip and the real uv, hashes required."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import uv
from packaging.tags import sys_tags

from syncsteps.export import to_pylock, to_requirements
from syncsteps.locks.model import Archive, Directory, Hash, Lock, Vcs
from syncsteps.selection import Request, select
from tests.support.index import Index
from tests.support.interpreters import make_interpreter
from tests.support.locks import make_lock, make_package, make_sdist_entry, make_wheel_entry
from tests.support.wheels import make_sdist, make_wheel, sha256

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from syncsteps.locks.model import Package
    from syncsteps.selection import Selection

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    folder = tmp_path / "files"
    folder.mkdir()
    with Index(folder) as served:
        yield served


def _hashes(path: Path) -> tuple[Hash, ...]:
    return (Hash(algorithm="sha256", digest=sha256(path)),)


def _on_index(index: Index, name: str, version: str = "1.0") -> Package:
    wheel = make_wheel(index.directory, name, version)
    sdist = make_sdist(index.directory, name, version)
    return make_package(
        name,
        version,
        wheels=(
            make_wheel_entry(
                wheel.name, url=index.file_url(wheel.name), hashes=_hashes(wheel), size=None
            ),
        ),
        sdist=make_sdist_entry(
            sdist.name, url=index.file_url(sdist.name), hashes=_hashes(sdist), size=None
        ),
    )


def _select(lock: Lock) -> Selection:
    tags = tuple(str(tag) for tag in sys_tags())
    return select(lock, Request(), make_interpreter(tags=tags))


def _install(tool: str, directory: Path, *arguments: str | Path) -> list[str]:
    """Install into ``directory`` and return the names and versions that are there."""
    uv_command = [uv.find_uv_bin(), "pip", "install", "--no-cache", "--python", sys.executable]
    pip_command = [sys.executable, "-m", "pip", "install", "--no-cache-dir", "--no-input"]
    command = {"uv": uv_command, "pip": pip_command}[tool]
    subprocess.run(
        [*command, "--no-deps", "--target", directory, *arguments],
        check=True,
        capture_output=True,
        text=True,
    )
    return sorted(path.name.removesuffix(".dist-info") for path in directory.glob("*.dist-info"))


@pytest.mark.parametrize("tool", ["pip", "uv"])
@pytest.mark.parametrize(("files", "source"), [("all", "index"), ("chosen", "lock")])
def test_hashed_requirements(
    tool: str, files: str, source: str, index: Index, tmp_path: Path
) -> None:
    lock = make_lock(_on_index(index, "one"), _on_index(index, "two", "2.0+local.1"), layout="flat")
    texts = to_requirements(
        _select(lock),
        lock=lock,
        root=tmp_path,
        files="all" if files == "all" else "chosen",
        source="lock" if source == "lock" else "index",
        annotate=True,
    )
    assert texts.unhashed == ""
    path = tmp_path / "hashed.txt"
    path.write_text(texts.hashed, encoding="utf-8")
    arguments = ("--index-url", index.url, "--require-hashes", "-r", path)
    assert _install(tool, tmp_path / "out", *arguments) == ["one-1.0", "two-2.0+local.1"]
    assert (index.count("/simple/") == 0) == (source == "lock")


@pytest.mark.parametrize("tool", ["pip", "uv"])
def test_files_and_trees_on_this_machine(tool: str, tmp_path: Path) -> None:
    odd = tmp_path / "od d $HOME {x}"
    wheel = make_wheel(odd, "one")
    archive = make_wheel(odd, "two")
    tree = _unpacked(make_sdist(tmp_path, "three"), tmp_path / "tree s")
    lock = make_lock(
        make_package(
            "one",
            wheels=(
                make_wheel_entry(
                    wheel.name, url=None, path=f"{odd.name}/{wheel.name}", hashes=_hashes(wheel)
                ),
            ),
        ),
        make_package(
            "two", source=Archive(path=f"{odd.name}/{archive.name}", hashes=_hashes(archive))
        ),
        make_package("three", source=Directory(path=str(tree.relative_to(tmp_path).as_posix()))),
        layout="flat",
    )
    texts = to_requirements(_select(lock), lock=lock, root=tmp_path)
    (tmp_path / "hashed.txt").write_text(texts.hashed, encoding="utf-8")
    (tmp_path / "unhashed.txt").write_text(texts.unhashed, encoding="utf-8")
    hashed = ("--no-index", "--require-hashes", "-r", tmp_path / "hashed.txt")
    assert _install(tool, tmp_path / "a", *hashed) == ["one-1.0", "two-1.0"]
    unhashed = ("--no-index", "-r", tmp_path / "unhashed.txt")
    assert _install(tool, tmp_path / "b", *unhashed) == ["three-1.0"]


def _unpacked(sdist: Path, directory: Path) -> Path:
    directory.mkdir()
    subprocess.run(
        [sys.executable, "-m", "tarfile", "-e", sdist, directory], check=True, capture_output=True
    )
    (tree,) = directory.iterdir()
    return tree


def test_a_commit_is_built_by_uv(tmp_path: Path) -> None:
    tree = _unpacked(make_sdist(tmp_path, "one"), tmp_path / "repository")
    identity = ("-c", "user.name=t", "-c", "user.email=t@index.invalid")
    for arguments in (("init", "-q"), ("add", "."), (*identity, "commit", "-qm", "one")):
        subprocess.run(["git", *arguments], cwd=tree, check=True)
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=tree, check=True, capture_output=True, text=True
    ).stdout.strip()
    source = Vcs(type="git", url=tree.as_uri(), commit_id=commit)
    lock = make_lock(make_package("one", source=source), layout="flat")
    path = tmp_path / "unhashed.txt"
    path.write_text(
        to_requirements(_select(lock), lock=lock, root=tmp_path).unhashed, encoding="utf-8"
    )
    assert _install("uv", tmp_path / "out", "--no-index", "-r", path) == ["one-1.0"]


def test_pylock_is_installed_by_uv_from_the_locks_addresses(index: Index, tmp_path: Path) -> None:
    lock = make_lock(_on_index(index, "one"), _on_index(index, "two"), layout="flat")
    path = tmp_path / "pylock.toml"
    path.write_text(to_pylock(_select(lock), lock=lock, root=tmp_path), encoding="utf-8")
    arguments = ("--preview-features", "pylock", "-r", path)
    assert _install("uv", tmp_path / "out", *arguments) == ["one-1.0", "two-1.0"]
    assert index.count("/simple/") == 0
    assert not list((tmp_path / "out").glob("*/direct_url.json"))


@pytest.mark.parametrize("tool", ["pip", "uv"])
def test_another_file_than_the_locked_one_is_refused(
    tool: str, index: Index, tmp_path: Path
) -> None:
    lock = make_lock(_on_index(index, "one"), layout="flat")
    texts = to_requirements(_select(lock), lock=lock, root=tmp_path, files="chosen")
    path = tmp_path / "hashed.txt"
    path.write_text(texts.hashed, encoding="utf-8")
    make_wheel(index.directory, "one", files={"one.py": "evil = True\n"})
    with pytest.raises(subprocess.CalledProcessError) as caught:
        _install(tool, tmp_path / "out", "--index-url", index.url, "--require-hashes", "-r", path)
    assert "hash" in caught.value.stderr.lower()

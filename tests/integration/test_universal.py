"""One pylock.toml for every choice is installed by the real pip and the real uv."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import uv
from packaging.markers import Marker
from packaging.version import Version

from syncsteps.export import to_universal_pylock, to_universal_requirements
from syncsteps.locks.model import Hash
from syncsteps.selection import Request
from syncsteps.selection.universal import select_everywhere
from tests.support.index import Index
from tests.support.locks import make_lock, make_package, make_project, make_wheel_entry
from tests.support.wheels import make_wheel, sha256

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from syncsteps.locks.model import Lock, Package

pytestmark = pytest.mark.enable_socket

HERE = f"sys_platform == '{sys.platform}'"


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    folder = tmp_path / "files"
    folder.mkdir()
    with Index(folder) as served:
        yield served


def _package(index: Index, name: str, version: str = "1.0") -> Package:
    wheel = make_wheel(index.directory, name, version)
    hashes = (Hash(algorithm="sha256", digest=sha256(wheel)),)
    entry = make_wheel_entry(wheel.name, url=index.file_url(wheel.name), hashes=hashes, size=None)
    return make_package(name, version, wheels=(entry,))


@pytest.fixture
def lock(index: Index) -> Lock:
    """Return a lock with something for everybody, here and elsewhere."""
    return make_lock(
        make_project(
            needs=[f"one ; {HERE}", f"two==1.0 ; {HERE}", "two==2.0 ; sys_platform == 'never'"],
            extras={"fast": ["three"]},
            groups={"dev": ["four"]},
        ),
        _package(index, "one"),
        _package(index, "two", "1.0"),
        _package(index, "two", "2.0"),
        _package(index, "three"),
        _package(index, "four"),
    )


def _installed(directory: Path) -> list[str]:
    return sorted(path.name.removesuffix(".dist-info") for path in directory.glob("*.dist-info"))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ((), ["one-1.0", "two-1.0"]),
        (("--extra", "fast"), ["one-1.0", "three-1.0", "two-1.0"]),
        (("--group", "dev"), ["four-1.0"]),
        (("--group", "default", "--group", "dev"), ["four-1.0", "one-1.0", "two-1.0"]),
    ],
)
def test_uv_installs_each_choice(
    asked: tuple[str, ...], expected: list[str], lock: Lock, tmp_path: Path
) -> None:
    path = _written(lock, tmp_path)
    command = [uv.find_uv_bin(), "pip", "install", "--no-cache", "--python", sys.executable]
    preview = ("--preview-features", "pylock")
    subprocess.run(
        [*command, *preview, "--target", tmp_path / "out", "-r", path, *asked],
        check=True,
        capture_output=True,
    )
    assert _installed(tmp_path / "out") == expected


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (("-r", "{}"), ["one-1.0", "two-1.0"]),
        (("-r", "{}[fast]"), ["one-1.0", "three-1.0", "two-1.0"]),
        (("--group", "{}:dev"), ["four-1.0"]),
        (("-r", "{}", "--group", "{}:dev"), ["four-1.0", "one-1.0", "two-1.0"]),
    ],
)
def test_pip_installs_each_choice(
    asked: tuple[str, ...], expected: list[str], lock: Lock, tmp_path: Path
) -> None:
    pip = pytest.importorskip("pip")
    if Version(pip.__version__) < Version("26.3"):
        pytest.skip("this pip does not read groups and extras of a pylock.toml")
    path = _written(lock, tmp_path)
    arguments = [argument.format(path) for argument in asked]
    command = [sys.executable, "-m", "pip", "install", "--no-cache-dir", "--no-input"]
    subprocess.run(
        [*command, "--target", tmp_path / "out", *arguments], check=True, capture_output=True
    )
    assert _installed(tmp_path / "out") == expected


@pytest.mark.parametrize("tool", ["pip", "uv"])
def test_requirements_with_markers(tool: str, lock: Lock, index: Index, tmp_path: Path) -> None:
    universal = select_everywhere(lock, Request(local=False, groups=("dev",)))
    elsewhere = [item for item in universal.packages if item.marker == "sys_platform == 'never'"]
    assert [str(item.package.version) for item in elsewhere] == ["2.0"]
    assert all(item.marker is None or Marker(item.marker) for item in universal.packages)
    texts = to_universal_requirements(universal, lock=lock, root=tmp_path, annotate=True)
    path = tmp_path / "requirements.txt"
    path.write_text(texts.hashed, encoding="utf-8")
    uv_command = [uv.find_uv_bin(), "pip", "install", "--no-cache", "--python", sys.executable]
    pip_command = [sys.executable, "-m", "pip", "install", "--no-cache-dir", "--no-input"]
    command: list[str] = {"uv": uv_command, "pip": pip_command}[tool]
    arguments: list[str | Path] = ["--index-url", index.url, "--require-hashes", "-r", path]
    subprocess.run(
        [*command, "--no-deps", "--target", tmp_path / "out", *arguments],
        check=True,
        capture_output=True,
    )
    assert _installed(tmp_path / "out") == ["four-1.0", "one-1.0", "two-1.0"]


def _written(lock: Lock, directory: Path) -> Path:
    """Write the pylock.toml, without the project, which is not on disk."""
    request = Request(local=False)
    universal = select_everywhere(lock, request, keep_choices=True, for_pylock=True)
    path = directory / "pylock.toml"
    path.write_text(to_universal_pylock(universal, lock=lock, root=directory), encoding="utf-8")
    return path

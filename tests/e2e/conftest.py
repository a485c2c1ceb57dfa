"""Roots with syncsteps in them: one of each kind for the whole run, a copy for each test."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from syncsteps.processes import run
from tests.support.debian import Root, debian_root, fork_root, layer_root, missing_means
from tests.support.debian_tool import (
    System,
    Tool,
    add_uv,
    bring_tool,
    project_wheels,
    put_tool,
)
from tests.support.index import Index
from tests.support.published import CHECKOUT, install, publish

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_PARTS = ("syncsteps", "noxfile.py", "pyproject.toml", "requirements.txt", "README.md", "LICENSE")
# The system's Python is too old for syncsteps itself.
_TOO_OLD = frozenset({"bullseye"})


@pytest.fixture(scope="session")
def tool_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout; all that needs a root is skipped where none can be made."""
    reason = missing_means()
    if reason is not None:
        pytest.skip(reason)
    directory = tmp_path_factory.mktemp("wheel")
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--no-deps",
        "-w",
        str(directory),
        str(CHECKOUT),
    ]
    done = run(command, timeout=300)
    assert done.status == 0, done.stderr
    (wheel,) = directory.glob("syncsteps-*.whl")
    return wheel


@pytest.fixture(scope="session")
def prepared(
    tool_wheel: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., tuple[Root, Tool]]]:
    """A function that returns the root of a suite with syncsteps, uv and apt packages in it.

    What it returns is shared by all tests, so it is only to be copied.
    """
    directory = tmp_path_factory.mktemp("roots")
    made: dict[tuple[str, ...], tuple[Root, Tool]] = {}

    def prepare(suite: str, *packages: str) -> tuple[Root, Tool]:
        key = (suite, *packages)
        if key not in made:
            root = fork_root(Root(path=debian_root(suite)), directory / "-".join(key))
            tool = (bring_tool if suite in _TOO_OLD else put_tool)(root, tool_wheel)
            add_uv(root)
            if packages:
                root.check(["apt-get", "update", "-q"])
                root.check(["apt-get", "install", "-qy", "--no-install-recommends", *packages])
            made[key] = (root, tool)
        return made[key]

    yield prepare
    shutil.rmtree(directory)


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """An index with the wheel of this checkout, and with what it, nox, tox and Hatch need."""
    directory = tmp_path_factory.mktemp("published")
    publish(directory, "hatchling", extras="nox,tox")
    project_wheels(directory)
    with Index(directory) as served:
        yield served


@pytest.fixture(scope="session")
def tools(published: Index, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with syncsteps, nox and tox, installed from that index by their names."""
    return install(
        tmp_path_factory.mktemp("tools") / "environment", published, "syncsteps[nox,tox]"
    )


@pytest.fixture(scope="session")
def pyz(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zipapp, built in a copy of the checkout."""
    copy = tmp_path_factory.mktemp("checkout")
    for part in _PARTS:
        source = CHECKOUT / part
        (shutil.copytree if source.is_dir() else shutil.copyfile)(source, copy / part)
    done = run([sys.executable, "-m", "nox", "-s", "zipapp"], directory=copy, timeout=600)
    assert done.status == 0, done.stdout + done.stderr
    return copy / "dist" / "syncsteps.pyz"


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    """An index on the loopback interface; a root shares that with this machine."""
    directory = tmp_path / "index"
    directory.mkdir()
    with Index(directory) as served:
        yield served


@pytest.fixture
def system(
    prepared: Callable[..., tuple[Root, Tool]], index: Index, tmp_path: Path
) -> Iterator[Callable[..., System]]:
    """A function that returns a system of a suite, with apt packages, for this test alone.

    With ``layered`` it is a layer over the prepared root, as in a container (and quick to make);
    otherwise, or where that cannot be, it is a copy.
    """
    used: list[Path] = []

    def make(suite: str, *packages: str, layered: bool = True) -> System:
        root, tool = prepared(suite, *packages)
        place = tmp_path / f"system-{len(used)}"
        used.append(place)
        place.mkdir()
        own = layer_root(root, place / "layers") if layered else None
        return System(root=own or fork_root(root, place / "root"), tool=tool, index=index)

    yield make
    for place in used:
        shutil.rmtree(place)

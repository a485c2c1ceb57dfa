"""A container build by buildah: the dependencies in one layer, the project alone in the next."""

from __future__ import annotations

import json
import os
import shutil
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import uv

from syncsteps.processes import run
from tests.support.debian_tool import project_wheels
from tests.support.wheels import make_source_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.debian import Root
    from tests.support.debian_tool import Tool
    from tests.support.index import Index

pytestmark = [pytest.mark.root, pytest.mark.enable_socket]

SITE = "usr/local/lib/python3.13/dist-packages"
STATE = "usr/local/lib/python3.13/.syncsteps"

BUILD = """\
FROM localhost/base
ENV PYTHONPATH=/opt/syncsteps PYTHONDONTWRITEBYTECODE=1 SYNCSTEPS_BREAK_SYSTEM_PACKAGES=1
WORKDIR /srv/app
COPY pyproject.toml uv.lock ./
RUN --mount=type=cache,target=/root/.cache python3 -m syncsteps sync --no-project
COPY . ./
RUN --mount=type=cache,target=/root/.cache python3 -m syncsteps sync
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Buildah:
    """The program, with images of its own in ``store``."""

    store: Path

    def check(self, verb: str, *arguments: str | Path) -> str:
        """Run one of its verbs, and return its output; an AssertionError unless it succeeds."""
        places: list[str | Path] = ["--root", self.store / "root", "--runroot", self.store / "run"]
        done = run(["buildah", *places, verb, *arguments], timeout=600)
        assert done.status == 0, f"buildah {verb}: {done.stderr[-4000:]}"
        return f"{done.stdout}{done.stderr}".strip()


@pytest.fixture
def buildah(tmp_path: Path) -> Iterator[Buildah]:
    if shutil.which("buildah") is None:
        pytest.skip("buildah is not installed (apt-get install buildah)")
    tool = Buildah(store=tmp_path / "store")
    tool.store.mkdir()
    probe = run(["buildah", "--root", tool.store / "root", "--runroot", tool.store / "run", "info"])
    if probe.status:
        pytest.skip(f"buildah does not work here: {probe.stderr.strip()[-300:]}")
    yield tool
    tool.check("rm", "--all")
    shutil.rmtree(tool.store)


def make_project(directory: Path, index: Index) -> Path:
    """A project with a dependency that has one itself, and the lock that uv writes for it."""
    project_wheels(index.directory)
    tree = make_source_tree(
        directory,
        "app",
        "1.0",
        files={"app/__init__.py": "import high\n", "app/main.py": "def run(): print('app')\n"},
        requires=["high"],
        requires_python=">=3.9",
        entry_points={"console_scripts": {"app": "app.main:run"}},
    )
    command = [uv.find_uv_bin(), "lock", "--no-config", "--default-index", index.url]
    done = run(command, directory=tree, environment=os.environ)
    assert done.status == 0, done.stderr
    (tree / "Containerfile").write_text(BUILD, encoding="utf-8")
    (tree / ".containerignore").write_text("Containerfile\n.containerignore\n", encoding="utf-8")
    return tree


def layers(image: Path) -> list[dict[str, tarfile.TarInfo]]:
    """What each layer of an image in the OCI layout has, by path, the lowest layer first."""

    def document(digest: str) -> dict[str, list[dict[str, str]]]:
        found: dict[str, list[dict[str, str]]] = json.loads(blob(digest).read_bytes())
        return found

    def blob(digest: str) -> Path:
        return image / "blobs" / digest.replace(":", "/")

    index = json.loads((image / "index.json").read_text(encoding="utf-8"))
    found = []
    for layer in document(index["manifests"][0]["digest"])["layers"]:
        with tarfile.open(blob(layer["digest"])) as archive:
            found.append({member.name.strip("/"): member for member in archive})
    return found


def test_the_second_layer_of_a_build_is_the_project_and_nothing_else(
    prepared: Callable[..., tuple[Root, Tool]], buildah: Buildah, index: Index, tmp_path: Path
) -> None:
    root, _ = prepared("trixie")
    project = make_project(tmp_path / "app", index)
    base = buildah.check("from", "scratch")
    buildah.check("add", "--quiet", base, root.path, "/")
    buildah.check("commit", "--quiet", base, "localhost/base")

    said = buildah.check(
        "bud", "--isolation", "chroot", "--layers", "--network", "host", "--tag", "localhost/app",
        project,
    )  # fmt: skip

    assert "2 installed" in said, said
    image = tmp_path / "image"
    buildah.check("push", "--quiet", "--disable-compression", "localhost/app", f"oci:{image}:app")
    *_, dependencies, _, project_alone = layers(image)
    assert f"{SITE}/high/__init__.py" in dependencies
    assert not any(path.startswith(f"{SITE}/app") for path in dependencies)
    # In /srv/app the project's own build backend leaves its byte code.
    files = {
        path
        for path, member in project_alone.items()
        if not member.isdir() and not path.startswith("srv/app/")
    }
    info = f"{SITE}/app-1.0.dist-info"
    metadata = ("INSTALLER", "METADATA", "RECORD", "REQUESTED", "WHEEL")
    assert files == {
        "usr/local/bin/app",
        f"{SITE}/app/__init__.py",
        f"{SITE}/app/main.py",
        *(f"{info}/{name}" for name in (*metadata, "direct_url.json", "entry_points.txt")),
        f"{STATE}/receipts/app.json",
    }
    assert {path for path in project_alone if path.startswith(STATE)} == {
        STATE,
        f"{STATE}/receipts",
        f"{STATE}/receipts/app.json",
    }

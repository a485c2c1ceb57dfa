"""Container images by buildah: bases made from Debian roots, and what a build adds to its base."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
import stat
import tarfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import uv

from syncsteps.processes import run
from tests.support.debian import Root, debian_root, fork_root
from tests.support.interpreters import throwaway_interpreter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.index import Index

__all__ = [
    "Buildah",
    "changes",
    "debian_base",
    "open_store",
    "python_base",
    "recorded",
    "uv_image",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Buildah:
    """The program, with images and caches of its own in ``store``."""

    store: Path

    def check(self, verb: str, *arguments: str | Path) -> str:
        """Run one of its verbs, and return its output; an AssertionError unless it succeeds."""
        places: list[str | Path] = ["--root", self.store / "root", "--runroot", self.store / "run"]
        done = run(
            ["buildah", *places, verb, *arguments],
            environment={**os.environ, "TMPDIR": str(self.store)},
            timeout=600,
        )
        assert done.status == 0, f"buildah {verb}: {done.stdout[-2000:]}{done.stderr[-6000:]}"
        return f"{done.stdout}{done.stderr}".strip()

    def make(self, tree: Path, tag: str) -> str:
        """Make the image ``tag`` of the files below ``tree`` and return its name."""
        name = f"localhost/{tag}"
        container = self.check("from", "scratch")
        self.check("add", "--quiet", container, tree, "/")
        self.check("commit", "--quiet", "--rm", container, name)
        return name

    def build(self, text: str, context: Path, tag: str) -> str:
        """Build the image ``tag`` by the Dockerfile ``text`` and return what was printed.

        ``context`` are the files that it has. A build shares this machine's network.
        """
        dockerfile = self.store / f"Dockerfile.{tag}"
        dockerfile.write_text(text, encoding="utf-8")
        return self.check(
            "bud", "--isolation", "chroot", "--layers", "--no-cache", "--network", "host",
            "--tag", f"localhost/{tag}", "--file", dockerfile, context,
        )  # fmt: skip

    def run(self, tag: str, *command: str) -> str:
        """Return what ``command`` prints in a container of the image, as the image's user."""
        container = self.check("from", f"localhost/{tag}")
        said = self.check("run", "--isolation", "chroot", container, "--", *command)
        self.check("rm", container)
        return said

    @contextmanager
    def mounted(self, tag: str) -> Iterator[Path]:
        """Have the image's files in a directory, which is not to be written to."""
        container = self.check("from", f"localhost/{tag}")
        try:
            yield Path(self.check("mount", container))
        finally:
            self.check("rm", container)

    def layers(self, tag: str) -> list[frozenset[str]]:
        """Return the paths of the files in each layer of the image, the lowest layer first."""
        image = self.store / f"{tag}.oci"
        self.check("push", "--quiet", "--disable-compression", f"localhost/{tag}", f"oci:{image}:a")
        found = []
        index = json.loads((image / "index.json").read_text(encoding="utf-8"))
        manifest = json.loads(_blob(image, index["manifests"][0]["digest"]).read_bytes())
        for layer in manifest["layers"]:
            with tarfile.open(_blob(image, layer["digest"])) as archive:
                files = (member.name.strip("/") for member in archive if not member.isdir())
                found.append(frozenset(files))
        shutil.rmtree(image)
        return found


def _blob(image: Path, digest: str) -> Path:
    return image / "blobs" / digest.replace(":", "/")


@contextmanager
def open_store(directory: Path) -> Iterator[Buildah]:
    """Give a buildah with a store of its own in ``directory``; the test is skipped without one."""
    if shutil.which("buildah") is None:
        pytest.skip("buildah is not installed (apt-get install buildah)")
    directory.mkdir()
    tool = Buildah(store=directory)
    probe = run(["buildah", "--root", directory / "root", "--runroot", directory / "run", "info"])
    if probe.status:
        pytest.skip(f"buildah does not work here: {probe.stderr.strip()[-300:]}")
    try:
        yield tool
    finally:
        tool.check("rm", "--all")
        shutil.rmtree(directory)


def debian_base(suite: str, directory: Path, index: Index) -> Path:
    """Make the files of a Debian image with its own ``python3`` and pip, which ask ``index``."""
    root = fork_root(Root(path=debian_root(suite)), directory)
    _ask(root, index)
    return root.path


def python_base(suite: str, directory: Path, index: Index, version: str) -> Path:
    """Make the files of an image with a Python of its own in ``/usr/local``, as Python's have it.

    It has pip, no byte code, and nobody manages it. pip and uv ask ``index``.
    """
    root = fork_root(Root(path=debian_root(suite)), directory)
    place = root.path / "usr/local"
    throwaway_interpreter(place, version)
    place.chmod(0o755)  # the copy's is that of a temporary directory
    root.check(["ldconfig"])
    root.check(["/usr/local/bin/python3", "-m", "ensurepip"])
    for cache in place.rglob("__pycache__"):
        shutil.rmtree(cache)
    _ask(root, index)
    return root.path


def uv_image(directory: Path) -> Path:
    """Make the files of an image that holds uv, and nothing else."""
    directory.mkdir()
    shutil.copy2(uv.find_uv_bin(), directory / "uv")
    return directory


def _ask(root: Root, index: Index) -> None:
    root.write("/etc/pip.conf", f"[global]\nindex-url = {index.url}\n")
    root.write("/etc/uv/uv.toml", f'[[index]]\nurl = "{index.url}"\ndefault = true\n')


def changes(base: Path, image: Path) -> dict[str, tuple[str, str]]:
    """Return what each path is in ``base`` and what in ``image``, where that differs.

    That is the mode in octal, owner and group, and of a file the SHA-256 of its content, or for a
    link where it leads; empty where there is nothing. Times do not count.
    """
    before, after = dict(_walk(base)), dict(_walk(image))
    return {
        path: (before.get(path, ""), after.get(path, ""))
        for path in sorted(before.keys() | after.keys())
        if before.get(path) != after.get(path)
    }


def recorded(image: Path, site: str) -> dict[str, frozenset[str]]:
    """Return the files of each distribution below ``site``, by the names of its metadata.

    Paths are relative to ``image``, as ``site`` is.
    """
    found = {}
    for metadata in sorted((image / site).glob("*.dist-info")):
        lines = csv.reader((metadata / "RECORD").read_text(encoding="utf-8").splitlines())
        found[metadata.name] = frozenset(os.path.normpath(f"{site}/{path}") for path, *_ in lines)
    return found


def _walk(top: Path) -> Iterator[tuple[str, str]]:
    for parent, directories, files in os.walk(top):
        for name in (*directories, *files):
            path = Path(parent, name)
            yield path.relative_to(top).as_posix(), _describe(path)


def _describe(path: Path) -> str:
    status = path.lstat()
    mode = f"{stat.S_IMODE(status.st_mode):o} {status.st_uid}:{status.st_gid}"
    if stat.S_ISLNK(status.st_mode):
        return f"link to {path.readlink()}"
    if not stat.S_ISREG(status.st_mode):
        return f"{mode} {stat.filemode(status.st_mode)[0]}"
    return f"{mode} {hashlib.sha256(path.read_bytes()).hexdigest()}"

"""Every Dockerfile in the README, built by buildah as printed, and what it leaves in the image."""

from __future__ import annotations

import json
import os
import re
import shutil
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
import uv

from syncsteps.processes import run
from tests.support.debian import missing_means
from tests.support.debian_tool import project_wheels
from tests.support.images import (
    Buildah,
    changes,
    debian_base,
    open_store,
    python_base,
    recorded,
    uv_image,
)
from tests.support.index import Index
from tests.support.published import publish
from tests.support.readme import code_blocks
from tests.support.workspaces import write_workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = [pytest.mark.root, pytest.mark.network, pytest.mark.enable_socket]

SITES = {
    "python": "usr/local/lib/python3.13/site-packages",
    "debian": "usr/local/lib/python3.13/dist-packages",
}
PROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "app"
version = "1.0"
requires-python = ">=3.10"
dependencies = ["high", "rich"]
scripts.app = "app.main:run"
"""
# What useradd writes.
ACCOUNTS = re.compile(r"etc/(passwd|group|g?shadow|sub[ug]id)-?|home/app(/\..*)?")
OF_APP = ("app", "high", "low", "markdown_it_py", "mdurl", "pygments", "rich")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a Dockerfile comes to: whose receipt, which distributions, what is seen when it runs."""

    receipt: str = "app"
    distributions: tuple[str, ...] = OF_APP
    code: str = "import app.main; app.main.run()"
    output: str = "app needs high"
    copied: frozenset[str] = frozenset()
    user: bool = False


PREPARED = {"pyproject.toml", "uv.lock"}
IN_LAYERS = "Dependencies in one layer, the project alone in the next"
FOR_A_USER = (
    "Installed by root, run by an ordinary user: everybody can read what was installed, whatever"
    " the umask"
)
EXPECTED = {
    "With uv, which is there for the build alone": Expected(),
    "With pip alone": Expected(),
    "With the one file": Expected(),
    IN_LAYERS: Expected(copied=frozenset({*PREPARED, "src/app/__init__.py", "src/app/main.py"})),
    FOR_A_USER: Expected(user=True),
    "One member of a workspace, with no more of the others than it needs": Expected(
        receipt="service-a",
        distributions=("high", "low", "service_a", "shared"),
        code="import service_a; print(service_a.NEEDS)",
        output="['shared', 'high']",
        copied=frozenset(
            {
                *PREPARED,
                "libs/shared/pyproject.toml",
                "libs/shared/shared/__init__.py",
                "services/a/pyproject.toml",
                "services/a/service_a/__init__.py",
            }
        ),
    ),
    "Built where there are compilers, installed where there are none": Expected(
        copied=frozenset(PREPARED)
    ),
}


def printed() -> dict[str, str]:
    """The Dockerfiles of the README, by the comment that each begins with."""
    blocks = code_blocks("In a Dockerfile", "dockerfile") + code_blocks("Wheelhouses", "dockerfile")
    titled = (block.partition("\n") for block in blocks if block.startswith("# "))
    return {title.removeprefix("# "): text for title, _, text in titled}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kitchen:
    """Images to start from, one of each kind in `SITES`, and folders to build in."""

    buildah: Buildah
    app: Path
    workspace: Path
    done: dict[tuple[str, str], str] = field(default_factory=dict)

    def cook(self, title: str, base: str, *, umask: str = "") -> str:
        """Build what is printed under ``title`` on one of the bases, and return the image's tag.

        A second time there is nothing to do. With ``umask``, syncsteps runs with that one.
        """
        if (title, base + umask) not in self.done:
            tag = f"{base}-{len(self.done)}"
            self.done[title, base + umask] = tag
            text = self._text(title, base)
            if umask:
                text = re.sub("python3 /syncsteps.pyz", rf"umask {umask} && \g<0>", text)
            said = self.buildah.build(text, self.context(title), tag)
            assert said.count("done: ") == len(re.findall(r" (?:fetch|sync)\b", text)), said
        return self.done[title, base + umask]

    def context(self, title: str) -> Path:
        """The folder of what is built."""
        return self.app if EXPECTED[title].receipt == "app" else self.workspace

    def _text(self, title: str, base: str) -> str:
        text = printed()[title]
        for image, local in (("python:3.13(-slim)?", base), ("astral/uv", "uv")):
            text = re.sub(
                rf"(?<=\bFROM ){image}\b|(?<=\bfrom=){image}\b", f"localhost/{local}", text
            )
        if base == "debian":
            option = "ARG SYNCSTEPS_BREAK_SYSTEM_PACKAGES=1\n"  # as the text below them says
            text = re.sub(r"^FROM .*\n", rf"\g<0>{option}", text, flags=re.MULTILINE)
        return text


@pytest.fixture(scope="module")
def kitchen(pyz: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kitchen]:
    reason = missing_means()
    if reason is not None:
        pytest.skip(reason)
    directory = tmp_path_factory.mktemp("images")
    with ExitStack() as stack:
        buildah = stack.enter_context(open_store(directory / "store"))
        served = tmp_path_factory.mktemp("files")
        wheel = publish(served, "hatchling", python="3.13")
        project_wheels(served)
        index = stack.enter_context(Index(served))
        buildah.make(python_base("trixie", directory / "python", index, "3.13"), "python")
        buildah.make(debian_base("trixie", directory / "debian", index), "debian")
        buildah.make(uv_image(directory / "uv"), "uv")
        folders = (write_app(directory / "app"), write_workspace(directory / "workspace"))
        for folder in folders:
            command = [uv.find_uv_bin(), "lock", "--no-config", "--default-index", index.url]
            done = run(command, directory=folder, environment=os.environ)
            assert done.status == 0, done.stderr
            for file in (wheel, pyz):
                shutil.copy2(file, folder)
        yield Kitchen(buildah=buildah, app=folders[0], workspace=folders[1])
    shutil.rmtree(directory)


def write_app(directory: Path) -> Path:
    package = directory / "src/app"
    package.mkdir(parents=True)
    (directory / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
    (package / "__init__.py").write_text("", encoding="utf-8")
    main = "import high, rich\n\n\ndef run():\n    rich.print('app needs', high.__name__)\n"
    (package / "main.py").write_text(main, encoding="utf-8")
    return directory


def left_over(
    image: Path, base: Path, context: Path, expected: Expected, site: str
) -> tuple[int, dict[str, tuple[str, str]]]:
    """Return how many paths a build has changed, and those of them that nothing accounts for."""
    found = recorded(image, site)
    before = recorded(base, site)
    files = {path for name, paths in found.items() if name not in before for path in paths}
    files.add(f"{site.rpartition('/')[0]}/.syncsteps/receipts/{expected.receipt}.json")
    files |= {f"src/{path}" for path in expected.copied}
    inside = {parent.as_posix() for path in files for parent in (image / path).parents}
    directories = {"src", *(path.removeprefix(f"{image}/") for path in inside)}
    changed = changes(base, image)
    for path in expected.copied:
        assert (image / "src" / path).read_bytes() == (context / path).read_bytes()
    return len(changed), {
        path: (was, now)
        for path, (was, now) in changed.items()
        if not (
            (not was and path in files and now.startswith(("644 0:0", "755 0:0")))
            or (not was and path in directories and now == "755 0:0 d")
            or (expected.user and ACCOUNTS.fullmatch(path))
        )
    }


def test_the_readme_has_no_dockerfile_that_is_not_built() -> None:
    assert printed().keys() == EXPECTED.keys()


@pytest.mark.parametrize("base", SITES)
@pytest.mark.parametrize("title", EXPECTED, ids=[each.partition(":")[0] for each in EXPECTED])
def test_what_is_printed_builds_and_leaves_nothing_but_the_lock(
    title: str, base: str, kitchen: Kitchen, tell: Callable[[str], None]
) -> None:
    expected = EXPECTED[title]

    tag = kitchen.cook(title, base)

    site = SITES[base]
    with kitchen.buildah.mounted(base) as before, kitchen.buildah.mounted(tag) as image:
        number, rest = left_over(image, before, kitchen.context(title), expected, site)
        assert rest == {}
        names = recorded(image, site).keys() - recorded(before, site).keys()
        assert tuple(sorted(name.partition("-")[0] for name in names)) == expected.distributions
        receipt = json.loads(
            (image / site)
            .parent.joinpath(f".syncsteps/receipts/{expected.receipt}.json")
            .read_text()
        )
        assert len(receipt["distributions"]) == len(expected.distributions)
    ask = f"import os; print(os.getuid()); {expected.code}"
    user, output = kitchen.buildah.run(tag, "python3", "-c", ask).splitlines()
    assert (user != "0") is expected.user
    assert output == expected.output
    tell(f"built as printed, on {base}: {title} ({number} paths, each accounted for)")


def test_the_last_layer_is_the_project_and_its_receipt_alone(kitchen: Kitchen) -> None:
    tag = kitchen.cook(IN_LAYERS, "python")

    *_, dependencies, copied, project = kitchen.buildah.layers(tag)

    site = SITES["python"]
    assert f"{site}/high/__init__.py" in dependencies
    assert not any(path.startswith(f"{site}/app") for path in dependencies)
    assert copied == {"src/src/app/__init__.py", "src/src/app/main.py"}
    with kitchen.buildah.mounted(tag) as image:
        own = recorded(image, site)["app-1.0.dist-info"]
    assert project == {*own, "usr/local/lib/python3.13/.syncsteps/receipts/app.json"}


def test_a_umask_leaves_the_same_tree(kitchen: Kitchen) -> None:
    usual, strict = (kitchen.cook(FOR_A_USER, "python", umask=umask) for umask in ("", "077"))
    with kitchen.buildah.mounted(usual) as one, kitchen.buildah.mounted(strict) as other:
        assert {path for path in changes(one, other) if not ACCOUNTS.fullmatch(path)} == set()
    assert kitchen.buildah.run(strict, "app") == "app needs high"

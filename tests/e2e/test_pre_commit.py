"""The hooks, as pre-commit runs them in a user's repository."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from syncsteps.processes import run
from tests.support.projects import write_pylock
from tests.support.readme import code_block
from tests.support.wheels import make_wheel

if TYPE_CHECKING:
    from syncsteps.processes import Completed
    from tests.support.index import Index

pytestmark = [pytest.mark.network, pytest.mark.enable_socket]

CHECKOUT = Path(__file__).resolve().parents[2]
CONFIGURATION = code_block("In GitHub Actions, GitLab and pre-commit", "repos:")
# What a reader has to fill in, or may want to have otherwise.
PLACE, REVISION, IMAGE = "https://github.com/OWNER/syncsteps", "v0.1.0", "python:3.13-slim"
GIT = ("git", "-c", "user.name=nobody", "-c", "user.email=nobody@invalid")


def git(directory: Path, *arguments: str) -> None:
    done = run([*GIT, *arguments], directory=directory)
    assert done.status == 0, done.stderr


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of the checkout as it is, with a tag."""
    copy = tmp_path_factory.mktemp("hooks") / "syncsteps"
    git(CHECKOUT, "clone", "--quiet", "--no-hardlinks", ".", str(copy))
    for name in (".pre-commit-hooks.yaml", "pyproject.toml"):
        (copy / name).write_bytes((CHECKOUT / name).read_bytes())
    git(copy, "add", "--all")
    git(copy, "commit", "--quiet", "--allow-empty", "--message", "as it is")
    git(copy, "tag", "v0")
    return copy


class Repository:
    """A user's."""

    def __init__(self, place: Path, hooks: Path) -> None:
        self.place = place
        self.hooks = hooks
        git(place, "init", "--quiet")

    def run(self, *, image: str) -> Completed:
        text = CONFIGURATION
        for told, here in ((PLACE, str(self.hooks)), (REVISION, "v0"), (IMAGE, image)):
            assert text.count(told) == 1
            text = text.replace(told, here)
        (self.place / ".pre-commit-config.yaml").write_text(text)
        git(self.place, "add", "--all")
        return run(
            [sys.executable, "-m", "pre_commit", "run", "--all-files", "--verbose"],
            environment={**os.environ, "PRE_COMMIT_HOME": str(self.hooks.parent / "cache")},
            directory=self.place,
            timeout=600,
        )


def test_hooks_hold_a_commit_up_until_all_is_as_it_should_be(
    hooks: Path, index: Index, tmp_path: Path
) -> None:
    place = tmp_path / "repository"
    place.mkdir()
    repository = Repository(place, hooks)
    wheel = make_wheel(index.directory, "alpha", "1.0")
    write_pylock(place, index, [wheel])
    (place / "requirements.txt").write_text("alpha==0.9\n")
    first = repository.run(image=IMAGE)
    assert first.status == 1, first.stdout
    assert "the lock fits the interpreter" in first.stdout
    assert "files were modified by this hook" in first.stdout
    assert "alpha==1.0" in (place / "requirements.txt").read_text()
    second = repository.run(image=IMAGE)
    assert second.status == 0, second.stdout
    managed = repository.run(image="debian:12")
    assert managed.status == 1
    assert "externally managed" in managed.stdout

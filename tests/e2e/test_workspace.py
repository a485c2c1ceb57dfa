"""Two services of one workspace in one system interpreter, by every program that users have."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest
import uv

from syncsteps.processes import run
from tests.support.interpreters import throwaway_interpreter
from tests.support.users import User, asking
from tests.support.wheels import make_wheel
from tests.support.workspaces import write_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.index import Index

pytestmark = [pytest.mark.network, pytest.mark.enable_socket]

A, B = ("--package", "service-a"), ("--package", "service-b")
ASK = "import service_a, service_b, shared; print(service_a.NEEDS, service_b.NEEDS, shared.NEEDS)"
BOTH = "['shared', 'high'] ['shared', 'mdurl'] ['low']"
DIFFERENT, REFUSED = 1, 4


def lock(user: User, index: Index, *options: str) -> None:
    command = [uv.find_uv_bin(), "lock", "--no-config", "--default-index", index.url, *options]
    done = run(command, directory=user.project, environment=os.environ)
    assert done.status == 0, done.stderr


@pytest.fixture
def user(tools: Path, published: Index, tmp_path: Path) -> User:
    """Somebody in the folder of a workspace that has its lock, and its two services in `services`.

    They share a library and the release of what that needs.
    """
    target = throwaway_interpreter(tmp_path / "system")
    found = User(
        tools=tools,
        project=write_workspace(tmp_path / "workspace"),
        target=target,
        variables={
            **asking(published, tmp_path / "caches"),
            "SYNCSTEPS_PYTHON": str(target),
        },
    )
    lock(found, published)
    return found


def test_one_service_after_the_other(user: User) -> None:
    assert "4 installed" in user.check("syncsteps", "sync", *A)

    said = user.check("syncsteps", "sync", *B)

    assert "2 installed, 2 kept" in said, said
    assert user.python(ASK) == BOTH
    for member in (A, B):
        assert "no differences" in user.check("syncsteps", "check", *member)
        assert "nothing to do" in user.check("syncsteps", "sync", *member)


def test_all_at_once(user: User) -> None:
    assert "6 installed" in user.check("syncsteps", "sync", *A, *B)
    assert user.python(ASK) == BOTH
    for members in ((*A, *B), ("--all-packages",), A, B):
        assert "no differences" in user.check("syncsteps", "check", *members)
        assert "nothing to do" in user.check("syncsteps", "sync", *members)


@pytest.fixture
def later(published: Index) -> Iterator[None]:
    """While the test runs, there is a later release of what the library needs."""
    files = {"low/__init__.py": "DEPTH = 3\n"}
    wheel = make_wheel(published.directory, "low", "2.1", files=files)
    yield
    wheel.unlink()


def test_a_new_lock_reaches_the_services_one_after_the_other(
    user: User, published: Index, request: pytest.FixtureRequest
) -> None:
    for member in (A, B):
        user.check("syncsteps", "sync", *member)
    request.getfixturevalue("later")
    lock(user, published, "--upgrade")

    said = user.check("syncsteps", "sync", *A)

    assert "low  2.0 -> 2.1" in said, said
    behind = user.run("syncsteps", "check", *B)
    assert behind.returncode == DIFFERENT
    assert "low: " in behind.stderr
    assert "1 difference" in behind.stderr
    user.check("syncsteps", "sync", *B)
    for member in (A, B):
        assert "no differences" in user.check("syncsteps", "check", *member)


@pytest.mark.usefixtures("later")
def test_services_that_exclude_each_other_are_in_each_others_way(
    user: User, published: Index
) -> None:
    needs = {"needs_of_a": ["low==2.0"], "needs_of_b": ["low==2.1"]}
    write_workspace(user.project, **needs, conflicts=True)
    lock(user, published)
    user.check("syncsteps", "sync", *A)

    refused = user.run("syncsteps", "sync", *B)

    assert refused.returncode == REFUSED, refused.stderr
    assert "SYS002" in refused.stderr
    assert "service-a" in refused.stderr
    assert "no differences" in user.check("syncsteps", "check", *A)


def test_what_one_needs_no_more_goes_unless_the_other_needs_it(
    user: User, published: Index
) -> None:
    for member in (A, B):
        user.check("syncsteps", "sync", *member)
    write_workspace(user.project, needs_of_a=())
    lock(user, published)

    said = user.check("syncsteps", "sync", *A, "--json", "result.json")

    plan = json.loads((user.project / "result.json").read_text(encoding="utf-8"))["plan"]
    assert {each["name"]: each["action"] for each in plan} == {
        "high": "remove",
        "low": "keep",
        "service-a": "replace",
        "shared": "keep",
    }, said
    assert user.python("import service_b; print(service_b.NEEDS)") == "['shared', 'mdurl']"


def test_a_noxfile_and_a_tox_file_of_the_workspace(user: User) -> None:
    (user.project / "noxfile.py").write_text(
        "from syncsteps.nox_sessions import register\n\nregister()\n", encoding="utf-8"
    )
    user.check("nox", "-s", "sync_system", "--", *A)
    (user.project / "tox.toml").write_text(
        '[env.service-b]\nrunner = "syncsteps"\nsyncsteps_options = ["--package=service-b"]\n'
        f"commands = [['python', '-c', '{ASK}']]\n",
        encoding="utf-8",
    )
    assert BOTH in user.check("tox", "run", "-e", "service-b")
    for member in (A, B):
        user.check("nox", "-s", "check_system", "smoke_imports", "--", *member)

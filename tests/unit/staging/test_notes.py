from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.direct_url import DirectUrl

from syncsteps.errors import StagingError
from syncsteps.locks.model import Archive, Directory, Hash, Vcs
from syncsteps.selection import select
from syncsteps.selection.model import Request
from syncsteps.staging.notes import notes_of, requested
from tests.support.interpreters import make_interpreter
from tests.support.locks import make_hash, make_lock, make_package, make_project
from tests.support.prefixes import select_version

if TYPE_CHECKING:
    from syncsteps.locks.model import Source

FLAT = make_lock(layout="flat", root=Path("/somewhere/project"))
GIT = "https://h.invalid/r.git"


def _origin(source: Source, staged: bytes = b"") -> object:
    notes = notes_of(select_version("demo", source=source), FLAT, staged=staged)
    document = json.loads(notes["direct_url.json"])
    DirectUrl.from_dict(document).validate()
    return document


def test_what_is_of_an_index_has_no_direct_url() -> None:
    assert notes_of(select_version("demo"), FLAT) == {
        "INSTALLER": b"syncsteps\n",
        "REQUESTED": b"",
    }


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            Archive(url="https://h.invalid/x.whl#sha256=1&egg=x"),
            {"url": "https://h.invalid/x.whl", "archive_info": {}},
        ),
        (
            Archive(path="../files/x y.whl", hashes=(make_hash("a", "sha512"), make_hash("b"))),
            {
                "url": "file:///somewhere/files/x%20y.whl",
                "archive_info": {
                    "hash": f"sha256={'b' * 64}",
                    "hashes": {"sha256": "b" * 64, "sha512": "a" * 128},
                },
            },
        ),
        (
            # One of them is the file's, and the lock does not say which.
            Archive(url="https://h.invalid/x", hashes=(make_hash("1"), make_hash("2"))),
            {"url": "https://h.invalid/x", "archive_info": {}},
        ),
        (
            Archive(url="https://h.invalid/x.tar.gz", subdirectory="deep"),
            {"url": "https://h.invalid/x.tar.gz", "archive_info": {}, "subdirectory": "deep"},
        ),
        (
            Vcs(type="git", url=GIT, commit_id="a" * 40, requested_revision="main"),
            {
                "url": GIT,
                "vcs_info": {"vcs": "git", "commit_id": "a" * 40, "requested_revision": "main"},
            },
        ),
        (
            Vcs(type="git", url="ssh://git@h.invalid/r", commit_id="a", subdirectory="deep"),
            {
                "url": "ssh://git@h.invalid/r",
                "vcs_info": {"vcs": "git", "commit_id": "a"},
                "subdirectory": "deep",
            },
        ),
        (
            Directory(path="libs/one", editable=True, subdirectory="deep"),
            {
                "url": "file:///somewhere/project/libs/one",
                "dir_info": {},
                "subdirectory": "deep",
            },
        ),
    ],
)
def test_direct_url_is_what_the_lock_says(source: Source, expected: object) -> None:
    assert _origin(source, staged=b'{"url": "file:///tmp/x"}') == expected


def test_a_commit_that_the_lock_does_not_know_is_the_one_that_was_staged() -> None:
    moving = Vcs(type="git", url=GIT, commit_id=None, requested_revision="main")
    staged = json.dumps({"url": GIT, "vcs_info": {"vcs": "git", "commit_id": "c"}}).encode()
    assert _origin(moving, staged) == {
        "url": GIT,
        "vcs_info": {"vcs": "git", "commit_id": "c", "requested_revision": "main"},
    }


@pytest.mark.parametrize(
    "staged", [b"", b"[]", b"{}", b'{"vcs_info": {"commit_id": 1}}', b"[" * 100_000, b"\xff"]
)
def test_a_commit_that_nobody_knows(staged: bytes) -> None:
    moving = select_version("demo", source=Vcs(type="git", url=GIT, commit_id=None))
    with pytest.raises(StagingError, match="which commit of demo was staged cannot be told"):
        notes_of(moving, FLAT, staged=staged)


def test_no_password_is_left_behind() -> None:
    source = Archive(
        url="https://u:hunter2@h.invalid/x.whl", hashes=(Hash(algorithm="md5", digest="0"),)
    )
    assert "hunter2" not in json.dumps(_origin(source))


def test_requested_is_what_the_projects_themselves_name() -> None:
    lock = make_lock(
        make_project(
            "app", needs=["direct"], extras={"fast": ["of-extra"]}, groups={"dev": ["of-group"]}
        ),
        make_package("direct", needs=["deep"]),
        make_package("of-extra", needs=["deep"]),
        make_package("of-group"),
        make_package("deep"),
    )
    request = Request(extras=("fast",), groups=("dev",))
    for wanted in (request, Request(extras=("fast",), groups=("dev",), project=False)):
        selection = select(lock, wanted, make_interpreter())
        marked = {item.name: requested(item, lock) for item in selection.packages}
        assert marked.pop("app", True)
        assert marked == {"direct": True, "of-extra": True, "of-group": True, "deep": False}


def test_what_the_lock_itself_requires_is_requested_though_others_need_it() -> None:
    demo, deep = make_package("demo", needs=["deep"]), make_package("deep")
    lock = make_lock(
        demo, deep, members=(), requirements=make_package("x", needs=["demo", "deep"]).dependencies
    )
    selection = select(lock, Request(), make_interpreter())
    assert [(item.name, requested(item, lock)) for item in selection.packages] == [
        ("deep", True),
        ("demo", True),
    ]


def test_in_a_list_everything_is_requested() -> None:
    lock = make_lock(make_package("one"), make_package("two"), layout="flat")
    selection = select(lock, Request(), make_interpreter())
    assert all(requested(item, lock) for item in selection.packages)
    assert len(selection.packages) == 2

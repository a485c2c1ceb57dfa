"""Rules on systems, in a Debian root with real apt packages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.debian_tool import System

pytestmark = [pytest.mark.root, pytest.mark.enable_socket]

REFUSED = 4
OPTIONS = ("--break-system-packages", "--ignore", "SYS001")
VERSION = "import urllib3; print(urllib3.__version__)"


def lock_urllib3(debian: System, version: str) -> None:
    files = {"urllib3/__init__.py": f"__version__ = {version!r}\n"}
    debian.lock(make_wheel(debian.index.directory, "urllib3", version, files=files))


def test_what_apt_installed_and_would_break_keeps_a_sync_from_going_on(
    system: Callable[..., System],
) -> None:
    debian = system("trixie", "python3-requests")
    lock_urllib3(debian, "9.0")
    before = debian.root.digest()

    done = debian.run("sync", *OPTIONS)

    assert done.status == REFUSED, done.stderr
    said = " ".join(done.stderr.split())
    assert "SYS005" in said
    assert "of python3-requests (dpkg) in /usr/lib/python3/dist-packages stays, and needs" in said
    assert "needs urllib3<3,>=1.21.1" in said
    assert "9.0 would come for it" in said
    assert debian.root.digest() == before
    assert debian.index.requests == []


@pytest.mark.parametrize(
    ("version", "options"),
    [("2.99", OPTIONS), ("9.0", (OPTIONS[0], "--allow-replace", "urllib3"))],
)
def test_what_it_can_live_with_or_what_was_allowed_is_installed(
    version: str, options: tuple[str, ...], system: Callable[..., System]
) -> None:
    debian = system("trixie", "python3-requests")
    lock_urllib3(debian, version)

    done = debian.run("sync", *options)

    assert done.status == 0, done.stderr
    assert "SYS005" not in done.stderr
    assert debian.python(VERSION) == version


def test_an_older_version_before_the_systems_is_told(system: Callable[..., System]) -> None:
    debian = system("trixie", "python3-requests")
    lock_urllib3(debian, "1.26.99")

    done = debian.run("sync", *OPTIONS)

    assert done.status == 0, done.stderr
    assert "SYS006" in done.stderr
    assert "would be hidden by the older 1.26.99" in " ".join(done.stderr.split())

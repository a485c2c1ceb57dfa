"""A user who may write to one half of an interpreter: refused before the first change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.debian_tool import System

pytestmark = [pytest.mark.root, pytest.mark.enable_socket]

SITE = "/usr/local/lib/python3.13/dist-packages"
HEADERS = "/usr/include/python3.13"
BREAK = "--break-system-packages"
NOBODY = 65534
REFUSED, NOT_COMMITTED = 4, 6


def untouched(debian: System) -> list[str]:
    """Every name that could be changed, with its inode and when that was last touched.

    A rename touches it too, and so does one that takes another back: a tree that only looks the
    same does not pass. The state directory itself may have had something in it for a while.
    """
    listing = debian.root.check(["find", "/usr/local", "-printf", "%p %i %C@ %u %m\n"])
    return sorted(
        line
        for line in listing.splitlines()
        if not line.startswith(f"{SITE.rpartition('/')[0]}/.syncsteps ")
    )


@pytest.mark.parametrize("denied", ["low", "low/deep", "low-2.0.dist-info", ""])
def test_what_a_user_may_not_change_is_told_before_anything_is_changed(
    denied: str, system: Callable[..., System]
) -> None:
    debian = system("trixie")
    made = debian.index.directory

    def wheels(version: str) -> list[Path]:
        for name in ("alpha", "low", "zeta"):
            files = {f"{name}/__init__.py": "", f"{name}/deep/part.py": f"V = {version}\n"}
            make_wheel(made, name, version, files=files)
        return sorted(made.glob(f"*-{version}-*.whl"))

    debian.lock(*wheels("2.0"))
    assert debian.run("install", BREAK).status == 0
    debian.root.check(["mkdir", "-p", HEADERS])
    debian.root.check(["chown", "-R", f"{NOBODY}:{NOBODY}", "/usr/local", HEADERS])
    directory = f"{SITE}/{denied}".rstrip("/")
    debian.root.check(["chown", "0:0", directory])
    debian.lock(*wheels("3.0"))
    before = untouched(debian)

    done = debian.run("install", BREAK, user=NOBODY)

    assert done.status in (REFUSED, NOT_COMMITTED), done.stderr
    assert "Traceback" not in done.stderr
    assert directory in done.stderr, done.stderr
    assert untouched(debian) == before
    debian.root.check(["chown", f"{NOBODY}:{NOBODY}", directory])
    assert debian.run("install", BREAK, user=NOBODY).status == 0
    assert debian.installed()["low"] == "3.0"
